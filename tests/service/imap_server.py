"""A little IMAP server (RFC 3501) on loopback: one folder, as much of the protocol as is read."""

import re
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Box:
    """What lies there, by UID. `uidplus`: whether it can expunge by UID."""

    def __init__(self, *mails: bytes, uidplus: bool = True) -> None:
        self.mails = dict(enumerate(mails, 1))
        self.deleted: set[int] = set()
        self.validity = 1
        self.uidplus = uidplus
        self.verbs: list[str] = []

    def renumber(self, validity: int) -> None:
        """The server was restored: all UIDs are others."""
        self.validity = validity
        self.mails = {uid + 100: raw for uid, raw in self.mails.items()}

    def expunge(self) -> None:
        for uid in self.deleted:
            self.mails.pop(uid, None)
        self.deleted.clear()


class _Session(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self.say("* OK ready")
        while line := self.rfile.readline():
            tag, _, rest = line.decode().strip().partition(" ")
            if not self.answer(tag, rest):
                return

    def say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")

    def answer(self, tag: str, rest: str) -> bool:
        box: Box = self.server.box  # type: ignore[attr-defined]
        verb = " ".join(rest.upper().split()[: 2 if rest.upper().startswith("UID") else 1])
        box.verbs.append(verb)
        if verb == "CAPABILITY":
            self.say("* CAPABILITY IMAP4rev1" + (" UIDPLUS" if box.uidplus else ""))
        elif verb == "LOGIN" and '"secret"' not in rest:
            self.say(f"{tag} NO [AUTHENTICATIONFAILED] no")
            return True
        elif verb == "SELECT":
            self.say(f"* {len(box.mails)} EXISTS")
            self.say(f"* OK [UIDVALIDITY {box.validity}] there")
        elif verb == "UID SEARCH":
            found = [uid for uid in box.mails if uid not in box.deleted]
            self.say("* SEARCH " + " ".join(map(str, found)))
        elif verb == "UID FETCH":
            self.fetch(box, int(re.findall(r"\d+", rest)[0]))
        elif verb == "UID STORE":
            box.deleted.add(int(re.findall(r"\d+", rest)[0]))
        elif verb in ("UID EXPUNGE", "EXPUNGE"):
            box.expunge()
        elif verb == "LOGOUT":
            self.say("* BYE")
        self.say(f"{tag} OK done")
        return verb != "LOGOUT"

    def fetch(self, box: Box, uid: int) -> None:
        raw = box.mails[uid]
        self.wfile.write(b"* 1 FETCH (UID %d BODY[]<0> {%d}\r\n%s)\r\n" % (uid, len(raw), raw))


@contextmanager
def imap_server(box: Box) -> Iterator[str]:
    """Serve the box; the address of its account."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Session) as server:
        server.daemon_threads = True
        server.box = box  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"imap://hotline:secret@127.0.0.1:{server.server_address[1]}/INBOX"
        server.shutdown()
        thread.join()
