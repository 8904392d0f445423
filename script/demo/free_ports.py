"""Prints three free loopback ports: the usual ones when nothing else has them."""
import socket


def free(preferred):
    for port in (preferred, 0):
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                s.bind(("127.0.0.1", port))
            except OSError:
                continue
            return s.getsockname()[1]
    raise SystemExit("no free port on loopback")


print(*(free(port) for port in (8443, 8480, 8490)))
