"""The words of the Reports pages for codes of publications."""

from typing import Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

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
CLOCKS: Final = {
    "notified": _l("notice accepted"),
    "received": _l("report received"),
    "registered": _l("registered"),
}
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
_REFUSALS: Final = {
    "period": _l("The period ends before it begins, or is longer than five years."),
    "cutoff": _l("The cut-off lies before the period."),
    "too_early": _l(
        "Too early: a report is made at the earliest seven days after its cut-off, when"
        " confirmations and retractions have come in."
    ),
    "clock": _l("There is no such clock."),
    "language": _l("Choose a language."),
    "format": _l("Choose a form."),
    "edition": _l("The trusted flagger's report has one edition: the law asks for identity."),
    "not_draft": _l("It is not a draft any more."),
    "not_waiting": _l("The providers have been told already, or need not be."),
    "two_persons": _l("Who asked for it does not publish it: a second person does."),
    "not_told": _l("The named providers have not been sent their own figures yet."),
    "told_lately": _l("The named providers have had their figures for less than 14 days."),
    "not_published": _l("It is not published."),
    "why": _l("Say why, in at most 500 characters."),
    "place": _l("The text names a registered host: say it without."),
    "day": _l("A day is missing, or cannot be read."),
}


def refused(why: str) -> str:
    """Why something can't be done."""
    return str(_REFUSALS.get(why, why))


def doing(word: str | None) -> str:
    """What is being done."""
    if word and word.startswith("writing_"):
        return _("%(form)s is written", form=FORMATS.get(word[8:], word[8:]))
    return str(DOING.get(word or "", _("It waits for its turn")))
