"""Codes of the tables in people's words. A code without a word is shown as it is."""

from flask import Flask
from flask_babel import lazy_gettext as _l

from takedown.web import delivery_words, ladder_words, mail_words, route_words, task_words
from takedown.web.check_words import HEADERS, HOW, NEXT, SAID, SEEN, VERDICTS
from takedown.web.host_words import KNOWN_BY
from takedown.web.log_words import ACTS
from takedown.web.refusal_words import reason
from takedown.web.task_words import WHYS

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
    "reports": _l("Reports"),
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
CONTENT = {
    "image": _l("image"),
    "video": _l("video"),
    "text": _l("text"),
    "mixed": _l("mixed"),
    "image host": _l("image host"),
    "file host": _l("file host"),
    "forum": _l("forum"),
    "social network": _l("social network"),
    "website": _l("website"),
}
_TABLES = {
    "content": CONTENT,
    "recipient": RECIPIENTS,
    "verdict": VERDICTS,
    "seen": SEEN,
    "gate": GATE,
    "kind": KINDS,
    "state": STATES,
    "role": ROLES,
    "source": SOURCES,
    "known_by": KNOWN_BY,
    "stage": STAGES,
    "act": ACTS,
    "header": HEADERS,
    "next_look": NEXT,
    "said": SAID,
    "how": HOW,
    "reference": REFERENCE,
    **task_words.TABLES,
    **mail_words.TABLES,
    **route_words.TABLES,
    **ladder_words.TABLES,
    **delivery_words.TABLES,
}


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


def install(app: Flask) -> None:
    """Give the templates these words."""
    app.jinja_env.globals.update(word=word, why=why, reason=reason, decided=route_words.decided)
