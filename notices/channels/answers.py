"""What a provider's answer means for a delivery: accepted, refused, later, or nobody knows."""

import re
from email.utils import parsedate_to_datetime
from typing import Final

from notices.channels.base import Ambiguous, Receipt, SendError, neutral
from notices.channels.connector import Connector
from notices.channels.guarded_http import Answer
from notices.channels.selecting import document

#: Answers that say that nothing was taken, and that asking again may help.
_LATER: Final = frozenset({408, 421, 425, 429, 503})
#: It is we who are not let in: nothing is said of the message.
_STRANGERS: Final = frozenset({401, 403, 407})
_UNSUPPORTED: Final = frozenset({501, 505})
_CLEAR: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_:-]{0,127}")
_LONGEST_WAIT: Final = 86_400.0


def receipt(connector: Connector, answer: Answer, exchange: bytes) -> Receipt:
    """The proof of acceptance. Raises `SendError`, or `Ambiguous` where it may have been taken.

    An answer of 500 may come after the report was stored: it is never taken for a refusal.
    """
    status = answer.status
    if status in connector.success.statuses:
        return _accepted(connector, answer, exchange)
    if status == 409 and connector.success.conflict == "accepted":
        return _taken(connector, answer, exchange)
    if status == 409 and connector.success.conflict == "ambiguous":
        raise Ambiguous("answer", said(connector, answer), code=status, exchange=exchange)
    raise refusal(connector, answer, exchange)


def refusal(connector: Connector, answer: Answer, exchange: bytes) -> SendError:
    """What an answer that is no success means (RFC 9110, 15)."""
    status, words = answer.status, said(connector, answer)
    if status in _LATER:
        return SendError(
            "answer",
            words,
            code=status,
            retry_after_s=retry_after(answer),
            exchange=exchange,
        )
    if 300 <= status < 400:
        return SendError("redirect", words, code=status, permanent=True, exchange=exchange)
    if status in _STRANGERS:
        return SendError("login", words, code=status, exchange=exchange)
    if 400 <= status < 500 or status in _UNSUPPORTED:
        return SendError("answer", words, code=status, permanent=True, exchange=exchange)
    return Ambiguous("answer", words, code=status, exchange=exchange)


def said(connector: Connector, answer: Answer) -> str:
    """The provider's own words about it, where they are where they should be."""
    return neutral((connector.error and connector.error.text(answer.body)) or "")


def retry_after(answer: Answer) -> float | None:
    """Seconds until the provider wants to be asked again (RFC 9110, 10.2.3), at most a day.

    A date is counted from the answer's own, so that no clock of ours is needed.
    """
    given = answer.headers.get("retry-after", "").strip()
    if given.isdecimal():
        return min(max(float(given[:9]), 1.0), _LONGEST_WAIT)
    try:
        until = parsedate_to_datetime(given)
        wait = (until - parsedate_to_datetime(answer.headers["date"])).total_seconds()
    except (ValueError, TypeError, KeyError):
        return None
    return min(max(wait, 1.0), _LONGEST_WAIT)


def _accepted(connector: Connector, answer: Answer, exchange: bytes) -> Receipt:
    """A success by its status, if what it says agrees."""
    at = connector.success.at
    if at is None:
        return _taken(connector, answer, exchange)
    if answer.cut or (at.pointer is not None and document(answer.body) is None):
        raise Ambiguous("answer", "not readable", code=answer.status, exchange=exchange)
    found = at.find(answer.body)
    wanted = connector.success.one_of
    good = at.text(answer.body) in wanted if wanted else found not in (None, False, "")
    if good:
        return _taken(connector, answer, exchange)
    words = said(connector, answer)
    raise SendError("answer", words, code=answer.status, permanent=True, exchange=exchange)


def _taken(connector: Connector, answer: Answer, exchange: bytes) -> Receipt:
    found = connector.reference.text(answer.body) if connector.reference else None
    reference = found[:300] if found else None
    clear = reference if reference and _CLEAR.fullmatch(reference) else None
    return Receipt("api", f"{answer.status}", clear, reference, exchange)
