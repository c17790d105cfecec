"""Who changes a route, and why; nothing is lost silently, and only what is unsent moves."""

import tomllib
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from cast import HOTLINE, Cast
from sqlalchemy import select
from sqlalchemy.orm import Session

from takedown.people.two_people import OwnWork
from takedown.routes import editing, exchange, service, table
from takedown.routes.errors import RouteRefused, Stale
from takedown.routes.models import Route, RouteKind, RouteStatus

ROOT = Path(__file__).parents[2]
ROWS = table.read(tomllib.loads((ROOT / "config" / "jurisdictions.toml").read_text("utf-8")))
COLLECTED = ROOT.parent / "shared" / "data" / "jurisdictions.csv"
TODAY = date(2026, 11, 22)


@pytest.fixture
def now(now):
    return now.replace(year=TODAY.year, month=TODAY.month, day=TODAY.day)


@pytest.fixture
def session(sessions, now):
    with sessions() as opened:
        table.fill(opened, ROWS, now)
        yield opened


def of(session: Session, country: str) -> Route:
    return session.scalars(select(Route).where(Route.country == country)).one()


def edited(session: Session, route: Route, now, by="user:alice", why="read it again", **fields):
    row = replace(table.of(route), **fields)
    return editing.edit(
        session, route.id, row, seen=editing.version(route), why=why, by=by, now=now
    )


def verified(session: Session, route: Route, now, by="user:bob", on=TODAY):
    seen = editing.version(route)
    return editing.verify(session, route.id, seen=seen, read_on=on, by=by, now=now)


def test_an_edit_keeps_both_rows_and_its_reason_and_unverifies(session: Session, now) -> None:
    route = verified(session, of(session, "NL"), now)
    assert (route.status, route.checked_by) == (RouteStatus.VERIFIED, "user:bob")
    edited(session, route, now, deadline_hours=12, why="the code was renewed")
    assert (route.status, route.checked_by, route.edited_by) == ("unverified", None, "user:alice")
    last, first = editing.history(session, route.id)
    assert (last.why, last.by) == ("the code was renewed", "user:alice")
    assert editing.differences(last.before, last.after) == {
        "deadline_hours": (24, 12),
        "status": ("verified", "unverified"),
        "checked_by": ("user:bob", None),
    }
    assert first.why == "verified"
    assert last.before["source"] == ROWS[11].source


def test_nobody_verifies_what_they_wrote(session: Session, now) -> None:
    route = edited(session, of(session, "NL"), now, note="renewed")
    with pytest.raises(OwnWork):
        verified(session, route, now, by="user:alice")
    assert verified(session, route, now).status == RouteStatus.VERIFIED


def test_a_form_that_somebody_overtook_is_refused_and_changes_nothing(session, now) -> None:
    route = of(session, "NL")
    seen, row = editing.version(route), table.of(route)
    edited(session, route, now, note="first", by="user:carol")
    for late in (
        lambda: editing.edit(
            session, route.id, replace(row, note="x"), seen=seen, why="w", by="user:alice", now=now
        ),
        lambda: editing.verify(session, route.id, seen=seen, read_on=TODAY, by="user:bob", now=now),
        lambda: editing.doubt(session, route.id, seen=seen, why="w", by="user:bob", now=now),
    ):
        with pytest.raises(Stale):
            late()
    assert route.note == "first"
    assert len(editing.history(session, route.id)) == 1


REFUSED = [
    ({"note": "new"}, " ", "why"),
    ({"note": "new"}, "two\nlines", "why"),
    ({}, "for nothing", ""),
    ({"checked_on": TODAY + timedelta(days=1)}, "tomorrow", "checked_on"),
]


def test_an_edit_without_reason_change_or_honest_date_is_refused(session: Session, now) -> None:
    for fields, why, field in REFUSED:
        with pytest.raises(RouteRefused) as refused:
            edited(session, of(session, "NL"), now, why=why, **fields)
        assert refused.value.field == field


def test_a_source_is_not_read_tomorrow(session: Session, now) -> None:
    with pytest.raises(RouteRefused):
        verified(session, of(session, "NL"), now, on=TODAY + timedelta(days=1))


def test_verification_is_taken_back_with_a_reason(session: Session, now) -> None:
    route = verified(session, of(session, "NL"), now)
    seen = editing.version(route)
    editing.doubt(session, route.id, seen=seen, why="the code ended", by="user:bob", now=now)
    assert route.status == RouteStatus.UNVERIFIED
    seen = editing.version(route)
    with pytest.raises(RouteRefused):
        editing.doubt(session, route.id, seen=seen, why="again", by="user:bob", now=now)


def test_a_new_country_comes_in_unverified_and_only_once(session: Session, now) -> None:
    row = replace(table.of(of(session, "MT")), country="LU", status=RouteStatus.VERIFIED)
    made = editing.add(session, row, why="asked there", by="user:alice", now=now)
    assert (made.country, made.status, made.checked_by) == ("LU", "unverified", None)
    assert editing.history(session, made.id)[0].before is None
    with pytest.raises(RouteRefused):
        editing.add(session, row, why="again", by="user:bob", now=now)


