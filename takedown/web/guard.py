"""Each view says what it needs; one place asks; an application with a silent view is not made."""

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Any, TypeVar

from flask import Flask, abort, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from takedown.errors import TakedownError
from takedown.people.models import Scope
from takedown.people.permissions import Permission, granted
from takedown.web import bearer
from takedown.web.ports import house, practising, second_factor_required

View = TypeVar("View", bound=Callable[..., Any])


class Open(StrEnum):
    """Needs that no role carries."""

    ANYBODY = "anybody"
    SIGNED_IN = "signed in"


Need = Permission | Scope | Open

SECURITY_VIEWS: dict[str, Need] = {
    "security.login": Open.ANYBODY,
    "security.logout": Open.ANYBODY,
    "security.two_factor_setup": Open.ANYBODY,  # by its own state: after a right password only
    "security.two_factor_token_validation": Open.ANYBODY,
    "security.mf_recovery": Open.ANYBODY,
    "security.two_factor_setup_validate": Open.SIGNED_IN,
    "security.mf_recovery_codes": Open.SIGNED_IN,
    "security.change_password": Open.SIGNED_IN,
    "security.verify": Open.SIGNED_IN,
    "static": Open.ANYBODY,
    "api-docs.openapi_json": Open.ANYBODY,
}
"""The views that come from libraries. What Flask-Security has besides answers 404."""


class UnguardedView(TakedownError):
    """A view declares no permission: the application is not made."""


def needs(need: Need) -> Callable[[View], View]:
    """Declare what a view needs; the innermost decorator, so that others carry it along."""

    def mark(view: View) -> View:
        view.__dict__["needs"] = need
        return view

    return mark


def need_of(app: Flask, endpoint: str) -> Need | None:
    """What the view of an endpoint needs; None where it says nothing."""
    known = SECURITY_VIEWS.get(endpoint)
    return known or getattr(app.view_functions[endpoint], "needs", None)


def check_routes(app: Flask, closed: Iterable[str] = ("security.",)) -> None:
    """Raise `UnguardedView` for the views without a declared need."""
    silent = [
        endpoint
        for endpoint in app.view_functions
        if need_of(app, endpoint) is None and not endpoint.startswith(tuple(closed))
    ]
    if silent:
        raise UnguardedView(f"no permission declared: {', '.join(sorted(silent))}")


def ask(app: Flask) -> ResponseReturnValue | None:
    """Before every request: may this person, or this token, see this view?"""
    if request.endpoint is None:
        return None  # 404 and 405 are answered by Flask
    need = need_of(app, request.endpoint)
    if need is None:
        abort(404)
    if need is Open.ANYBODY:
        return None
    if isinstance(need, Scope):
        g.token = bearer.token_or_abort(need)
        return None
    if not current_user.is_authenticated:
        return _to_sign_in()
    if isinstance(need, Permission):
        if need not in granted(current_user.roles):
            abort(403)
        if second_factor_required(house()) and not current_user.tf_primary_method:
            return redirect(url_for("security.two_factor_setup"), 303)
        if current_user.one_time_password and not practising(house()):
            return redirect(url_for("security.change_password"), 303)
    return None


def may(permission: str) -> bool:
    """Whether the person who is signed in may do this; for templates and views."""
    if not current_user.is_authenticated:
        return False
    return Permission(permission) in granted(current_user.roles)


def may_approve(needs: Iterable[str]) -> bool:
    """Whether this person's yes to a notice counts; `needs`: why a supervisor has to give it."""
    wanted = Permission.APPROVE_UNVERIFIED if tuple(needs) else Permission.APPROVE_NOTICE
    return may(Permission.APPROVE_NOTICE) and may(wanted)


def actor() -> str:
    """How the audit log names whoever asks."""
    token = g.get("token")
    return str(token.actor if token is not None else current_user.actor)


def _to_sign_in() -> ResponseReturnValue:
    if "HX-Request" in request.headers:
        return "", 401, {"HX-Redirect": url_for("security.login")}
    if request.method != "GET":
        abort(401)
    session.pop("_flashes", None)
    return redirect(url_for("security.login", next=request.path), 303)
