"""Clocks that jump, of the relay or of the bot, by an hour or ten years, ahead and back.

Order and numbers do not depend on them. While a clock is wrong, certificates and messages may be
refused for their dates; when it is right again everything goes on.
"""
import contextlib
import pathlib
import time

LIBRARY = next(pathlib.Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
# A bot whose clock is not the relay's judges nothing and removes nobody until it is.
JUMPS = {"relay": ["+1h", "-1h", "+10y", "-10y"], "bot": ["+1h", "-1h", "+10y", "-10y"]}


@contextlib.contextmanager
def own_clock(world, server):
    """The server runs on a clock that `set_clock` moves; the monotonic one stays true."""
    file = world.organisation.folder / f"{server.name}.clock"
    file.write_text("+0")
    before = server.args
    server.stop()
    server.args = ["env", f"LD_PRELOAD={LIBRARY}", f"FAKETIME_TIMESTAMP_FILE={file}",
                   "FAKETIME_NO_CACHE=1", "FAKETIME_DONT_FAKE_MONOTONIC=1", *before]
    world.start(server)
    try:
        yield lambda jump: file.write_text(jump)
    finally:
        file.write_text("+0")
        server.args = before
        world.kill(server)
        world.start(server)


def clocks(world):
    figures = {}
    for server in (world.organisation.relay, world.organisation.bot):
        with own_clock(world, server) as set_clock:
            world.progress(5, 60)
            for jump in JUMPS[server.name]:
                before = world.released()
                world.history.add("fault", what=f"clock of the {server.name} {jump}")
                world.excused = "certificate_expired"  # or not valid yet: enrolled just now
                set_clock(jump)
                time.sleep(1.2)
                set_clock("+0")
                world.progress(5, 60)
                world.excused = ""
                figures[f"{server.name} {jump}"] = world.released() - before
    return figures
