"""An IMAP mailbox (RFC 9051, RFC 3501) by the standard library: raw bytes, nothing parsed here.

No UID is remembered between two sessions, so a new UIDVALIDITY costs nothing: what lies there is
read, and what was stored before is known by its digest.
"""

import imaplib
import re
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final, Literal
from urllib.parse import unquote, urlsplit

from notices.channels.arriving import MOST_BYTES, ArrivalError, Arrived, Inbox, Opened
from notices.channels.smtp_url import is_loopback

Security = Literal["none", "tls", "starttls"]
_SCHEMES: Final[dict[str, tuple[Security, int]]] = {
    "imap": ("none", 143),
    "imaps": ("tls", 993),
    "imap+starttls": ("starttls", 143),
}
_TROUBLE: Final = (imaplib.IMAP4.error, OSError, ssl.SSLError, ValueError)


class BadImapUrl(ArrivalError):
    """A mailbox's address that can't be used; the text never repeats the secret."""


@dataclass(frozen=True)
class Account:
    """A mailbox on a server; its secret is in no text of it."""

    host: str
    port: int
    security: Security
    user: str
    secret: str = field(repr=False)
    folder: str = "INBOX"

    @classmethod
    def parse(cls, url: str) -> "Account":
        """Read `imaps://`, `imap+starttls://` or `imap://user:secret@host[:port][/folder]`.

        `imap://` without TLS is for loopback only. Raises `BadImapUrl`.
        """
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            raise BadImapUrl("its host or port can't be read") from None
        if parts.scheme not in _SCHEMES:
            raise BadImapUrl("it begins with none of imaps://, imap+starttls://, imap://")
        if not (host and parts.username and parts.password) or parts.query or parts.fragment:
            raise BadImapUrl("it is not scheme://user:secret@host:port/folder")
        security, default = _SCHEMES[parts.scheme]
        if security == "none" and not is_loopback(host):
            raise BadImapUrl("it needs imaps:// or imap+starttls://")
        user, secret = unquote(parts.username), unquote(parts.password)
        folder = unquote(parts.path.strip("/")) or "INBOX"
        text = f"{host}{user}{secret}{folder}"
        if not (text.isascii() and text.isprintable()):
            raise BadImapUrl("host, user, secret and folder must be printable ASCII")
        return cls(host, port or default, security, user, secret, folder)


class _Mailbox:
    """A selected folder; every answer within `deadline` (monotonic seconds)."""

    def __init__(self, client: imaplib.IMAP4, deadline: float) -> None:
        self._client = client
        self._deadline = deadline
        self._taken: list[str] = []

    def messages(self, limit: int) -> Iterator[Arrived]:
        for uid in _ok(self._client.uid("SEARCH", "UNDELETED"))[0].split()[:limit]:
            if time.monotonic() > self._deadline:
                return
            raw = self._fetch(uid.decode("ascii"))
            if raw is not None:
                yield Arrived(uid.decode("ascii"), raw)

    def take_away(self, key: str) -> None:
        """Marked now; it goes when the mailbox is closed."""
        _ok(self._client.uid("STORE", key, "+FLAGS.SILENT", r"(\Deleted)"))
        self._taken.append(key)

    def expunge(self) -> None:
        """Only what was taken away, where the server can (UIDPLUS, RFC 4315)."""
        if not self._taken:
            return
        if "UIDPLUS" in self._client.capabilities:
            _ok(self._client.uid("EXPUNGE", ",".join(self._taken)))
        else:
            _ok(self._client.expunge())
        self._taken = []

    def _fetch(self, uid: str) -> bytes | None:
        """The message, or None where somebody else has taken it meanwhile."""
        for one in _ok(self._client.uid("FETCH", uid, f"(BODY.PEEK[]<0.{MOST_BYTES}>)")):
            if isinstance(one, tuple) and re.search(rb"BODY\[\]", one[0], re.I):
                return bytes(one[1])
        return None


def mailbox(account: Account, *, deadline_s: float) -> Inbox:
    """The mailbox; a session that lasts longer than `deadline_s` ends with what it has."""

    @contextmanager
    def opened() -> Iterator[Opened]:
        try:
            client = _connect(account, deadline_s)
        except _TROUBLE as error:
            raise ArrivalError(f"connect: {type(error).__name__}") from None
        try:
            _ok(client.login(account.user, account.secret))
            name = account.folder.replace("\\", "\\\\").replace('"', '\\"')
            _ok(client.select(f'"{name}"'))
            box = _Mailbox(client, time.monotonic() + deadline_s)
            try:
                yield box
            finally:
                box.expunge()
        except _TROUBLE as error:
            raise ArrivalError(f"mailbox: {type(error).__name__}") from None
        finally:
            with suppress(*_TROUBLE):
                client.logout()

    return Inbox("imap", opened)


def _connect(account: Account, timeout: float) -> imaplib.IMAP4:
    tls = ssl.create_default_context()
    if account.security == "tls":
        return imaplib.IMAP4_SSL(account.host, account.port, ssl_context=tls, timeout=timeout)
    client = imaplib.IMAP4(account.host, account.port, timeout=timeout)
    if account.security == "starttls":
        _ok(client.starttls(tls))
    return client


def _ok(answer: tuple[str, Any]) -> list[Any]:
    """The data of an answer. Raises `imaplib.IMAP4.error` for a NO, and tells nothing of it."""
    if answer[0] != "OK":
        raise imaplib.IMAP4.error("refused")
    return [one for one in answer[1] if one is not None] or [b""]
