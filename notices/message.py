"""Letter and envelope -> the frozen bytes that leave: same input, same bytes."""

import hashlib
import re
from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage, MIMEPart
from email.policy import EmailPolicy
from typing import Any, Final, Literal

from notices.attachments import Attachment
from notices.compose import Letter
from notices.defang import header_safe, visible
from notices.errors import BadFacts
from notices.facts import mail_address, utc_time
from notices.pgp import Protection
from notices.pgp_mime import protected

#: How the parts are bound together: as files beside a text, or as a feedback report (RFC 5965).
Form = Literal["mixed", "feedback"]

_MESSAGE_ID: Final = re.compile(r"<[!-;=?-~]+@[!-;=?-~]+>")
_LINE: Final = 76
_ENCODED: Final = 42  # bytes that one encoded word holds: 56 characters, 68 with its marks


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """Who it is from and to, and what it answers. Raises `BadFacts`, `UnsafeHeader` when made.

    `sender` is the envelope sender (return path) and `reply_to` the answering address; both carry
    the delivery's signed token. Message-IDs stand in their angle brackets; `date` is UTC.
    """

    message_id: str
    date: datetime
    from_name: str
    from_address: str
    sender: str
    reply_to: str
    recipient: str
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    by_person: bool = False  # somebody wrote it: RFC 3834 wants it unmarked

    def __post_init__(self) -> None:
        utc_time("envelope.date", self.date)
        header_safe("envelope.from_name", self.from_name)
        if "=?" in self.from_name:
            raise BadFacts("envelope.from_name", "holds an encoded word")
        for name in ("from_address", "sender", "reply_to", "recipient"):
            mail_address(f"envelope.{name}", getattr(self, name))
        answered = (self.in_reply_to,) if self.in_reply_to else ()
        for given in (self.message_id, *answered, *self.references):
            header_safe("envelope.message_id", given)
            if not _MESSAGE_ID.fullmatch(given) or len(given) > 900 or "=?" in given:
                raise BadFacts("envelope.message_id", "is not a Message-ID")


class _Wire(EmailPolicy):
    """SMTP lines, all ASCII; a word is never cut and never put below its header's name.

    The library encodes ids longer than a line, starts some headers on an empty one, and doubles
    blanks where encoded and plain words meet.
    """

    def fold(self, name: str, value: Any) -> str:
        header_safe(name, str(value))  # once more: the library decodes what looks encoded
        text = f"{name}: {value}"
        if not text.isascii() and name != "Subject":
            return str(super().fold(name, value))
        first, *words = _words(str(value)) if name == "Subject" else str(value).split()
        lines = [f"{name}: {first}"]
        for word in words:
            if len(lines[-1]) + 1 + len(word) <= _LINE:
                lines[-1] += f" {word}"
            else:
                lines.append(f" {word}")
        return "\r\n".join(lines) + "\r\n"

    def fold_binary(self, name: str, value: Any) -> bytes:
        return self.fold(name, value).encode("utf-8" if self.utf8 else "ascii")


def _words(text: str) -> list[str]:
    """The words of a header; from the first that is not plain on, encoded (RFC 2047, UTF-8).

    Blanks between encoded words are not read, so those of the text stand inside them.
    """
    words = text.split(" ")
    odd = (at for at, word in enumerate(words) if not word.isascii() or "=?" in word)
    plain = next(odd, len(words))
    rest, out = " ".join(words[plain:]), words[:plain]
    while rest:
        sizes = range(min(len(rest), _ENCODED), 0, -1)
        size = next(n for n in sizes if len(rest[:n].encode()) <= _ENCODED)
        out.append(f"=?utf-8?b?{b64encode(rest[:size].encode()).decode()}?=")
        rest = rest[size:]
    return out


_ASCII: Final = _Wire(linesep="\r\n", cte_type="7bit", raise_on_defect=False)
_UTF8: Final = _ASCII.clone(utf8=True)


def freeze(
    letter: Letter,
    envelope: Envelope,
    *,
    form: Form = "mixed",
    protection: Protection | None = None,
) -> bytes:
    """The message as it will leave: the text first, then what is attached; CRLF lines.

    All ASCII unless an address itself is not (then it needs SMTPUTF8). `form` "feedback" makes it
    a feedback report (RFC 5965) where the letter is a complaint. `protection` signs or encrypts it
    (RFC 3156): then two makings differ, while without it the same input gives the same bytes.
    Raises `UnsafeHeader` for a subject or file name that could start another header, `BadKey`.
    """
    report = form == "feedback" and bool(letter.feedback)
    content = _entity(letter, _boundary(envelope, "parts"), report=report).as_bytes()
    if protection is not None:
        edge = _boundary(envelope, "protected")
        content = protected(content, protection, edge, envelope.date)
    return _head(letter, envelope).as_bytes().removesuffix(b"\r\n") + content


def _boundary(envelope: Envelope, use: str) -> str:
    """One of a message's boundaries: none begins with another (RFC 2046, 5.1.1)."""
    return "=_" + hashlib.sha256(f"{use} {envelope.message_id}".encode()).hexdigest()[:32]


def _head(letter: Letter, envelope: Envelope) -> EmailMessage:
    """The headers, as a message without a body."""
    addresses = (envelope.from_address, envelope.reply_to, envelope.recipient)
    message = EmailMessage(_ASCII if all(map(str.isascii, addresses)) else _UTF8)
    message["From"] = Address(visible(envelope.from_name), addr_spec=envelope.from_address)
    message["To"] = Address(addr_spec=envelope.recipient)
    message["Reply-To"] = Address(addr_spec=envelope.reply_to)
    # Encoded first, for the library decodes it: words like =?..?= in a ticket number stay words.
    message["Subject"] = " ".join(_words(header_safe("subject", letter.subject)))
    message["Date"] = envelope.date
    message["Message-ID"] = envelope.message_id
    if envelope.in_reply_to:
        message["In-Reply-To"] = envelope.in_reply_to
    if envelope.references:
        message["References"] = " ".join(envelope.references)
    if not envelope.by_person:
        message["Auto-Submitted"] = "auto-generated"
    message["MIME-Version"] = "1.0"
    return message


def _entity(letter: Letter, boundary: str, *, report: bool) -> MIMEPart:
    """What the message holds, with the headers that describe it and no other."""
    entity = MIMEPart(_ASCII)
    entity.set_content(letter.body, cte="quoted-printable")
    entity["Content-Language"] = header_safe("language", letter.language)
    entity.make_mixed(boundary)
    if report:
        entity.replace_header("Content-Type", "multipart/report")
        entity.set_param("report-type", "feedback-report")
        entity.set_boundary(boundary)
        entity.attach(_feedback(letter.feedback))
    for file in letter.attachments:
        entity.attach(_attached(file))
    return entity


def _attached(file: Attachment) -> MIMEPart:
    main, _, sub = file.media_type.partition("/")
    name = header_safe("attachment", file.name)
    part = MIMEPart(_ASCII)
    part.set_content(
        file.content,
        maintype=main,
        subtype=sub,
        disposition="attachment",
        filename=name,
        params={"charset": "utf-8"} if main == "text" else None,
    )
    return part


def _feedback(fields: bytes) -> MIMEPart:
    part, inner = MIMEPart(_ASCII), MIMEPart(_ASCII)
    for line in fields.decode("ascii").splitlines():
        name, _, value = line.partition(": ")
        inner[name] = value
    inner.set_payload("")
    part["Content-Type"] = "message/feedback-report"
    part["Content-Disposition"] = "inline"
    part.set_payload([inner])
    return part
