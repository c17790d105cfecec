"""The words of the contact book's pages: its fields, its history, and why it refuses."""

import re
import unicodedata
from collections.abc import Iterable

from babel.core import Locale
from flask.sansio.app import App
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from takedown.hosts.cards import iso_country
from takedown.web import show, words
from takedown.web.refusal_words import reason

FIELDS = {
    "name": _l("Name"),
    "aliases": _l("Other names"),
    "public_name": _l("Public name"),
    "kind": _l("Kind"),
    "country": _l("Country"),
    "standing": _l("Standing"),
    "proxy": _l("Stands in front of others (proxy)"),
    "signatory": _l("Bound by its country's notice code"),
    "endorses_principles": _l("Endorses the Voluntary Principles"),
    "preferred_medium": _l("Preferred medium"),
    "language": _l("Language"),
    "check_interval_s": _l("Seconds between two checks"),
    "domains": _l("Domains"),
    "asns": _l("Networks (AS numbers)"),
    "ranges": _l("Address ranges"),
    "marks": _l("Marks of its proxy"),
    "notes": _l("Notes"),
    "medium": _l("Medium"),
    "address": _l("Contact"),
    "source": _l("Found in"),
    "evidence": _l("Evidence"),
    "verified_on": _l("Verified on"),
    "plain_locations": _l("Locations in plain form"),
    "max_urls": _l("Addresses in one notice, at most"),
    "aggregation_minutes": _l("Minutes in which addresses are gathered"),
    "batch": _l("What may go together"),
    "feedback_report": _l("As a feedback report (RFC 5965)"),
    "encryption_key": _l("Encryption key"),
    "approved_by": _l("Approval"),
    "until": _l("Until"),
    "why": _l("Reason"),
    "into": _l("Merge into"),
    "merge": _l("Merge"),
}
KINDS = {
    "provider": _l("provider"),
    "hotline": _l("partner hotline"),
    "police": _l("police"),
    "regulator": _l("regulator"),
}
STANDINGS = {
    "unknown": _l("standing unknown"),
    "cooperative": _l("cooperative"),
    "forwards_to_customer": _l("forwards to its customer"),
    "suspected_complicit": _l("suspected of complicity"),
}
MEDIA = {
    "email": _l("e-mail"),
    "api": _l("interface"),
    "form": _l("form"),
}
BATCHES = {
    "any": _l("anything"),
    "same_host": _l("one host only"),
    "same_domain": _l("one domain only"),
}
YES_NO = {"yes": _l("yes"), "no": _l("no"), "": _l("not known")}
EVENTS = {
    "provider.added": _l("entered by hand"),
    "provider.changed": _l("field changed"),
    "provider.merge_proposed": _l("merge proposed"),
    "provider.merge_refused": _l("merge refused"),
    "provider.merged": _l("merged into another provider"),
    "provider.absorbed": _l("another provider was merged into it"),
    "contact.added": _l("contact typed in"),
    "contact.changed": _l("contact changed"),
    "contact.approved": _l("contact approved"),
    "contact.waits": _l("contact waits for approval again"),
    "contact.retired": _l("contact retired"),
    "contact.verified": _l("contact verified"),
    "contact.inhibited": _l("contact inhibited"),
    "contact.lifted": _l("inhibition lifted"),
    "contact.moved": _l("contact came along with a merge"),
    "contact.folded": _l("contact was there already; retired by a merge"),
    "hold_placed": _l("hold placed"),
    "hold_released": _l("hold released"),
}
MOVED = {
    "aliases": _l("other names"),
    "domains": _l("domains"),
    "asns": _l("networks"),
    "ranges": _l("address ranges"),
    "marks": _l("marks"),
    "traces": _l("findings about hosts"),
    "told": _l("hosts told to be behind it, or it before them"),
    "contacts": _l("contacts"),
    "episodes": _l("episodes"),
    "routes": _l("decided routes"),
    "members": _l("entries in the member list"),
    "mails": _l("mails that came in"),
    "connectors": _l("connectors"),
    "holds": _l("holds"),
    "tasks": _l("open tasks"),
}
_TABLES = {
    "field": FIELDS,
    "kind": KINDS,
    "standing": STANDINGS,
    "preferred_medium": MEDIA,
    "medium": MEDIA,
    "batch": BATCHES,
    "event": EVENTS,
    "moved": MOVED,
    "yes_no": YES_NO,
}
_SAID_YES_OR_NO = {
    "proxy",
    "signatory",
    "endorses_principles",
    "plain_locations",
    "feedback_report",
}
REASONS = (
    _l("empty"),
    _l("not a country: two letters of ISO 3166-1"),
    _l("not a language: two letters such as en or fr"),
    _l("not a date such as 2026-03-01"),
    _l("not an autonomous system: AS and a number"),
    _l("not a network such as 192.0.2.0/24"),
    _l("one address alone is a location: give a network"),
    _l("too many addresses for one provider"),
    _l("not a host name"),
    _l("not the beginning of a path"),
    _l("not a mark: cname: and a name, or header: and a line"),
    _l("a private key: it must never leave its owner"),
    _l("not an armoured OpenPGP public key"),
    _l("not one mail address"),
    _l("not an https address"),
    _l("not in the future"),
    _l("lies in the future"),
    _l("a reason is needed"),
    _l("the reason names the provider: say it without"),
    _l("another provider has this name: merge the two"),
    _l("another provider has this domain"),
    _l("another provider has this network"),
    _l("another provider has this mark"),
    _l("it was merged into another provider: change that one"),
    _l(
        "a reported host lies in this domain: whoever is reported would read it. "
        "Where users publish under the provider's own domain, enter that domain first"
    ),
    _l("this provider has this contact already"),
    _l("it is retired: add it again"),
    _l("the same provider"),
    _l("the two are of different kinds"),
    _l("a merge is proposed already"),
    _l("decided already"),
    _l("missing in the first row"),
    _l("twice in the first row"),
    _l("differs from this provider's first row"),
    _l("a table is needed: a file, or pasted"),
    _l("not a text in UTF-8: save the table as CSV UTF-8"),
)


