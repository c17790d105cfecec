"""What each kind of letter must say, as data: a text that leaves a point out can't be loaded.

Phrases have their own such list, `wording.MUST_NAME`.

Article 16(2) of Regulation (EU) 2022/2065 (DSA) is the superset that serves every country.
"""

from dataclasses import dataclass
from typing import Final, get_args

from notices.facts import TO_PROVIDERS, Kind

_ALL: Final = frozenset(get_args(Kind))
_UP: Final = _ALL - {"closure", "retraction"}


@dataclass(frozen=True)
class Point:
    """One thing to say, where it is asked for, and the placeholders that say it, all of them."""

    name: str
    source: str
    said_by: frozenset[str]
    kinds: frozenset[str]


def _point(name: str, source: str, said_by: str, kinds: frozenset[str]) -> Point:
    return Point(name, source, frozenset(said_by.split()), kinds)


def _only(*kinds: str) -> frozenset[str]:
    return frozenset(kinds)


CHECKLIST: Final = (
    _point("who we are", "Art. 16(2)(c)", "hotline hotline_country capacity", _ALL),
    _point("whom to write to", "Art. 16(2)(c)", "email signature", _ALL),
    _point("the locations", "Art. 16(2)(b)", "location embeds", _ALL - {"closure"}),
    _point("the locations", "Art. 16(2)(b)", "location", _only("closure")),
    _point("where the exact locations are", "Art. 16(2)(b)", "reading", _ALL - {"closure"}),
    _point("why it is illegal", "Art. 16(2)(a)", "assessed classification", _UP),
    _point("under which law", "Art. 16(2)(a)", "law", TO_PROVIDERS | {"police", "regulator"}),
    _point("when it was last up, and who saw it", "Art. 16(2)(a)", "up by", _UP),
    _point("at which address", "Art. 16(2)(b)", "where", _UP),
    _point("what is asked", "Art. 16(2)(b)", "request what", TO_PROVIDERS),
    _point("what not to do", "5-notices", "handling", _UP),
    _point("that nobody is warned", "5-notices", "warn", TO_PROVIDERS),
    _point("what to preserve", "5-notices", "preserve", TO_PROVIDERS),
    _point("the deadline and its basis", "5-notices", "deadline", TO_PROVIDERS),
    _point("how to answer", "5-notices", "reply", _ALL - {"closure"}),
    _point("good faith", "Art. 16(2)(d)", "good_faith", _UP),
    _point("what it repeats", "5-notices", "previous_number previous_sent", _only("reminder")),
    _point("what was asked before", "5-notices", "history", _only("escalation", "regulator")),
    _point("what else is reached", "1-domain", "scope scope_content", _only("escalation")),
    _point("why the police", "1-domain", "occasion risk", _only("police")),
    _point("receipt and clearance", "1-domain", "receipt clearance", _only("police")),
    _point("the partner's codes", "1-domain", "site_type action hosted", _only("hotline")),
    _point("when it was found gone, and by whom", "5-notices", "gone one_place", _only("closure")),
    _point("what was wrong", "5-notices", "mistake previous_number what", _only("retraction")),
)


def points(kind: str) -> tuple[Point, ...]:
    """The points of one kind of letter."""
    return tuple(point for point in CHECKLIST if kind in point.kinds)


def missing(kind: str, said: frozenset[str]) -> tuple[str, ...]:
    """The names of the points that a body leaves out which names these placeholders."""
    return tuple(point.name for point in points(kind) if not point.said_by <= said)
