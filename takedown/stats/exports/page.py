"""A report to read: one HTML page that loads nothing, and the same on paper (PDF, tagged)."""

from functools import cache
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from takedown.outbox.evidence import paper
from takedown.stats.exports import drawing, flat
from takedown.stats.exports.document import Document, Kind
from takedown.stats.exports.wording import Wording

_HERE: Final = Path(__file__).parent
_NUMBERS: Final = (Kind.COUNT, Kind.NUMBER, Kind.SHARE, Kind.HOURS, Kind.MIXED)


def as_html(document: Document) -> bytes:
    """The page; charts and styles stand in it."""
    return _page(document, paper_size=False).encode()


def as_pdf(document: Document) -> bytes:
    """On paper: A4, with a table of contents and structure tags. Raises `paper.NoPaper`."""
    return paper.pdf(_page(document, paper_size=True), tagged=True)


def _page(document: Document, *, paper_size: bool) -> str:
    wording = Wording(document.lang, dict(document.words))
    return (
        _pages()
        .get_template("report.html")
        .render(
            document=document,
            words=document.words,
            wording=wording,
            drawn=drawing.drawn,
            left_out=drawing.left_out,
            figures=_NUMBERS,
            withheld=flat.withheld(document),
            paper=paper_size,
            style=Markup(_style()),  # nosec B704 - our own file
        )
    )


@cache
def _pages() -> Environment:
    return Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _style() -> str:
    return (_HERE / "report.css").read_text("utf-8")
