"""The same document on paper: HTML made here, PDF by WeasyPrint, which is let fetch nothing."""

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from takedown.errors import TakedownError

LANGUAGES: Final = ("en", "fr")
_HERE: Final = Path(__file__).parent


class NoPaper(TakedownError):
    """What draws pages is not installed on this machine."""


class Elsewhere(TakedownError):
    """A page refers to something outside itself: nothing is fetched, and nothing drawn."""


def printed(
    document: Mapping[str, Any], letters: Sequence[tuple[str, str, str, str]], lang: str
) -> bytes:
    """The document as a PDF in `lang` (en or fr); the exact bytes stand in the JSON file alone.

    `letters` as `gathering.letters` gives them. Raises `NoPaper`, naming what is missing.
    """
    words = _words()[lang if lang in LANGUAGES else "en"]
    page = _pages().get_template("evidence.html")
    return pdf(page.render(document=document, letters=letters, words=words, lang=lang))


def pdf(html: str, *, tagged: bool = False) -> bytes:
    """A PDF of these pages; `tagged` with their structure, for those who listen.

    Raises `NoPaper`, and `Elsewhere` where the pages refer to anything.
    """
    try:
        from weasyprint import HTML
        from weasyprint.urls import FatalURLFetchingError, URLFetcher
    except ImportError:
        raise NoPaper("the Python package weasyprint is missing: run `make run` again") from None
    except OSError:
        raise NoPaper(
            "pages cannot be drawn: sudo apt-get install libpango-1.0-0 libpangoft2-1.0-0"
        ) from None

    class Nothing(URLFetcher):  # type: ignore[misc]
        def fetch(self, url: str, headers: Any = None) -> Any:
            raise FatalURLFetchingError("a page asked for something from elsewhere")

    try:
        return bytes(HTML(string=html, url_fetcher=Nothing()).write_pdf(pdf_tags=tagged))
    except FatalURLFetchingError:  # it passes every handler of `Exception`
        raise Elsewhere("a page asked for something from elsewhere") from None


@cache
def _words() -> dict[str, Any]:
    return tomllib.loads((_HERE / "words.toml").read_text("utf-8"))


@cache
def _pages() -> Environment:
    return Environment(loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined)
