"""One question to a WHOIS server (RFC 3912): a deadline, a size limit, and the guard."""

import socket
import time
from collections.abc import Callable
from typing import Final

MAX_BYTES: Final = 65_536


def ask(server: str, question: str, ends: float, allowed: Callable[[str], bool] | None) -> str:
    """What a server ("host:port") says by `ends`, a time of the monotonic clock.

    `allowed`: whether an address may be reached; None: the operator's own server. An answer that
    is too long is cut. Raises OSError, TimeoutError among them, and ValueError.
    """
    host, _, port = server.rpartition(":")
    targets = socket.getaddrinfo(host.strip("[]"), int(port), 0, socket.SOCK_STREAM)
    if allowed is not None and not all(allowed(str(target[4][0])) for target in targets):
        raise OSError("an address that must not be reached")
    with socket.socket(targets[0][0], socket.SOCK_STREAM) as sock:
        sock.settimeout(_left(ends))
        sock.connect(targets[0][4])
        sock.sendall(question.encode("ascii") + b"\r\n")
        said = bytearray()
        while len(said) < MAX_BYTES:
            sock.settimeout(_left(ends))
            part = sock.recv(8_192)
            if not part:
                break
            said += part
    try:
        return said.decode()
    except UnicodeDecodeError:
        return said.decode("latin-1")


def whole_lines(text: str) -> tuple[str, bool]:
    """A text without the line that broke off, and whether one did: half a mail address is another
    one's."""
    whole = text[: text.rfind("\n") + 1]
    return whole, whole != text


def _left(ends: float) -> float:
    rest = ends - time.monotonic()
    if rest <= 0:
        raise TimeoutError
    return rest
