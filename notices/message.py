"""Letter and envelope -> the frozen bytes that leave: same input, same bytes."""

import hashlib
import re
from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from typing import Any, Final

from notices.compose import Letter
from notices.defang import header_safe, visible
from notices.errors import BadFacts
from notices.facts import mail_address, utc_time

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
        size = next(n for n in range(len(rest), 0, -1) if len(rest[:n].encode()) <= _ENCODED)
        out.append(f"=?utf-8?b?{b64encode(rest[:size].encode()).decode()}?=")
        rest = rest[size:]
    return out


_ASCII: Final = _Wire(linesep="\r\n", cte_type="7bit", raise_on_defect=False)
_UTF8: Final = _ASCII.clone(utf8=True)


def freeze(letter: Letter, envelope: Envelope) -> bytes:
    """The message as it will leave: multipart/mixed, the text first, CRLF lines.

    All ASCII unless an address itself is not (then it needs SMTPUTF8). Raises `UnsafeHeader` for
    a subject or file name that could start another header.
    """
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
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.body, cte="quoted-printable")
    message["Content-Language"] = header_safe("language", letter.language)
    message.make_mixed()
    for file in letter.attachments:
        main, _, sub = file.media_type.partition("/")
        name = header_safe("attachment", file.name)
        charset = {"charset": "utf-8"} if main == "text" else None
        message.add_attachment(
            file.content, maintype=main, subtype=sub, filename=name, params=charset
        )
    message.set_boundary("=_" + hashlib.sha256(envelope.message_id.encode()).hexdigest()[:32])
    return message.as_bytes()
