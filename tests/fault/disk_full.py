"""Disk full: relay and bot on file systems of 8 MB, filled to the last byte while people chat.

Refused with a status of its own, not ready, back by itself when there is space, nothing lost. Needs
to be root in a mount namespace of its own (run.py takes care of that where it can).
"""
import contextlib
import os
import pathlib
import shutil
import subprocess
import threading
import time

SIZE = "8m"


@contextlib.contextmanager
def small_disk(folder):
    """The folder's content on a file system of 8 MB, and back afterwards."""
    kept = folder.with_name(folder.name + ".kept")
    folder.rename(kept)
    folder.mkdir(mode=0o700)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=0700", "tmpfs", folder],
                   check=True)
    copy(kept, folder)
    try:
        yield
    finally:
        shutil.rmtree(kept)
        kept.mkdir(mode=0o700)
        copy(folder, kept)
        subprocess.run(["umount", "-l", folder], check=True)
        folder.rmdir()
        kept.rename(folder)


def copy(source, target):
    subprocess.run(["cp", "-a", f"{source}/.", target], check=True)


class Ballast(threading.Thread):
    """Takes every byte of a disk, and every one that somebody gives back, until it is let go."""

    def __init__(self, folder):
        super().__init__(daemon=True)
        self.file = pathlib.Path(folder) / "ballast"
        self.let_go = threading.Event()

    def run(self):
        with open(self.file, "wb", 0) as out:
            while not self.let_go.is_set():
                for size in (65536, 512, 1):
                    with contextlib.suppress(OSError):
                        while not self.let_go.is_set():
                            out.write(os.urandom(size))
                time.sleep(0.002)
        self.file.unlink()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.let_go.set()
        self.join()


def fill(world, server, folder, failed, back):
    """Fills the disk under a running server; it must fail as it should and come back by itself."""
    process = server.process
    with Ballast(folder):
        world.history.add("fault", what=f"disk of the {server.name} full")
        world.wait(f"the {server.name} says that its disk fails", failed, 60)
        time.sleep(2)
    space, before = time.monotonic(), world.released()
    world.wait(f"the {server.name} is back", back, 60)
    world.progress(10, 60)
    world.expect(f"the {server.name} was not started again",
                 server.process is process and process.poll() is None)
    return {f"{server.name}: back and {world.released() - before} released after s":
            round(time.monotonic() - space, 1)}


@contextlib.contextmanager
def on_small_disk(world, server, folder):
    """One server at a time: what fails is the one whose disk is full."""
    server.stop()
    with small_disk(folder):
        world.start(server)
        yield
        server.stop()
    world.start(server)


def disk_full(world):
    relay, bot = world.organisation.relay, world.organisation.bot
    state, keys = world.organisation.folder / "relay" / "state", world.organisation.folder / "bot"

    def relay_failed():
        status, body = world.readiness()
        return status == 503 and "storage_failed" in body

    with on_small_disk(world, relay, state):
        # The relay's write-ahead log may grow to 16 MB where there is room. On 8 MB it would fill the
        # disk in these messages, and then not even the database could take it.
        goal = world.released() + 150
        world.wait("150 messages released on a small disk", lambda: (
            world.expect("the relay has room on a small disk", not relay_failed())
            or world.released() >= goal), 90)
        figures = fill(world, relay, state, relay_failed, lambda: world.readiness()[0] == 200)
    with on_small_disk(world, bot, keys):
        world.progress(5, 60)
        figures |= fill(world, bot, keys, lambda: "bot_absent" in world.readiness()[1],
                        lambda: "bot_absent" not in world.readiness()[1])
    return figures
