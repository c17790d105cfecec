"""The benchmark's DNS server as a process: prints where it listens, ends with its stdin."""

import selectors
import socket
import sys

from benchmarks.hosts import answer


def main(count: int) -> None:
    """Answer over UDP on 127.0.0.1 until standard input closes."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        server.bind(("127.0.0.1", 0))
        server.setblocking(False)
        print(f"127.0.0.1:{server.getsockname()[1]}", flush=True)
        waiting = selectors.DefaultSelector()
        waiting.register(server, selectors.EVENT_READ)
        waiting.register(sys.stdin, selectors.EVENT_READ)
        while sys.stdin not in {key.fileobj for key, _ in waiting.select()}:
            _drain(server, count)


def _drain(server: socket.socket, count: int) -> None:
    while True:
        try:
            query, asker = server.recvfrom(512)
        except BlockingIOError:
            return
        said = answer(query, count)
        if said is not None:
            server.sendto(said, asker)


if __name__ == "__main__":
    main(int(sys.argv[1]))
