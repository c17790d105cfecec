"""People and tokens: added, given roles, ended. What is said once is shown in the answer itself."""

import uuid

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import Session

from takedown.db import committing
from takedown.people import service
from takedown.people.models import ApiToken, Scope, StaffRole, User
from takedown.people.permissions import Permission
from takedown.web.guard import actor, needs
from takedown.web.ports import now, ports

pages = Blueprint("people", __name__, url_prefix="/people")


@pages.get("")
@needs(Permission.MANAGE_PEOPLE)
def index() -> ResponseReturnValue:
    """Everybody, and every token."""
    return _page()


@pages.post("")
@needs(Permission.MANAGE_PEOPLE)
def add() -> ResponseReturnValue:
    """A new account; its one-time password is shown once."""
    try:
        with committing(ports().sessions) as session:
            made = service.add(
                session,
                ports().vault,
                email=request.form.get("email", ""),
                username=request.form.get("username"),
                roles=_roles(),
                now=now(),
                by=actor(),
            )
    except service.PeopleError as wrong:
        return _page(wrong=wrong.reason), 422
    return _page(said=(_("One-time password of %(name)s", name=made.user.email), made.password))


@pages.post("/<uuid:user_id>/roles")
@needs(Permission.MANAGE_PEOPLE)
def change_roles(user_id: uuid.UUID) -> ResponseReturnValue:
    """What somebody else may do from now on; they sign in anew."""
    if user_id == current_user.id:
        return _page(wrong="nobody changes their own roles"), 422
    try:
        with committing(ports().sessions) as session:
            service.give_roles(
                session, ports().vault, _user(session, user_id), _roles(), now=now(), by=actor()
            )
    except service.PeopleError as wrong:
        return _page(wrong=wrong.reason), 422
    return redirect(url_for("people.index"), 303)


@pages.post("/<uuid:user_id>/disable")
@needs(Permission.MANAGE_PEOPLE)
def disable(user_id: uuid.UUID) -> ResponseReturnValue:
    """End an account and its sessions; nobody ends their own."""
    if user_id == current_user.id:
        return _page(wrong="nobody ends their own account"), 422
    with committing(ports().sessions) as session:
        service.disable(session, ports().vault, _user(session, user_id), now=now(), by=actor())
    return redirect(url_for("people.index"), 303)


@pages.post("/<uuid:user_id>/reset")
@needs(Permission.MANAGE_PEOPLE)
def reset(user_id: uuid.UUID) -> ResponseReturnValue:
    """A new one-time password, shown once; the second factor is set up anew."""
    with committing(ports().sessions) as session:
        user = _user(session, user_id)
        password = service.reset(session, ports().vault, user, now=now(), by=actor())
    return _page(said=(_("One-time password of %(name)s", name=user.email), password))


@pages.post("/tokens")
@needs(Permission.MANAGE_PEOPLE)
def add_token() -> ResponseReturnValue:
    """A new token, shown once."""
    scopes = [Scope(name) for name in request.form.getlist("scopes") if name in set(Scope)]
    name = request.form.get("name", "")
    try:
        with committing(ports().sessions) as session:
            made = service.create_token(
                session, ports().vault, name=name, scopes=scopes, now=now(), by=actor()
            )
    except service.PeopleError as wrong:
        return _page(wrong=wrong.reason), 422
    return _page(said=(_("Token %(name)s", name=made.token.name), made.text))


@pages.post("/tokens/<uuid:token_id>/revoke")
@needs(Permission.MANAGE_PEOPLE)
def revoke_token(token_id: uuid.UUID) -> ResponseReturnValue:
    """End a token."""
    with committing(ports().sessions) as session:
        token = session.get(ApiToken, token_id) or abort(404)
        service.revoke_token(session, ports().vault, token, now=now(), by=actor())
    return redirect(url_for("people.index"), 303)


def _roles() -> list[StaffRole]:
    return [StaffRole(name) for name in request.form.getlist("roles") if name in set(StaffRole)]


def _user(session: Session, user_id: uuid.UUID) -> User:
    return session.get(User, user_id) or abort(404)


def _page(said: tuple[str, str] | None = None, wrong: str = "") -> str:
    with ports().sessions() as session:
        users = session.scalars(select(User).order_by(User.created_at)).all()
        tokens = session.scalars(select(ApiToken).order_by(ApiToken.created_at.desc())).all()
    return render_template(
        "people.html",
        users=users,
        tokens=tokens,
        said=said,
        wrong=wrong,
        typed=request.form if wrong else {},
        all_roles=list(StaffRole),
    )
