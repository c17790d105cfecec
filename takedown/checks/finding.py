"""What one look at a Url saw: a status, a few headers by allow-list; never a body or a URL."""

from dataclasses import dataclass, field
from enum import StrEnum
from operator import attrgetter
from typing import Final

RETRY_AFTER_CAP_S: Final = 86_400


class Dns(StrEnum):
    """What the resolver said of the name; kept apart because only NXDOMAIN says something of it."""

    OK = "ok"
    NXDOMAIN = "nxdomain"
    NO_DATA = "no_data"
    SERVFAIL = "servfail"
    REFUSED = "refused"
    TIMEOUT = "timeout"


class Fault(StrEnum):
    """Why no status, or no clean one, was got."""

    REFUSED = "refused"
    RESET = "reset"
    TIMEOUT = "timeout"
    TLS = "tls"
    TOO_LARGE = "too_large"
    NONSENSE = "nonsense"
    FORBIDDEN_ADDRESS = "forbidden_address"
    FORBIDDEN_PORT = "forbidden_port"
    PROXY = "proxy"
    OURS = "ours"  # our own network or machine failed; says nothing of the host


class Relation(StrEnum):
    """Where a redirect leads, as a relation to the address asked; its text is never kept."""

    SAME = "same"
    HTTPS = "https"
    WWW = "www"
    SLASH = "slash"
    ROOT = "root"
    NOTFOUND = "notfound"
    LOGIN = "login"
    SAME_DOMAIN = "same_domain"
    OTHER_DOMAIN = "other_domain"
    UNREADABLE = "unreadable"


class NameState(StrEnum):
    """What registries say of the name beside DNS (EPP, RFC 5731; the zone's nameservers)."""

    CLIENT_HOLD = "client_hold"
    SERVER_HOLD = "server_hold"
    SEIZED = "seized"
    PARKED = "parked"


_CAPS: Final = (
    ("content_type", 100),
    ("etag", 120),
    ("last_modified", 40),
    ("server", 60),
    ("cf_mitigated", 20),
    ("blocked_by", 200),
    ("address", 45),
    ("vantage", 40),
)
_texts: Final = attrgetter(*(name for name, _ in _CAPS))


def inert(text: str, cap: int) -> str:
    """`text` as at most `cap` printable ASCII characters; anything else becomes `?`."""
    return "".join(c if " " <= c <= "~" else "?" for c in text[:cap])


@dataclass(slots=True)
class Finding:
    """One observation of a Url. Strings are capped and inert whoever made them.

    `status` is the last HTTP status seen, `dns` the resolver's answer, `error` the fault that
    stopped the probe. `tls_ok` is None for http, False where only an unverified try got through.
    `duration_ms` covers all hops; `bytes_read` counts header bytes. `hops` are redirects followed.
    """

    status: int | None = None
    content_type: str | None = None
    content_length: int | None = None
    etag: str | None = field(default=None, repr=False)
    last_modified: str | None = None
    location: Relation | None = None
    retry_after_s: int | None = None
    server: str | None = field(default=None, repr=False)
    cf_mitigated: str | None = None
    blocked_by: str | None = field(default=None, repr=False)
    dns: Dns = Dns.OK
    address: str | None = field(default=None, repr=False)
    error: Fault | None = None
    tls_ok: bool | None = None
    duration_ms: int = 0
    bytes_read: int = 0
    hops: int = 0
    vantage: str = "direct"
    name: NameState | None = None

    def __post_init__(self) -> None:
        for (key, cap), text in zip(_CAPS, _texts(self), strict=True):
            if text and not (len(text) <= cap and text.isascii() and text.isprintable()):
                setattr(self, key, inert(text, cap))
        if self.retry_after_s is not None:
            self.retry_after_s = min(max(self.retry_after_s, 0), RETRY_AFTER_CAP_S)
