"""An example organisation for black-box tests: made by script/organisation in a temporary folder,
on ports of its own, driven only through the built programs."""
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "script" / "demo"))

import first_day  # noqa: E402
import parties  # noqa: E402


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for s in sockets:
        s.bind(("127.0.0.1", 0))
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


class Example:
    """Use as a context: the organisation runs inside it and its folder is gone after it."""

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="candour-"))
        ports = " ".join(map(str, free_ports(3)))
        done = subprocess.run([ROOT / "script" / "organisation", self.folder / "org"],
                              env={**os.environ, "CANDOUR_PORTS": ports}, capture_output=True)
        if done.returncode != 0:
            raise parties.Failed(done.stderr.decode())
        self.organisation = parties.Organisation(self.folder / "org")
        self.prepare(self.organisation)
        self.organisation.start()
        self.organisation.groups = first_day.open_groups(self.organisation, say=lambda _: None)
        return self.organisation

    def prepare(self, organisation):
        """For variants: the servers are known and not started yet."""

    def __exit__(self, kind, *_):
        self.organisation.stop()
        if kind is not None:
            for log in sorted((self.organisation.folder / "logs").glob("*.log")):
                print(f"--- end of {log.name}", *log.read_text().splitlines()[-15:], sep="\n")
        shutil.rmtree(self.folder, ignore_errors=True)
