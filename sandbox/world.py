"""The hosts of the small internet and the Urls on them, made from the table of providers."""

import random
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sandbox.providers import PROVIDERS, REGISTRARS, Provider

HOSTS_PER_PROVIDER = 7
_FIRST = (
    *("amber", "birch", "cedar", "dune", "ember", "fern", "grove"),
    *("harbor", "iris", "juniper", "kelp", "linden", "maple", "nectar"),
)
_SECOND = (
    *("field", "lane", "works", "point", "ridge", "brook", "yard", "mill"),
    *("crest", "park", "dale", "ford", "gate", "haven", "cove", "hill"),
)
_TAG = re.compile(r"-([0-9a-f]{4})(?:\.[a-z0-9]{2,5})?$")

CONTENT_TYPES = {
    "jpg": "image/jpeg",
    "png": "image/png",
    "mp4": "video/mp4",
    "zip": "application/zip",
    "html": "text/html; charset=utf-8",
}
_KINDS: tuple[tuple[str, str, str, str], ...] = (
    ("/i/{a}/{b}", "jpg", "image_host", "image"),
    ("/album/{a}/{b}", "png", "image_host", "image"),
    ("/v/{b}", "mp4", "video_host", "video"),
    ("/d/{a}/{b}", "zip", "file_host", "mixed"),
    ("/forum/t{a}/{b}", "html", "forum", "mixed"),
    ("/view?id={b}", "", "website", "mixed"),
)
_CLASSIFICATIONS = (
    *[("baseline/1", "baseline")] * 5,
    ("baseline/1", "national"),
    ("tech-coalition/1", "A1"),
    ("tech-coalition/1", "A2"),
    ("tech-coalition/1", "B1"),
    ("tech-coalition/1", "B2"),
)


@dataclass(frozen=True)
class Host:
    """A host name. `front`: the proxy before it, if any. `dns`: ok, servfail, slow, nodata, none.

    `addresses`: what DNS answers instead of its provider's address (a test's word).
    """

    name: str
    domain: str
    provider: str
    registrar: str
    front: str | None = None
    dns: str = "ok"
    addresses: tuple[str, ...] = ()

    def address(self, provider: Provider) -> str:
        """Where a provider would put this host."""
        return provider.addresses[zlib.crc32(self.name.encode()) % len(provider.addresses)]


def _name(index: int, provider: Provider, nth: int) -> tuple[str, str]:
    """Host name and registered domain of a provider's nth host."""
    word = _FIRST[index % len(_FIRST)] + _SECOND[index // len(_FIRST) % len(_SECOND)]
    if index >= len(_FIRST) * len(_SECOND):
        word += str(provider.number)
    match nth % 7:
        case 0:
            return f"{word}.example", f"{word}.example"
        case 1:
            return f"img.{word}.example", f"{word}.example"
        case 2:
            return f"files.{word}.test", f"{word}.test"
        case 3:
            return f"www.{word}.co.example", f"{word}.co.example"
        case 4:
            return f"{word}.example.net", "example.net"
        case 5:
            return f"{word}.example.org", "example.org"
        case _:
            return f"media.{word}.test", f"{word}.test"


def build_hosts() -> dict[str, Host]:
    """All hosts by name: seven a provider; every ninth stands behind a proxy."""
    hosts: dict[str, Host] = {}
    registrars, proxies = list(REGISTRARS), [p.key for p in PROVIDERS.values() if p.is_proxy]
    index = 0
    for provider in PROVIDERS.values():
        if provider.is_proxy:
            continue
        for nth in range(HOSTS_PER_PROVIDER):
            name, domain = _name(index, provider, nth)
            front = proxies[index % 2] if index % 9 == 4 and not provider.moves_to else None
            registrar = registrars[zlib.crc32(domain.encode()) % len(registrars)]
            hosts[name] = Host(name, domain, provider.key, registrar, front)
            index += 1
    for trouble in ("servfail", "slow", "nodata", "none"):
        name = f"{trouble}.trouble.test"
        hosts[name] = Host(name, "trouble.test", "northhost", "domainyard", dns=trouble)
    return hosts


def key_of(location: str) -> str:
    """Host + path + query of a http(s) address, as `fate` names it."""
    rest = location.split("://", 1)[-1].split("#", 1)[0]
    slash = min((i for i in (rest.find("/"), rest.find("?")) if i >= 0), default=len(rest))
    authority, target = rest[:slash], rest[slash:]
    host = authority.rpartition("@")[2].partition(":")[0].lower()
    return host + (target if target.startswith("/") else "/" + target)


def _tag(text: str) -> str:
    return f"{zlib.crc32(text.encode()) & 0xFFFF:04x}"


def exists(key: str) -> bool:
    """Whether an item was ever made under this key: its last word carries a check mark."""
    match = _TAG.search(key)
    return match is not None and match[1] == _tag(key[: match.start()])


@dataclass(frozen=True)
class Item:
    """A Url to register, with what an analyst would say of it."""

    key: str
    host: Host
    site_type: str
    media_type: str
    scheme: str
    classification: str
    source: str
    reference: str
    received_at: datetime | None

    def row(self, port: int) -> dict[str, object]:
        """As a line of JSON or CSV for registration."""
        host, slash, target = self.key.partition("/")
        authority = host if port == 80 else f"{host}:{port}"
        row: dict[str, object] = {
            "url": f"http://{authority}{slash}{target}",
            "scheme": self.scheme,
            "classification": self.classification,
            "site_type": self.site_type,
            "media_type": self.media_type,
            "source": self.source,
            "reference": self.reference,
        }
        if self.received_at is not None:
            row["received_at"] = self.received_at.isoformat()
        return row


def items(
    hosts: Sequence[Host],
    count: int,
    seed: int,
    period: tuple[datetime, datetime] | None = None,
) -> Iterator[Item]:
    """`count` Urls spread over `hosts` by their providers' weight; the same for the same seed.

    `period`: spread `received_at` evenly over it, oldest first.
    """
    # a repeatable world, not a secret
    chance = random.Random(seed)  # nosec B311
    weights = [PROVIDERS[host.provider].weight for host in hosts]
    for number, host in enumerate(chance.choices(hosts, weights, k=count), 1):
        pattern, suffix, site_type, media_type = chance.choice(_KINDS)
        name = f"{number:x}{chance.getrandbits(32):08x}"
        key = host.name + pattern.format(a=chance.randrange(1000), b=name)
        key = f"{key}-{_tag(key)}" + (f".{suffix}" if suffix else "")
        received = None
        if period is not None:
            since, until = period
            received = since + (until - since) * ((number - 1) / count)
        yield Item(
            key,
            host,
            site_type,
            media_type,
            *chance.choice(_CLASSIFICATIONS),
            chance.choices(("public", "partner", "police", "proactive"), (6, 2, 1, 1))[0],
            f"S{seed}-{number:06d}",
            received,
        )
