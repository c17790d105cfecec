"""The only input of a letter: frozen values, checked when they are made."""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal, get_args

from notices.defang import header_safe
from notices.errors import BadFacts

Capacity = Literal["hotline", "trusted_flagger"]
Role = Literal["platform", "host", "proxy", "upstream", "registrar", "registry"]
Kind = Literal[
    "first", "reminder", "escalation", "police", "hotline", "regulator", "closure", "retraction"
]
Remove = Literal["file", "page"]
Media = Literal["image", "video", "audio", "text", "mixed"]
XarfClass = Literal["baseline", "A1", "A2", "B1", "B2"]
Detection = Literal["hash_match", "ai_detection", "manual_review", "user_report", "automated_scan"]

_ADDRESS: Final = re.compile(r"[^\s<>@,;:\"\\()\[\]]+@[^\s<>@,;:\"\\()]+")
_NOTICE_NUMBER: Final = re.compile(r"NTD-[0-9]{4}-[0-9]{6,}")
_URL_NUMBER: Final = re.compile(r"[0-9]{4}-[0-9]{6,}")
_COUNTRY: Final = re.compile(r"[A-Z]{2}")


def _require(good: object, name: str, reason: str) -> None:
    if not good:
        raise BadFacts(name, reason)


def _line(name: str, value: str | None, *, optional: bool = False) -> None:
    """One line of text: what may stand in a header."""
    if value is None and optional:
        return
    _require(isinstance(value, str) and value.strip(), name, "is missing")
    header_safe(name, value or "")


def _text(name: str, value: str | None, *, optional: bool = False) -> None:
    """Others' words that reach no header: a hostile registry must not be able to stop a notice."""
    known = isinstance(value, str) and value.strip()
    _require(known or (optional and value is None), name, "is missing")


def _one_of(name: str, value: object, kinds: object, *, optional: bool = False) -> None:
    allowed = get_args(kinds)
    ok = (optional and value is None) or value in allowed
    _require(ok, name, "is none of " + ", ".join(allowed))


def mail_address(name: str, value: str) -> None:
    """Refuse (`BadFacts`) what can't stand alone between `<` and `>` of an SMTP command."""
    header_safe(name, value)
    _require(_ADDRESS.fullmatch(value) and len(value) <= 254, name, "is not a mail address")


def utc_time(name: str, value: datetime) -> None:
    """Refuse (`BadFacts`) a time that is naive or not in UTC."""
    _require(value.tzinfo is not None, name, "has no time zone")
    _require(value.utcoffset() == timedelta(0), name, "is not in UTC")


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
            _line(f"hotline.{name}", getattr(self, name))
        _line("hotline.phone", self.phone, optional=True)
        _require(_COUNTRY.fullmatch(self.country), "hotline.country", "is not an ISO code")
        mail_address("hotline.email", self.email)
        _one_of("hotline.capacity", self.capacity, Capacity)


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """Who can act, and how they stand toward these Urls."""

    name: str
    address: str  # a mail address, or the name of an API or form
    language: str
    role: Role
    plain_locations: bool = False  # this desk has said that it reads bodies only

    def __post_init__(self) -> None:
        _text("recipient.name", self.name)
        for name in ("address", "language"):
            _line(f"recipient.{name}", getattr(self, name))
        _one_of("recipient.role", self.role, Role)


@dataclass(frozen=True, kw_only=True)
class Deadline:
    """Hours from receipt; `binding` on this recipient by `basis`, else merely asked for."""

    hours: int
    binding: bool
    basis: str | None = None
    source: str | None = None

    def __post_init__(self) -> None:
        _require(self.hours > 0, "deadline.hours", "is not positive")
        _line("deadline.basis", self.basis, optional=not self.binding)
        _line("deadline.source", self.source, optional=True)


@dataclass(frozen=True, kw_only=True)
class Previous:
    """The notice that a reminder repeats, and how many reminders there are with this one."""

    number: str
    sent_at: datetime
    count: int

    def __post_init__(self) -> None:
        _require(_NOTICE_NUMBER.fullmatch(self.number), "previous.number", "is not a number")
        utc_time("previous.sent_at", self.sent_at)
        _require(self.count > 0, "previous.count", "is not positive")


@dataclass(frozen=True, kw_only=True)
class UrlFact:
    """One Url as it stands when the notice is made."""

    number: str  # "2026-000123"
    location: str = field(repr=False)  # exact, http or https
    remove: Remove  # a media link: that file; a page link: the page and what it embeds
    classification: str
    scheme: str
    last_confirmed_up: datetime
    confirmed_by: Literal["check", "person"]
    host: str = field(repr=False)
    address: str | None = field(default=None, repr=False)
    asn: int | None = None
    country: str | None = None
    hosting_provider: str | None = None
    registrar: str | None = None
    media_type: Media | None = None
    embeds: tuple[str, ...] = field(default=(), repr=False)
    xarf_classification: XarfClass | None = None  # None: nothing maps, no XARF for this Url
    detection_method: Detection = "manual_review"
    reference: str | None = None  # of the report that brought it to us

    def __post_init__(self) -> None:
        where = f"url {self.number}" if _URL_NUMBER.fullmatch(str(self.number)) else "url"
        _require(where != "url", "url.number", "is not a number")
        for location in (self.location, *self.embeds):
            header_safe(f"{where}.location", location)
            web = location[:8].lower().startswith(("http://", "https://"))
            _require(web, f"{where}.location", "is neither http nor https")
        for name in ("classification", "scheme", "host"):
            _line(f"{where}.{name}", getattr(self, name))
        _line(f"{where}.address", self.address, optional=True)
        for name in ("hosting_provider", "registrar", "reference"):
            _text(f"{where}.{name}", getattr(self, name), optional=True)
        utc_time(f"{where}.last_confirmed_up", self.last_confirmed_up)
        _one_of(f"{where}.confirmed_by", self.confirmed_by, Literal["check", "person"])
        _one_of(f"{where}.remove", self.remove, Remove)
        _one_of(f"{where}.media_type", self.media_type, Media, optional=True)
        _one_of(f"{where}.xarf_classification", self.xarf_classification, XarfClass, optional=True)
        _one_of(f"{where}.detection_method", self.detection_method, Detection)
        known = self.country is None or _COUNTRY.fullmatch(self.country)
        _require(known, f"{where}.country", "is not an ISO code")
        in_range = self.asn is None or 0 < self.asn < 2**32
        _require(in_range, f"{where}.asn", "is not an AS number")


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

    def __post_init__(self) -> None:
        _require(_NOTICE_NUMBER.fullmatch(self.number), "number", "is not like NTD-2026-000123")
        _one_of("kind", self.kind, Kind)
        utc_time("date", self.date)
        _require(self.urls, "urls", "are missing")
        numbers = {url.number for url in self.urls}
        _require(len(numbers) == len(self.urls), "urls", "name one Url twice")
        for name in ("provider_ticket", "law", "preservation"):
            _line(name, getattr(self, name), optional=True)
        unlawful = self.law is None and self.deadline is not None and self.deadline.binding
        _require(not unlawful, "deadline", "binds without a law")
        _require(self.law or not self.preservation, "preservation", "is asked for without a law")
        _require(self.kind != "reminder" or self.previous, "previous", "is missing")
