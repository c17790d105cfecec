"""The registries' bootstrap (RFC 9224): which registry answers for an address, number or name."""

import ipaddress
import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from takedown.hosts.fetch import fetch, within
from takedown.hosts.ranges import Ranges, Row
from takedown.hosts.registration import Kind

_KEPT_S: Final = 7 * 86_400
_RETRY_S: Final = 60.0  # after the lists could not be had
_LISTS: Final = ("asn", "dns", "ipv4", "ipv6")


class Bootstrap:
    """The lists, kept in a file for a week. Safe to share between threads.

    `source`: where `asn.json`, `dns.json`, `ipv4.json` and `ipv6.json` stand; None: at IANA.
    """

    def __init__(
        self,
        file: Path | None,
        deadline: float,
        allowed: Callable[[str], bool],
        source: str | None = None,
    ) -> None:
        self._file = file
        self._deadline = deadline
        self._allowed = within(source, allowed)
        self._source = source
        self._lists: _Lists | None = None
        self._read_at = 0.0
        self._failed_at = float("-inf")
        self._lock = threading.Lock()

    def base(self, kind: Kind, what: str, now: datetime) -> str | None:
        """The base URL that answers for `what`; None: no registry is known. Raises OSError."""
        at = now.timestamp()
        with self._lock:
            if self._lists is None or abs(at - self._read_at) > _KEPT_S:
                if time.monotonic() - self._failed_at < _RETRY_S:
                    raise OSError("the registries' bootstrap lists could not be had")
                try:
                    self._lists = self._kept(at) or self._fetched(at)
                except OSError:
                    self._failed_at = time.monotonic()
                    raise
            return self._lists.base(kind, what)

    def _kept(self, at: float) -> "_Lists | None":
        if self._file is None or not self._file.exists():
            return None
        try:
            document = json.loads(self._file.read_text())
            self._read_at = float(document["timestamp"])
            fresh = abs(at - self._read_at) < _KEPT_S
            same = document.get("source") == self._source
            return _Lists(document) if fresh and same else None
        except (ValueError, TypeError, KeyError, OSError):  # what does not fit is fetched anew
            return None

    def _fetched(self, at: float) -> "_Lists":
        document: dict[str, Any] = {"timestamp": int(at), "source": self._source}
        ends = time.monotonic() + self._deadline
        for name, url in self._urls().items():
            left = max(0.1, ends - time.monotonic())
            got = fetch(url, deadline=left, allowed=self._allowed, trusted=self._own)
            if got.document is None:
                raise OSError("the registries' bootstrap lists could not be had")
            document[name] = got.document
        try:
            lists = _Lists(document)
        except (ValueError, TypeError, KeyError):
            raise OSError("the registries' bootstrap lists could not be read") from None
        self._read_at = float(document["timestamp"])
        if self._file is not None:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            new = self._file.with_suffix(".new")
            new.write_text(json.dumps(document))
            new.replace(self._file)
        return lists

    def _urls(self) -> dict[str, str]:
        if self._source is not None:
            return {name: f"{self._source.rstrip('/')}/{name}.json" for name in _LISTS}
        from whoisit.bootstrap import BaseBootstrap

        return {name: BaseBootstrap.BOOTSTRAP_URLS[name] for name in _LISTS}

    def _own(self, url: str) -> bool:
        return self._source is not None and same_host(url, self._source)


class _Lists:
    """The four lists as they are asked. Raises ValueError, TypeError or KeyError on others."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._bases: list[str] = []
        self._names = {name.lower(): base for name, base in self._services(document["dns"])}
        self._numbers = [(*_span(one), base) for one, base in self._services(document["asn"])]
        rows: dict[int, list[Row]] = {4: [], 16: []}
        for name, size in (("ipv4", 4), ("ipv6", 16)):
            for one, base in self._services(document[name]):
                network = ipaddress.ip_network(one)
                rows[size].append((int(network[0]), int(network[-1]), base))
        self._ranges = Ranges(rows)

    def base(self, kind: Kind, what: str) -> str | None:
        number = self._number(kind, what)
        return None if number is None else self._bases[number]

    def _number(self, kind: Kind, what: str) -> int | None:
        if kind == "domain":
            labels = what.lower().split(".")
            ends = (".".join(labels[at:]) for at in range(len(labels)))
            return next((self._names[end] for end in ends if end in self._names), None)
        if kind == "autnum":
            found = (base for first, last, base in self._numbers if first <= int(what) <= last)
            return next(found, None)
        hit = self._ranges.find(what)
        return hit[0] if hit else None

    def _services(self, document: dict[str, Any]) -> Iterator[tuple[str, int]]:
        for selectors, urls in document["services"]:
            secure = sorted(map(str, urls), key=lambda url: not url.startswith("https:"))
            if secure:
                self._bases.append(secure[0].strip())
                for selector in selectors:
                    yield str(selector).strip(), len(self._bases) - 1


def same_host(url: str, other: str) -> bool:
    """Whether two URLs name the same host, whatever their ports."""
    return urlsplit(url).hostname == urlsplit(other).hostname


def _span(text: str) -> tuple[int, int]:
    first, _, last = text.partition("-")
    return int(first), int(last or first)
