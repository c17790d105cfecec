"""A registry's answer in our own words, whichever way it came."""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from takedown.hosts.cards import AbuseMail

Kind = Literal["ip", "autnum", "domain"]
WHERE = {"ip": "address", "autnum": "autonomous system", "domain": "domain's registrar"}
# Of a name (RFC 9083 10.2.2, RFC 8056), also as EPP writes them; a registry's other words may be
# anything, and these are kept in the clear.
_WORDS = (
    *("validated", "locked", "private", "proxy", "removed", "obscured", "associated"),
    *("active", "inactive", "reserved", "administrative", "renew prohibited"),
    *("update prohibited", "transfer prohibited", "delete prohibited", "pending create"),
    *("pending renew", "pending transfer", "pending update", "pending delete"),
    *("pending restore", "add period", "auto renew period", "redemption period"),
    *("renew period", "transfer period", "client delete prohibited", "client hold"),
    *("client renew prohibited", "client transfer prohibited", "client update prohibited"),
    *("server delete prohibited", "server hold", "server renew prohibited"),
    *("server transfer prohibited", "server update prohibited", "ok"),
)
STATUSES = frozenset([*_WORDS, *(word.replace(" ", "") for word in _WORDS)])


@dataclass(frozen=True, slots=True)
class Registration:
    """A registry's answer as far as it could be read; empty with its problem where none came.

    Of a network or number: `abuse` is for the host. Of a domain: `abuse` is the registrar's, which
    is a contact for steps against the name and never the host's.
    """

    network: str | None = field(default=None, repr=False)  # handle and name
    ranges: tuple[str, ...] = field(default=(), repr=False)  # CIDRs that the answer covers
    country: str | None = None
    organisation: str | None = field(default=None, repr=False)
    organisation_country: str | None = None
    asn: int | None = None
    abuse: tuple[AbuseMail, ...] = field(default=(), repr=False)
    registrar: str | None = field(default=None, repr=False)
    registrar_country: str | None = None
    status: tuple[str, ...] = ()
    nameservers: tuple[str, ...] = field(default=(), repr=False)
    raw: dict[str, Any] | None = field(default=None, repr=False)
    problems: tuple[str, ...] = ()
    down: bool = False  # the registry did not answer the question; later it may
    source: str = "rdap"
    put_off_s: float | None = None  # not asked: the registry wants a pause, of so many seconds
    registry: str | None = field(default=None, repr=False)  # of a name's suffix, where told
    registry_country: str | None = None
    registry_abuse: tuple[AbuseMail, ...] = field(default=(), repr=False)
    earlier: tuple[dict[str, Any], ...] = field(default=(), repr=False)  # what referred us here

    def covers(self, address: str) -> bool:
        """Whether an address lies in the network that this answer is about."""
        one = ipaddress.ip_address(address)
        return any(one in ipaddress.ip_network(cidr) for cidr in self.ranges)

    def noted(self, problems: Iterable[str], down: bool = False) -> "Registration":
        """The same with more problems."""
        return replace(
            self,
            problems=tuple(dict.fromkeys((*self.problems, *problems))),
            down=self.down or down,
        )
