"""Where a redirect leads, as a relation: the few that may be followed, and what the others mean."""

import re
from dataclasses import dataclass, field
from typing import Final

import ada_url

from takedown.checks.finding import Relation
from takedown.urls.normalise import registrable_domain

FOLLOWED: Final = frozenset({Relation.HTTPS, Relation.WWW, Relation.SLASH})
MAX_HOPS: Final = 5

_LOGIN: Final = re.compile(
    r"(?:^|[/._-])(?:log-?in|sign-?in|sign-?up|connexion|sso|auth|oauth2?|accounts?)(?:$|[/._?-])",
    re.I,
)
_NOTFOUND: Final = re.compile(
    r"(?:^|[/._-])(?:40[34]|410|(?:page-?)?not-?_?found|error|removed|deleted|gone|unavailable)"
    r"(?:$|[/._?-])",
    re.I,
)
_PLAIN: Final = re.compile(
    r"http(?P<s>s?)://(?:[^][/?#@\\:\x00-\x20\x7f-\U0010ffff]+|\[[0-9a-f:.]+\])"
    r"(?::(?P<port>[0-9]{1,5}))?(?:[/?#][!-~]*)?"
)


@dataclass(frozen=True, slots=True)
class Place:
    """A parsed address, as far as redirects ask. `port` is the effective one."""

    url: str = field(repr=False)
    scheme: str
    host: str = field(repr=False)
    port: int
    path: str = field(repr=False)


def place(url: str) -> Place | None:
    """The address by the browsers' rules; None unless http(s) without user info."""
    try:
        parsed = ada_url.URL(url)
    except (ValueError, UnicodeError):
        return None
    scheme = parsed.protocol[:-1]
    if scheme not in ("http", "https") or parsed.username or parsed.password:
        return None
    port = int(parsed.port) if parsed.port else 443 if scheme == "https" else 80
    host = parsed.hostname.removesuffix(".")
    return Place(parsed.href, scheme, host, port, parsed.pathname + parsed.search)


def names_port(url: str, port: int) -> bool:
    """Whether a canonical http(s) URL, without user info, leads to this port: a probe's last look
    at what it hands to libcurl, whose own parser is not the browsers'.
    """
    match = _PLAIN.fullmatch(url)
    if match is None:
        return False
    return int(match["port"] or (443 if match["s"] else 80)) == port


def relation(url: str, location: str) -> tuple[Relation, Place | None]:
    """How `location` (as sent, perhaps relative) relates to `url`, and the place it names."""
    here = place(url)
    try:
        there = place(ada_url.join_url(url, location))
    except (ValueError, UnicodeError):
        there = None
    if here is None or there is None:
        return Relation.UNREADABLE, None
    return _relation(here, there), there


def _relation(here: Place, there: Place) -> Relation:
    followed = _same_thing(here, there)
    if followed is not None:
        return followed
    host_label = there.host.partition(".")[0]
    if here.path != there.path and (_LOGIN.search(there.path) or _LOGIN.fullmatch(host_label)):
        return Relation.LOGIN
    if not _same_owner(here.host, there.host):
        return Relation.OTHER_DOMAIN
    if _NOTFOUND.search(there.path):
        return Relation.NOTFOUND
    if there.path.partition("?")[0] == "/" and here.path.partition("?")[0] != "/":
        return Relation.ROOT
    return Relation.SAME_DOMAIN


def _same_thing(here: Place, there: Place) -> Relation | None:
    """The relation where the same path is asked of the same site, however it spells itself."""
    same_host = here.host == there.host
    secured = here.scheme == "http" and there.scheme == "https"
    ports_kept = here.port == there.port and here.scheme == there.scheme
    ports_usual = secured and (there.port == here.port or (here.port, there.port) == (80, 443))
    if not (ports_kept or ports_usual) or _bare(here.path) != _bare(there.path):
        return None
    if not same_host:
        return Relation.WWW if _www_pair(here.host, there.host) else None
    if secured:
        return Relation.HTTPS
    return Relation.SAME if here.path == there.path else Relation.SLASH


def _bare(path: str) -> str:
    file, mark, query = path.partition("?")
    return (file.removesuffix("/") or "/") + mark + query


def _www_pair(one: str, other: str) -> bool:
    return one == f"www.{other}" or other == f"www.{one}"


def _same_owner(one: str, other: str) -> bool:
    if one == other or _www_pair(one, other):
        return True
    domain = registrable_domain(one)
    return domain is not None and domain == registrable_domain(other)
