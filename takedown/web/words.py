"""Codes of the tables in people's words. A code without a word is shown as it is."""

import re

from flask import Flask
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from takedown.web import ladder_words, mail_words, route_words
from takedown.web.check_words import HEADERS, SEEN, VERDICTS
from takedown.web.host_words import KNOWN_BY
from takedown.web.log_words import ACTS

TASKS = {
    "locate": _l("Host not found"),
    "route": _l("To hand over"),
    "hand_over": _l("Hand-over: a person is needed"),
    "police_clearance": _l("Police clearance awaited"),
    "victim_at_risk": _l("Victim at risk: police first"),
    "contact": _l("Contact missing or to approve"),
    "classification": _l("Reports disagree"),
    "dead_delivery": _l("Notice not delivered"),
    "uncertain_delivery": _l("Notice may have arrived"),
    "suspect": _l("Changed: look at it"),
    "manual_finding": _l("Only a person can see"),
    "security": _l("Forbidden address"),
    "moved": _l("Moved to another host"),
    "agreement": _l("Agreement ends soon"),
    "reappeared": _l("Reappeared"),
    "reported_again": _l("Reported again after withdrawal"),
    "hold_review": _l("Hold to review"),
    "reveals": _l("Many reveals by one person"),
    "second_look": _l("Released by one person: look at it"),
    "reply": _l("Replies to read"),
    "claim": _l("Not theirs, or more is needed"),
    "dispute": _l("Disputed"),
    "bounced": _l("Notice came back"),
    "origin": _l("An origin was told"),
}
TASK_HELP = {
    "second_look": _l("Two people should have said yes; one was alone. Read it and say done."),
    "locate": _l(
        "Nobody could be found who hosts these. Look-ups are tried again; you may know more."
    ),
    "route": _l(
        "This hotline does not write to these hosts, and nobody is known to hand them to. "
        "Say who receives them, or hand them over yourself."
    ),
    "hand_over": _l("Take the file, or ask what became of it, and enter the reference."),
    "police_clearance": _l("No notice leaves before the police have answered."),
    "victim_at_risk": _l("Call the police unit now; everything else waits."),
    "contact": _l("Before the first notice a person approves the contact that was looked up."),
    "classification": _l("Two reports of the same address classify it differently."),
    "dead_delivery": _l("The recipient's server refused for good. Choose another contact."),
    "uncertain_delivery": _l(
        "The connection broke at the last moment. Sending again may double it."
    ),
    "suspect": _l(
        "The answer changed without saying that it is gone. "
        "Look in your protected viewer, then enter a finding."
    ),
    "manual_finding": _l(
        "Headers tell nothing about these. Look in your protected viewer, then enter a finding."
    ),
    "security": _l("The name leads to a private or reserved address. Nothing was connected."),
    "moved": _l("Another provider hosts it now; a new episode began there."),
    "agreement": _l("Ask whether it goes on, then record the new one on the page of agreements."),
    "reappeared": _l("Up again after a confirmed removal."),
    "reported_again": _l(
        "These were withdrawn, and somebody reports them again. "
        "If that was wrong, tell a supervisor."
    ),
    "hold_review": _l("Ask whoever wanted it whether it still has to stand. It does meanwhile."),
    "reveals": _l("More exact locations within a day than the work asks for. Ask why."),
    "reply": _l("Somebody wrote back. Reminders wait until one of us has read it."),
    "claim": _l("The recipient sends us elsewhere, or asks for more. Read it, then act."),
    "dispute": _l(
        "The recipient refuses. Somebody looks at it who did not approve the notice, and answers."
    ),
    "bounced": _l("It did not reach anybody there. The next notice goes to the next contact."),
    "origin": _l("A mail tells who stands behind a proxy. Enter it in the case if it is true."),
}
WHYS = {
    "victim at risk": _l("a victim may be at risk"),
    "reports disagree": _l("another classification was reported"),
    "not checkable": _l("marked as not checkable"),
    "contact:approve": _l("a looked-up contact waits for approval"),
    "a contact waits for approval": _l("a looked-up contact waits for approval"),
    "no contact is known": _l("no contact is known"),
    "its name leads to a forbidden address": _l(
        "the name leads to an address that must not be asked"
    ),
    "who hosts it could not be found": _l("no provider could be named"),
    "its look-up never came back": _l("five attempts broke off"),
    "DNS": _l("the name could not be resolved"),
    "agreement:ends": _l("its last day is near"),
    "route:police": _l("by way of the police"),
    "route:hotline": _l("by way of the partner hotline"),
    "route:regulator": _l("by way of the regulator"),
    "route:none": _l("no route is known"),
    "provider:not_ours": _l("the provider says that it is not theirs"),
    "provider:need_info": _l("the provider needs to know more"),
    "provider:no_action": _l("the provider will do nothing"),
    "provider:failed": _l("the provider could not handle the report"),
    "provider:silent": _l("the provider does not answer what became of the report"),
    "contact:connector": _l("its interface has no approved connector"),
    "contact:none": _l("no contact is known"),
    "contact:retraction": _l("we were wrong, and no mail or form reaches them: tell them so"),
    "contact:renew": _l("an approved contact has not been verified for a year"),
    "hand_over:no_hotline": _l(
        "no partner hotline is known there: add one under Providers, or link a member under Routes"
    ),
    "hand_over:no_police": _l(
        "our own police unit is not known: add it under Providers, with a contact"
    ),
    "hand_over:no_regulator": _l("no regulator is known there: add one under Providers"),
    "hand_over:several": _l(
        "several could receive it: keep one linked member under Routes, or merge them"
    ),
    "hand_over:no_contact": _l("who receives it has no contact: add one under Providers"),
    "hand_over:no_country": _l("the hosting country is not known"),
    "hand_over:take": _l("a person takes the file to them"),
    "hand_over:silent": _l("no answer for a week"),
    "police:silent": _l("told three days ago, no answer"),
    "mail:human": _l("a person wrote"),
    "mail:not_ours": _l("they say that it is not theirs"),
    "mail:use_form": _l("they want their form to be used"),
    "mail:need_more": _l("they ask for more"),
    "mail:disputed": _l("they hold it for lawful, or refuse"),
    "mail:origin": _l("told in a mail that could not be verified"),
    "mail:weak": _l("it could not be tied to the delivery beyond doubt"),
    "delivery:bounced": _l("came back"),
    "delivery:dead": _l("refused for good"),
    "delivery:uncertain": _l("may have arrived"),
    "hold:review": _l("its review is due"),
    "reveals:many": _l("more than a day's work asks for"),
    "contradicted": _l("seen up within a confirmed removal"),
    "reappeared": _l("seen up twice"),
    "withdrawn before": _l("it had been withdrawn"),
    "known better": _l("who answers for it is known better"),
    "police": _l("by way of the police"),
    "hotline": _l("by way of the partner hotline"),
    "regulator": _l("by way of the regulator"),
    "none": _l("no route is known"),
    "no provider": _l("no provider could be named"),
    "five leases lost": _l("five attempts broke off"),
    "traced": _l("host found"),
    "withdrawn": _l("withdrawn by a person"),
    "confirmed": _l("confirmed"),
    "outage": _l("it had been an outage"),
    "up twice": _l("seen up twice"),
    "another provider hosts it": _l("another provider hosts it"),
}
GATE = {
    "held": _l("a hold stands"),
    "case_closed": _l("nothing is asked any more"),
    "route": _l("the route is another one now"),
    "route_changed": _l("the route has changed since: it is composed anew"),
    "do_not_forward": _l("on the list of countries nothing is forwarded to"),
    "police_first": _l("the police have not cleared it yet"),
    "site_owner": _l("would reach the site's owner"),
    "own_domain": _l("the contact lies in the address's own domain"),
    "standing": _l("may forward to its customer"),
    "contact_not_approved": _l("the contact is not approved"),
    "no_connector": _l("the interface has no approved connector"),
    "inhibited": _l("the contact must not be written to now"),
    "reminder_cap": _l("enough reminders"),
    "moved": _l("hosted elsewhere now"),
    "seen_down": _l("seen gone twice"),
    "mode_changed": _l("composed in another mode"),
    "calendar": _l("outside the recipient's days"),
    "aggregation": _l("gathers with others for the same contact"),
    "rate": _l("enough notices for this recipient within the hour"),
    "unread_reply": _l("they have answered: read it first"),
    "second_person": _l("one yes is kept: another person gives the second"),
    "not_checked": _l("no check within the hour"),
    "route_unverified": _l("nobody has verified the route"),
    "first_batch": _l("the first notices that really leave"),
    "needs_supervisor": _l("needs a supervisor"),
    "changed": _l("the text has changed since it was shown: look again"),
    "not_a_draft": _l("not a draft any more"),
    "other_mode": _l("composed in another mode"),
    "empty": _l("nothing stands in it any more"),
    "refused": _l("cannot be written as it stands"),
}
KINDS = {
    "first": _l("First notice"),
    "reminder": _l("Reminder"),
    "escalation": _l("Escalation"),
    "police": _l("To the police"),
    "hotline": _l("To the partner hotline"),
    "regulator": _l("To the regulator"),
    "closure": _l("Closure"),
    "retraction": _l("Retraction"),
    "answer": _l("Answer"),
}
STATES = {
    "draft": _l("waits for approval"),
    "approved": _l("approved, on its way"),
    "accepted": _l("accepted"),
    "superseded": _l("composed anew"),
    "discarded": _l("discarded"),
    "failed": _l("not delivered"),
    "ready": _l("ready to leave"),
    "claimed": _l("being sent"),
    "sending": _l("being sent"),
    "sent": _l("sent"),
    "acknowledged": _l("acknowledged"),
    "bounced": _l("came back"),
    "uncertain": _l("may have arrived"),
    "dead": _l("refused for good"),
    "recipient": _l("by the recipient's server"),
    "relay": _l("by our relay"),
    "api": _l("by their interface"),
    "person": _l("by a person"),
    "rehearsal": _l("by the rehearsal's mailbox"),
    "registered": _l("registered"),
    "located": _l("located"),
    "notified": _l("notified"),
    "removed": _l("removed"),
    "reappeared": _l("reappeared"),
    "held": _l("held"),
    "needs_operator": _l("needs a person"),
    "not_checkable": _l("not checkable"),
    "withdrawn": _l("withdrawn"),
    "unavailable": _l("name or host gone"),
    "moved": _l("moved"),
    "gone_before_notice": _l("gone before notice"),
    "rescinded": _l("rescinded"),
    "open": _l("open"),
    "unverified": _l("unverified"),
    "verified": _l("verified"),
    "direct": _l("notice to the host"),
    "at_once": _l("at once, whatever the route: a victim may be at risk"),
}
ROLES = {
    "analyst": _l("analyst"),
    "supervisor": _l("supervisor"),
    "manager": _l("manager"),
    "administrator": _l("administrator"),
    "auditor": _l("auditor"),
    "site_owner": _l("site owner"),
    "platform": _l("platform"),
    "host": _l("host"),
    "proxy": _l("proxy"),
    "upstream": _l("upstream"),
    "registrar": _l("registrar"),
    "registry": _l("registry"),
    "register": _l("register"),
    "read": _l("read"),
    "work": _l("work on cases"),
}
SOURCES = {
    "public": _l("public form"),
    "hotline": _l("partner hotline"),
    "police": _l("police"),
    "proactive": _l("proactive search"),
    "analyst": _l("analyst"),
    "api": _l("interface"),
    "curated": _l("our own list"),
    "rdap": _l("registry (RDAP)"),
    "whois": _l("registry (WHOIS)"),
    "reply": _l("an answer"),
}
STAGES = {
    "locate": _l("Locate"),
    "compose": _l("Compose"),
    "send": _l("Send"),
    "inbox": _l("Inbox"),
    "check": _l("Check"),
    "follow-up": _l("Follow up"),
    "facts": _l("Facts"),
    "purge": _l("Purge"),
}
RECIPIENTS = {
    "provider": _l("provider"),
    "hotline": _l("partner hotline"),
    "police": _l("police"),
    "regulator": _l("regulator"),
}
REFERENCE = {
    "asn": _l("address to network"),
    "geolocation": _l("address to country"),
    "upstreams": _l("networks and their carriers"),
}
_TABLES = {
    "recipient": RECIPIENTS,
    "verdict": VERDICTS,
    "seen": SEEN,
    "task": TASKS,
    "task_help": TASK_HELP,
    "gate": GATE,
    "kind": KINDS,
    "state": STATES,
    "role": ROLES,
    "source": SOURCES,
    "known_by": KNOWN_BY,
    "stage": STAGES,
    "act": ACTS,
    "header": HEADERS,
    "reference": REFERENCE,
    **mail_words.TABLES,
    **route_words.TABLES,
    **ladder_words.TABLES,
}
REASONS = (
    _l("there is nothing that can be taken back"),
    _l("it was looked at since"),
    _l("a line break, a tab or a control character inside"),
    _l("empty"),
    _l("no host"),
    _l("port 0"),
    _l("the address is cut short: it ends in an ellipsis"),
    _l("the host is not a name that DNS could hold"),
    _l("no scheme: write http:// or https:// before it"),
    _l("only http and https can be registered"),
    _l("not an address that a browser could open"),
    _l("a quotation mark that is not closed"),
    _l("not JSON"),
    _l("not a JSON object"),
    _l("10,000 characters at most"),
    _l("lies in the future"),
    _l("64 printable characters at most"),
    _l("holds a location: put it into the note, which is encrypted"),
    _l("a word or two of letters, digits, space, / + -, 40 at most"),
    _l("yes or no"),
    _l("not a plain value"),
    _l("not an ISO 8601 time, for example 2026-03-01T09:00Z"),
    _l("there is somebody of this name already"),
    _l("an e-mail address is needed"),
    _l("a role is needed"),
    _l("a name and a scope are needed"),
    _l("nobody ends their own account"),
    _l("an address or a provider is needed"),
    _l("this address must not be asked about"),
    _l("not an IP address"),
    _l("say whose contact it is"),
    _l("not a mail address"),
    _l("this contact lies in the address's own domain: it would be warned"),
    _l("say which unit asked for the hold"),
    _l("nothing of this address is registered: hold its host or its domain"),
    _l("its provider is not known yet: hold its host or its domain"),
    _l("the text names a registered host: say it without, by case number"),
)
"""What the rooms below refuse with: gettext finds them by their English."""


def word(table: str, code: str | None) -> str:
    """The word of a code."""
    return "–" if not code else str(_TABLES[table].get(code, code))


def why(text: str) -> str:
    """The reason of a task or a move; what follows a colon is a detail of it."""
    head, _colon, rest = text.partition(": ")
    found = WHYS.get(text) or WHYS.get(head) or SEEN.get(head)
    if found is None:
        return text
    return f"{found}: {rest}" if rest and text not in WHYS else str(found)


def reason(text: str) -> str:
    """Why a line was refused, in this language; the figures in it stay."""
    for pattern, words in (
        (r"not one of (.+)", _("not one of %(names)s", names="\0")),
        (r"not a field; known are (.+)", _("not a field; known are %(names)s", names="\0")),
        (r"longer than (\d+) characters", _("longer than %(names)s characters", names="\0")),
    ):
        if match := re.fullmatch(pattern, text):
            return words.replace("\0", match[1])
    return str(_(text))


def install(app: Flask) -> None:
    """Give the templates these words."""
    app.jinja_env.globals.update(word=word, why=why, reason=reason, decided=route_words.decided)
