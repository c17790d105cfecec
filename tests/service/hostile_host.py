"""A host on loopback that answers each connection as the test says, TLS or not on one port."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Conversation = Callable[[socket.socket, bytes], None]

OK = b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: 81234\r\n\r\n"


def answer(head: bytes) -> Conversation:
    return lambda connection, _: connection.sendall(head)


def status(line: str, **headers: str) -> Conversation:
    fields = "".join(f"{k.replace('_', '-')}: {v}\r\n" for k, v in headers.items())
    return answer(f"HTTP/1.1 {line}\r\n{fields}\r\n".encode())


@dataclass
class Host:
    """What reached it: whole requests as bytes, and connections."""

    address: str
    port: int
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    over: threading.Event = field(default_factory=threading.Event)

    def url(self, name: str = "media.example.test", path: str = "/a", scheme: str = "http") -> str:
        return f"{scheme}://{name}:{self.port}{path}"


@contextmanager
def host(
    talk: Conversation,
    address: str = "127.0.0.1",
    certificate: Path | None = None,
    port: int = 0,
) -> Iterator[Host]:
    """Runs until left; each connection in a thread of its own."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.create_server((address, port), family=family, backlog=512)
    made = Host(address, listener.getsockname()[1])
    context = None
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
    threads: list[threading.Thread] = []

    def accept() -> None:
        while not made.over.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=_serve, args=(made, connection, talk, context))
            thread.start()
            threads.append(thread)

    accepting = threading.Thread(target=accept)
    accepting.start()
    try:
        yield made
    finally:
        made.over.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        accepting.join(10)
        for thread in threads:
            thread.join(10)


def _serve(
    made: Host, raw: socket.socket, talk: Conversation, context: ssl.SSLContext | None
) -> None:
    with made.lock:
        made.connections += 1
    connection = raw
    try:
        raw.settimeout(10)
        if context is not None and raw.recv(1, socket.MSG_PEEK) == b"\x16":
            connection = context.wrap_socket(raw, server_side=True)
        request = b""
        while b"\r\n\r\n" not in request:
            more = connection.recv(65_536)
            if not more:
                break
            request += more
            if request[0] == 0x16:
                break  # a TLS greeting, to a host that has no TLS
        with made.lock:
            made.requests.append(request)
        talk(connection, request)
    except OSError:
        pass
    finally:
        connection.close()
        raw.close()


def make_certificate(folder: Path, *names: str) -> Path:
    """A self-signed certificate with its key in one PEM file: also its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    start = datetime.now(UTC) - timedelta(days=1)
    built = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(n) for n in names]), False)
        .add_extension(x509.BasicConstraints(True, None), True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path = folder / "host.pem"
    path.write_bytes(private + built.public_bytes(serialization.Encoding.PEM))
    return path
