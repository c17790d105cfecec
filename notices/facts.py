"""The only input of a letter: frozen values, checked when they are made."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Final, Literal

from notices import rules
from notices.rules import mail_address as mail_address
from notices.rules import utc_time as utc_time
from notices.url_facts import Detection as Detection
from notices.url_facts import Media as Media
from notices.url_facts import PartnerCodes as PartnerCodes
from notices.url_facts import Remove as Remove
from notices.url_facts import UrlFact as UrlFact
from notices.url_facts import XarfClass as XarfClass

Capacity = Literal["hotline", "trusted_flagger"]
#: How a provider stands toward these Urls; the last three receive notices without hosting anything.
Role = Literal[
    "platform",
    "host",
    "proxy",
    "upstream",
    "registrar",
    "registry",
    "hotline",
    "police",
    "regulator",
]
Kind = Literal[
    "first", "reminder", "escalation", "police", "hotline", "regulator", "closure", "retraction"
]
#: What became of an earlier notice, as far as we know.
Answer = Literal["none", "claimed_removed", "disputed", "not_ours", "other", "undeliverable"]
#: Why the police are written to.
Occasion = Literal["victim_at_risk", "abroad", "law"]
#: What was wrong, where a notice is withdrawn.
Mistake = Literal["classification", "location"]

#: The kinds that ask a provider to act: what Article 16 of Regulation (EU) 2022/2065 is about.
TO_PROVIDERS: Final[frozenset[str]] = frozenset({"first", "reminder", "escalation"})
#: What a kind can't be written without.
_NEEDS: Final[Mapping[str, str]] = MappingProxyType(
    {"reminder": "previous", "retraction": "previous", "escalation": "history"}
)
_DOMAIN_LEVEL: Final = frozenset({"registrar", "registry"})
_OUTSIDERS: Final = frozenset({"hotline", "police", "regulator"})


@dataclass(frozen=True, kw_only=True)
class Hotline:
    """Who we are: an organisation and a function, never a person."""

    name: str
    country: str  # ISO 3166-1 alpha-2
    signature: str  # a function: "Notice desk"
    email: str
    domain: str
    phone: str | None = None
    capacity: Capacity = "hotline"

    def __post_init__(self) -> None:
        for name in ("name", "signature", "domain"):
            rules.line(f"hotline.{name}", getattr(self, name))
        rules.line("hotline.phone", self.phone, optional=True)
        rules.country("hotline.country", self.country)
        mail_address("hotline.email", self.email)
        rules.one_of("hotline.capacity", self.capacity, Capacity)


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """Who can act, and how they stand toward these Urls.

    `key` is an id by which templates are kept for one provider; it is never printed.
    """

    name: str
    address: str  # a mail address, or the name of an API or form
    language: str
    role: Role
    plain_locations: bool = False  # this desk has said that it reads bodies only
    text_alone: bool = False  # a web form's boxes take the text, and nothing can be attached
    country: str | None = None
    key: str | None = None

    def __post_init__(self) -> None:
        rules.text("recipient.name", self.name)
        for name in ("address", "language"):
            rules.line(f"recipient.{name}", getattr(self, name))
        rules.one_of("recipient.role", self.role, Role)
        rules.country("recipient.country", self.country, optional=True)
        rules.line("recipient.key", self.key, optional=True)
        readable = self.plain_locations or not self.text_alone
        rules.require(readable, "recipient.text_alone", "would be told no exact location")


@dataclass(frozen=True, kw_only=True)
class Deadline:
    """Hours from receipt; `binding` on this recipient by `basis`, else merely asked for."""

    hours: int
    binding: bool
    basis: str | None = None
    source: str | None = None

    def __post_init__(self) -> None:
        rules.require(self.hours > 0, "deadline.hours", "is not positive")
        rules.line("deadline.basis", self.basis, optional=not self.binding)
        rules.line("deadline.source", self.source, optional=True)


@dataclass(frozen=True, kw_only=True)
class Previous:
    """The notice that this one follows; `count`: which reminder this is, 0 for other kinds."""

    number: str
    sent_at: datetime
    count: int = 0

    def __post_init__(self) -> None:
        rules.notice_number("previous.number", self.number)
        utc_time("previous.sent_at", self.sent_at)
        rules.require(self.count >= 0, "previous.count", "is negative")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One earlier notice about these Urls: whom it asked, when it was accepted, what came back."""

    number: str
    kind: Kind
    recipient: str
    role: Role
    sent_at: datetime
    answer: Answer = "none"

    def __post_init__(self) -> None:
        rules.notice_number("history.number", self.number)
        rules.text("history.recipient", self.recipient)
        utc_time("history.sent_at", self.sent_at)
        rules.one_of("history.kind", self.kind, Kind)
        rules.one_of("history.role", self.role, Role)
        rules.one_of("history.answer", self.answer, Answer)


