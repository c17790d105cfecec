"""Role x route, generated from the route table: a view without a rule is no application."""

import re
import uuid
from collections.abc import Iterator

import pytest
from flask import Flask
from house import Browser, House
from werkzeug.routing import Rule

from takedown.people.models import Scope, StaffRole
from takedown.people.permissions import GRANTS, Permission
from takedown.web.guard import Open, UnguardedView, check_routes, need_of

FOREIGN = str(uuid.UUID(int=7))


def rules(app: Flask, kind: type) -> Iterator[tuple[str, str, object]]:
    """(method, path with foreign ids, need) of every route whose need is of this kind."""
    for rule in app.url_map.iter_rules():
        need = need_of(app, rule.endpoint)
        if isinstance(need, kind):
            for method in sorted((rule.methods or set()) & {"GET", "POST"}):
                for path in paths_of(rule):
                    yield method, path, need


def paths_of(rule: Rule) -> Iterator[str]:
    """With foreign ids; one path for each word where a rule names those that it takes."""
    path = rule.rule
    words = re.search(r"<any\(([^)]*)\):\w+>", path)
    chosen = words[1].split(", ") if words else [""]
    for name in rule.arguments:
        path = path.replace(f"<uuid:{name}>", FOREIGN).replace(f"<path:{name}>", FOREIGN)
        path = path.replace(f"<{name}>", FOREIGN)
    for word in chosen:
        yield path.replace(words[0], word) if words else path


def ask(browser: Browser, method: str, path: str) -> int:
    return (browser.get if method == "GET" else browser.post)(path).status_code


@pytest.mark.parametrize("role", list(StaffRole))
def test_each_role_reaches_exactly_what_its_permissions_name(house: House, role: StaffRole) -> None:
    browser = house.browser(role)
    for method, path, need in rules(house.app, Permission):
        status = ask(browser, method, path)
        if need in GRANTS[role]:
            assert status not in (401, 403), (role, method, path)
            if FOREIGN in path:
                assert status in (400, 404, 409), (role, method, path, status)
        else:
            assert status == 403, (role, method, path, status)


def test_who_is_not_signed_in_reaches_nothing(house: House) -> None:
    browser = Browser(house.app)
    for kind in (Permission, Open):
        for method, path, need in rules(house.app, kind):
            if need is not Open.ANYBODY:
                assert ask(browser, method, path) in (302, 303, 401), (method, path)


@pytest.mark.parametrize("scope", list(Scope))
def test_each_token_reaches_exactly_its_scope(house: House, scope: Scope) -> None:
    client, bearer = house.app.test_client(), house.bearer(scope)
    for method, path, need in rules(house.app, Scope):
        status = client.open(path, method=method, headers=bearer).status_code
        assert (status == 403) == (need is not scope), (scope, method, path, status)
        assert client.open(path, method=method).status_code == 401


def test_a_signed_in_person_is_no_token(house: House) -> None:
    browser = house.browser(StaffRole.SUPERVISOR, StaffRole.ADMINISTRATOR)
    for method, path, _ in rules(house.app, Scope):
        assert ask(browser, method, path) == 401


def test_what_flask_security_has_besides_is_shut(house: House) -> None:
    browser = house.browser(StaffRole.ANALYST)
    shut = [
        path
        for rule in house.app.url_map.iter_rules()
        if rule.endpoint.startswith("security.") and need_of(house.app, rule.endpoint) is None
        for path in paths_of(rule)
    ]
    assert shut
    assert {browser.get(path).status_code for path in shut} == {404}


def test_an_application_with_a_silent_view_is_not_made(house: House) -> None:
    house.app.view_functions["silent"] = lambda: "hello"
    with pytest.raises(UnguardedView, match="silent"):
        check_routes(house.app)


def test_nobody_releases_approves_or_reveals_by_token(house: House) -> None:
    paths = [path for _, path, _ in rules(house.app, Scope)]
    assert not [path for path in paths if "release" in path or "approve" in path]
    assert not [path for path in paths if "reveal" in path]
