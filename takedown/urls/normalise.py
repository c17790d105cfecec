"""One spelling for one address, by the browsers' rules (WHATWG): what a Url's identity is."""

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

import ada_url
import tldextract

from takedown.errors import InvalidUrl
from takedown.urls.refang import refang, sentence_end, unwrap

MAX_LENGTH: Final = 8_192

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_SECOND: Final = re.compile(r"\s\S*h(?:tt|xx)ps?\W{0,2}:", re.I)
_SCHEME: Final = re.compile(r"([a-z][a-z0-9+.-]*)\s?:", re.I)
_HOST: Final = re.compile(r"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*", re.A)
_IPV4: Final = re.compile(r"[0-9]+(?:\.[0-9]+){3}", re.A)

# Most addresses arrive in their one spelling. These parts leave nothing to decide: no escape, no
# dot segment, no user info, port or fragment, no upper case or other script in the host.
_PLAIN: Final = re.compile(
    r"(https?)://((?:[a-z0-9-]{1,63}\.)+[a-z][a-z0-9-]{0,62})"
    r"/(?:[a-zA-Z0-9_~-][a-zA-Z0-9_.~-]*/)*(?:[a-zA-Z0-9_~-][a-zA-Z0-9_.~-]*)?"
    r"(?:(?<=[a-zA-Z0-9/])|\?[a-zA-Z0-9_.~=&-]*(?<=[a-zA-Z0-9]))"
)

# The list that comes with the package and nothing else: no fetch, no cache folder, so that two
# installations of one version agree and no host name ever leaves.
_suffixes: Final = tldextract.TLDExtract(cache_dir=None, suffix_list_urls=())


@dataclass(frozen=True, slots=True)
class Canonical:
    """An address in its one spelling. `url` is the identity and what a probe asks for; `exact` is
    for the notice, with fragment and user info. `port` is None for the scheme's own.
    """

    url: str = field(repr=False)
    exact: str = field(repr=False)
    scheme: str
    host: str = field(repr=False)
    port: int | None
    registrable_domain: str | None = field(repr=False)

    @property
    def address(self) -> str | None:
        """The literal IP address that stands as host, without IPv6's brackets; None for a name."""
        if self.host[0] == "[":
            return self.host[1:-1]
        return self.host if _IPV4.fullmatch(self.host) else None


def canonical(text: str, fragment_hosts: Collection[str] = ()) -> Canonical:
    """The one spelling of an address, defanged and wrapped forms understood.

    `fragment_hosts`: hosts (with all below them) where any fragment names content. An address
    without a scheme is refused rather than guessed, since http and https are two identities.
    Idempotent: `canonical(c.url).url == c.url`. Raises InvalidUrl; its reason never quotes.
    """
    plain = _PLAIN.fullmatch(text)
    if plain is not None and len(text) <= MAX_LENGTH and len(plain[2]) <= 253:
        scheme, host = plain[1], plain[2]
        if "xn--" not in host and "..." not in text:
            return Canonical(text, text, scheme, host, None, registrable_domain(host))
    bare = refang(unwrap(text))
    _refuse_oddities(bare)
    try:
        parsed = ada_url.URL(bare)
        href, host = parsed.href, parsed.hostname
    except (ValueError, UnicodeError):
        raise InvalidUrl(_why_not(bare)) from None
    scheme = href.partition(":")[0]
    if scheme not in ("http", "https"):
        raise InvalidUrl(_why_not(bare))
    port = _port(parsed.port)
    name, is_address = _checked_host(host, int(parsed.host_type))
    if len(href) > MAX_LENGTH:
        raise InvalidUrl(f"longer than {MAX_LENGTH} characters")
    url = _identity(href, scheme, name, port, fragment_hosts)
    domain = None if is_address else registrable_domain(name)
    return Canonical(url, href, scheme, name, port, domain)


@lru_cache(maxsize=65_536)
def registrable_domain(host: str) -> str | None:
    """The domain that somebody registered, by the public suffix list's ICANN part; else None."""
    found = _suffixes.extract_str(host)
    return f"{found.domain}.{found.suffix}" if found.domain and found.suffix else None


def _refuse_oddities(text: str) -> None:
    if not text:
        raise InvalidUrl("empty")
    if len(text) > MAX_LENGTH:
        raise InvalidUrl(f"longer than {MAX_LENGTH} characters")
    if _CONTROL.search(text):
        raise InvalidUrl("a line break, a tab or a control character inside")
    if "..." in text or "…" in text:
        raise InvalidUrl("the address is cut short: an ellipsis stands inside")
    if " " in text and _SECOND.search(text):
        plain = _SCHEME.match(text)
        raise InvalidUrl(
            "more than one address on the line" if plain else "other words before the address"
        )


def _why_not(text: str) -> str:
    match = _SCHEME.match(text)
    if match is None or "." in match[1]:
        return "no scheme: write http:// or https:// before it"
    if match[1].lower() not in ("http", "https"):
        return "only http and https can be registered"
    return "not an address that a browser could open"


def _port(text: str) -> int | None:
    if not text:
        return None
    port = int(text)
    if port == 0:
        raise InvalidUrl("port 0")
    return port


@lru_cache(maxsize=65_536)
def _checked_host(host: str, host_type: int) -> tuple[str, bool]:
    """The host without its root dot, and whether it is an address. Raises InvalidUrl."""
    if host_type != 0:
        return host, True
    name = host.removesuffix(".")
    if not name:
        raise InvalidUrl("no host")
    if len(name) > 253 or not _HOST.fullmatch(name):
        raise InvalidUrl("the host is not a name that DNS could hold")
    return name, False


def _identity(
    href: str, scheme: str, host: str, port: int | None, fragment_hosts: Collection[str]
) -> str:
    rest, _, fragment = href.partition("#")
    slash = rest.index("/", len(scheme) + 3)
    path = rest[slash:]
    if path.endswith("?") and path.count("?") == 1:
        path = path[:-1]
    url = f"{scheme}://{host}{path}" if port is None else f"{scheme}://{host}:{port}{path}"
    if fragment and (fragment[0] in "!/" or _within(host, fragment_hosts)):
        url = f"{url}#{fragment}"
    if sentence_end(url) != len(url):
        # Spelt so that a second reading takes it for the address and not for a sentence's end.
        url = f"{url[:-1]}%{ord(url[-1]):02X}"
    return url


def _within(host: str, hosts: Collection[str]) -> bool:
    return any(host == h or host.endswith(f".{h}") for h in hosts)
