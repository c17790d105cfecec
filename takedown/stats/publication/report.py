"""A publication as a document: its front, its sheets, its method, in one language."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from takedown.stats.exports.document import Document, Sheet
from takedown.stats.exports.tongue import Tongue
from takedown.stats.publication import annual_sheets, dsa22_sheets
from takedown.stats.publication.models import Edition, ReportKind
from takedown.stats.publication.tables import Maker

Figures = Mapping[str, Any]


def document(figures: Figures, lang: str, *, digest: str = "") -> Document:
    """The report of these figures (see `making`): full or public, annual or trusted flagger's."""
    tongue, about = Tongue(lang), figures["about"]
    public = about["edition"] == Edition.PUBLIC
    make = Maker(tongue, figures["names"], public=public)
    annual = about["kind"] == ReportKind.ANNUAL
    sheets = annual_sheets.sheets(make, figures) if annual else dsa22_sheets.sheets(make, figures)
    return Document(
        name=f"{about['number']}-{about['kind']}-{lang}",
        title=tongue[f"title.{about['kind']}"],
        subtitle=period(make, tongue, about),
        lang=tongue.lang,
        about=tuple(front(make, tongue, about)),
        sheets=(*sheets, method(tongue, public=public, annual=annual)),
        words=tongue.words["file"],
        digest=digest,
        made_at=datetime.fromisoformat(about["made_at"]),
    )


def front(make: Maker, tongue: Tongue, about: Figures) -> list[tuple[str, str]]:
    """What stands on the first page."""
    instant = make.wording.instant
    rows = [
        ("number", about["number"]),
        ("hotline", about["hotline"]),
        ("country", make.wording.country(about["country"])),
        ("period", period(make, tongue, about)),
        ("clock", tongue[f"clock.{about['clock']}"]),
        ("cutoff", instant(datetime.fromisoformat(about["cutoff"]))),
        ("made", instant(datetime.fromisoformat(about["made_at"]))),
        ("method", about["method"]),
        ("edition", tongue[f"title.{about['edition']}"]),
    ]
    if about.get("provisional"):
        said = tongue["about.provisional_n"].format(n=make.wording.number(about["provisional"]))
        rows.append(("provisional", said))
    if about.get("corrects"):
        rows.append(("corrects", tongue["about.corrects_of"].format(**about["corrects"])))
    return [(tongue[f"about.{name}"], value) for name, value in rows]


def period(make: Maker, tongue: Tongue, about: Figures) -> str:
    """From when to when, both days included."""
    begin = date.fromisoformat(about["from"][:10])
    end = date.fromisoformat(about["to"][:10]) - timedelta(days=1)
    return tongue["title.period"].format(begin=make.wording.day(begin), end=make.wording.day(end))


def method(tongue: Tongue, *, public: bool, annual: bool) -> Sheet:
    """How the figures are made, in plain words."""
    names = ("p1", "p2", "p3", "p4", "p5") if annual else ("dsa_1", "dsa_2", "p4", "p5")
    said = [tongue[f"method.{name}"] for name in names]
    if public:
        said.append(tongue["method.public"])
    return Sheet("method", tongue["sheets.method"], (), tuple(said))
