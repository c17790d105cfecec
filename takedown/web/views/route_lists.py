"""What routes rest on besides their rows: agreements, INHOPE's members, the do-not-forward list."""

import uuid
from collections.abc import Callable
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from takedown.db import committing
from takedown.people.permissions import Permission
from takedown.routes import agreements, forwarding, members, service
from takedown.routes.countries import countries
from takedown.routes.errors import RouteRefused
from takedown.routes.models import Agreement, BindsOn, DoNotForward, Member, RouteKind
from takedown.web import route_forms as forms
from takedown.web.acts import note
from takedown.web.guard import actor, needs
from takedown.web.ports import now, ports
from takedown.web.reads import routes as reads
from takedown.web.reads.people import names_of

pages = Blueprint("route_lists", __name__, url_prefix="/routes")


@pages.get("/agreements")
@needs(Permission.EDIT_ROUTES)
def agreed() -> ResponseReturnValue:
    """What was agreed with whom, what is in force first."""
    return _agreements()


@pages.post("/agreements")
@needs(Permission.EDIT_ROUTES)
def record() -> ResponseReturnValue:
    """A new agreement; it decides nothing before a second person has verified it."""

    def do(db: Session) -> None:
        given = {"direction": "home", "checked_on": request.form.get("signed_on", "")}
        row = forms.row_of(db, ports().vault, request.form, **given)
        until = forms.day_of(request.form, "ends_on")
        made = agreements.record(db, row, ends_on=until, by=actor(), now=now())
        note(db, ports(), actor(), "agreement.record", made.id, country=made.country)

    return _done(do, "agreed", _agreements)


@pages.post("/agreements/<uuid:agreement_id>/verify")
@needs(Permission.VERIFY_ROUTES)
def verify(agreement_id: uuid.UUID) -> ResponseReturnValue:
    """A second person has read the document."""

    def do(db: Session) -> None:
        one = db.get(Agreement, agreement_id) or abort(404)
        agreements.verify(db, one.id, by=actor(), now=now())
        service.place_again(db, now(), country=one.country)
        note(db, ports(), actor(), "agreement.verify", one.id, country=one.country)

    return _done(do, "agreed", _agreements)


@pages.post("/agreements/<uuid:agreement_id>/end")
@needs(Permission.EDIT_ROUTES)
def end(agreement_id: uuid.UUID) -> ResponseReturnValue:
    """It holds no longer."""

    def do(db: Session) -> None:
        one = db.get(Agreement, agreement_id) or abort(404)
        agreements.end(db, one.id, by=actor(), now=now())
        service.place_again(db, now(), country=one.country, agreement_id=one.id)
        note(db, ports(), actor(), "agreement.end", one.id, country=one.country)

    return _done(do, "agreed", _agreements)


@pages.get("/members")
@needs(Permission.EDIT_ROUTES)
def partners() -> ResponseReturnValue:
    """INHOPE's hotlines, and who compared which with the public list."""
    return _members()


@pages.post("/members")
@needs(Permission.EDIT_ROUTES)
def join() -> ResponseReturnValue:
    """A member that the list did not hold."""

    def do(db: Session) -> None:
        words = {
            name: forms.text_of(db, ports().vault, request.form, name)
            for name in ("country", "name", "source")
        }
        made = members.add(db, ports().vault, **words, by=actor(), now=now())
        service.place_again(db, now(), country=made.country)
        note(db, ports(), actor(), "member.add", made.id, country=made.country)

    return _done(do, "partners", _members)


@pages.post("/members/<uuid:member_id>/check")
@needs(Permission.VERIFY_ROUTES)
def check(member_id: uuid.UUID) -> ResponseReturnValue:
    """Found in the public list today."""

    def do(db: Session) -> None:
        one = db.get(Member, member_id) or abort(404)
        members.check(db, one.id, read_on=now().date(), by=actor(), now=now())
        service.place_again(db, now(), country=one.country)
        note(db, ports(), actor(), "member.check", one.id, country=one.country)

    return _done(do, "partners", _members)


@pages.post("/members/<uuid:member_id>/left")
@needs(Permission.EDIT_ROUTES)
def left(member_id: uuid.UUID) -> ResponseReturnValue:
    """No member any more."""

    def do(db: Session) -> None:
        one = db.get(Member, member_id) or abort(404)
        members.leave(db, one.id, by=actor(), now=now())
        service.place_again(db, now(), country=one.country)
        note(db, ports(), actor(), "member.left", one.id, country=one.country)

    return _done(do, "partners", _members)


@pages.get("/do-not-forward")
@needs(Permission.EDIT_ROUTES)
def stopped() -> ResponseReturnValue:
    """Countries where nothing goes."""
    return _stopped()


@pages.post("/do-not-forward")
@needs(Permission.EDIT_ROUTES)
def stop() -> ResponseReturnValue:
    """Nothing goes there any more."""

    def do(db: Session) -> None:
        country = request.form.get("country", "")
        reason = forms.text_of(db, ports().vault, request.form, "reason")
        forwarding.add(db, country, reason=reason, by=actor(), now=now())
        service.place_again(db, now(), country=country)
        note(db, ports(), actor(), "do_not_forward.add", country)

    return _done(do, "stopped", _stopped)


@pages.post("/do-not-forward/remove")
@needs(Permission.VERIFY_ROUTES)
def let_go() -> ResponseReturnValue:
    """Notices and hand-overs may go there again: for another person than who stopped them."""

    def do(db: Session) -> None:
        country = request.form.get("country", "")
        forwarding.remove(db, country, by=actor())
        service.place_again(db, now(), country=country)
        note(db, ports(), actor(), "do_not_forward.remove", country)

    return _done(do, "stopped", _stopped)


def _done(
    do: Callable[[Session], None], back: str, page: Callable[[RouteRefused], str]
) -> ResponseReturnValue:
    """Do it whole or not at all; what is refused is said on its page."""
    try:
        with committing(ports().sessions) as db:
            do(db)
    except RouteRefused as refused:
        return page(refused), 422
    return redirect(url_for(f"route_lists.{back}"), 303)


def _agreements(refused: RouteRefused | None = None) -> str:
    query = select(Agreement).order_by(Agreement.ended_at.desc().nulls_first(), Agreement.id.desc())
    with ports().sessions() as db:
        rows = db.scalars(query).all()
        names = names_of(
            db, {one for row in rows for one in (row.recorded_by, row.verified_by) if one}
        )
        return _page("agreements.html", refused, rows=rows, names=names)


def _members(refused: RouteRefused | None = None) -> str:
    query = select(Member).order_by(Member.left_on.is_not(None), Member.country, Member.name)
    with ports().sessions() as db:
        rows = db.scalars(query).all()
        names = names_of(db, {row.checked_by for row in rows if row.checked_by})
        return _page("members.html", refused, rows=rows, names=names, ages=reads.ages(db))


def _stopped(refused: RouteRefused | None = None) -> str:
    with ports().sessions() as db:
        rows = db.scalars(select(DoNotForward).order_by(DoNotForward.country)).all()
        names = names_of(db, {row.added_by for row in rows})
        return _page("do_not_forward.html", refused, rows=rows, names=names)


def _page(template: str, refused: RouteRefused | None, **more: Any) -> str:
    return render_template(
        template,
        refused=refused,
        typed=request.form,
        kinds=list(RouteKind),
        binds=list(BindsOn),
        countries=reads.by_name(countries()),
        today=now().date(),
        actor=actor(),
        **more,
    )
