"""One Url as a letter tells it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from notices import rules
from notices.defang import header_safe

Remove = Literal["file", "page"]
Media = Literal["image", "video", "audio", "text", "mixed"]
XarfClass = Literal["baseline", "A1", "A2", "B1", "B2"]
Detection = Literal["hash_match", "ai_detection", "manual_review", "user_report", "automated_scan"]


@dataclass(frozen=True, kw_only=True)
class PartnerCodes:
    """What a partner hotline's system calls it: the codes are the caller's, from its own table."""

    site_type: str | None = None
    action: str | None = None
    classification: str | None = None
    system: str | None = None  # whose codes they are: "ICCAM 2"
    without_code: tuple[str, ...] = ()  # what we know and they have no code for

    def __post_init__(self) -> None:
        for name in ("site_type", "action", "classification", "system"):
            rules.line(f"partner.{name}", getattr(self, name), optional=True)


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
    victim_at_risk: bool = False
    removal_confirmed_at: datetime | None = None  # what a closure thanks for
    one_vantage: bool = False  # found gone from one place of the network only
    partner: PartnerCodes | None = None  # what a hand-over to a partner hotline adds

    def __post_init__(self) -> None:
        known = isinstance(self.number, str) and rules.URL_NUMBER.fullmatch(self.number)
        rules.require(known, "url.number", "is not a number")
        where = f"url {self.number}"
        for location in (self.location, *self.embeds):
            header_safe(f"{where}.location", location)
            web = location[:8].lower().startswith(("http://", "https://"))
            rules.require(web, f"{where}.location", "is neither http nor https")
        for name in ("classification", "scheme", "host"):
            rules.line(f"{where}.{name}", getattr(self, name))
        rules.line(f"{where}.address", self.address, optional=True)
        for name in ("hosting_provider", "registrar", "reference"):
            rules.text(f"{where}.{name}", getattr(self, name), optional=True)
        rules.utc_time(f"{where}.last_confirmed_up", self.last_confirmed_up)
        if self.removal_confirmed_at is not None:
            rules.utc_time(f"{where}.removal_confirmed_at", self.removal_confirmed_at)
        rules.one_of(f"{where}.confirmed_by", self.confirmed_by, Literal["check", "person"])
        rules.one_of(f"{where}.remove", self.remove, Remove)
        rules.one_of(f"{where}.media_type", self.media_type, Media, optional=True)
        mapped = self.xarf_classification
        rules.one_of(f"{where}.xarf_classification", mapped, XarfClass, optional=True)
        rules.one_of(f"{where}.detection_method", self.detection_method, Detection)
        rules.country(f"{where}.country", self.country, optional=True)
        in_range = self.asn is None or 0 < self.asn < 2**32
        rules.require(in_range, f"{where}.asn", "is not an AS number")
