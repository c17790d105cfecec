"""Two periods beside each other: which comes before, and whether a share differs. Pure."""

from datetime import datetime, time, timedelta

from takedown.stats.answer import Figures
from takedown.stats.query import Query


def difference(a: Figures, b: Figures) -> Figures:
    """Share a less share b, each in the middle of its bounds, with a 95 % interval of it."""
    if a["low"] is None or b["low"] is None:
        return dict.fromkeys(("now", "then", "difference", "low", "high", "more_than_chance"))
    p, q = (a["low"] + a["high"]) / 2, (b["low"] + b["high"]) / 2
    (al, ah), (bl, bh) = a["interval"], b["interval"]
    low = p - q - ((p - al) ** 2 + (bh - q) ** 2) ** 0.5
    high = p - q + ((ah - p) ** 2 + (q - bl) ** 2) ** 0.5
    return {
        "now": p,
        "then": q,
        "difference": p - q,
        "low": low,
        "high": high,
        "more_than_chance": low > 0 or high < 0,
    }


def previous(query: Query, as_of: datetime) -> Query:
    """The period of equal length before this one. Of whole months, as many months before; so, too,
    where the last month has not ended yet: what is young is not counted against it."""
    finish = query.to or as_of
    begin = query.from_ or finish - timedelta(days=365)
    if _begins_month(begin) and (_begins_month(finish) or finish >= as_of):
        months = (finish.year - begin.year) * 12 + finish.month - begin.month
        months += not _begins_month(finish)
        index = begin.year * 12 + begin.month - 1 - months
        return query.over(begin.replace(year=index // 12, month=index % 12 + 1), begin)
    return query.over(begin - (finish - begin), begin)


def _begins_month(at: datetime) -> bool:
    return at.day == 1 and at.time() == time()
