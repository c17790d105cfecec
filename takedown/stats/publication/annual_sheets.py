"""The sheets of the annual report, from its frozen figures."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from takedown.stats.exports.document import Kind, Sheet, Table
from takedown.stats.publication import annual_figures, annual_shares
from takedown.stats.publication.tables import Maker

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
        sheet("overview", *annual_figures.overview(make, counts, rates)),
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
                kind="map",
            ),
            _cases(make, "by_country", by_country, make.country, "country"),
        ),
        sheet("domains", _domains(make, counts), *_suffixes(make, counts)),
        sheet(
            "notices",
            *(
                make.counts(f"notices_by_{name}", counts["notices"][f"by_{name}"], word, _SENT)
                for name, word in (
                    ("kind", make.word),
                    ("medium", make.word),
                    ("language", make.wording.language),
                )
            ),
        ),
        sheet("removal", *annual_shares.removal(make, rates)),
        sheet(
            "providers",
            _cases(make, "by_provider", by_provider, make.provider, "provider"),
            annual_shares.provider_shares(make, rates),
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
            *_unnotified(make, counts),
            make.counts(
                "outside",
                counts["outside"]["by_reason"],
                make.word,
                (("total", "total"),),
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
        sheet("wpga", annual_figures.measures(make, counts)),
        sheet("changes", annual_figures.changes(make, rates)),
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


def _unnotified(make: Maker, counts: Figures) -> list[Table]:
    """Why nobody was told of the rest, since method 4; for the house."""
    if make.public or "unnotified" not in counts:
        return []
    lines = counts["unnotified"]["by_reason"]
    return [make.counts("unnotified", lines, make.word, _ADDRESSES, first="reason")]


def _domains(make: Maker, counts: Figures) -> Table:
    found = counts["domains"]
    names = ("hosts", "domains", "hopping", "largest_host")
    rows = [(make.figure(one), annual_figures.large(make, found[one])) for one in names]
    whole = counts["cases"]["all"]
    total = whole[0]["total"][-3] if whole else 0
    share = found["largest_host"] / total if total else 0.0
    said = make.tongue["notes.large"].format(share=make.wording.figure(share, Kind.SHARE))
    hidden = make.public and share > 0.85
    return make.listed("domains", rows, said if share >= 0.1 and not hidden else "")


def _suffixes(make: Maker, counts: Figures) -> list[Table]:
    """Addresses by suffix, since method 3; how many hosts and domains that is, is for the house."""
    lines, columns = counts["cases"].get("by_tld"), _SUFFIX
    if lines is None:
        return []
    if not make.public:
        found = {one["key"]: one for one in counts["domains"]["by_tld"]}
        own = ("hosts", "domains")
        lines = [line | {name: [found[line["key"]][name]] for name in own} for line in lines]
        columns = (*_SUFFIX, *((name, name) for name in own))
    note = make.tongue["notes.suffix"]
    return [make.counts("tld", lines, make.suffix, columns, first="suffix", chart=_GONE, note=note)]


_GONE: Final = ("removed", "unavailable", "moved", "open")
_SUFFIX: Final = (("total", "total"), *((one, one) for one in _GONE), ("hopped", "hopped"))