@dataclass(frozen=True, kw_only=True)
class Collateral:
    """What else a measure on a whole domain would reach, as its second person was shown it."""

    domain: str = field(repr=False)
    other_urls: int  # other Urls of ours under it
    other_content: str | None = None  # what else lives there, in a supervisor's words

    def __post_init__(self) -> None:
        rules.line("collateral.domain", self.domain)
        rules.require(self.other_urls >= 0, "collateral.other_urls", "is negative")
        rules.text("collateral.other_content", self.other_content, optional=True)


@dataclass(frozen=True, kw_only=True)
class Facts:
    """All that a letter may say. The checklist is Article 16(2) of Regulation (EU) 2022/2065.

    `law` is None where the route is unverified: then no law is printed, and no deadline can bind.
    Times are UTC. Raises `BadFacts`, naming the field, for whatever can't go into a letter.
    """

    hotline: Hotline
    recipient: Recipient
    number: str  # "NTD-2026-000123"
    kind: Kind
    date: datetime
    urls: tuple[UrlFact, ...] = field(repr=False)
    provider_ticket: str | None = None
    deadline: Deadline | None = None
    law: str | None = None
    preservation: str | None = None  # the rule that obliges this recipient to preserve
    previous: Previous | None = None
    history: tuple[Asked, ...] = ()  # what was asked before, of this recipient or others
    collateral: Collateral | None = None  # of a step that reaches a whole domain
    receipt_wanted: bool = False
    clearance_wanted: bool = False  # police first: nothing goes to the provider before
    occasion: Occasion | None = None
    mistake: Mistake | None = None

    def __post_init__(self) -> None:
        rules.notice_number("number", self.number)
        rules.one_of("kind", self.kind, Kind)
        rules.one_of("occasion", self.occasion, Occasion, optional=True)
        rules.one_of("mistake", self.mistake, Mistake, optional=True)
        utc_time("date", self.date)
        rules.require(self.urls, "urls", "are missing")
        numbers = {url.number for url in self.urls}
        rules.require(len(numbers) == len(self.urls), "urls", "name one Url twice")
        for name in ("provider_ticket", "law", "preservation"):
            rules.line(name, getattr(self, name), optional=True)
        unlawful = self.law is None and self.deadline is not None and self.deadline.binding
        rules.require(not unlawful, "deadline", "binds without a law")
        rules.require(self.law or not self.preservation, "preservation", "is asked without a law")
        self._check_kind()

    def _check_kind(self) -> None:
        needed = _NEEDS.get(self.kind)
        rules.require(not needed or getattr(self, needed), needed or "", "is missing")
        counted = self.kind != "reminder" or (self.previous and self.previous.count > 0)
        rules.require(counted, "previous.count", "is not positive")
        role = self.recipient.role
        if self.kind in TO_PROVIDERS:
            rules.require(role not in _OUTSIDERS, "recipient.role", "is asked by other kinds")
        if self.kind == "escalation" and role in _DOMAIN_LEVEL:
            rules.require(self.collateral, "collateral", "is missing for a whole domain")
        if self.kind == "closure":
            gone = all(url.removal_confirmed_at for url in self.urls)
            rules.require(gone, "urls", "hold one whose removal is not confirmed")
