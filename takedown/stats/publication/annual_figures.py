"""The single figures of the annual report: its overview, what was done, and what changed."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from takedown.stats.exports.document import Estimate, Kind, Mark, Table, Value
from takedown.stats.publication.rounding import blunt
from takedown.stats.publication.suppression import FEWEST
from takedown.stats.publication.tables import Maker, count, estimate

Figures = Mapping[str, Any]

_COMPARED: Final = ("episodes", "notices", "open", "moved", "reappeared")
"""Counts of two periods; the public edition, which withholds some, compares shares alone."""


def overview(make: Maker, counts: Figures, rates: Figures) -> list[Table]:
    total = rates["overview"]
    rows = [
        *_measure_rows(make, counts),
        (make.tongue["measures.providers"], large(make, total["providers"])),
        (make.tongue["measures.countries"], large(make, total["countries"])),
        (make.tongue.label("gone_24"), _text(make, total, "24")),
        (make.tongue.label("gone_48"), _text(make, total, "48")),
        (make.tongue.label("gone_168"), _text(make, total, "168")),
    ]
    medians = ("median_hours", "likely_median_hours")  # the second since method 3
    rows += [
        (make.tongue.label(name), _median(make, total, name)) for name in medians if name in total
    ]
    tables = [make.listed("key_figures", rows)]
    tables.append(_funnel(make, counts, rates["funnel"]))
    if counts["cases"]["by_month"]:
        tables.append(
            make.counts(
                "months",
                counts["cases"]["by_month"],
                make.wording.month,
                (("total", "total"),),
                first="month",
                chart=("total",),
                kind="line",
                ordered=True,
            )
        )
    return tables


def _funnel(make: Maker, counts: Figures, steps: Sequence[Figures]) -> Table:
    """In the public edition only what stands in its other tables, too."""
    whole = counts["cases"]["all"]
    shown: dict[str, Value] = {one["step"]: large(make, one["urls"]) for one in steps}
    if make.public:
        shown["notified"] = count(whole[0]["total"]) if whole else 0
        shown["removed"] = _gone(whole)
    rows = tuple((make.word(step), value) for step, value in shown.items())
    heads = (make.tongue.column("step", Kind.TEXT), make.tongue.column("urls"))
    chart = make.chart("funnel", "funnel", "step", ("urls",))
    note = make.tongue["notes.steps"]
    return Table("funnel", make.tongue["tables.funnel"], heads, rows, (note,), chart)


def measures(make: Maker, counts: Figures) -> Table:
    return make.listed("measures", _measure_rows(make, counts))


def _measure_rows(make: Maker, counts: Figures) -> list[tuple[str, Value]]:
    whole = counts["cases"]["all"]
    kinds = {line["key"]: line for line in counts["notices"]["by_kind"]}
    sources = counts["reports"]["by_source"]
    rows: list[tuple[str, Value]] = [
        ("reports", _sum(sources, "total")),
        ("addresses", _sum(sources, "new")),
        ("notified", count(whole[0]["total"]) if whole else 0),
        ("notices_accepted", _sum(list(kinds.values()), "total")),
        (
            "reminders",
            _sum([kinds[one] for one in ("reminder", "escalation") if one in kinds], "total"),
        ),
        *(
            (one, _sum([kinds[one]], "total") if one in kinds else 0)
            for one in ("police", "hotline", "regulator")
        ),
    ]
    if whole:
        rows.append(("gone", _gone(whole)))
        rows += [(one, count(whole[0][one])) for one in ("moved", "open", "reappeared")]
    shown = [(make.figure(name), value) for name, value in rows]
    return [
        (name, large(make, value) if isinstance(value, int) else value) for name, value in shown
    ]


def _gone(whole: Sequence[Figures]) -> Value:
    """Removed and unavailable together, where neither is withheld."""
    gone = [whole[0]["removed"][0], whole[0]["unavailable"][0]] if whole else [0]
    return Mark.WITHHELD if None in gone else sum(gone)


def _sum(lines: Sequence[Figures], name: str) -> Value:
    """A sum, where none of its parts is withheld."""
    values = [line[name][0] for line in lines]
    return Mark.WITHHELD if None in values else sum(values)


def changes(make: Maker, rates: Figures) -> Table:
    now, then = rates["overview"], rates["before"]
    rows: list[tuple[Value, ...]] = []
    for name in () if make.public else _COMPARED:
        a, b = now[name], then[name]
        rows.append((make.figure(name), a, b, a - b))
    for hours in ("24", "48", "168"):
        a, b = now["gone"][hours], then["gone"][hours]
        unknown = make.public or a["low"] is None or b["low"] is None
        change = None if unknown else _points(make, a, b)
        rows.append(
            (
                make.tongue.label(f"gone_{hours}"),
                _text(make, now, hours),
                _text(make, then, hours),
                change,
            )
        )
    column = make.tongue.column
    heads = (
        column("measure", Kind.TEXT),
        *(column(name, Kind.MIXED) for name in ("now", "then", "difference")),
    )
    begin, end, _cutoff = (one[:10] for one in rates["before_span"])
    note = make.tongue["notes.before"].format(begin=make.day(begin), end=make.day(end, last=True))
    return Table("changes", make.tongue["tables.changes"], heads, tuple(rows), (note,))


def _points(make: Maker, a: Figures, b: Figures) -> str:
    """The difference of two shares in points, both bounds kept apart."""
    low, high = round((a["low"] - b["high"]) * 100), round((a["high"] - b["low"]) * 100)
    shown = [
        f"{make.wording.number(one)}" if one <= 0 else f"+{make.wording.number(one)}"
        for one in (low, high)
    ]
    return shown[0] if low == high else " … ".join(shown)


def _text(make: Maker, line: Figures, hours: str) -> str:
    """A share of a line in words, as blunt as the edition."""
    share = line["gone"][hours]
    made = estimate(share)
    if make.public:
        printed = blunt(share, line["episodes"])
        made = None if printed is None else Estimate(*printed)
    return "–" if made is None or made.low is None else make.wording.estimate(made, Kind.SHARE)


def _median(make: Maker, line: Figures, name: str) -> str:
    made = estimate(line[name])
    few = make.public and line["episodes"] < FEWEST
    return "–" if made is None or few else make.wording.estimate(made, Kind.HOURS)


def large(make: Maker, value: int) -> Value:
    return Mark.WITHHELD if make.public and value < 5 else value
