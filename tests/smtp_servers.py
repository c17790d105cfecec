"""Mail servers on loopback, good ones and such as misbehave to order; certificates for them."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from aiosmtpd import smtp
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from notices.channels.base import Receipt
from notices.channels.smtp import SmtpChannel
from notices.channels.smtp_url import Endpoint

HANG = "hang"
CLOSE = "close"
DRIP = "drip"
ANSWERS: Mapping[str, str] = {
    "GREETING": "220 relay.example",
    "EHLO": "250-relay.example\r\n250 8BITMIME",
    "MAIL": "250 2.1.0 ok",
    "RCPT": "250 2.1.5 ok",
    "DATA": "354 go on",
    "DOT": "250 2.0.0 Ok: queued as 4XyZ12AbCd",
    "RSET": "250 2.0.0 ok",
    "QUIT": "221 2.0.0 bye",
}

MESSAGE = b"Subject: x\r\n\r\nhello\r\n.\r\n..two\r\n.dot\r\nend\r\n"
SENDER, TO = "b+token@alerte.example", "abuse@host.example"


@dataclass
class Server:
    """A server that answers each verb as its script says; what it was told is kept."""

    script: dict[str, str]
    endpoint: Endpoint
    connections: int = 0
    commands: list[str] = field(default_factory=list)
    messages: list[bytes] = field(default_factory=list)
    unfinished: list[bytes] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def verbs(self) -> list[str]:
        return [command.split()[0].upper() for command in self.commands]

    def settled(self) -> None:
        """Wait until the server has seen its last connection end."""
        for thread in threading.enumerate():
            if thread.name == f"smtp-{id(self)}":
                thread.join(20)
                assert not thread.is_alive(), "the connection was left open"

    def converse(self, sock: socket.socket) -> None:
        with sock, sock.makefile("rb") as lines:
            if not self._say(sock, "GREETING"):
                return
            for line in lines:
                command = line.decode("utf-8").strip()
                self.commands.append(command)
                verb = command.split()[0].upper()
                if not self._say(sock, verb):
                    return
                if verb == "QUIT":
                    return
                if verb == "DATA" and self.script["DATA"].startswith("354"):
                    if not self._text(lines):
                        return
                    if not self._say(sock, "DOT"):
                        return

    def _text(self, lines: Iterator[bytes]) -> bool:
        if self.script.get("TEXT") == HANG:
            self.over.wait(10)
            return False
        text = b""
        for line in lines:
            if line == b".\r\n":
                self.messages.append(text)
                return True
            text += line.removeprefix(b".")
            self.unfinished[:] = [text]
        return False

    def _say(self, sock: socket.socket, verb: str) -> bool:
        answer = self.script.get(verb, "502 5.5.2 what?")
        if answer == HANG:
            self.over.wait(10)
            return False
        if answer == CLOSE:
            return False
        try:
            if answer == DRIP:
                while not self.over.wait(0.02):
                    sock.sendall(b"2")
                return False
            if answer.startswith("late "):
                _, seconds, answer = answer.split(" ", 2)
                self.over.wait(float(seconds))
            sock.sendall(answer.encode("latin-1") + b"\r\n")
        except OSError:
            return False
        return True


@contextmanager
def serving(**script: str) -> Iterator[Server]:
    """A scripted server on 127.0.0.1; verbs (and GREETING, TEXT, DOT) as keywords."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        server = Server({**ANSWERS, **script}, Endpoint("127.0.0.1", port, "none"))
        threads: list[threading.Thread] = []

        def accept() -> None:
            while True:
                try:
                    sock, _ = listener.accept()
                except OSError:
                    return
                if server.over.is_set():
                    sock.close()
                    return
                server.connections += 1
                name = f"smtp-{id(server)}"
                thread = threading.Thread(target=_quietly, args=(server, sock), name=name)
                thread.start()
                threads.append(thread)

        acceptor = threading.Thread(target=accept)
        acceptor.start()
        try:
            yield server
        finally:
            server.over.set()
            socket.create_connection(("127.0.0.1", port)).close()
            acceptor.join(5)
            for thread in threads:
                thread.join(5)


def _quietly(server: Server, sock: socket.socket) -> None:
    try:
        server.converse(sock)
    except OSError:
        return


def channel(endpoint: Endpoint, **more: Any) -> SmtpChannel:
    return SmtpChannel(endpoint, ehlo_name="alerte.example", **more)


def hand_over(
    server: Server | Endpoint,
    message: bytes = MESSAGE,
    *,
    arm: Callable[[], bool] = lambda: True,
    deadline_s: float = 5.0,
    to: str = TO,
    envid: str | None = None,
    **more: Any,
) -> Receipt:
    endpoint = server.endpoint if isinstance(server, Server) else server
    with channel(endpoint, **more) as way:
        return way.send(message, SENDER, to, arm=arm, deadline_s=deadline_s, envid=envid)


class Accepting:
    """An aiosmtpd handler: accepts, unless told what to answer to RCPT or to the dot."""

    def __init__(self, rcpt: str = "", dot: str = "250 2.0.0 Ok: queued as ABC123") -> None:
        self.rcpt, self.dot = rcpt, dot
        self.envelopes: list[smtp.Envelope] = []

    async def handle_RCPT(
        self,
        server: smtp.SMTP,
        session: smtp.Session,
        envelope: smtp.Envelope,
        address: str,
        options: list[str],
    ) -> str:
        if not self.rcpt:
            envelope.rcpt_tos.append(address)
        return self.rcpt or "250 2.1.5 ok"

    async def handle_DATA(
        self, server: smtp.SMTP, session: smtp.Session, envelope: smtp.Envelope
    ) -> str:
        self.envelopes.append(envelope)
        return self.dot


@contextmanager
def aiosmtpd(
    handler: object, ssl_context: ssl.SSLContext | None = None, **more: Any
) -> Iterator[Endpoint]:
    """A real server on 127.0.0.1, in a loop of its own."""
    loop = asyncio.new_event_loop()
    made = loop.create_server(
        lambda: smtp.SMTP(handler, hostname="relay.example", loop=loop, **more),
        "127.0.0.1",
        0,
        ssl=ssl_context,
    )
    server = loop.run_until_complete(made)
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def stop() -> None:
        server.close()
        mine = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in mine:
            task.cancel()
        await asyncio.gather(*mine, return_exceptions=True)

    try:
        yield Endpoint("127.0.0.1", server.sockets[0].getsockname()[1], "none")
    finally:
        asyncio.run_coroutine_threadsafe(stop(), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()


def certificate(
    folder: Path, now: datetime, *, days: int = 1, common: str = "relay.example"
) -> tuple[Path, Path]:
    """A self-signed certificate of 127.0.0.1 and its key; `days` below 0: long expired."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=30))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    cert_file, key_file = folder / "cert.pem", folder / "key.pem"
    cert_file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return cert_file, key_file


def server_context(files: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files)
    return context
