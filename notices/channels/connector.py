"""A provider's interface as configuration: where, how, what is sent, and how answers are read.

Whoever sets one decides where locations go, so two people change it (page 6-security, 15). Secrets
are named here, never held.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, Self, get_args
from urllib.parse import urlsplit
from xml.etree import ElementTree  # nosec B405 - reads our own templates alone

from notices.channels import fields
from notices.channels.placeholders import LOCATIONS, check, names
from notices.channels.selecting import Select
from notices.channels.smtp_url import is_loopback
from notices.errors import BadConnector

AuthKind = Literal["none", "bearer", "basic", "header", "certificate"]
ContentType = Literal["json", "form", "xml"]
Grouping = Literal["any", "same_host", "same_domain", "single"]
Told = Literal["none", "anonymous", "named"]
#: What a provider's own words about a report come down to.
State = Literal[
    "received", "in_process", "actioned", "no_action", "not_ours", "gone", "need_info", "failed"
]
_TOKEN: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,60}")
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_OURS: Final = frozenset(
    {"host", "content-length", "content-type", "cookie", "connection", "transfer-encoding", "te"}
)
_WORDS: Final[Mapping[str, str]] = {"none": "none", "anonymous": "send-anon", "named": "send"}


@dataclass(frozen=True)
class Auth:
    """How we show who we are. `secret` names one; a certificate's is a PEM file with its key."""

    kind: AuthKind = "none"
    secret: str | None = None
    user: str | None = None  # basic
    header: str | None = None

    def __post_init__(self) -> None:
        fields.one_of("auth.kind", self.kind, get_args(AuthKind))
        if (self.kind == "none") != (self.secret is None):
            raise BadConnector("auth.secret", "is named if and only if there is one")
        fields.pattern("auth.secret", self.secret, _NAME, optional=True)
        if (self.kind == "basic") != (self.user is not None):
            raise BadConnector("auth.user", "belongs to basic alone")
        if self.user is not None and (not self.user.isprintable() or ":" in self.user):
            raise BadConnector("auth.user", "can't be a user's name")
        if (self.kind == "header") != (self.header is not None):
            raise BadConnector("auth.header", "belongs to header alone")
        _header("auth.header", self.header)


@dataclass(frozen=True)
class Success:
    """What counts as accepted: a status, and where `at` is given, what is found there.

    `one_of` empty: anything found but false, null and the empty text. `conflict` says what 409
    means: the report is `accepted` already, `refused`, or nobody knows (`ambiguous`).
    """

    statuses: tuple[int, ...] = (200, 201, 202)
    at: Select | None = None
    one_of: tuple[str, ...] = ()
    conflict: Literal["ambiguous", "accepted", "refused"] = "ambiguous"

    def __post_init__(self) -> None:
        fields.one_of("success.conflict", self.conflict, ("ambiguous", "accepted", "refused"))
        good = self.statuses and all(type(one) is int and 200 <= one < 300 for one in self.statuses)
        if not good:
            raise BadConnector("success.statuses", "are not between 200 and 299")
        if self.one_of and self.at is None:
            raise BadConnector("success.one_of", "has nothing to be compared with")


@dataclass(frozen=True)
class Poll:
    """How to ask what became of a report. `url` holds "{reference}".

    The word read is what `state` finds, joined by "/"; `states` maps it, or its first part, onto
    our own. `origin`: where a proxy tells the address behind it.
    """

    url: str
    state: tuple[Select, ...]
    states: Mapping[str, State]
    every_minutes: int = 60
    origin: Select | None = None

    def __post_init__(self) -> None:
        if self.url.count("{reference}") != 1:
            raise BadConnector("poll.url", "does not hold {reference} once")
        if not self.state:
            raise BadConnector("poll.state", "is missing")
        fields.whole("poll.every_minutes", self.every_minutes, 1, 10_080)
        for state in self.states.values():
            fields.one_of("poll.states", state, get_args(State))


@dataclass(frozen=True)
class TestMode:
    """What differs for a report that the provider shall not act upon."""

    __test__ = False  # pytest: this is none of its own

    url: str | None = None
    body: Mapping[str, Any] = field(default_factory=dict)  # joined to the body, its names winning


