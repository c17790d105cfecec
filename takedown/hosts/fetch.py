"""Asking a registry over HTTP: one deadline over everything, redirects included, and a size limit;
no redirect or name leads to an address that must not be reached."""

import ipaddress
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from urllib3.exceptions import HTTPError

from notices.watched import Guard, Watch, session
from takedown.hosts.cut_short import salvage

MAX_BYTES = 1_000_000
_REDIRECTS = 3
_HEADERS = {"Accept": "application/rdap+json, application/json", "User-Agent": "takedown"}


def is_loopback(url: str) -> bool:
    """Whether a URL's host is this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def within(configured: str | None, allowed: Guard) -> Guard:
    """The guard for what a configured endpoint names: one on this machine leads nowhere else."""
    return _nowhere if configured and is_loopback(configured) else allowed


def _nowhere(_: str) -> bool:
    return False


def _anywhere(_: str) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Fetched:
    """A JSON object, or in a neutral word why there is none: `not found`, `no answer in time`,
    `not reachable`, `busy`, `too large`, `not JSON`, `forbidden redirect`, `answers <status>`.

    `cut short` stands beside what could be read of an answer that broke off. `wait`: after how
    many seconds a busy registry wants to be asked again, None where it did not say.
    """

    document: dict[str, Any] | None
    problem: str | None = None
    wait: float | None = None

    @property
    def down(self) -> bool:
        """Whether the registry did not answer the question: asking again later may help."""
        return self.problem is not None and self.problem not in ("not found", "too large")

    @property
    def silent(self) -> bool:
        """Whether nothing came at all: another question may have no better luck."""
        return self.problem in ("no answer in time", "not reachable")


def fetch(url: str, *, deadline: float, allowed: Guard, trusted: Guard | None = None) -> Fetched:
    """GET a JSON object within `deadline` seconds, resolving and redirects included.

    `trusted`: which URLs the operator configured; there http will do and the guard is not asked.
    Everything else, redirects included, is https at addresses that `allowed` lets through.
    """
    ends = time.monotonic() + deadline
    for _ in range(_REDIRECTS + 1):
        inside = trusted is not None and trusted(url)
        if not inside and urlsplit(url).scheme != "https":
            return Fetched(None, "forbidden redirect")
        left = max(ends - time.monotonic(), 0.01)
        with Watch(left, _anywhere if inside else allowed) as watch, session(watch) as http:
            try:
                answer = _once(http, url, watch)
            except (requests.RequestException, OSError, ValueError) as error:
                if watch.late or isinstance(error, TimeoutError | requests.Timeout):
                    return Fetched(None, "no answer in time")
                return Fetched(None, "forbidden redirect" if watch.forbidden else "not reachable")
        if isinstance(answer, Fetched):
            return answer
        url = urljoin(url, answer)
    return Fetched(None, "too many redirects")


def _once(http: requests.Session, url: str, watch: Watch) -> Fetched | str:
    """One request: what it gave, or where it points to."""
    answer = http.get(
        url, headers=_HEADERS, timeout=watch.left(), stream=True, allow_redirects=False
    )
    status = answer.status_code
    if status in (301, 302, 303, 307, 308) and answer.headers.get("Location"):
        return answer.headers["Location"]
    if status in (429, 503):
        return Fetched(None, "busy", _pause(answer.headers))
    if status == 404:
        return Fetched(None, "not found")
    if status != 200:
        return Fetched(None, f"answers {status}")
    return _document(answer, watch)


def _document(answer: requests.Response, watch: Watch) -> Fetched:
    body = bytearray()
    whole = True
    try:
        while part := answer.raw.read1(65_536, decode_content=True):
            body += part
            if len(body) > MAX_BYTES:
                return Fetched(None, "too large")
    except HTTPError as error:
        if not body:
            raise OSError(type(error).__name__) from None
        whole = False
    watch.left()
    return _read(bytes(body).decode("utf-8", "replace"), whole)


def _read(text: str, whole: bool) -> Fetched:
    try:
        document = json.loads(text)
    except RecursionError:
        return Fetched(None, "not JSON")
    except ValueError:
        saved = salvage(text)
        return Fetched(saved, "cut short") if saved else Fetched(None, "not JSON")
    if not isinstance(document, dict):
        return Fetched(None, "not JSON")
    return Fetched(document, None if whole else "cut short")


def _pause(headers: Mapping[str, str]) -> float | None:
    """Seconds of Retry-After (RFC 9110, 10.2.3), a date counted from the answer's own."""
    told = headers.get("Retry-After", "")
    if told.strip().isdigit():
        return float(told)
    try:
        until = parsedate_to_datetime(told)
        since = parsedate_to_datetime(headers.get("Date", ""))
        return max(0.0, (until - since).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return None
