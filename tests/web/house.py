"""A house for tests of pages: real PostgreSQL, a clock that the test moves, nothing that leaves."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import CodeType
from typing import Any

from cast import HOTLINE, REHEARSAL
from flask import Flask
from flask.testing import FlaskClient
from jinja2.bccache import Bucket, BytecodeCache
from werkzeug.test import TestResponse

from notices.channels.base import Channel
from takedown.app import create_app
from takedown.db import Sessions, committing
from takedown.flow.facts import facts
from takedown.flow.ports import Ports, Probing
from takedown.hosts.lookup import Lookup
from takedown.people import service
from takedown.people.models import Scope, StaffRole, User
from takedown.routes.hotline import Leaves
from takedown.urls.entry import Schemes
from takedown.vault import Vault
from takedown.web.browser_sessions import DatabaseSessions
from takedown.web.ports import KEY, WebConfig
from takedown.web.ports import House as WebHouse

SCHEMES = Schemes("baseline/1", {"baseline/1": frozenset({"baseline", "national"})})
TOKEN = re.compile(r'name="csrf-token" content="([^"]+)"')


@dataclass
class Clock:
    """The time that pages read; codes of the second factor read the wall's, so it starts there."""

    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __call__(self) -> datetime:
        return self.now

    def later(self, **by: float) -> None:
        self.now += timedelta(**by)


class Compiled(BytecodeCache):
    """Templates once compiled, for all the applications of a run."""

    def __init__(self) -> None:
        self._code: dict[str, CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._code.get(bucket.key + bucket.checksum)

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            self._code[bucket.key + bucket.checksum] = bucket.code


COMPILED = Compiled()


@contextmanager
def nothing_leaves() -> Iterator[Channel]:
    """A channel that no test of a page opens."""
    raise AssertionError("a page opened a channel")
    yield


def make_ports(
    sessions: Sessions,
    vault: Vault,
    clock: Clock,
    leaves: Leaves = REHEARSAL,
    facts_dir: Path | None = None,
) -> Ports:
    """Ports whose look-ups and probes lead nowhere."""
    return Ports(
        sessions=sessions,
        vault=vault,
        clock=clock,
        hotline=HOTLINE,
        leaves=leaves,
        lookup=Lookup((), None, None, lambda _: False, lambda _: None),
        probing=Probing((), (), timedelta(0), 1.0, 1, 1, {}),
        channel=nothing_leaves,
        mail_deadline_s=1,
        schemes=SCHEMES,
        by="web",
        facts_dir=facts_dir,
    )


class Browser:
    """A client that does as a browser: keeps cookies, sends the form token of its last page."""

    def __init__(self, app: Flask, language: str = "en") -> None:
        self.client: FlaskClient = app.test_client()
        self.headers = {"Accept-Language": language}
        self.token = ""

    def get(self, path: str, **more: Any) -> TestResponse:
        headers = self.headers | more.pop("headers", {})
        return self._seen(self.client.get(path, headers=headers, buffered=True, **more))

    def post(self, path: str, data: dict[str, Any] | None = None, **more: Any) -> TestResponse:
        headers = self.headers | more.pop("headers", {})
        form = {"csrf_token": self.token} | (data or {})
        return self._seen(self.client.post(path, data=form, headers=headers, buffered=True, **more))

    def sign_in(self, name: str, password: str, **more: Any) -> TestResponse:
        self.get("/sign-in")
        return self.post("/sign-in", {"email": name, "password": password} | more)

    def _seen(self, answer: TestResponse) -> TestResponse:
        if answer.mimetype == "text/html" and (found := TOKEN.search(answer.text)):
            self.token = found[1]
        return answer


@dataclass
class House:
    """The application, and hands to make people and tokens with."""

    ports: Ports
    clock: Clock
    app: Flask
    passwords: dict[str, str] = field(default_factory=dict)

    def person(self, *roles: StaffRole, name: str = "") -> User:
        name = name or "-".join(roles)
        with committing(self.ports.sessions) as session:
            made = service.add(
                session,
                self.ports.vault,
                email=f"{name}@hotline.example.org",
                username=name,
                roles=roles,
                now=self.clock(),
                by="machine",
            )
        self.passwords[name] = made.password
        return made.user

    def browser(self, *roles: StaffRole, language: str = "en") -> Browser:
        """Somebody of these roles, signed in."""
        name = "-".join(roles)
        if name not in self.passwords:
            self.person(*roles)
        browser = Browser(self.app, language)
        answer = browser.sign_in(name, self.passwords[name])
        assert answer.status_code == 302, answer.text
        browser.get("/account")
        return browser

    def count(self) -> None:
        """What the stage `facts` does: figures stand as the ledger does now."""
        facts(self.ports)

    def bearer(self, *scopes: Scope) -> dict[str, str]:
        """The header of a program's token."""
        with committing(self.ports.sessions) as session:
            made = service.create_token(
                session,
                self.ports.vault,
                name="-".join(scopes),
                scopes=scopes,
                now=self.clock(),
                by="machine",
            )
        return {"Authorization": f"Bearer {made.text}"}


def build(
    sessions: Sessions,
    vault: Vault,
    leaves: Leaves = REHEARSAL,
    facts_dir: Path | None = None,
    **config: Any,
) -> House:
    """A house; `config` goes to the pages, figures lie in `facts_dir`."""
    clock = Clock()
    ports = make_ports(sessions, vault, clock, leaves, facts_dir)
    return House(ports, clock, application(ports, WebConfig(testing=True, **config)))


@dataclass(frozen=True)
class _Made:
    """An application, and what a test could have changed of it."""

    app: Flask
    views: dict[str, object]
    config: dict[str, object]

    def as_it_was(self) -> bool:
        return (self.views, self.config) == (self.app.view_functions, self.app.config)


_MADE: dict[tuple[object, ...], _Made] = {}


def application(ports: Ports, config: WebConfig) -> Flask:
    """The application on these ports: an earlier one of the same settings, as long as no test has
    changed it, for its two hundred addresses compile slowly."""
    rests_on = (ports.sessions.kw["bind"], ports.vault.web_key, ports.leaves, config)
    made = _MADE.get(rests_on)
    if made is None or not made.as_it_was():
        app = create_app(ports, config)
        app.jinja_env.bytecode_cache = COMPILED
        made = _MADE[rests_on] = _Made(app, dict(app.view_functions), dict(app.config))
    here = made.app.extensions[KEY] = WebHouse(ports, config)
    made.app.session_interface = DatabaseSessions(here)
    return made.app
