"""Facts -> Letter: the words, in the recipient's language, and what is attached to them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from textwrap import fill
from typing import Any, Final

from babel import Locale

from notices import attachments
from notices.attachments import Attachment
from notices.defang import defang, escape_unseen
from notices.errors import BadFacts
from notices.facts import Facts, UrlFact
from notices.templates import BUILTIN, Templates

#: Up to here the body tells each Url's details; above, the attached file does (except for
#: recipients who read bodies only).
DETAILED_UP_TO: Final = 20
_WIDTH: Final = 76
_LEAD: Final = re.compile(r" *(?:- |[0-9]+\. )?")


@dataclass(frozen=True)
class Letter:
    """A finished text. `template` and `version` say what it was made from."""

    subject: str
    body: str
    language: str
    template: str
    version: str
    reviewed: bool
    attachments: tuple[Attachment, ...]


def compose(facts: Facts, kind: str, lang: str, templates: Templates = BUILTIN) -> Letter:
    """Write the letter of this kind, in `lang` or else in English.

    `kind` must be the facts' own. The body shows locations defanged unless the recipient reads
    bodies only; the exact ones are attached. Raises `BadFacts`, `UnknownTemplate`.
    """
    if kind != facts.kind:
        raise BadFacts("kind", "differs from the kind of letter asked for")
    template = templates.find(kind, lang)
    attached = attachments.of(facts)
    context = _context(facts, template.lang, template.words, attached)
    return Letter(
        subject=" ".join(template.subject.render(context).split()),
        body=_wrapped(template.body.render(context)),
        language=template.lang,
        template=template.name,
        version=template.version,
        reviewed=template.reviewed,
        attachments=attached,
    )


def _context(
    facts: Facts, lang: str, words: Mapping[str, Any], attached: tuple[Attachment, ...]
) -> dict[str, Any]:
    """The named placeholders, each already in the letter's language."""
    locale = Locale(lang)
    hotline, previous = facts.hotline, facts.previous
    ticket = facts.provider_ticket
    return {
        "number": facts.number,
        "tags": f"[{facts.number}]" + (f" {ticket}" if ticket else ""),
        "date": _time(facts.date, locale, words),
        "count": len(facts.urls),
        "plain": facts.recipient.plain_locations,
        "detailed": len(facts.urls) <= DETAILED_UP_TO or facts.recipient.plain_locations,
        "attached": attachments.summary(attached),
        "law": facts.law,
        "preservation": facts.preservation,
        "hotline": {
            "name": hotline.name,
            "country": locale.territories.get(hotline.country, hotline.country),
            "signature": hotline.signature,
            "email": hotline.email,
            "phone": hotline.phone,
            "domain": hotline.domain,
            "capacity": words["capacity"][hotline.capacity],
        },
        "recipient": {"name": facts.recipient.name, "role": facts.recipient.role},
        "deadline": facts.deadline,
        "previous": previous
        and {
            "number": previous.number,
            "sent": _time(previous.sent_at, locale, words),
            "count": previous.count,
        },
        "urls": [
            _url(url, locale, words, plain=facts.recipient.plain_locations) for url in facts.urls
        ],
    }


def _url(url: UrlFact, locale: Locale, words: Mapping[str, Any], *, plain: bool) -> dict[str, Any]:
    show = escape_unseen if plain else defang
    country = locale.territories.get(url.country, url.country) if url.country else None
    where = (url.address, f"AS{url.asn}" if url.asn else None, url.hosting_provider, country)
    return {
        "number": url.number,
        "location": show(url.location),
        "remove": url.remove,
        "media": words["media"][url.media_type] if url.media_type else None,
        "embeds": [show(embed) for embed in url.embeds],
        "up": _time(url.last_confirmed_up, locale, words),
        "by": url.confirmed_by,
        "where": ", ".join(part for part in where if part),
        "classification": url.classification,
        "scheme": url.scheme,
        "reference": url.reference,
    }


def _time(moment: datetime, locale: Locale, words: Mapping[str, Any]) -> str:
    """A UTC time in full, to the minute."""
    text = words["time"].format(
        day=words["first_of_month"] if moment.day == 1 else moment.day,
        month=locale.months["format"]["wide"][moment.month],
        year=moment.year,
        hour=f"{moment.hour:02}",
        minute=f"{moment.minute:02}",
    )
    return str(text)


def _wrapped(text: str) -> str:
    """Paragraphs wrapped for reading; lines that hold a location stay whole."""
    lines: list[str] = []
    for line in text.splitlines():
        if len(line) <= _WIDTH or "://" in line:
            lines.append(line.rstrip())
            continue
        indent = " " * len(_LEAD.match(line)[0])  # type: ignore[index]
        lines.append(
            fill(
                line,
                _WIDTH,
                subsequent_indent=indent,
                break_long_words=False,
                break_on_hyphens=False,
            )
        )
    out: list[str] = []
    for line in lines:
        if line or (out and out[-1]):
            out.append(line)
    return "\n".join(out).rstrip() + "\n"
