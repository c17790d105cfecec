"""From raw mail to what it says: one pure function that takes anything and never raises."""

import re
from email.utils import parseaddr
from typing import Final

from notices.inbound import parts, report, threading
from notices.inbound.automatic import automatic, away
from notices.inbound.bounces import failure as irregular
from notices.inbound.bounces import is_report, looks_like_one
from notices.inbound.claims import acknowledges, asks, claims
from notices.inbound.model import Claim, Failure, Inbound, Kind
from notices.inbound.origin import origin
from notices.inbound.parsing import Fields, Part, decoded, fields, first, parsed, readable
from notices.inbound.quoting import own
from notices.inbound.tickets import ticket

_HEAD: Final = 1500  # lines: where a failure is told, if at all
_SHOWN: Final = 20_000
_SUBJECT: Final = 1000
_KINDS: Final = {"failed": Kind.BOUNCE, "delayed": Kind.DELAY}


def classify(raw: bytes) -> Inbound:
    """Read a message (RFC 5322 bytes, as received). Never raises, whatever the bytes are.

    Order of judgement: delivery report (RFC 3464, then the usual irregular forms), automatic
    answer (RFC 3834), claim, acknowledgement, else a person. What can't be read at all is `human`.
    """
    try:
        message, cut = parsed(raw)
        return _read(raw, message, cut)
    except Exception:  # a stranger's bytes and a library: a person looks at what it chokes on
        text = decoded(raw[:_SHOWN], "utf-8").replace("\0", "")
        return Inbound(kind=Kind.HUMAN, automatic=False, text=text, own_text=text, cut=True)


def _read(raw: bytes, message: Part, cut: bool) -> Inbound:
    found = fields(message)
    whole = parts.text(message)
    told = parts.notification(whole)
    lines = parts.report(message)
    returned = parts.returned(message, whole)
    failure = _failure(raw, message, found, told, lines, returned)
    if failure is None:
        returned = {}
    subject = " ".join(readable(first(found, "subject")).split())[:_SUBJECT]
    own_text = own(whole) if failure is None else told
    machine = automatic(found) or is_report(message)
    kind, said, arrived = _judged(failure, machine, subject, own_text)
    number, tag = (None, None) if failure else ticket(subject, own_text)
    original = _original(failure, found, lines, returned)
    failure = failure or Failure(action="")
    bounced = kind in (Kind.BOUNCE, Kind.DELAY)
    return Inbound(
        kind=kind,
        automatic=kind in (Kind.BOUNCE, Kind.DELAY, Kind.AUTO_REPLY),
        claims=said,
        acknowledges=arrived,
        ticket=number,
        ticket_tag=tag,
        action=failure.action or None,
        recipient=failure.recipient,
        original_recipient=failure.original_recipient,
        status=failure.status,
        permanent=failure.permanent if bounced else None,
        reason=failure.reason,
        original_message_id=original,
        envelope_id=report.envelope_id(lines) if lines else None,
        message_id=next(iter(threading.ids(found, "message-id")), None),
        in_reply_to=next(iter(threading.ids(found, "in-reply-to")), None),
        references=threading.ids(found, "references"),
        sender=parseaddr(readable(first(found, "from")[:_SUBJECT]))[1],
        subject=subject,
        text=whole,
        own_text=own_text,
        numbers=threading.numbers(subject, readable(first(returned, "subject")), whole[:_SHOWN]),
        tokens=threading.tokens(found),
        returned_tokens=threading.returned_tokens(returned),
        attachments=parts.attachments(message),
        origin=None if bounced else origin(own_text),
        cut=cut,
    )


def _failure(
    raw: bytes, message: Part, found: Fields, told: str, lines: str | None, returned: Fields
) -> Failure | None:
    """What became of our message, if this is about that at all."""
    likely = looks_like_one(found, message)
    by_standard = report.failure(lines) if lines else None
    if by_standard is None and likely:
        by_standard = report.failure(told)  # its delimiter was broken: the report is in the text
    if by_standard is not None and (by_standard.recipient and by_standard.reason):
        return by_standard
    if not likely:
        return by_standard
    head = parsed(raw, _HEAD)[0]  # the library's detectors go over it many times
    otherwise = irregular(head, found, told, returned)
    if by_standard is not None and otherwise is not None:
        return report.completed(by_standard, recipient=otherwise.recipient, reason=otherwise.reason)
    return by_standard or otherwise


def _judged(
    failure: Failure | None, machine: bool, subject: str, own_text: str
) -> tuple[Kind, tuple[Claim, ...], bool]:
    if failure is not None:
        return _KINDS.get(failure.action, Kind.AUTO_REPLY), (), False
    said = claims(f"{_bare(subject)}\n\n{own_text}")
    arrived = acknowledges(f"{subject}\n\n{own_text}")
    if machine or (not said and away(own_text)):
        return Kind.AUTO_REPLY, said, arrived
    if said:
        return Kind.CLAIM, said, arrived
    if arrived and not asks(own_text):
        return Kind.ACKNOWLEDGEMENT, said, arrived
    return Kind.HUMAN, said, arrived


def _bare(subject: str) -> str:
    """A subject that says something itself: an answer's repeats ours."""
    return "" if re.match(r"\s*(?:re|aw|sv|antw|tr|rv|fwd?|wg)\s*:", subject, re.I) else subject


def _original(
    failure: Failure | None, found: Fields, lines: str | None, returned: Fields
) -> str | None:
    """Our Message-ID: in the copy that came back, as a field of the report, or as answered to."""
    given = threading.ids(returned, "message-id")
    named = report.original_message_id(lines) if lines else None
    if given or named or failure is None:
        return given[0] if given else named
    answered = threading.ids(found, "in-reply-to") or threading.ids(found, "references")
    return answered[-1] if answered else None
