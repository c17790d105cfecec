"""A route that changes, changes what is not sent yet: at approval, at hand-over, and in drafts."""

from dataclasses import replace

import pytest
from cast import Cast, Known
from desk import Accepts, Desk

from takedown.db import committing
from takedown.outbox.approve import Outcome
from takedown.outbox.models import Notice, NoticeStatus, NoticeUrl
from takedown.routes import editing, forwarding, table
from takedown.routes.models import Route, RouteKind, UrlRoute


@pytest.fixture
def known(desk: Desk) -> Known:
    """A Url on a verified route, with an approved contact."""
    with committing(desk.sessions) as session:
        cast = Cast(session, desk.vault, desk.now)
        provider = cast.provider()
        cast.contact(provider)
        return cast.known("https://media.example.test/a.jpg", provider, cast.route())


def edited(desk: Desk, **fields: object) -> None:
    """Alice edits the route a minute later; the Url is not placed again yet."""
    desk.pass_time(minutes=1)
    with committing(desk.sessions) as session:
        route = session.query(Route).one()
        row = replace(table.of(route), **fields)
        seen = editing.version(route)
        editing.edit(
            session, route.id, row, seen=seen, why="read again", by="user:alice", now=desk.now
        )


def placed_again(desk: Desk, known: Known) -> None:
    """Bob verifies it, and the Url is decided on anew."""
    with committing(desk.sessions) as session:
        route = session.query(Route).one()
        seen, day = editing.version(route), desk.now.date()
        editing.verify(session, route.id, seen=seen, read_on=day, by="user:bob", now=desk.now)
        url = session.merge(known.url)
        Cast(session, desk.vault, desk.now).decision(url, session.merge(known.trace), route)


def statuses(desk: Desk) -> list[str]:
    return [str(notice.status) for notice in desk.all(Notice)]


def test_a_draft_on_a_route_that_changed_is_not_approved_but_composed_anew(
    desk: Desk, known: Known
) -> None:
    first = desk.compose().notices
    edited(desk, basis="Another Code, article 9")
    assert desk.approve(first, supervisor=True) == [Outcome.CHANGED]
    (second,) = desk.compose().notices
    assert statuses(desk) == ["superseded", "draft"]
    assert desk.approve([second]) == [Outcome.NEEDS_SUPERVISOR]
    assert desk.approve([second], supervisor=True) == [Outcome.APPROVED]
    assert desk.compose().notices == []


def test_an_approved_notice_does_not_leave_on_a_route_that_changed(
    desk: Desk, known: Known
) -> None:
    assert desk.approve(desk.compose().notices) == [Outcome.APPROVED]
    edited(desk, deadline_hours=6)
    desk.send()
    assert isinstance(desk.channel, Accepts) and desk.channel.messages == []
    (row,) = _rows(desk)
    assert row.decision["at_hand_over"]["reasons"] == ["route_changed"]
    placed_again(desk, known)
    (anew,) = desk.compose().notices
    assert desk.approve([anew]) == [Outcome.APPROVED]
    desk.send()
    assert len(desk.channel.messages) == 1


def test_a_route_that_turned_to_the_police_stops_a_notice_before_anything_is_placed_again(
    desk: Desk, known: Known
) -> None:
    desk.approve(desk.compose().notices)
    edited(desk, kind=RouteKind.POLICE)
    desk.send()
    assert desk.channel.messages == []
    assert desk.compose().notices == []
    assert statuses(desk) == [NoticeStatus.DISCARDED]


def test_what_was_sent_stays_as_it_is(desk: Desk, known: Known) -> None:
    desk.approve(desk.compose().notices)
    desk.send()
    edited(desk, deadline_hours=6)
    desk.compose()
    assert statuses(desk) == ["accepted"]
    assert desk.one(type(known.episode), known.episode.id).deadline_hours == 24
    assert len(desk.all(UrlRoute)) == 1


def test_a_country_that_came_onto_the_list_stops_what_was_approved(
    desk: Desk, known: Known
) -> None:
    desk.approve(desk.compose().notices)
    with committing(desk.sessions) as session:
        forwarding.add(session, "NL", reason="asked for", by="user:alice", now=desk.now)
    desk.send()
    assert desk.channel.messages == []
    assert desk.compose().notices == []


def _rows(desk: Desk) -> list[NoticeUrl]:
    with desk.sessions() as session:
        return session.query(NoticeUrl).all()
