"""Words for the pages about letters: what a text leaves out, what is wrong in it, why a refusal."""

import re
from typing import Final

from babel import Locale
from flask import Flask
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from notices.errors import MissingPoint, TemplateFault, UnknownPlaceholder

#: Of `notices.checklist`.
POINTS: Final = {
    "who we are": _l("who we are"),
    "whom to write to": _l("whom to write to"),
    "the locations": _l("the locations"),
    "where the exact locations are": _l("where the exact locations are"),
    "why it is illegal": _l("why it is illegal"),
    "under which law": _l("under which law"),
    "when it was last up, and who saw it": _l("when it was last up, and who saw it"),
    "at which address": _l("at which address"),
    "what is asked": _l("what is asked"),
    "what not to do": _l("what not to do"),
    "that nobody is warned": _l("that nobody is warned"),
    "what to preserve": _l("what to preserve"),
    "the deadline and its basis": _l("the deadline and its basis"),
    "how to answer": _l("how to answer"),
    "good faith": _l("good faith"),
    "what it repeats": _l("what it repeats"),
    "what was asked before": _l("what was asked before"),
    "what else is reached": _l("what else is reached"),
    "why the police": _l("why the police"),
    "receipt and clearance": _l("receipt and clearance"),
    "the partner's codes": _l("the partner's codes"),
    "when it was found gone": _l("when it was found gone"),
    "what was wrong": _l("what was wrong"),
}
#: Why a text was chosen, as a notice keeps it.
BECAUSE: Final = {
    "provider": _l("written for this recipient"),
    "country": _l("written for this recipient's country"),
    "language": _l("the text of its language"),
    "english": _l("no text in the language asked for: English"),
}
REFUSALS: Final = {
    "stale": _l("Somebody has changed it meanwhile: look at it again."),
    "unchanged": _l("It says what letters say already."),
    "not_waiting": _l("It does not wait for approval any more."),
    "two_persons": _l("You wrote it: another supervisor approves it."),
    "not_older": _l("Only what letters said before can be said again."),
    "not_standing": _l("It is not in force any more."),
    "why": _l("Say why, in a few words."),
    "place": _l("The text names a registered host: letters name hosts by placeholders alone."),
    "speaker": _l("Say who has read it, by function."),
    "future": _l("The day lies in the future."),
    "reviewed": _l("It counts as reviewed already."),
    "day": _l("Say on which day it was read."),
}


def fault(wrong: TemplateFault) -> str:
    """What is wrong, in this language and without its line."""
    if isinstance(wrong, UnknownPlaceholder):
        return _("there is no placeholder {%(name)s} here", name=wrong.name)
    if isinstance(wrong, MissingPoint):
        left_out = ", ".join(point(one) for one in wrong.points)
        return _("the text says nothing of: %(points)s", points=left_out)
    said = wrong.reason
    if "nobody sees" in said:
        return _("a character that nobody sees")
    if single := re.match(r"a single (.)", said):
        return _("a single %(brace)s: write %(two)s for one", brace=single[1], two=single[1] * 2)
    if "out of place" in said:
        return _("there is one loop over the addresses, from {urls} to {/urls}")
    if "has no loop" in said:
        return _("the loop over the addresses is missing: lines from {urls} to {/urls}")
    if "longer than" in said:
        return _("the text is too long")
    return said


def point(name: str) -> str:
    """A point of the checklist."""
    return str(POINTS.get(name, name))


def because(code: str | None) -> str:
    """Why a notice's text was chosen."""
    return str(BECAUSE.get(code or "", ""))


def refusal(code: str) -> str:
    """Why a change of a text was refused."""
    return str(REFUSALS.get(code, code))


def tongue(code: str) -> str:
    """The name of a language in this language."""
    shown = Locale.parse(code, sep="-").get_display_name(get_locale() or "en")
    return shown or code


def install(app: Flask) -> None:
    """Give the templates these words."""
    app.jinja_env.globals.update(
        because=because, fault=fault, point=point, refusal=refusal, tongue=tongue
    )
