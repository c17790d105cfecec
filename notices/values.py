"""Facts -> what each placeholder stands for, in the letter's language. Nothing hidden passes."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from babel import Locale

from notices import wording
from notices.defang import defang, escape_unseen, visible
from notices.facts import Facts, UrlFact
from notices.placeholders import Value
from notices.wording import Wording

#: A ticket number longer than this is somebody's essay; subjects carry its beginning.
_LONGEST_TICKET: Final = 80


class Values:
    """What one letter says: `values` for all of it, `urls` for each Url."""

    def __init__(self, facts: Facts, words: Wording, attached: str) -> None:
        self._words = words
        self._locale = Locale.parse(words.lang, sep="-")
        self._show = escape_unseen if facts.recipient.plain_locations else defang
        self.values: dict[str, Value] = {
            name: _clean(value) for name, value in self._facts(facts, attached).items()
        }
        for group in (wording.BASIC, words.phrases):
            self.values |= self._phrases(facts, group)
        full = wording.detailed(facts)
        self.urls: Sequence[Mapping[str, Value]] = [
            {name: _clean(value) for name, value in self._url(index, url, full=full).items()}
            for index, url in enumerate(facts.urls, 1)
        ]

    def _facts(self, facts: Facts, attached: str) -> dict[str, Value]:
        hotline, previous, deadline = facts.hotline, facts.previous, facts.deadline
        ticket, scope = facts.provider_ticket, facts.collateral
        return {
            "number": facts.number,
            "tags": f"[{facts.number}]" + (f" {ticket[:_LONGEST_TICKET]}" if ticket else ""),
            "date": self._time(facts.date),
            "count": str(len(facts.urls)),
            "attached": attached,
            "law": facts.law or "",
            "preservation": facts.preservation or "",
            "hour_count": str(deadline.hours) if deadline else "",
            "basis": (deadline and deadline.basis) or "",
            "hotline": hotline.name,
            "hotline_country": self._country(hotline.country),
            "capacity": self._words.words["capacity"][hotline.capacity],
            "signature": hotline.signature,
            "email": hotline.email,
            "phone": hotline.phone or "",
            "domain": hotline.domain,
            "recipient": facts.recipient.name,
            "hosting_country": self._country(wording.hosting_country(facts)),
            "previous_number": previous.number if previous else "",
            "previous_sent": self._time(previous.sent_at) if previous else "",
            "reminder": str(previous.count) if previous and previous.count else "",
            "history": self._history(facts),
            "scope_domain": self._show(scope.domain) if scope else "",
            "scope_count": str(scope.other_urls) if scope else "",
            "scope_content": (scope and scope.other_content) or "",
        }

    def _history(self, facts: Facts) -> tuple[str, ...]:
        words = self._words.words
        return tuple(
            self._words.history.render(
                {
                    "sent": self._time(asked.sent_at),
                    "kind": words["kind"][asked.kind],
                    "number": asked.number,
                    "recipient": visible(asked.recipient),
                    "role": words["role"][asked.role],
                    "answer": words["answer"][asked.answer],
                }
            )
            for asked in facts.history
        )

    def _phrases(self, facts: Facts, names: Sequence[str] | Mapping[str, object]) -> dict[str, str]:
        found = {}
        for name in names:
            key = wording.variant(name, facts) if name in self._words.phrases else None
            text = self._words.phrases[name][key] if key else None
            found[name] = text.render(self.values) if text else ""
        return found

    def _url(self, index: int, url: UrlFact, *, full: bool) -> dict[str, Value]:
        """What one Url stands as; all but its place and location is empty unless `full`."""
        known: dict[str, Value] = dict.fromkeys(wording.URL_VALUES, "")
        known |= {"index": str(index), "location": self._show(url.location), "embeds": ()}
        if not full:
            return known
        words, partner = self._words.words, url.partner
        media = f" ({words['media'][url.media_type]})" if url.media_type else ""
        where = (url.address, f"AS{url.asn}" if url.asn else None, url.hosting_provider)
        gone = url.removal_confirmed_at
        return known | {
            "what": words["what"][url.remove] + (media if url.remove == "file" else ""),
            "embeds": tuple(map(self._show, url.embeds)),
            "up": self._time(url.last_confirmed_up),
            "by": words["by"][url.confirmed_by],
            "where": ", ".join(part for part in (*where, self._country(url.country)) if part),
            "registrar": url.registrar or "",
            "classification": f"{url.classification} ({url.scheme})",
            "reference": url.number,
            "risk": self._words.risk if url.victim_at_risk else "",
            "gone": self._time(gone) if gone else "",
            "one_place": self._words.one_place if gone and url.one_vantage else "",
            "site_type": (partner and partner.site_type) or "",
            "action": (partner and partner.action) or "",
            "partner_class": (partner and partner.classification) or "",
        }

    def _country(self, code: str | None) -> str:
        return self._locale.territories.get(code, code) if code else ""

    def _time(self, moment: datetime) -> str:
        """A UTC time in full, to the minute."""
        return self._words.time.render(
            {
                "day": self._words.first_of_month if moment.day == 1 else str(moment.day),
                "month": self._locale.months["format"]["wide"][moment.month],
                "year": str(moment.year),
                "hour": f"{moment.hour:02}",
                "minute": f"{moment.minute:02}",
            }
        )


def _clean(value: Value) -> Value:
    return visible(value) if isinstance(value, str) else tuple(map(visible, value))
