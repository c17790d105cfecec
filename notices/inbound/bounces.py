"""Failures that are told otherwise than RFC 3464 has it: flufl.bounce first, then own reading."""

import logging
import re
from typing import Final

from flufl.bounce import all_failures

from notices.inbound.model import Failure
from notices.inbound.parsing import Fields, Part, fields, first, readable
from notices.inbound.report import address, enhanced, lasting

logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL + 1)  # it logs what it stumbles over

_HEAD: Final = 20_000
_DAEMON: Final = re.compile(
    r"mailer-daemon|mail ?delivery|delivery ?subsystem|^\W*postmaster@|microsoft outlook"
    r"|system administrator|mail system|mdaemon",
    re.I,
)
_SUBJECT: Final = re.compile(
    r"undeliver|returned mail|failure notice|delivery (?:status|failure|failed|has failed|report)"
    r"|(?:mail|message|delivery) (?:delivery )?(?:failed|failure|error|problem|delayed)"
    r"|delayed mail|could not be delivered|warning: message|postmaster notify"
    r"|non remis|échec (?:de|d')|retourn|non distribu|unzustellbar|nicht zugestellt|zustellung"
    r"|niet (?:afgeleverd|bezorgd)|onbestelbaar|no entregad|devuelto|no se ha podido entregar",
    re.I,
)
_DELAY: Final = re.compile(
    r"still being retried|will be retried|warning only|not yet been delivered|delayed"
    r"|do not need to resend|noch nicht zugestellt|verzögert|retardé|vertraagd|retrasad"
    r"|will (?:keep|continue) trying|continuera d'essayer",
    re.I,
)
_FAILED: Final = re.compile(
    r"could(?: not|n't) be (?:delivered|found|reached)|did not reach|delivery (?:has )?failed"
    r"|undeliverable|permanent(?: fatal)? error|unable to deliver|wasn't able to deliver"
    r"|(?:user|host|recipient|address|mailbox)\W{1,3}(?:is |was )?(?:unknown|not found|unavailable)"
    r"|n'a pas pu être|konnte nicht|kon niet worden|no se pudo|unrecoverable error",
    re.I,
)
_ADDRESS: Final = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_OURS: Final = ("to", "delivered-to", "x-original-to", "envelope-to", "from")


def looks_like_one(found: Fields, message: Part) -> bool:
    """Whether a mail system wrote this because of a message of ours."""
    if "x-failed-recipients" in found or is_report(message, "delivery-status"):
        return True
    daemon = bool(_DAEMON.search(readable(first(found, "from"))[:500]))
    return daemon and bool(_SUBJECT.search(readable(first(found, "subject"))[:500]))


def is_report(message: Part, of: str = "") -> bool:
    """Whether a message calls itself a report (RFC 6522), of this type if one is named."""
    told = first(fields(message), "content-type").lower()
    return message.get_content_type() == "multipart/report" and of in told


def failure(message: Part, found: Fields, told: str, returned: Fields) -> Failure | None:
    """What such a message says; `told` is its text without our own, `returned` our own header.

    None if it says neither of a failure nor of a delay.
    """
    head = told[:_HEAD]
    flat = " ".join(head.split())
    passing, lost = _by_library(message)
    late = bool(_DELAY.search(first(found, "subject")) or _DELAY.search(flat))
    if not (passing or lost or late or "x-failed-recipients" in found or _FAILED.search(flat)):
        return None
    candidates = [*_addresses(first(found, "x-failed-recipients")), *sorted(lost or passing)]
    recipient = next(iter(sorted(candidates, key=lambda one: _place(head, one))), None)
    recipient = recipient or _by_text(head, found) or _to(returned)
    about = _paragraph(head, recipient)
    status = enhanced(about) or enhanced(head)
    delayed = bool(passing) or (late and not lost)
    return Failure(
        action="delayed" if delayed else "failed",
        recipient=recipient,
        status=status,
        permanent=not delayed and lasting(status, about),
        reason=" ".join(about.split())[:500],
    )


def _by_library(message: Part) -> tuple[set[str], set[str]]:
    """Addresses that failed for now and for good, as flufl.bounce reads the message."""
    try:
        passing, lost = all_failures(message)
    except Exception:  # it reads a stranger's bytes, and its detectors are many
        return set(), set()
    return _decoded(passing), _decoded(lost)


def _decoded(addresses: frozenset[bytes]) -> set[str]:
    return {one for raw in addresses if (one := address(raw.decode("utf-8", "replace")))}


def _addresses(text: str) -> list[str]:
    return _ADDRESS.findall(text[:4000])


def _place(text: str, one: str) -> int:
    at = text.find(one)
    return at if at >= 0 else len(text)


def _by_text(head: str, found: Fields) -> str | None:
    """The first address in the text that is neither ours nor a postmaster's."""
    ours = {one.lower() for name in _OURS for one in _addresses(first(found, name))}
    for one in _ADDRESS.findall(head):
        if one.lower() not in ours and not one.lower().startswith(("postmaster@", "mailer-daemon")):
            return str(one)
    return None


def _to(returned: Fields) -> str | None:
    return next(iter(_addresses(first(returned, "to"))), None)


def _paragraph(head: str, recipient: str | None) -> str:
    """What the text says of this recipient: from its name, best at the beginning of a line."""
    if recipient is None or recipient not in head:
        return head[:1000]
    begins = re.search(rf"^[^\w\n]{{0,6}}{re.escape(recipient)}", head, re.M)
    at = begins.start() if begins else head.rfind("\n", 0, head.find(recipient)) + 1
    ends = [end for mark in ("\n\n", "\n<") if (end := head.find(mark, at + 1)) > 0]
    return head[at : min(ends, default=at + 1000)][:1000]
