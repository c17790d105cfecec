"""Answers that still hold: a network or a domain is asked about once within a day, a name within
the time that its own answer gives."""

import ipaddress
import threading
from datetime import datetime, timedelta
from typing import Any

from takedown.hosts.dns_batch import Found, Question
from takedown.hosts.registration import Registration

ADDRESS_HOLDS = timedelta(hours=24)
DOMAIN_HOLDS = timedelta(hours=6)  # its status is where a registrar's step shows
NOTHING_HOLDS = timedelta(hours=1)  # that a registry knows nothing
LONGEST_NAME = timedelta(hours=1)  # whatever an answer's TTL: a host that moves is to be seen
_MOST = 50_000
_Key = tuple[Any, ...]


class Memory:
    """Answers by name, range and domain, forgotten when their time is over. Shared by threads.

    Kept in this process alone and never on disk. Silence is not kept: it is asked again.
    """

    def __init__(self) -> None:
        self._kept: dict[_Key, tuple[datetime, Any]] = {}
        self._lengths: set[tuple[int, int]] = set()
        self._lock = threading.Lock()

    def of_address(self, address: str, now: datetime) -> Registration | None:
        """The narrowest answer that covers an address."""
        one = ipaddress.ip_address(address)
        with self._lock:
            for version, length in sorted(self._lengths, reverse=True):
                if version == one.version:
                    key = (version, length, int(one) >> (one.max_prefixlen - length))
                    if found := self._fresh(key, now):
                        return found
        return None

    def of_domain(self, domain: str, now: datetime) -> Registration | None:
        with self._lock:
            return self._fresh(("domain", domain), now)

    def of_number(self, asn: int, now: datetime) -> Registration | None:
        with self._lock:
            return self._fresh(("autnum", asn), now)

    def of_question(self, question: Question, now: datetime) -> Found | None:
        """What DNS answered, until its TTL is over."""
        with self._lock:
            until, found = self._kept.get(("dns", *question), (now, None))
        return found if until > now else None

    def keep_address(self, address: str, said: Registration, now: datetime) -> None:
        """For all the ranges that it names; for the address alone where it names none."""
        ranges = said.ranges if said.covers(address) else (address,)
        with self._lock:
            for cidr in ranges:
                network = ipaddress.ip_network(cidr)
                length = network.prefixlen
                number = int(network.network_address) >> (network.max_prefixlen - length)
                self._lengths.add((network.version, length))
                self._keep((network.version, length, number), said, now, ADDRESS_HOLDS)

    def keep_domain(self, domain: str, said: Registration, now: datetime) -> None:
        with self._lock:
            self._keep(("domain", domain), said, now, DOMAIN_HOLDS)

    def keep_number(self, asn: int, said: Registration, now: datetime) -> None:
        with self._lock:
            self._keep(("autnum", asn), said, now, ADDRESS_HOLDS)

    def keep_question(self, question: Question, found: Found, ttl: int, now: datetime) -> None:
        """`ttl`: seconds for which DNS lets the answer be used."""
        until = now + min(timedelta(seconds=ttl), LONGEST_NAME)
        with self._lock:
            self._put(("dns", *question), until, found)

    def _fresh(self, key: _Key, now: datetime) -> Registration | None:
        until, said = self._kept.get(key, (now, None))
        return said if until > now else None

    def _keep(self, key: _Key, said: Registration, now: datetime, holds: timedelta) -> None:
        if not said.down:
            self._put(key, now + (holds if said.raw is not None else NOTHING_HOLDS), said)

    def _put(self, key: _Key, until: datetime, what: object) -> None:
        if len(self._kept) >= _MOST:
            self._kept.clear()
        self._kept[key] = (until, what)
