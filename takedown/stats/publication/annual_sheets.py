"""The sheets of the annual report, from its frozen figures."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from takedown.stats.exports.document import Estimate, Kind, Mark, Sheet, Table, Value
from takedown.stats.publication.public import blunt
from takedown.stats.publication.suppression import FEWEST
from takedown.stats.publication.tables import Maker, count, estimate

Figures = Mapping[str, Any]
Columns = Sequence[tuple[str, str]]

OUTCOMES: Final = (
    ("total", "total"),
    ("removed", "removed"),
    ("unavailable", "unavailable"),
    ("moved", "moved"),
    ("open", "open"),
    ("gone_before", "gone_before_notice"),
    ("rescinded", "rescinded"),
)
_ENDS: Final = tuple(words for _, words in OUTCOMES[1:])
_DAYS: Final = (
    ("total", "total"),
    *((one, one) for one in ("day_1", "day_2", "day_3", "day_4_7", "day_later", "not_gone")),
)
_SENT: Final = (("total", "sent"), ("bounced", "sent_bounced"), ("answered", "sent_answered"))
_ADDRESSES: Final = (("total", "addresses"),)


def sheets(make: Maker, figures: Figures) -> tuple[Sheet, ...]:
    """All of them, in the order of the report."""
    counts, rates = figures["counts"], figures["rates"]
    cases, reports, days = counts["cases"], counts["reports"], counts["days"]
    title = {name: make.tongue[f"sheets.{name}"] for name in make.tongue.words["sheets"]}

    def sheet(name: str, *tables: Table) -> Sheet:
        return Sheet(name, title[name], tables)

    by_provider, by_country = cases["by_provider"], cases["by_country"]
    return (
        sheet("overview", *_overview(make, counts, rates)),
        sheet(
            "sources",
            make.counts(
                "by_source",
                reports["by_source"],
                make.word,
                (("total", "reports"), ("new", "new"), ("repeated", "repeated")),
                first="source",
                chart=("new", "repeated"),
            ),
            _cases(make, "cases_by_source", cases["by_source"], make.word, "source"),
        ),
        sheet(
            "content",
            *(
                make.counts(
                    f"by_{name}",
                    reports[f"by_{name}"],
                    make.content if name == "class" else make.word,
                    _ADDRESSES,
                )
                for name in ("class", "site_type", "media_type", "commercial")
            ),
        ),
        sheet(
            "countries",
            make.counts(
                "reports_by_country",
                reports["by_country"],
                make.country,
                _ADDRESSES,
                first="country",
                chart=("total",),
                kind="bars",
            ),
            _cases(make, "by_country", by_country, make.country, "country"),
        ),
        sheet("domains", _domains(make, counts)),
        sheet(
            "notices",
            *(
                make.counts(f"notices_by_{name}", counts["notices"][f"by_{name}"], make.word, _SENT)
                for name in ("kind", "medium", "language")
            ),
        ),
        sheet("removal", *_removal(make, rates)),
        sheet(
            "providers",
            _cases(make, "by_provider", by_provider, make.provider, "provider"),
            _provider_shares(make, rates),
        ),
        sheet(
            "open",
            make.counts(
                "open_by_country",
                by_country,
                make.country,
                _OPEN,
                first="country",
                chart=("open",),
                kind="bars",
            ),
            make.counts("open_by_provider", by_provider, make.provider, _OPEN, first="provider"),
        ),
        sheet(
            "returns",
            make.counts(
                "returns_by_country",
                by_country,
                make.country,
                _BACK,
                first="country",
                note=make.tongue["notes.returns"],
            ),
            make.counts("returns_by_provider", by_provider, make.provider, _BACK, first="provider"),
        ),
        sheet(
            "outside",
            make.counts(
                "outside",
                counts["outside"]["by_reason"],
                make.word,
                _ADDRESSES,
                first="reason",
                ordered=True,
            ),
            make.counts("where", cases["by_where"], make.word, OUTCOMES),
        ),
        sheet(
            "inhope",
            *(
                make.counts(
                    f"days_{name}",
                    days[f"by_{name}"],
                    word,
                    _DAYS,
                    chart=tuple(one for one, _ in _DAYS[1:]),
                )
                for name, word in (
                    ("where", make.word),
                    ("country", make.country),
                    ("site_type", make.word),
                    ("commercial", make.word),
                )
            ),
        ),
        sheet("wpga", _measures(make, counts)),
        sheet("changes", _changes(make, rates)),
    )


_OPEN: Final = (("total", "total"), ("open", "open"))
_BACK: Final = (
    ("total", "total"),
    ("removed", "removed"),
    ("unavailable", "unavailable"),
    ("reappeared", "reappeared"),
)


def _cases(make: Maker, table: str, lines: Sequence[Figures], name: Any, first: str) -> Table:
    return make.counts(table, lines, name, OUTCOMES, first=first, chart=_ENDS)


def _overview(make: Maker, counts: Figures, rates: Figures) -> list[Table]:
    total = rates["overview"]
    rows = [
        *_measure_rows(make, counts),
        (make.tongue["measures.providers"], _large(make, total["providers"])),
        (make.tongue["measures.countries"], _large(make, total["countries"])),
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
                _same,
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
    shown: dict[str, Value] = {one["step"]: _large(make, one["urls"]) for one in steps}
    if make.public:
        shown["notified"] = count(whole[0]["total"]) if whole else 0
        shown["removed"] = _gone(whole)
    rows = tuple((make.word(step), value) for step, value in shown.items())
    heads = (make.tongue.column("step", Kind.TEXT), make.tongue.column("urls"))
    chart = make.chart("funnel", "funnel", "step", ("urls",))
    return Table("funnel", make.tongue["tables.funnel"], heads, rows, (), chart)


def _large(make: Maker, value: int) -> Value:
    return Mark.WITHHELD if make.public and value < 5 else value


def _removal(make: Maker, rates: Figures) -> list[Table]:
    groups = [
        (make.word(name), rates[place])
        for name, place in (("all", "overview"), ("home", "home"), ("abroad", "abroad"))
    ]
    countries = [(make.country(one["country"]), one) for one in _shown(make, rates["countries"])]
    return [
        make.shares("shares_where", groups, "key", ranked=True),
        make.shares("shares_country", countries, "country"),
    ]


def _provider_shares(make: Maker, rates: Figures) -> Table:
    named = [one for one in _shown(make, rates["providers"]) if one["provider_id"] in make.names]
    lines = [(make.provider(one["provider_id"]), one) for one in named]
    note = make.tongue["notes.alphabetical"] if make.public else ""
    return make.shares("shares_provider", lines, "provider", note=note)


def _shown(make: Maker, lines: Sequence[Figures]) -> list[Figures]:
    return [one for one in lines if not one.get("withheld")]


def _domains(make: Maker, counts: Figures) -> Table:
    found = counts["domains"]
    names = ("hosts", "domains", "hopping", "largest_host")
    rows = [(make.figure(one), _large(make, found[one])) for one in names]
    whole = counts["cases"]["all"]
    total = whole[0]["total"][-3] if whole else 0
    share = found["largest_host"] / total if total else 0.0
    said = make.tongue["notes.large"].format(share=make.wording.figure(share, Kind.SHARE))
    hidden = make.public and share > 0.85
    return make.listed("domains", rows, said if share >= 0.1 and not hidden else "")


def _measures(make: Maker, counts: Figures) -> Table:
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
        (name, _large(make, value) if isinstance(value, int) else value) for name, value in shown
    ]


def _gone(whole: Sequence[Figures]) -> Value:
    """Removed and unavailable together, where neither is withheld."""
    gone = [whole[0]["removed"][0], whole[0]["unavailable"][0]] if whole else [0]
    return Mark.WITHHELD if None in gone else sum(gone)


def _sum(lines: Sequence[Figures], name: str) -> Value:
    """A sum, where none of its parts is withheld."""
    values = [line[name][0] for line in lines]
    return Mark.WITHHELD if None in values else sum(values)


def _changes(make: Maker, rates: Figures) -> Table:
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
    heads = (column("measure", Kind.TEXT), column("now"), column("then"), column("difference"))
    begin, end, _cutoff = (one[:10] for one in rates["before_span"])
    note = make.tongue["notes.before"].format(begin=make.day(begin), end=make.day(end, last=True))
    return Table("changes", make.tongue["tables.changes"], heads, tuple(rows), (note,))


_COMPARED: Final = ("episodes", "notices", "open", "moved", "reappeared")
"""Counts of two periods; the public edition, which withholds some, compares shares alone."""


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


def _same(key: str | None) -> str:
    return key or ""
