"""The routes table, decisions about Urls and holds, on a real database."""

import tomllib
from datetime import timedelta
from pathlib import Path

import pytest
from cast import HOTLINE, Cast, national
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from takedown.audit import Event
from takedown.routes import holds, service, table
from takedown.routes.models import Route, RouteKind, RouteStatus, UrlRoute

ROWS = table.read(
    tomllib.loads((Path(__file__).parents[2] / "config" / "jurisdictions.toml").read_text("utf-8"))
)


def test_filling_twice_inserts_once_and_never_overwrites_what_a_person_edited(
    session: Session, now
) -> None:
    assert table.fill(session, ROWS, now) == len(ROWS)
    row = session.scalars(select(Route).where(Route.country == "NL")).one()
    row.status, row.checked_by, row.deadline_hours = RouteStatus.VERIFIED, "user:alice", 12
    session.flush()
    assert table.fill(session, ROWS, now) == 0
    session.expire_all()
    again = session.scalars(select(Route).where(Route.country == "NL")).one()
    assert (again.status, again.deadline_hours) == (RouteStatus.VERIFIED, 12)


def test_the_stored_table_says_what_the_file_says(session: Session, now) -> None:
    table.fill(session, ROWS, now)
    stored = {(row.country, row.direction): row for row in table.standing(session)}
    for row in ROWS:
        found = stored[row.country, row.direction]
        assert found.route_id is not None
        assert (found.kind, found.deadline_hours, found.binds_on) == (
            row.kind,
            row.deadline_hours,
            row.binds_on,
        )
        assert (found.languages, found.police_first) == (row.languages, row.police_first)


def test_a_decision_is_stored_once_and_again_only_when_it_changes(
    session: Session, cast: Cast, now
) -> None:
    table.fill(session, ROWS, now)
    provider = cast.provider()
    host = cast.host("media.example.test", provider)
    url = cast.url("https://media.example.test/a.jpg", host)

    def routed(hotline):
        return service.route(
            *(session, hotline, service.rules(session, now)),
            url_id=url.id,
            trace_id=host.trace_id,
            country="NL",
            signatory=False,
            now=now,
            last=service.newest(session, url.id),
        )

    first = routed(HOTLINE)
    assert (first.kind, first.status) == (RouteKind.DIRECT, RouteStatus.UNVERIFIED)
    assert routed(HOTLINE).id == first.id
    other = routed(national())
    assert other.kind == RouteKind.POLICE
    assert service.newest(session, url.id).id == other.id
    assert session.scalar(select(func.count()).select_from(UrlRoute)) == 2
    events = session.scalars(select(Event).where(Event.kind == "route").order_by(Event.id)).all()
    assert [(event.before, event.after) for event in events] == [
        (None, "direct"),
        ("direct", "police"),
    ]


@pytest.mark.parametrize("subject", ["url", "host", "domain", "provider"])
def test_a_hold_covers_what_it_names_and_what_is_registered_later(
    session: Session, cast: Cast, now, subject: str
) -> None:
    provider, other = cast.provider(), cast.provider("Island Hosting")
    host = cast.host("media.example.com", provider)
    url = cast.url("https://media.example.com/a.jpg", host)
    stranger = cast.url("https://www.example.net/a.jpg", cast.host("www.example.net", other))
    names = {
        "url": {"subject_id": url.id},
        "host": {"subject_id": host.id},
        "domain": {"domain_index": host.domain_index},
        "provider": {"subject_id": provider.id},
    }
    placed = hold(session, now, subject=subject, **names[subject])
    later = cast.url("https://media.example.com/b.jpg", host)
    sibling = cast.url("https://img.example.com/c.jpg", cast.host("img.example.com", provider))
    expected = {
        "url": {url.id},
        "host": {url.id, later.id},
        "domain": {url.id, later.id, sibling.id},
        "provider": {url.id, later.id, sibling.id},
    }
    asked = [url.id, later.id, sibling.id, stranger.id]
    assert holds.standing(session, asked) == expected[subject]
    holds.release(
        session, placed.id, why="over", released_by="user:carol", now=now + timedelta(days=1)
    )
    assert holds.standing(session, asked) == set()


def test_the_placer_says_whether_probes_go_on(session: Session, cast: Cast, now) -> None:
    provider = cast.provider()
    host = cast.host("media.example.com", provider)
    silent = cast.url("https://media.example.com/a.jpg", host)
    probed = cast.url("https://media.example.com/b.jpg", host)
    hold(session, now, subject="url", subject_id=silent.id, probes_go_on=False)
    hold(session, now, subject="url", subject_id=probed.id, probes_go_on=True)
    assert holds.unprobed(session, [silent.id, probed.id]) == {silent.id}
    assert holds.standing(session, [silent.id, probed.id]) == {silent.id, probed.id}


def test_a_hold_stands_past_its_review_and_only_a_person_releases_it(
    session: Session, cast: Cast, now
) -> None:
    provider = cast.provider()
    placed = hold(session, now, subject="provider", subject_id=provider.id, review_at=now)
    assert holds.providers_held(session, {provider.id}) == {provider.id}
    for actor in ("machine", "token:reader"):
        with pytest.raises(holds.HoldError):
            holds.release(session, placed.id, why="over", released_by=actor, now=now)
    holds.release(session, placed.id, why="over", released_by="user:carol", now=now)
    assert holds.providers_held(session, {provider.id}) == set()
    with pytest.raises(holds.HoldError):
        holds.release(session, placed.id, why="over", released_by="user:carol", now=now)


@pytest.mark.parametrize(
    "names", [{"subject": "planet"}, {"subject": "domain"}, {"subject": "url"}]
)
def test_a_hold_must_name_something(session: Session, now, names: dict[str, str]) -> None:
    with pytest.raises(holds.HoldError):
        hold(session, now, **names)


def hold(session: Session, now, **where: object):
    asked = {"asked_by": "police", "reason": "asked for", "probes_go_on": True, **where}
    return holds.place(session, placed_by="user:carol", now=now, **asked)
