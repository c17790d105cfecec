"""A language's words and phrases: what letters put in place of codes, numbers and roles.

`templates/<lang>/words.toml` holds words (one for each code) and phrases. A phrase has variants,
each a placeholder text; the facts choose which is written, so that letters need no conditions.
"""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Self, get_args

from notices.errors import MissingPoint, TemplateFault
from notices.facts import TO_PROVIDERS, Answer, Capacity, Facts, Kind, Media, Role
from notices.placeholders import PlaceholderText

#: Up to here the body tells each Url's details; above, the attached file does (except for
#: recipients who read bodies only, and where nothing is attached).
DETAILED_UP_TO: Final = 20

#: What a text may name: one value each, except `history`, which repeats its line.
VALUES: Final = frozenset(
    {"number", "tags", "date", "count", "attached", "law", "preservation", "hour_count", "basis"}
    | {"hotline", "hotline_country", "capacity", "signature", "email", "phone", "domain"}
    | {"recipient", "hosting_country", "previous_number", "previous_sent", "reminder", "history"}
    | {"scope_domain", "scope_count", "scope_content"}
)
#: What the loop over the Urls may name as well; `embeds` repeats its line.
URL_VALUES: Final = frozenset(
    {"index", "location", "what", "embeds", "up", "by", "where", "registrar", "classification"}
    | {"reference", "risk", "gone", "one_place", "site_type", "action", "partner_class"}
)
#: One entry of `history`, and a time.
HISTORY_VALUES: Final = frozenset({"sent", "kind", "number", "recipient", "role", "answer"})
TIME_VALUES: Final = frozenset({"day", "month", "year", "hour", "minute"})

_WORDS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "media": get_args(Media),
        "capacity": get_args(Capacity),
        "by": ("check", "person"),
        "what": ("file", "page"),
        "role": get_args(Role),
        "kind": get_args(Kind),
        "answer": get_args(Answer),
    }
)
_PROVIDERS: Final = ("platform", "host", "proxy", "upstream", "domain")
_NUMBER: Final = ("one", "many")

#: Every phrase with its variants. A language has those phrases that its letters name.
PHRASES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "at": _NUMBER,
        "addresses": _NUMBER,
        "hours": _NUMBER,
        "request": (*_PROVIDERS, "again", "again_proxy", "again_upstream", "again_domain"),
        "deadline": ("none", "asked", "binding"),
        "reading": (*_NUMBER, "plain_one", "plain_many", "alone_one", "alone_many"),
        "shown": _NUMBER,
        "listed": ("yes",),
        "handling": ("provider", "other"),
        "warn": ("upstream", "other"),
        "preserve": ("law", "none"),
        "reply": ("always",),
        "assessed": ("one", "many", "listed"),
        "good_faith": ("always",),
        "scope": ("alone", "one", "many"),
        "occasion": ("victim_at_risk", "abroad", "law", "none"),
        "urgent": ("yes",),
        "receipt": ("yes",),
        "clearance": ("yes",),
        "done": ("none", "some"),
        "hosted": ("known",),
        "mistake": ("classification", "location", "none"),
    }
)
#: What a phrase can't do without, in one variant or another.
MUST_NAME: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "reading": frozenset({"attached"}),
        "deadline": frozenset({"hours", "basis"}),
        "preserve": frozenset({"preservation"}),
        "reply": frozenset({"number"}),
        "scope": frozenset({"scope_domain", "scope_count"}),
    }
)
#: Phrases that other phrases may name.
BASIC: Final = ("at", "addresses", "hours")


def detailed(facts: Facts) -> bool:
    """Whether the body tells each Url's details."""
    few = len(facts.urls) <= DETAILED_UP_TO
    return few or facts.recipient.plain_locations or facts.kind == "closure"


def _count(number: int) -> str:
    return "one" if number == 1 else "many"


def _number(facts: Facts) -> str:
    return _count(len(facts.urls))


def _reading(facts: Facts) -> str:
    recipient = facts.recipient
    how = "alone_" if recipient.text_alone else "plain_" if recipient.plain_locations else ""
    return how + _number(facts)


def _side(facts: Facts) -> str:
    role = facts.recipient.role
    return "domain" if role in ("registrar", "registry") else role


def _request(facts: Facts) -> str | None:
    side = _side(facts)
    if side not in _PROVIDERS:
        return None
    if facts.kind != "reminder":
        return side
    return f"again_{side}" if side in ("proxy", "upstream", "domain") else "again"


def _deadline(facts: Facts) -> str:
    if facts.deadline is None:
        return "none"
    return "binding" if facts.deadline.binding else "asked"


def _scope(facts: Facts) -> str | None:
    if facts.collateral is None:
        return None
    return {0: "alone", 1: "one"}.get(facts.collateral.other_urls, "many")


