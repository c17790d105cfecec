"""Words for the pages about connectors: warnings, refusals, how a try ended."""

from typing import Final

from flask import Flask
from flask_babel import lazy_gettext as _l

from takedown.web import connector_reasons

WARNINGS: Final = {
    "discloses_reporter": _l("the provider tells others who reported"),
    "tells_customer": _l("the provider tells its customer"),
    "no_reference": _l("no reference comes back: it cannot be asked later"),
    "no_idempotency": _l("a repeat would be a second report: what is in doubt waits for a person"),
    "no_test_mode": _l("no test mode is described: it cannot be tried"),
}
REFUSALS: Final = {
    "stale": _l("Somebody has changed it meanwhile: look at it again."),
    "why": _l("Say why, in a few words."),
    "secret": _l("A secret is one line of plain characters."),
    "no_login": _l("Its settings name no login: a secret would go nowhere."),
    "secret_missing": _l("Its secret is missing: somebody has to type it first."),
    "not_waiting": _l("It does not wait for approval any more."),
    "two_persons": _l("You had a hand in it: another person approves it."),
    "contact": _l("This contact is not an interface, or it is out of the book."),
    "place": _l("A registered address stands in the reason: say it without."),
    "rehearsal": _l("Nothing leaves in rehearsal: not even a test."),
    "no_test": _l("It describes no test mode, or a made-up report does not fit into it."),
}
OUTCOMES: Final = {
    "accepted": _l("accepted"),
    "answer": _l("refused, or nobody knows"),
    "login": _l("we are not let in"),
    "redirect": _l("it sends us elsewhere: not followed"),
    "address": _l("its address is forbidden"),
    "name": _l("its name leads nowhere"),
    "connect": _l("not reachable"),
    "tls": _l("its certificate does not hold"),
    "secret": _l("its secret is missing"),
}
#: What a provider says of a report (`notices.channels.connector.State`): its word, no finding.
STATES: Final = {
    "received": _l("report received"),
    "in_process": _l("being worked on"),
    "actioned": _l("acted upon"),
    "no_action": _l("nothing will be done"),
    "not_ours": _l("not theirs"),
    "gone": _l("gone already"),
    "need_info": _l("they need to know more"),
    "failed": _l("it could not be handled"),
}
#: The boxes of a form that nobody has described (`notices.channels.form`).
BOXES: Final = {
    "form:locations": _l("Addresses to remove"),
    "form:subject": _l("Subject"),
    "form:text": _l("Message"),
    "form:number": _l("Our number"),
    "form:ticket": _l("Their number for it"),
    "form:address": _l("IP addresses"),
    "form:law": _l("Legal basis"),
    "form:organisation": _l("Organisation"),
    "form:function": _l("Function (no person)"),
    "form:email": _l("E-mail"),
    "form:country": _l("Country"),
}


def install(app: Flask) -> None:
    """Give the templates these words."""
    app.jinja_env.globals.update(
        connector_warning=lambda code: str(WARNINGS.get(code, code)),
        connector_refusal=lambda code: str(REFUSALS.get(code, code)),
        connector_outcome=lambda code: str(OUTCOMES.get(code, code)),
        provider_says=lambda code: str(STATES.get(code, code)),
        connector_wrong=connector_reasons.words,
        form_label=lambda label: str(BOXES.get(label, label)),
    )
