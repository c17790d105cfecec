"""The words of the Reports pages for codes of publications."""

from typing import Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from takedown.stats.publication import annual
from takedown.stats.publication.service import REFUSALS
from takedown.web import figure_words

STATES: Final = {
    "waiting": ("asks", "○", _l("waits to be made")),
    "working": ("", "◔", _l("being made")),
    "draft": ("asks", "▲", _l("draft")),
    "published": ("good", "✓", _l("published")),
    "withdrawn": ("bad", "✕", _l("withdrawn")),
    "refused": ("", "–", _l("not published")),
    "failed": ("bad", "✕", _l("failed")),
    "expired": ("", "–", _l("expired")),
}
KINDS: Final = {
    "annual": _l("Annual report"),
    "dsa22": _l("Trusted flagger's report"),
}
EDITIONS: Final = {"full": _l("full edition"), "public": _l("public edition")}
CLOCKS: Final = {name: figure_words.CLOCKS[name] for name in annual.CLOCKS}
FORMATS: Final = {
    "xlsx": _l("Workbook (XLSX)"),
    "csv": _l("Tables (CSV, zipped)"),
    "json": _l("JSON"),
    "parquet": _l("Parquet, zipped"),
    "html": _l("Page (HTML)"),
    "pdf": _l("Paper (PDF)"),
}
DOING: Final = {
    "freezing": _l("Facts are copied"),
    "counting": _l("Figures are counted"),
    "withholding": _l("Small cells are withheld"),
}
DONE: Final = {
    "report.told": _l("Entered. It can be published 14 days from now."),
    "report.publish": _l("Published: it never changes from now on."),
    "report.refuse": _l("It will not be published."),
    "report.withdraw": _l("Withdrawn. It stays here, marked so."),
    "report.erratum": _l("The erratum is made in the background."),
    "report.draw": _l("Made: it stands among the files."),
}
"""What an act did, by the log's word for it."""
_REFUSALS: Final = {
    "place": _l("The text names a registered host: say it without."),
    "day": _l("A day is missing, or cannot be read."),
    "not_whole": _l(
        "The frozen figures are not as they were sealed: nothing is drawn from them. Tell whoever"
        " runs the system."
    ),
    "no_paper": _l(
        "Pages cannot be drawn on this machine: ask for another form, and the administrator to"
        " install libpango-1.0-0 and libpangoft2-1.0-0."
    ),
}


def refused(why: str) -> str:
    """Why something can't be done."""
    return str(_REFUSALS.get(why) or _(REFUSALS[why]))


def doing(word: str | None) -> str:
    """What is being done."""
    if word and word.startswith("writing_"):
        return _("%(form)s is written", form=FORMATS.get(word[8:], word[8:]))
    return str(DOING.get(word or "", _("It waits for its turn")))