def _if(holds: object) -> str | None:
    return "yes" if holds else None


_CHOICES: Final[Mapping[str, Callable[[Facts], str | None]]] = MappingProxyType(
    {
        "at": _number,
        "addresses": _number,
        "hours": lambda f: _count(f.deadline.hours) if f.deadline else None,
        "request": _request,
        "deadline": _deadline,
        "reading": _reading,
        "shown": lambda f: None if f.recipient.plain_locations else _number(f),
        "listed": lambda f: _if(not detailed(f)),
        "handling": lambda f: "provider" if f.kind in TO_PROVIDERS else "other",
        "warn": lambda f: "upstream" if f.recipient.role == "upstream" else "other",
        "preserve": lambda f: "law" if f.preservation else "none",
        "reply": lambda f: "always",
        "assessed": lambda f: _number(f) if detailed(f) else "listed",
        "good_faith": lambda f: "always",
        "scope": _scope,
        "occasion": lambda f: f.occasion or "none",
        "urgent": lambda f: _if(
            f.occasion == "victim_at_risk" or any(u.victim_at_risk for u in f.urls)
        ),
        "receipt": lambda f: _if(f.receipt_wanted),
        "clearance": lambda f: _if(f.clearance_wanted),
        "done": lambda f: "some" if f.history else "none",
        "hosted": lambda f: "known" if hosting_country(f) else None,
        "mistake": lambda f: f.mistake or "none",
    }
)


def variant(phrase: str, facts: Facts) -> str | None:
    """Which variant of a phrase these facts call for; None: it is left out."""
    return _CHOICES[phrase](facts)


def hosting_country(facts: Facts) -> str | None:
    """The country that all Urls are hosted in, if it is one and known."""
    countries = {url.country for url in facts.urls}
    return countries.pop() if len(countries) == 1 else None


@dataclass(frozen=True)
class Wording:
    """What a language's `words.toml` holds, checked."""

    lang: str
    first_of_month: str
    time: PlaceholderText
    history: PlaceholderText
    risk: str
    one_place: str
    words: Mapping[str, Mapping[str, str]]
    phrases: Mapping[str, Mapping[str, PlaceholderText]]

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a file. Raises `TemplateFault` for a word or variant that is missing or unknown."""
        lang = path.parent.name
        name = f"{lang}/{path.name}"
        try:
            given = tomllib.loads(path.read_text("utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise TemplateFault(name, f"can't be read: {error}") from None
        for table, codes in _WORDS.items():
            _same(name, table, codes, given.get(table))
        for single in ("time", "first_of_month", "history", "risk", "one_place"):
            if not isinstance(given.get(single), str):
                raise TemplateFault(name, f"has no {single}")
        phrases = {
            phrase: _variants(name, phrase, variants)
            for phrase, variants in given.get("phrases", {}).items()
        }
        return cls(
            lang=lang,
            first_of_month=given["first_of_month"],
            time=PlaceholderText.parse(f"{name} time", given["time"], TIME_VALUES),
            history=PlaceholderText.parse(f"{name} history", given["history"], HISTORY_VALUES),
            risk=given["risk"],
            one_place=given["one_place"],
            words={table: given[table] for table in _WORDS},
            phrases=phrases,
        )

    @property
    def known(self) -> frozenset[str]:
        """Every placeholder that a letter in this language may name outside the loop."""
        return VALUES.union(self.phrases)


def _variants(name: str, phrase: str, given: Any) -> dict[str, PlaceholderText]:
    _same(name, f"phrases.{phrase}", PHRASES.get(phrase, ()), given)
    known = VALUES if phrase in BASIC else VALUES.union(BASIC)
    texts = {
        key: PlaceholderText.parse(f"{name} {phrase}.{key}", text.strip("\n"), known)
        for key, text in given.items()
    }
    unsaid = MUST_NAME.get(phrase, frozenset()).difference(*(text.names for text in texts.values()))
    if unsaid:
        raise MissingPoint(f"{name} {phrase}", tuple(sorted(unsaid)))
    return texts


def _same(name: str, table: str, wanted: tuple[str, ...], given: Any) -> None:
    if not wanted:
        raise TemplateFault(name, f"{table} is no phrase that letters know")
    held = given if isinstance(given, dict) else {}
    missing, unknown = sorted({*wanted} - held.keys()), sorted(held.keys() - {*wanted})
    if missing or unknown or not all(isinstance(text, str) and text for text in held.values()):
        told = " ".join([f"lacks {', '.join(missing)}"] * bool(missing) + unknown)
        raise TemplateFault(name, f"{table} {told or 'holds what is no text'}")
