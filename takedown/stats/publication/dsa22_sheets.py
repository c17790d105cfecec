"""The sheets of the trusted flagger's report: by provider, by type of content, and independence."""

from collections.abc import Mapping, Sequence
from typing import Any

from takedown.stats.exports.document import Kind, Sheet, Table, Value
from takedown.stats.publication.dsa22 import DECISIONS
from takedown.stats.publication.tables import Maker

Figures = Mapping[str, Any]


def sheets(make: Maker, figures: Figures) -> tuple[Sheet, ...]:
    """Three sheets; the procedures are the words of a person."""
    title = make.tongue
    provider = _decided(make, "dsa_by_provider", "provider", figures["by_provider"], make.provider)
    content = _decided(make, "dsa_by_content", "content", figures["by_content"], make.content)
    said = _procedures(make, figures["about"].get("independence") or {})
    rows: list[tuple[str, Value]] = [
        (make.tongue.column("notices_items").title, sum(row[2] for row in figures["by_provider"])),
        (make.tongue.column("items").title, sum(row[3] for row in figures["by_provider"])),
        (title["measures.rescinded_notices"], figures["rescinded"]["notices"]),
        (title["measures.rescinded_items"], figures["rescinded"]["items"]),
        (title["measures.followed_up"], figures["followed_up"]),
    ]
    return (
        Sheet("dsa_providers", title["sheets.dsa_providers"], (provider,)),
        Sheet("dsa_content", title["sheets.dsa_content"], (content,)),
        Sheet(
            "dsa_independence",
            title["sheets.dsa_independence"],
            (make.listed("dsa_totals", rows),),
            said,
        ),
    )


def _procedures(make: Maker, given: Mapping[str, str]) -> tuple[str, ...]:
    """The report's language, else the one there is: the law asks for these words."""
    if not given:
        return (make.tongue["notes.no_procedures"],)
    lang = make.tongue.lang if make.tongue.lang in given else min(given)
    words = tuple(one.strip() for one in given[lang].split("\n\n") if one.strip())
    if lang == make.tongue.lang:
        return words
    language = make.wording.language(lang)
    return (make.tongue["notes.other_language"].format(language=language), *words)


def _decided(
    make: Maker, table: str, first: str, rows: Sequence[Sequence[Any]], name: Any
) -> Table:
    """One line for each decision of each."""
    column = make.tongue.column
    heads = (
        column(first, Kind.TEXT),
        column("decision", Kind.TEXT),
        column("notices_items", key="notices"),
        column("items"),
    )
    lines = [(name(key), decision, notices, items) for key, decision, notices, items in rows]
    lines.sort(key=lambda row: (row[0].casefold(), DECISIONS.index(row[1])))
    worded = tuple((who, make.word(decision), *rest) for who, decision, *rest in lines)
    return Table(table, make.tongue[f"tables.{table}"], heads, worded)
