"""What came back after a removal, and how long Urls were up: one function a measure, in SQL over
cases, its docstring the definition."""

from collections.abc import Callable
from typing import Final

DAYS: Final = (7, 30, 90)
_GAPS: Final = {7: 1, 30: 7, 90: 7}
"""Days between two looks at what was removed, at that age: within them a return may lie."""
_BACK: Final = "coalesce(reappeared_at <= cut, FALSE)"
_GONE: Final = "over AND outcome <> 'moved' AND aside IS NULL"


def back_within(days: int) -> tuple[str, str, str]:
    """Share of cases confirmed gone whose very Url was up again within so many days. `of`: those
    gone at least so long before the cut-off, or back already. `low`: seen up again within these
    days; `high`: seen up at the look that followed, too, for the return may lie between."""
    old = f"down <= cut - INTERVAL {days} DAY OR {_BACK}"
    return (
        f"count(*) FILTER ({_GONE} AND {_BACK} AND {_since(days)})",
        f"count(*) FILTER ({_GONE} AND {_BACK} AND {_since(days + _GAPS[days])})",
        f"count(*) FILTER ({_GONE} AND ({old}))",
    )


def hours_up_at_least() -> str:
    """Hours that Urls were up after the start of the clock, returns included, counted to the last
    look that saw them up."""
    return "coalesce(sum(low) FILTER (aside IS NULL OR aside = 'later'), 0) / 60.0"


def hours_up_at_most() -> str:
    """Hours that Urls may have been up after the start of the clock, returns included, counted to
    the first look that saw them gone, else to the cut-off."""
    seen = "least(high, greatest(ending, low))"
    return f"coalesce(sum({seen}) FILTER (aside IS NULL OR aside = 'later'), 0) / 60.0"


def hosts() -> str:
    """Distinct hosts."""
    return "count(DISTINCT host)"


def domains() -> str:
    """Distinct registrable domains; an address counts as one."""
    return "count(DISTINCT domain)"


SIMPLE: Final[dict[str, Callable[[], str]]] = {
    "hours_up_low": hours_up_at_least,
    "hours_up_high": hours_up_at_most,
    "hosts": hosts,
    "domains": domains,
}
"""By the name under which figures bear them."""


def _since(days: int) -> str:
    return f"reappeared_at - down <= INTERVAL {days * 24 * 60 + 15} MINUTE"
