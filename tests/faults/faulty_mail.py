"""A mail server on loopback that does to each envelope what `faults` says, and to connections."""

import os
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes
from signal import SIGKILL, SIGSTOP
from typing import Any

from faults import CLOSE, EXPIRED, HANG, KILL, STOP, Fault, Happened, fault_of
from smtp_servers import ANSWERS

_HELLO = "250-faulty.example\r\n250-8BITMIME\r\n"
_CLIENT = re.compile(r"p([0-9]+)\.")  # a sender greets with its process id


@dataclass(frozen=True)
class Stored:
    """A message that the server has, whatever it said of it."""

    message_id: str
    recipient: str
    raw: bytes


class FaultyMail:
    """STARTTLS, RFC 5321's verbs, and faults. `received` holds what it stored, in order."""

    def __init__(
        self,
        happened: Happened,
        tls: ssl.SSLContext,
        expired: ssl.SSLContext,
        connections: Sequence[Fault] = (),
    ) -> None:
        self.happened, self.tls, self.expired = happened, tls, expired
        self.waiting = list(connections)  # faults of connections, for every other one
        self.befell: list[Fault] = []
        self.received: list[Stored] = []
        self.port = 0
        self._connections = 0
        self._lock = threading.Lock()

    def drawn(self) -> Fault | None:
        """The fault of a new connection."""
        with self._lock:
            self._connections += 1
            return None if self._connections % 2 or not self.waiting else self.waiting.pop(0)

    def put_back(self, fault: Fault) -> None:
        """A connection ended before its fault could happen."""
        with self._lock:
            self.waiting.append(fault)


class Conversation:
    """One connection."""

    def __init__(self, server: FaultyMail, sock: socket.socket) -> None:
        self._server, self._sock = server, sock
        self._lines = sock.makefile("rb")
        self._fault = server.drawn()
        self._client = 0
        self._recipient = ""
        self._text = b""

    def run(self) -> None:
        """Until the client leaves, or is left."""
        try:
            if self._say("greeting", "220 faulty.example"):
                while (line := self._lines.readline()) and self._heard(line.decode().strip()):
                    continue
        finally:
            if self._fault is not None:
                self._server.put_back(self._fault)
            self._lines.close()
            self._sock.close()

    def _heard(self, command: str) -> bool:
        verb = command.partition(" ")[0].lower()
        if verb == "ehlo":
            found = _CLIENT.match(command[5:])
            self._client = int(found[1]) if found else 0
            plain = not isinstance(self._sock, ssl.SSLSocket)
            return self._say("ehlo", _HELLO + ("250-STARTTLS\r\n250 DSN" if plain else "250 DSN"))
        if verb == "starttls":
            return self._starttls()
        if verb == "rcpt":
            self._recipient = command.partition("<")[2].partition(">")[0]
        if verb == "data":
            return self._say("data", ANSWERS["DATA"]) and self._dot()
        return self._say(verb, ANSWERS.get(verb.upper(), "502 5.5.2 what?")) and verb != "quit"

    def _starttls(self) -> bool:
        fault = self._due("starttls")
        if fault is not None and fault.act != EXPIRED:
            return self._befall(fault, "220 go")
        self._send("220 go")
        context = self._server.expired if fault is not None else self._server.tls
        self._sock = context.wrap_socket(self._sock, server_side=True)
        self._lines.close()
        self._lines = self._sock.makefile("rb")
        return True

    def _dot(self) -> bool:
        self._text = b""
        for line in self._lines:
            if line == b".\r\n":
                break
            self._text += line.removeprefix(b".")
        else:
            return False
        fault = self._due("dot")
        if fault is None or fault.stored:
            message_id = message_from_bytes(self._text)["Message-ID"]
            self._server.received.append(Stored(message_id, self._recipient, self._text))
        return self._befall(fault, ANSWERS["DOT"]) if fault else self._send(ANSWERS["DOT"])

    def _say(self, step: str, answer: str) -> bool:
        """Answer, unless something befalls; whether the conversation goes on."""
        fault = self._due(step)
        return self._befall(fault, answer) if fault else self._send(answer)

    def _due(self, step: str) -> Fault | None:
        mine = self._fault
        if mine is not None and mine.at == step:
            self._fault = None
            self._server.befell.append(mine)
            return mine
        theirs = fault_of(self._recipient)
        wanted = step in ("rcpt", "data", "dot") and theirs.at == step
        return theirs if wanted and self._server.happened.now(self._recipient, theirs) else None

    def _befall(self, fault: Fault, answer: str) -> bool:
        if fault.act == HANG:
            while self._lines.readline():
                continue
        if fault.act in (HANG, CLOSE):
            return False
        if fault.act == KILL:
            os.kill(self._client, SIGKILL)
            return False
        if fault.act == STOP:
            os.kill(self._client, SIGSTOP)
            return self._send(answer)
        if fault.act.startswith("late "):
            time.sleep(0.2)
        said = fault.act.removeprefix("late ")
        return self._send(said) and not said.startswith(("421", "554"))

    def _send(self, answer: str) -> bool:
        self._sock.sendall(answer.encode() + b"\r\n")
        return True


@contextmanager
def faulty_mail(*given: Any) -> Iterator[FaultyMail]:
    """A running server; see `FaultyMail`."""
    server = FaultyMail(*given)
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        server.port = listener.getsockname()[1]
        acceptor = threading.Thread(target=_accept, args=(server, listener))
        acceptor.start()
        try:
            yield server
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            acceptor.join(10)


def _accept(server: FaultyMail, listener: socket.socket) -> None:
    talks = []
    while True:
        try:
            sock, _ = listener.accept()
        except OSError:
            break
        sock.settimeout(60)
        talks.append(threading.Thread(target=_talk, args=(server, sock)))
        talks[-1].start()
    for talk in talks:
        talk.join(10)


def _talk(server: FaultyMail, sock: socket.socket) -> None:
    try:
        Conversation(server, sock).run()
    except OSError:  # the client is gone: it was killed, or has had enough
        sock.close()
