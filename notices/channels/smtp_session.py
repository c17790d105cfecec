"""One SMTP conversation under one deadline: no server can hold us longer, however it drips."""

import smtplib
import socket
import ssl
from collections.abc import Callable
from typing import Final

from notices.channels.smtp_url import Endpoint

_LINE: Final = 8192
_LINES: Final = 100


class Late(smtplib.SMTPServerDisconnected):
    """The deadline passed."""


class Session(smtplib.SMTP):
    """smtplib with its socket waits cut to what is left of the deadline.

    smtplib's own time-out starts anew with every byte received. `clock` is monotonic, in seconds.
    No error raised here repeats what the server said.
    """

    def __init__(self, endpoint: Endpoint, ehlo_name: str, clock: Callable[[], float]) -> None:
        super().__init__(local_hostname=ehlo_name)
        self._endpoint = endpoint
        self._clock = clock
        self._pending = bytearray()
        self.due = clock()

    def left(self) -> float:
        """Seconds until the deadline. Raises `Late` once there are none."""
        left = self.due - self._clock()
        if left <= 0:
            self.close()
            raise Late("deadline")
        return left

    def open(self, tls: Callable[[], ssl.SSLContext]) -> tuple[int, bytes]:
        """Connect (with TLS at once for `smtps`) and read the greeting. Raises `OSError`."""
        failure: OSError = ConnectionError("the name has no address")
        where = (self._endpoint.host, self._endpoint.port)
        for family, kind, protocol, _, target in socket.getaddrinfo(
            *where, type=socket.SOCK_STREAM
        ):
            sock = socket.socket(family, kind, protocol)
            try:
                sock.settimeout(self.left())
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # the dot goes alone
                sock.connect(target)
            except OSError as error:
                sock.close()
                failure = error
                continue
            self.sock = sock
            if self._endpoint.security == "tls":
                self.encrypt(tls())
            return self.getreply()
        raise failure

    def encrypt(self, context: ssl.SSLContext) -> None:
        """Wrap the connection; what was learnt in the clear is forgotten (RFC 3207 4.2)."""
        if self.sock is None or self._pending:
            self.close()
            raise smtplib.SMTPServerDisconnected("answers came before TLS")
        self.sock.settimeout(self.left())
        self.sock = context.wrap_socket(self.sock, server_hostname=self._endpoint.host)
        self.ehlo_resp = self.helo_resp = None
        self.esmtp_features = {}
        self.does_esmtp = False

    def send(self, s: object) -> None:
        """Write all of it before the deadline. Raises `SMTPServerDisconnected`."""
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected("not connected")
        data = memoryview(s.encode(self.command_encoding) if isinstance(s, str) else bytes(s))  # type: ignore[call-overload]
        try:
            while data:
                self.sock.settimeout(self.left())
                data = data[self.sock.send(data[:65536]) :]
        except OSError:
            self.close()
            raise smtplib.SMTPServerDisconnected("not connected") from None

    def getreply(self) -> tuple[int, bytes]:
        """One answer, its lines joined; code -1 for what is no answer of SMTP."""
        said: list[bytes] = []
        while len(said) < _LINES:
            line = self._line()
            said.append(line[4:].strip())
            code = int(line[:3]) if line[:3].isdigit() else -1
            if code == -1 or line[3:4] != b"-":
                return code, b"\n".join(said)
        self.close()
        raise smtplib.SMTPServerDisconnected("an answer without end")

    def _line(self) -> bytes:
        while b"\n" not in self._pending:
            if len(self._pending) > _LINE:
                self.close()
                raise smtplib.SMTPServerDisconnected("a line without end")
            if self.sock is None:
                raise smtplib.SMTPServerDisconnected("not connected")
            try:
                self.sock.settimeout(self.left())
                read = self.sock.recv(4096)
            except OSError:
                self.close()
                raise smtplib.SMTPServerDisconnected("not connected") from None
            if not read:
                self.close()
                raise smtplib.SMTPServerDisconnected("closed")
            self._pending += read
        line, _, rest = bytes(self._pending).partition(b"\n")
        self._pending[:] = rest
        return line
