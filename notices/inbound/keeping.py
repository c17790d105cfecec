"""What of a message may be kept: its words. Files of refused kinds are cut out before it is stored.

A message is written anew from what is read of it: few headers, texts as plain text, reports, and of
a message that was sent back its header alone. No file that shows or runs is ever written down, and
neither is one that is spelled out in a text (base64, uuencode, `data:`).
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from notices.inbound import parts
from notices.inbound.html import as_text
from notices.inbound.model import Attachment
from notices.inbound.parsing import Fields, Part, content, decoded, fields, parsed

#: Fields that `classify` reads, and who vouched for the sender.
_HEADERS: Final = frozenset(
    {
        *("from", "sender", "reply-to", "to", "cc", "subject", "date", "received"),
        *("message-id", "in-reply-to", "references", "return-path", "x-envelope-from"),
        *("delivered-to", "x-delivered-to", "x-original-to", "original-recipient"),
        *("envelope-to", "x-envelope-to", "apparently-to", "x-apparently-to"),
        *("x-forwarded-to", "resent-to", "authentication-results"),
        *("auto-submitted", "x-auto-submitted", "precedence", "list-id", "list-unsubscribe"),
        *("x-autoreply", "x-auto-reply", "x-autorespond", "x-autoresponder"),
        *("x-autoreply-from", "x-mail-autoreply", "x-auto-response-suppress"),
        *("x-failed-recipients", "feedback-id"),
    }
)
_MOST_OF_ONE: Final = 50
_DEEPEST: Final = 30
_HEAD: Final = 65_536
_LONGEST: Final = 200_000  # twice what is ever read of a text
_SPELLED: Final = re.compile(
    r"^begin(?:-base64)? [0-7]{3,4} [^\n]*\n(?s:.*?)(?:^(?:end|====)[ \t]*$|\Z)"
    r"|(?:^[^\s]{60,}[ \t]*(?:\n|\Z)){6,}"
    r"|[A-Za-z0-9+/=_-]{400,}"
    r"|\bdata:[\w.+-]{1,60}/[\w.+-]{1,60}[;,][^\s\"'>)]{20,}",
    re.M | re.I,
)
_LEFT_OUT: Final = "[...]"


@dataclass(frozen=True)
class Kept:
    """A message as it may be stored, and what was cut out of it.

    `cut_out` counts all of it; `refused` are the files among that, by name, type and size.
    """

    raw: bytes = field(repr=False)
    digest: bytes  # SHA-256 of the message as it was delivered
    cut_out: int
    refused: tuple[Attachment, ...] = field(repr=False)


def keep(raw: bytes) -> Kept:
    """The message without what is never kept. Never raises; of what can't be read, its header."""
    digest = hashlib.sha256(raw).digest()
    try:
        message, _ = parsed(raw)
        writer = _Writer(digest)
        head = writer.header(fields(message))
        kept = head + "MIME-Version: 1.0\n" + writer.entity(message, 0, root=True)
        refused = tuple(one for one in parts.attachments(message) if one.refused)
        refused = tuple(one for one in refused if one.media_type not in parts.RETURNED)
        return Kept(kept.encode("utf-8", "replace"), digest, writer.cut_out, refused)
    except Exception:  # a stranger's bytes and a library: a person looks at what it chokes on
        head = decoded(raw[:_HEAD], "utf-8").replace("\r", "").partition("\n\n")[0]
        lines = [one[:998] for one in head.replace("\0", "").split("\n")[:200]]
        text = _SPELLED.sub(_LEFT_OUT, "\n".join(lines))
        return Kept(f"Subject: -\n\n{text}\n".encode("utf-8", "replace"), digest, 1, ())


class _Writer:
    """Writes a message anew; counts what it leaves out.

    Its boundaries hold the digest of the message, which no part of that message can name.
    """

    def __init__(self, digest: bytes) -> None:
        self.cut_out = 0
        self._edge = f"=_{digest.hex()[:32]}"
        self._edges = 0

    def header(self, found: Fields) -> str:
        """The fields that are read, each on a line of its own."""
        return "".join(
            f"{name}: {self.words(value)}\n"
            for name, values in found.items()
            if name in _HEADERS
            for value in values[:_MOST_OF_ONE]
        )

    def entity(self, part: Part, depth: int, *, root: bool = False) -> str:
        """A part with its own headers, or nothing where it is not kept."""
        inside = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(inside, list):
            return self._several(part, inside, depth)
        leaf = self._leaf(part)
        return leaf or (_text("") if root else "")

    def words(self, text: str) -> str:
        """A text without files that are spelled out in it."""
        text = text[:_LONGEST].replace("\r\n", "\n").replace("\0", "")
        plain, left_out = _SPELLED.subn(_LEFT_OUT, text)
        self.cut_out += left_out
        return plain

    def _several(self, part: Part, inside: Sequence[object], depth: int) -> str:
        children = inside if depth < _DEEPEST else []
        self.cut_out += len(inside) - len(children)
        written = [self.entity(one, depth + 1) for one in children if isinstance(one, Part)]
        self._edges += 1
        edge = f"{self._edge}_{self._edges}"
        subtype = part.get_content_subtype()
        kind = {
            "alternative": "alternative",
            "report": "report; report-type=" + _report_type(part),
        }.get(subtype, "mixed")
        body = "".join(f"--{edge}\n{one}\n" for one in written if one)
        return f'Content-Type: multipart/{kind}; boundary="{edge}"\n\n{body}--{edge}--\n'

    def _leaf(self, part: Part) -> str:
        kind = part.get_content_type()
        if kind in parts.REPORTS:
            return f"Content-Type: message/delivery-status\n\n{self._report(part)}\n"
        if kind in parts.RETURNED:
            self.cut_out += 1
            head = self.header(parts.header_of(part))
            return _text(head, "text/rfc822-headers")
        files = parts.attachments(part)
        if any(one.refused for one in files):
            self.cut_out += 1
            return ""
        if files:
            return _text(self.words(content(part)), kind, attached=True)
        body = content(part)
        return _text(self.words(as_text(body) if kind == "text/html" else body))

    def _report(self, part: Part) -> str:
        lines = self.words("\n\n".join(parts.report_lines(part)))
        return lines.encode("ascii", "replace").decode()


def _report_type(part: Part) -> str:
    told = " ".join(fields(part).get("content-type", [])).lower()
    return "disposition-notification" if "disposition" in told else "delivery-status"


def _text(words: str, kind: str = "text/plain", *, attached: bool = False) -> str:
    mark = "Content-Disposition: attachment\n" if attached else ""
    return (
        f'Content-Type: {kind}; charset="utf-8"\n{mark}Content-Transfer-Encoding: 8bit\n\n{words}\n'
    )