def book_word(table: str, code: str | None) -> str:
    """The word of a code."""
    return "–" if code is None else str(_TABLES[table].get(code, code))


def words_of(table: str, codes: Iterable[str]) -> list[tuple[str, str]]:
    """Codes with their words, for a field to choose from."""
    return [(str(code), book_word(table, str(code))) for code in codes]


def countries() -> list[tuple[str, str]]:
    """Every country's code and name, by name in this language."""
    locale = get_locale() or Locale("en")
    named = [(code, str(name)) for code, name in locale.territories.items()]
    return sorted(
        [(code, name) for code, name in named if iso_country(code) == code],
        key=lambda one: unicodedata.normalize("NFD", one[1]).casefold(),
    )


def book_value(name: str, text: str) -> str:
    """A field's value as people read it; one line."""
    if name in _SAID_YES_OR_NO:
        return book_word("yes_no", text)
    if not text:
        return "–"
    if name == "country":
        return show.country(text)
    if name in ("kind", "standing", "preferred_medium", "medium", "batch"):
        return book_word(name, text)
    if name == "source":
        return words.word("source", text)
    if text == "changed":
        return _("another one")
    return show.shortened(", ".join(text.splitlines()), 120)


def book_reason(text: str) -> str:
    """Why something was refused, in this language."""
    line = re.fullmatch(r"line (\d+): (.+)", text, re.S)
    if line:
        return _("line %(n)s: %(why)s", n=line[1], why=book_reason(line[2]))
    bounds = re.fullmatch(r"not a whole number from (\d+) to (\d+)", text)
    if bounds:
        return _("not a whole number from %(least)s to %(most)s", least=bounds[1], most=bounds[2])
    cells = re.fullmatch(r"(\d+) cells where the first row has (\d+)", text)
    if cells:
        return _("%(n)s cells where the first row has %(m)s", n=cells[1], m=cells[2])
    return reason(text)


def install(app: App) -> None:
    """Give the templates these words."""
    app.jinja_env.globals.update(
        book_word=book_word,
        book_value=book_value,
        book_reason=book_reason,
        words_of=words_of,
    )
