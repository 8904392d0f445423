"""Power cuts of the whole machine of relay and bot: what was not synced is gone, in part.

Relay and bot run with a layer (preload.cc) that notes every change they make to their databases.
A cut ends both by kill -9, then writes their databases anew as a disk may hold them that lost
power at that moment: what was synced is there; of the rest each 512-byte sector may be there, or
not. (disk_model.h says the same for single stores, and tries many more states.)
"""
import contextlib
import pathlib
import struct
import time

from world import parties

SECTOR = 512
CREATE, WRITE, TRUNCATE, SYNC, REMOVE, SYNC_FOLDER = range(1, 7)
LIBRARY = parties.BIN.parent / "lib" / "libcandour_disk_journal.so"


def changes(journal):
    """(kind, file, offset, bytes) of each change; a torn last record is of one not made."""
    data, at = journal.read_bytes(), 0
    while at + 3 <= len(data):
        kind, size = struct.unpack_from(">BH", data, at)
        head = at + 3 + size + 12
        if head > len(data):
            return
        name = data[at + 3:at + 3 + size].decode()
        offset, length = struct.unpack_from(">QI", data, at + 3 + size)
        if head + length > len(data):
            return
        yield kind, name, offset, data[head:head + length]
        at = head + length


class Disk:
    """The databases of one program: what is certain, and what was done since."""

    def __init__(self, folder):
        self.nodes = {p.name: [bytearray(p.read_bytes()), []] for p in databases(folder)}
        self.certain = dict(self.nodes)  # names that are there, or not, whatever happens

    def replay(self, journal):
        for kind, name, offset, data in changes(journal):
            if kind == CREATE:
                self.nodes[name] = [bytearray(), []]
            elif kind == REMOVE:
                self.nodes.pop(name, None)
            elif kind in (WRITE, TRUNCATE):
                self.nodes[name][1].append((kind, offset, data))
            elif kind == SYNC:
                for change in self.nodes[name][1]:
                    apply(self.nodes[name][0], *change)
                self.nodes[name][1].clear()
            if kind == SYNC_FOLDER or kind == SYNC and name.endswith(("-wal", "-journal")):
                self.certain = dict(self.nodes)

    def lose_power(self, folder, chance):
        """Writes what the disk may hold; returns how many changes were uncertain."""
        names = self.certain if chance.random() < 0.5 else self.nodes
        uncertain = sum(len(node[1]) for node in self.nodes.values())
        for path in databases(folder):
            path.unlink()
        for name, (content, unsynced) in names.items():
            fate = chance.choice(["none", "all", "torn", "torn"])
            for change in unsynced:
                if fate == "all" or fate == "torn" and chance.random() < 0.3:
                    apply(content, *change)
                elif fate == "torn":
                    apply_torn(content, *change, chance)
            path = pathlib.Path(folder) / name
            path.write_bytes(content)
            path.chmod(0o600)
        return uncertain


def databases(folder):
    """relay.db or bot.db with what lies beside it; shared memory does not survive a cut."""
    for path in sorted(pathlib.Path(folder).glob("*.db*")):
        if path.name.endswith("-shm"):
            path.unlink()
        else:
            yield path


def apply(content, kind, offset, data):
    if kind == TRUNCATE:
        del content[offset:]
    end = offset + len(data)
    content.extend(bytes(max(0, end - len(content))))
    content[offset:end] = data


def apply_torn(content, kind, offset, data, chance):
    at = 0
    while kind == WRITE and at < len(data):
        to = min(len(data), at + SECTOR - (offset + at) % SECTOR)
        if chance.random() < 0.5:
            apply(content, WRITE, offset + at, data[at:to])
        at = to


class Journalled:
    """A server whose database changes are noted from each start on."""

    def __init__(self, server, folder):
        self.server, self.folder = server, folder
        self.journal = folder / "disk.journal"
        self.args = server.args
        self.server.args = ["env", f"LD_PRELOAD={LIBRARY}",
                            f"CANDOUR_DISK_JOURNAL={self.journal}", *self.args]

    def start(self, world):
        self.journal.unlink(missing_ok=True)
        self.disk = Disk(self.folder)  # all of it was synced or written back long ago
        world.start(self.server)

    def cut(self, world):
        """After the kill: the disk as it may be."""
        self.disk.replay(self.journal)
        return self.disk.lose_power(self.folder, world.chance)


@contextlib.contextmanager
def journalled(world):
    organisation = world.organisation
    servers = [Journalled(organisation.relay, organisation.folder / "relay" / "state"),
               Journalled(organisation.bot, organisation.folder / "bot")]
    for server in servers:
        server.server.stop()
    try:
        for server in servers:
            server.start(world)
        yield servers
    finally:
        for server in servers:
            server.server.args = server.args
        for server in reversed(servers):
            server.server.stop()
        for server in servers:
            world.start(server.server)


def cuts(world, rounds):
    uncertain = 0
    with journalled(world) as servers:
        for _ in range(rounds):
            time.sleep(world.chance.uniform(0.05, 0.8))
            for server in servers:
                server.server.kill()
            world.history.add("killed", what="power")
            uncertain += sum(server.cut(world) for server in servers)
            world.history.read_disk(world.organisation.folder / "relay" / "state")
            for server in servers:
                server.start(world)
        world.progress(5, 60)
    return {"power cuts": rounds, "changes that were not certain": uncertain}


def power(world):
    """The short loop."""
    return cuts(world, 4)