@dataclass(frozen=True)
class Connector:
    """One interface of one provider; see `load`. Raises `BadConnector` when made.

    `max_urls` and `grouping` say what one request may hold; `per_minute` how often we may ask.
    `discloses_reporter` and `tells_customer` are warnings for whoever approves. `to_host` and
    `to_owner`: who is to be told by the provider, and whether with our name.
    """

    name: str
    url: str
    hosts: tuple[str, ...]
    body: Any
    method: Literal["POST", "PUT"] = "POST"
    content_type: ContentType = "json"
    auth: Auth = field(default_factory=Auth)
    max_urls: int = 1
    grouping: Grouping = "any"
    idempotency_header: str | None = "Idempotency-Key"
    success: Success = field(default_factory=Success)
    reference: Select | None = None
    error: Select | None = None
    poll: Poll | None = None
    per_minute: int = 30
    test: TestMode | None = None
    discloses_reporter: bool = False
    tells_customer: bool = False
    to_host: Told = "anonymous"
    to_owner: Told = "none"
    words: Mapping[str, str] = field(default_factory=lambda: dict(_WORDS))

    def __post_init__(self) -> None:
        fields.pattern("name", self.name, _NAME)
        fields.one_of("method", self.method, ("POST", "PUT"))
        fields.one_of("content_type", self.content_type, get_args(ContentType))
        fields.one_of("grouping", self.grouping, get_args(Grouping))
        fields.whole("max_urls", self.max_urls, 1, 1000)
        fields.whole("per_minute", self.per_minute, 1, 6000)
        for name in ("to_host", "to_owner"):
            fields.one_of(name, getattr(self, name), get_args(Told))
        if set(self.words) != set(get_args(Told)):
            raise BadConnector("words", "are not those for none, anonymous and named")
        _header("idempotency_header", self.idempotency_header)
        self._check_places()
        self._check_body()

    def _check_places(self) -> None:
        if not self.hosts:
            raise BadConnector("hosts", "are missing")
        places = {"url": self.url}
        if self.poll:
            places["poll.url"] = self.poll.url.replace("{reference}", "reference")
        if self.test and self.test.url:
            places["test.url"] = self.test.url
        for name, url in places.items():
            if place(name, url) not in self.hosts:
                raise BadConnector(name, "is at a host that is not on the list")
        if self.poll and self.reference is None:
            raise BadConnector("reference", "is what polling asks by, and missing")

    def _check_body(self) -> None:
        check(self.body, "body")
        used = set(names(self.body))
        if self.content_type == "json" and not isinstance(self.body, Mapping | list | tuple):
            raise BadConnector("body", "is no JSON document")
        if self.content_type == "form":
            if not isinstance(self.body, Mapping):
                raise BadConnector("body", "is no table of names and values")
            if any(isinstance(one, Mapping) for one in self.body.values()):
                raise BadConnector("body", "holds tables within a form")
        if self.content_type == "xml":
            _well_formed(self.body)
        if not used & LOCATIONS:
            raise BadConnector("body", "holds no location")
        if used & {"url", "xarf"} and self.max_urls != 1:
            raise BadConnector("max_urls", "is more than the one that the body has room for")
        if "host" in used and self.grouping not in ("same_host", "single"):
            raise BadConnector("grouping", "lets hosts mix where the body names one")
        if self.test and self.test.body:
            check(self.test.body, "test.body")
            if not isinstance(self.body, Mapping):
                raise BadConnector("test.body", "can't be joined to this body")

    @classmethod
    def load(cls, document: Mapping[str, Any]) -> Self:
        """Read a JSON document with the fields of this class. Raises `BadConnector`.

        Places in an answer are `{"pointer": "/a/b"}` (RFC 6901) or `{"regex": "id=(\\\\w+)"}`.
        """
        given = fields.known(document, cls)
        for name, part in (
            ("auth", Auth),
            ("success", Success),
            ("poll", Poll),
            ("test", TestMode),
        ):
            if isinstance(given.get(name), Mapping):
                given[name] = fields.part(name, given[name], part)
        for name in ("reference", "error"):
            if given.get(name) is not None:
                given[name] = Select.load(name, given[name])
        if "hosts" in given:
            given["hosts"] = fields.strings("hosts", given["hosts"])
        return fields.made("", cls, given)


def warnings(connector: Connector) -> tuple[str, ...]:
    """What whoever approves should know, as words of ours: who may learn what from this."""
    told = {
        "discloses_reporter": connector.discloses_reporter or connector.to_host == "named",
        "tells_customer": connector.tells_customer or connector.to_owner != "none",
        "no_reference": connector.reference is None,
        "no_idempotency": connector.idempotency_header is None
        and "key" not in set(names(connector.body)),
        "no_test_mode": connector.test is None,
    }
    return tuple(name for name, so in told.items() if so)


def place(name: str, url: str) -> str:
    """The host of an address that may be asked: https, or http on this machine alone.

    Raises `BadConnector`.
    """
    try:
        parts = urlsplit(url)
        port_known = parts.port is None or parts.port > 0
    except ValueError:
        raise BadConnector(name, "can't be read") from None
    host = parts.hostname or ""
    plain = parts.scheme == "http" and is_loopback(host)
    if not (parts.scheme == "https" or plain) or not port_known:
        raise BadConnector(name, "does not begin with https://")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise BadConnector(name, "holds a user, a secret or a fragment")
    if not url.isascii() or re.search(r"[\s{}\\]|[\x00-\x1f]", url):
        raise BadConnector(name, "holds what can't stand in an address")
    return host


def _header(name: str, value: str | None) -> None:
    fields.pattern(name, value, _TOKEN, optional=True)
    if value is not None and value.lower() in _OURS:
        raise BadConnector(name, "is a header of the transport")


def _well_formed(body: object) -> None:
    if not isinstance(body, str) or "<!" in body:
        raise BadConnector("body", "is no XML without declarations")
    try:
        ElementTree.fromstring(re.sub(r"\{[a-z_]+(?::\d+)?\}", "x", body))  # nosec B314
    except ElementTree.ParseError:
        raise BadConnector("body", "is no well-formed XML") from None
