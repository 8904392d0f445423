"""Stands between the bot and the relay and counts what passes, TLS record by TLS record.

A frame of the protocol is written as one record, so "at the n-th record, in whichever direction" is
a place between two frames, and between two steps of the bot. There it calls somebody.
"""
import socket
import threading

HEADER_SIZE = 5
APPLICATION_DATA = 23


class RecordProxy:
    def __init__(self, relay_port):
        self.relay_port = relay_port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.lock = threading.Lock()
        self.counting, self.count, self.at, self.lose, self.call = False, 0, None, False, None
        threading.Thread(target=self.accept, daemon=True).start()

    def arm(self, at, lose, call):
        """`call()` at the `at`-th record from now, which is lost, or passed on before. None: only
        counts."""
        with self.lock:
            self.counting, self.count, self.at, self.lose, self.call = True, 0, at, lose, call

    def disarm(self):
        """How many there were."""
        with self.lock:
            self.counting = False
            self.at = None
            return self.count

    def accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self.relay_port))
            except OSError:
                near.close()
                continue
            for one, other in ((near, far), (far, near)):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=self.pump, args=(one, other), daemon=True).start()

    def pump(self, source, sink):
        try:
            while (record := self.read(source)) is not None:
                hit = record[0] == APPLICATION_DATA and self.counted()
                if hit and self.lose:
                    self.call()
                    break
                sink.sendall(record)
                if hit:
                    self.call()
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def counted(self):
        """Whether this is the record."""
        with self.lock:
            if not self.counting:
                return False
            self.count += 1
            if self.at is None or self.count != self.at:
                return False
            self.at = None
            return True

    @staticmethod
    def read(source):
        header = exactly(source, HEADER_SIZE)
        if header is None:
            return None
        body = exactly(source, int.from_bytes(header[3:], "big"))
        return None if body is None else header + body

    def close(self):
        self.listener.close()


def exactly(source, size):
    data = b""
    while len(data) < size:
        more = source.recv(size - len(data))
        if not more:
            return None
        data += more
    return data
