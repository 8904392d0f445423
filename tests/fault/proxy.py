"""A TCP proxy that treats what passes through it badly, as told; what it does can change at any time.

Every connection is two pipes, one in each direction; TLS passes through unread.
"""
import asyncio
import contextlib
import random
import socket
import struct
import threading

CHUNK = 16384


class Treatment:
    """What is done to each chunk. All at once if need be."""

    def __init__(self, delay_s=0.0, jitter_s=0.0, bytes_per_s=0, piece=0, reset_chance=0.0,
                 silent=False, accept=True):
        self.delay_s, self.jitter_s = delay_s, jitter_s  # before a chunk goes on
        self.bytes_per_s = bytes_per_s                   # 0 = no throttle
        self.piece = piece                               # split into so many bytes; 0 = as it came
        self.reset_chance = reset_chance                 # of each chunk: both ends get a reset
        self.silent = silent                             # nothing passes, nobody is told
        self.accept = accept                             # new connections go through


class Pair:
    """The two ends of a connection."""

    def __init__(self, near, far):
        self.near, self.far, self.dead = near, far, False


class Proxy:
    """Use as a context; `port` is where it listens on 127.0.0.1. Thread-safe but for `treatment`,
    which is simply replaced."""

    def __init__(self, target_port, seed):
        self.target_port, self.treatment = target_port, Treatment()
        self.chance = random.Random(seed)
        self.resets = self.connections = 0
        self._pairs = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self):
        self._thread.start()
        self._server = self._call(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_):
        async def end():
            self._server.close()
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)
        self._call(end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _call(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    def reset_all(self):
        """Every connection gets a reset at both ends."""
        async def work():
            for pair in list(self._pairs):
                self._reset(pair)
        self._call(work())

    def half_open_all(self):
        """One end of each connection is gone; the other is told nothing."""
        async def work():
            for pair in list(self._pairs):
                pair.dead = True
                self._abort(pair.near if self.chance.random() < 0.5 else pair.far)
        self._call(work())

    async def _serve(self, reader, writer):
        if not self.treatment.accept:
            return self._abort(writer)
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target_port)
        except OSError:
            return self._abort(writer)
        for end in (writer, far_writer):
            end.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            end.transport.set_write_buffer_limits(CHUNK)
        pair = Pair(writer, far_writer)
        self._pairs.add(pair)
        self.connections += 1
        try:
            await asyncio.gather(self._pump(pair, reader, far_writer),
                                 self._pump(pair, far_reader, writer))
        except asyncio.CancelledError:
            pass  # the proxy ends
        finally:
            self._pairs.discard(pair)
            for end in (writer, far_writer):
                self._abort(end)

    async def _pump(self, pair, reader, writer):
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while data := await reader.read(CHUNK):
                while self.treatment.silent or pair.dead:
                    await asyncio.sleep(0.05)
                await self._pass_on(pair, data, writer)
            if not pair.dead:
                writer.write_eof()

    async def _pass_on(self, pair, data, writer):
        how = self.treatment
        if how.reset_chance and self.chance.random() < how.reset_chance:
            return self._reset(pair)
        if how.delay_s or how.jitter_s:
            await asyncio.sleep(how.delay_s + self.chance.random() * how.jitter_s)
        size = how.piece or len(data)
        if how.bytes_per_s:
            size = min(size, max(1, how.bytes_per_s // 20))
        for at in range(0, len(data), size):
            writer.write(data[at:at + size])
            await writer.drain()
            if how.bytes_per_s:
                await asyncio.sleep(size / how.bytes_per_s)
            elif how.piece:
                await asyncio.sleep(0)  # one send for each piece

    def _reset(self, pair):
        self.resets += 1
        for end in (pair.near, pair.far):
            self._abort(end)

    @staticmethod
    def _abort(writer):
        with contextlib.suppress(OSError):
            raw = writer.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
