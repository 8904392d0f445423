"""A network that misbehaves between everybody and the relay, peers that do not read, and floods."""
import contextlib
import os
import socket
import ssl
import struct
import threading
import time

from proxy import Proxy, Treatment

TREATMENTS = [
    ("delayed", Treatment(delay_s=0.02, jitter_s=0.06)),
    ("throttled", Treatment(bytes_per_s=60_000)),
    ("single bytes", Treatment(piece=1)),
    ("reset", Treatment(reset_chance=0.02)),
    ("all at once", Treatment(delay_s=0.005, jitter_s=0.01, piece=700, reset_chance=0.005)),
]


@contextlib.contextmanager
def everybody_through(world, proxy):
    """Clients and bot reach the relay through the proxy from here on."""
    organisation = world.organisation
    public = organisation.folder / "public"
    profile = organisation.folder / "through-proxy.toml"
    profile.write_text(
        f'[relay]\nhost = "127.0.0.1"\nport = {proxy.port}\ntls_name = "localhost"\n'
        f'ca_file = "{public}/tls.crt"\n[organisation]\nroot_vkey_file = "{public}/root.vkey"\n'
        '[device]\nperson = "p"\n')
    direct = organisation.folder / "bot" / "bot.toml"
    through = organisation.folder / "bot" / "through-proxy.toml"
    through.write_text(direct.read_text().replace(
        f"port = {organisation.port('relay')}", f"port = {proxy.port}"))
    before = organisation.bot.args
    organisation.bot.stop()
    organisation.bot.args = [str(through) if a == str(direct) else a for a in before]
    world.start(organisation.bot)
    for member in world.members:
        member.through = profile
    world.pause()
    world.resume()
    try:
        yield
    finally:
        proxy.treatment = Treatment()
        organisation.bot.args = before
        world.kill(organisation.bot)
        world.start(organisation.bot)
        for member in world.members:
            member.through = None
        world.pause()  # a client that is under way would look for the proxy for ever
        world.resume()


def network(world):
    """Each treatment for a while, then connections that are gone at one end only."""
    figures = {}
    with Proxy(world.organisation.port("relay"), world.chance.random()) as proxy, \
            everybody_through(world, proxy):
        for name, treatment in TREATMENTS:
            world.history.add("fault", what=name)
            before = world.released()
            proxy.treatment = treatment
            time.sleep(1.2)
            world.progress(5, 60)
            figures[name] = world.released() - before
            proxy.treatment = Treatment()
        world.history.add("fault", what="half open")
        for _ in range(3):
            proxy.half_open_all()
            time.sleep(0.4)
        # Who is left with the silent end gives up by itself, at the latest after a minute of
        # unanswered pings; here people lose patience and start their clients again.
        world.pause()
        world.kill(world.organisation.bot)
        world.start(world.organisation.bot)
        world.resume()
        world.progress(5, 60)
        figures |= {"connections": proxy.connections, "resets": proxy.resets}
    return figures


def deaf(world):
    """A client that stops reading for a while: the others notice nothing, and it misses nothing."""
    with Proxy(world.organisation.port("relay"), world.chance.random()) as proxy, \
            everybody_through(world, proxy):
        slow = world.members[2]
        slow.pause()
        world.wait("the slow one's client has ended", lambda: slow.resting, 60)
        with Proxy(proxy.port, world.chance.random()) as mud:
            profile = world.organisation.folder / "through-mud.toml"
            profile.write_text(slow.through.read_text().replace(str(proxy.port), str(mud.port)))
            slow.through = profile
            slow.resume()
            world.wait("the slow one is connected", lambda: mud.connections > 0, 60)
            time.sleep(0.5)
            mud.treatment = Treatment(bytes_per_s=200)
            world.history.add("fault", what="slow reader")
            before = world.released()
            world.progress(100, 60)
            figures = {"released while one did not read": world.released() - before}
            mud.treatment = Treatment()
            slow.through = None
    return figures


class Flood(threading.Thread):
    """Somebody who is nobody opens connections, or sends frames, as fast as the relay lets them."""

    def __init__(self, port, work):
        super().__init__(daemon=True)
        self.port, self.work, self.count, self.refused = port, work, 0, 0
        self.stopping = threading.Event()

    def run(self):
        while not self.stopping.is_set():
            try:
                self.work(self)
            except OSError:
                self.refused += 1


def bare_connects(flood):
    """TCP connections that say nothing, held open 50 at a time."""
    held = []
    try:
        for _ in range(50):
            held.append(socket.create_connection(("127.0.0.1", flood.port), timeout=5))
            flood.count += 1
        time.sleep(0.05)
    finally:
        for one in held:
            one.close()


def garbage(flood):
    """Bytes that are no TLS."""
    with socket.create_connection(("127.0.0.1", flood.port), timeout=5) as one:
        one.sendall(os.urandom(2000))
        flood.count += 1
        one.recv(100)


def open_websocket(port):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    raw = socket.create_connection(("127.0.0.1", port), timeout=5)
    one = context.wrap_socket(raw, server_hostname="localhost")
    one.sendall(b"GET /v1 HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                b"Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\nSec-WebSocket-Version: 13\r\n"
                b"Sec-WebSocket-Protocol: candour.v1\r\n\r\n")
    one.recv(4096)
    return one


def frame(payload):
    """A masked binary frame; the mask is all zeros."""
    head = bytes([0x82, 0x80 | len(payload)]) if len(payload) < 126 else \
        bytes([0x82, 0x80 | 126]) + struct.pack(">H", len(payload))
    return head + bytes(4) + payload


PING = bytes([0x08, 0x01, 0x62, 0x00])  # ClientFrame{request: 1, ping: {}}


def frames(flood):
    """Frames before any login: pings, which are answered, and then what no parser takes."""
    with open_websocket(flood.port) as one:
        for _ in range(200):
            one.sendall(frame(PING))
            flood.count += 1
        one.sendall(frame(b"\xff" * 1000))
        one.settimeout(0.3)
        while one.recv(65536):
            pass


def floods(world):
    """The connected go on while strangers connect, talk nonsense and send frames."""
    port = world.organisation.port("relay")
    before = world.released()
    threads = [Flood(port, work) for work in (bare_connects, garbage, frames)]
    world.history.add("fault", what="floods")
    for thread in threads:
        thread.start()
    try:
        began = time.monotonic()
        world.progress(60, 60)
        while time.monotonic() - began < 2:
            time.sleep(0.05)
    finally:
        for thread in threads:
            thread.stopping.set()
        for thread in threads:
            thread.join(10)
    world.expect("the floods were floods", all(t.count > 0 for t in threads),
                 str([t.count for t in threads]))
    return {"released": world.released() - before,
            **{t.work.__name__: t.count for t in threads}}
