"""The words of ladders and of the pace of notices, and why a change of them is refused."""

from flask_babel import lazy_gettext as _l

STEPS = {
    "reminder": _l("reminder, to whoever was asked first"),
    "escalation:platform": _l("escalation to the platform"),
    "escalation:host": _l("escalation to the host"),
    "escalation:proxy": _l("escalation to the proxy"),
    "escalation:upstream": _l("escalation to the upstream network"),
    "escalation:registrar": _l("escalation to the registrar (whole domain)"),
    "escalation:registry": _l("escalation to the registry (whole domain)"),
    "hotline:hotline": _l("to the partner hotline where it is hosted"),
    "police:police": _l("to our own police"),
    "regulator:regulator": _l("to the regulator where it is hosted"),
    "first": _l("first notice"),
}
STATES = {
    "done": _l("accepted"),
    "waits": _l("a notice is drawn up, or was stopped by a person"),
    "due": _l("due"),
    "ahead": _l("ahead"),
    "nobody": _l("nobody is known to ask: passed over"),
    "over": _l("not needed any more"),
}
NEEDS = {
    "itself": _l("goes by itself after a person approved the first notice"),
    "one": _l("one person"),
    "supervisor": _l("a supervisor"),
    "two": _l("two people"),
}
REFUSED = {
    "ladder:too_long": _l("Twelve steps at most."),
    "ladder:cap": _l("From 0 to 12 reminders."),
    "ladder:hours": _l(
        "Hours are whole numbers from 1 to 8784, each no earlier than the one above."
    ),
    "ladder:role": _l("There is no such step."),
    "ladder:twice": _l("A step stands there twice; only reminders may."),
    "ladder:scope": _l("A ladder is for a route or for a provider, not both."),
    "ladder:why": _l("Say why; it stands in the history."),
    "ladder:changed": _l("Somebody else was quicker: look again."),
    "ladder:default": _l("The default can be changed, not ended."),
    "calendar:zone": _l("There is no such time zone; Europe/Paris is one."),
    "calendar:weekdays": _l("At least one day of the week."),
    "calendar:time": _l("Times are written 09:00."),
    "calendar:holidays": _l("One holiday a line: 2026-12-25 Christmas."),
    "pace:rate": _l("A whole number from 1 to 1000, or nothing."),
}
TABLES = {
    "ladder_step": STEPS,
    "ladder_state": STATES,
    "ladder_needs": NEEDS,
    "ladder_refused": REFUSED,
}
