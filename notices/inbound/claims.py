"""What a message claims, and whether it acknowledges: sentence by sentence, in its own words."""

import re
from collections.abc import Iterator
from typing import Final

from notices.inbound.model import Claim
from notices.inbound.phrases import CONDITION, DENIAL, REQUESTS, STATEMENTS
from notices.inbound.receipts import RECEIVED

_LONGEST: Final = 20_000
_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+|\n\s*\n|\n(?=\s*[-*•])")
_CLAUSE: Final = re.compile(r"[,;:]")
_QUESTION: Final = re.compile(r"\?(?=\s|$)")


def claims(own_text: str) -> tuple[Claim, ...]:
    """Every claim of the text, in the order of `Claim`: what may have changed something first."""
    found = set()
    for sentence in _sentences(own_text):
        for claim, pattern in STATEMENTS.items():
            if any(
                not _conditional(sentence, match.start()) for match in pattern.finditer(sentence)
            ):
                found.add(claim)
        for claim, pattern in REQUESTS.items():
            match = pattern.search(sentence)
            if match and not CONDITION.search(_before(sentence, match.start())):
                found.add(claim)
    return tuple(one for one in Claim if one in found)


def acknowledges(own_text: str) -> bool:
    """Whether the text says that our message has arrived."""
    return any(RECEIVED.search(sentence) for sentence in _sentences(own_text))


def asks(own_text: str) -> bool:
    """Whether the text holds a question: then a person should read it."""
    return bool(_QUESTION.search(own_text[:_LONGEST]))


def _sentences(text: str) -> Iterator[str]:
    for sentence in _SENTENCE.split(text[:_LONGEST]):
        if words := " ".join(sentence.split())[:2000]:
            yield words


def _conditional(sentence: str, at: int) -> bool:
    """Whether a condition stands before this place in the same clause, or a denial in any."""
    before = sentence[:at]
    return bool(CONDITION.search(_CLAUSE.split(before)[-1]) or DENIAL.search(before))


def _before(sentence: str, at: int) -> str:
    """What stands before a request; the courtesies that begin one are no condition."""
    return re.sub(r"\b(?:please|ask(?:ed)?|want|wish)\b", "", sentence[:at], flags=re.I)