def test_only_what_nobody_was_told_of_is_placed_again(session: Session, cast: Cast, now) -> None:
    route, provider = of(session, "NL"), cast.provider()
    cases = [
        cast.known(f"https://{name}.example.test/a", provider, route)
        for name in ("unsent", "notified", "handed")
    ]
    unsent, notified, handed = cases
    elsewhere = cast.known(
        "https://x.example.org/a", cast.provider("Far", country="US"), of(session, "US")
    )
    notified.episode.notified_at = handed.episode.handed_over_at = now
    session.flush()
    edited(session, route, now, deadline_hours=12)
    for known in (*cases, elsewhere):
        session.refresh(known.url)
    assert unsent.url.place_due_at == now
    assert [one.url.place_due_at for one in (notified, handed, elsewhere)] == [None] * 3


def test_what_stands_for_many_countries_concerns_every_unsent_url(session, cast, now) -> None:
    known = cast.known("https://a.example.test/a", cast.provider(), of(session, "NL"))
    edited(session, of(session, "*INHOPE"), now, note="the list was renewed")
    session.refresh(known.url)
    assert known.url.place_due_at == now


def test_after_an_edit_the_decision_is_taken_anew(session: Session, cast: Cast, now) -> None:
    provider = cast.provider()
    host = cast.host("media.example.test", provider)
    url = cast.url("https://media.example.test/a", host)

    def routed():
        return service.route(
            *(session, HOTLINE, service.rules(session, now)),
            url_id=url.id,
            trace_id=host.trace_id,
            country="NL",
            signatory=False,
            now=now,
            last=service.newest(session, url.id),
        )

    first = routed()
    assert (first.binds_on, first.languages) == ("signatories", ["nl", "en"])
    edited(session, of(session, "NL"), now, kind=RouteKind.POLICE, languages=("nl",))
    second = routed()
    assert (second.kind, second.languages) == ("police", ["nl"])
    assert routed().id == second.id


def test_the_table_comes_back_unchanged_from_its_own_file(session: Session, now) -> None:
    verified(session, of(session, "NL"), now)
    result = exchange.compare(session, exchange.export(table.standing(session)))
    assert (result.differences, result.problems, result.same) == ([], [], len(ROWS))


def test_a_file_is_compared_before_it_is_written(session: Session, now) -> None:
    text = exchange.export(table.standing(session)).replace("NL,home,direct", "NL,home,police")
    text += "LU,home,direct,,,,fr;de,,a letter,2026-11-20,,unverified,,no\r\n"
    text = "\ufeff" + "".join(line for line in text.splitlines(True) if line[:3] != "AE,")
    result = exchange.compare(session, text)
    assert [(one.country, one.new) for one in result.differences] == [("NL", False), ("LU", True)]
    assert result.differences[0].fields == {"kind": ("direct", "police")}
    assert (result.untouched, of(session, "NL").kind) == (1, "direct")
    exchange.bring_in(session, text, why="from the sheet", by="cli:alice", now=now)
    route = of(session, "NL")
    assert (route.kind, route.edited_by, route.status) == ("police", "cli:alice", "unverified")
    assert of(session, "LU").languages == ["fr", "de"]
    assert exchange.compare(session, text).differences == []


def test_a_file_never_verifies_and_with_one_bad_row_nothing_comes_in(session, now) -> None:
    text = (
        "country,direction,route,via,deadline_hours,binds_on,languages,basis,source,checked_on,"
        "checked_by,status,note\n"
        "NL,home,direct,,24,notice,nl,,read,2026-11-20,user:eve,verified,\n"
        "LU,home,direct,,,,fr,,read,2026-11-20,,unverified,\n"
        "XX,home,direct,,,,fr,,read,2026-11-20,,unverified,\n"
        "MT,home,letter,,,,fr,,read,2026-11-20,,unverified,\n"
        "MC,home,direct,,soon,asked,fr,,read,2026-11-20,,unverified,\n"
        "SM,home,direct,,,,it,,read,someday,,unverified,\n"
        "SE,home,direct,,,,sv,=1+1,read,2026-11-20,,unverified,\n"
        "LU,home,direct,,,,fr,,read,2026-11-20,,unverified,\n"
    )
    result = exchange.bring_in(session, text, why="hostile", by="cli:eve", now=now)
    assert [(row, field) for row, field, _ in result.problems] == [
        (1, "status"),
        (3, "country"),
        (4, "kind"),
        (5, "deadline_hours"),
        (6, "checked_on"),
        (7, "basis"),
        (8, "country"),
    ]
    assert {row.country for row in table.standing(session)} == {row.country for row in ROWS}
    assert of(session, "NL").status == RouteStatus.UNVERIFIED


def test_what_is_no_such_file_is_said(session: Session) -> None:
    for text in ("", "\0", "country\n", "country,colour\nNL,red\n", 'a"b,"c\n\n', "\x7fELF\n" * 3):
        result = exchange.compare(session, text)
        assert result.problems, text
        assert not result.differences, text


def test_the_collected_facts_can_be_read_where_they_are_at_hand(session: Session) -> None:
    text = COLLECTED.read_text() if COLLECTED.exists() else exchange.export(ROWS)
    result = exchange.compare(session, text)
    assert not result.problems
    assert not [one for one in result.differences if one.new]
    told = {name for one in result.differences for name in one.fields}
    assert told <= {"via", "basis", "source", "note"}  # the same facts in other words
