"""A provider's own figures on one page, to be sent to it before a public edition names it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from takedown.stats.exports.document import Document, Sheet
from takedown.stats.exports.tongue import Tongue
from takedown.stats.publication import annual_sheets, report
from takedown.stats.publication.tables import Maker

Figures = Mapping[str, Any]


def documents(figures: Figures, lang: str, *, digest: str = "") -> list[Document]:
    """One for each provider that the edition names; `figures` as the edition shows them."""
    tongue, about = Tongue(lang), figures["about"]
    make = Maker(tongue, figures["names"], public=True)
    rates = {line["provider_id"]: line for line in figures["rates"]["providers"]}
    lines = [
        line for line in figures["counts"]["cases"]["by_provider"] if line["key"] in make.names
    ]
    return [
        _document(make, tongue, about, line, rates.get(line["key"]), digest)
        for line in sorted(lines, key=lambda line: make.provider(line["key"]).casefold())
    ]


def _document(
    make: Maker,
    tongue: Tongue,
    about: Figures,
    line: Figures,
    rate: Figures | None,
    digest: str,
) -> Document:
    name = make.provider(line["key"])
    tables = [
        make.counts("by_provider", [line], make.provider, annual_sheets.OUTCOMES, first="provider")
    ]
    if rate is not None and not rate.get("withheld"):
        tables.append(make.shares("shares_provider", [(name, rate)], "provider"))
    return Document(
        name=f"{about['number']}-{line['key']}",
        title=f"{tongue['title.provider']}: {name}",
        subtitle=report.period(make, tongue, about),
        lang=tongue.lang,
        about=tuple(report.front(make, tongue, about)),
        sheets=(
            Sheet("own", tongue["tables.own"], tuple(tables)),
            report.method(tongue, public=True, annual=True),
        ),
        words=tongue.words["file"],
        digest=digest,
        made_at=datetime.fromisoformat(about["made_at"]),
    )
