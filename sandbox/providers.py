"""The thirty-two providers and four registrars of the small internet."""

from dataclasses import dataclass

from sandbox.characters import Delay

NETWORK = "127.20.0.0/16"


@dataclass(frozen=True)
class Provider:
    """An organisation with a network.

    `rdap`: how RDAP speaks of it: plain, nested (abuse mailbox deep inside), no_abuse, missing
    (404), busy (429 now and then), slow. `mail`: how its mailbox answers: accept, greylist,
    bounce, hang. `listed`: whether the IP-to-ASN table knows its range.
    """

    key: str
    name: str
    country: str
    number: int
    character: str
    moves_to: str | None = None
    rdap: str = "plain"
    mail: str = "accept"
    listed: bool = True
    weight: float = 1.0

    @property
    def is_proxy(self) -> bool:
        return self.character == "forwards"

    @property
    def asn(self) -> int:
        """From the numbers kept for documentation (RFC 5398)."""
        return 64495 + self.number if self.number <= 16 else 65519 + self.number

    @property
    def domain(self) -> str:
        return f"{self.key}.example"

    @property
    def abuse(self) -> str:
        return f"abuse@{self.domain}"

    @property
    def range(self) -> tuple[str, str]:
        """First and last address."""
        return f"127.20.{self.number}.0", f"127.20.{self.number}.255"

    @property
    def addresses(self) -> tuple[str, str]:
        """Where its web hosts listen."""
        return f"127.20.{self.number}.10", f"127.20.{self.number}.11"


@dataclass(frozen=True)
class Registrar:
    """Who registered a name; `holds_after` a notice it sets `client hold` (None: never)."""

    key: str
    name: str
    country: str
    iana_id: int
    holds_after: Delay | None = None

    @property
    def domain(self) -> str:
        return f"{self.key}.example"

    @property
    def abuse(self) -> str:
        return f"abuse@{self.domain}"


_P = Provider
PROVIDERS = {
    provider.key: provider
    for provider in (
        _P("northhost", "Northhost", "NL", 1, "within_the_hour", weight=2),
        _P("westcloud", "Westcloud", "US", 2, "within_a_day", weight=2),
        _P("southrack", "Southrack", "FR", 3, "long_tail", weight=2),
        _P("eastserve", "Eastserve", "DE", 4, "after_reminder", weight=1.5),
        _P("stonewall", "Stonewall Hosting", "RO", 5, "never", weight=1.5),
        _P("driftline", "Driftline", "NL", 6, "moves", moves_to="westcloud", weight=1.5),
        _P("echobay", "Echobay", "CA", 7, "brings_back", weight=1.5),
        _P("wallgate", "Wallgate", "PL", 8, "forbids"),
        _P("fenceline", "Fenceline", "SE", 9, "forbids_at_times"),
        _P("frontdoor", "Frontdoor Images", "US", 10, "front_page", weight=1.5),
        _P("mudflat", "Mudflat", "BG", 11, "tarpit", weight=0.3),
        _P("bigparcel", "Bigparcel Files", "FR", 12, "heavy_head", weight=1.5),
        _P("softground", "Softground", "CZ", 13, "soft_404", weight=0.5),
        _P("closedhead", "Closedhead", "GB", 14, "no_head", weight=0.5),
        _P("nightowl", "Nightowl Servers", "DE", 15, "night_outages"),
        _P("restday", "Restday Net", "CH", 16, "weekly_outages"),
        _P("flicker", "Flicker Hosting", "SG", 17, "flapping"),
        _P("mendhouse", "Mendhouse", "LU", 18, "maintenance_404"),
        _P("lostname", "Lostname", "US", 19, "name_goes"),
        _P("clearcut", "Clearcut", "JP", 20, "gone_410", weight=1.5),
        _P("clearfront", "Clearfront CDN", "US", 21, "forwards", weight=0),
        _P("swiftedge", "Swiftedge CDN", "GB", 22, "forwards", weight=0),
        _P("apiport", "Apiport", "CA", 23, "within_the_hour", weight=1.5),
        _P("fullbox", "Fullbox", "RO", 24, "never", mail="bounce"),
        _P("patience", "Patience Hosting", "SE", 25, "within_a_day", mail="greylist", weight=1.5),
        _P("longpause", "Longpause", "CZ", 26, "never", mail="hang", weight=0.5),
        _P("nodesk", "Nodesk", "BG", 27, "never", rdap="no_abuse", listed=False, weight=0.5),
        _P("hiddenlot", "Hiddenlot", "PL", 28, "never", rdap="missing", weight=0.5),
        _P("busyline", "Busyline", "FR", 29, "within_a_day", rdap="busy", listed=False),
        _P("deepcard", "Deepcard", "JP", 30, "fresh_pages", rdap="nested", listed=False),
        _P("slowfile", "Slowfile", "NL", 31, "dark_and_removes", rdap="slow", weight=1.5),
        _P("badmonth", "Badmonth", "LU", 32, "long_outages", rdap="nested"),
    )
}

REGISTRARS = {
    registrar.key: registrar
    for registrar in (
        Registrar("namewell", "Namewell", "US", 9990, holds_after=Delay(48, 0.3)),
        Registrar("domainyard", "Domainyard", "DE", 9991),
        Registrar("nomclair", "Nomclair", "FR", 9992, holds_after=Delay(96, 0.3)),
        Registrar("zonecraft", "Zonecraft", "CA", 9993),
    )
}

_BY_NUMBER = {provider.number: provider for provider in PROVIDERS.values()}


def provider_of(address: str) -> Provider | None:
    """The provider whose range holds a dotted IPv4 address."""
    parts = address.split(".")
    if len(parts) != 4 or parts[:2] != ["127", "20"] or not parts[2].isdigit():
        return None
    number = int(parts[2])
    return _BY_NUMBER.get(number)


def organisation_of(mailbox: str) -> str | None:
    """The key of the provider or registrar that reads a mailbox, by its domain."""
    key, _, suffix = mailbox.rpartition("@")[2].lower().partition(".")
    return key if suffix == "example" and (key in PROVIDERS or key in REGISTRARS) else None
