"""Single checks lie in months: made ahead, dropped when their weeks are over, and none is lost."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import ProgrammingError
from watched import Watched

from takedown.checks import months
from takedown.checks.models import Check, Spell
from takedown.db import Sessions, committing
from takedown.flow import run
from takedown.vault import Vault

WEEKS = timedelta(weeks=8)
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MARCH, APRIL = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)
TICK = timedelta(microseconds=1)
SEEN = text(
    """
    INSERT INTO checks (url_id, at, verdict, note, vantage, dns, duration_ms, bytes_read)
    VALUES (gen_random_uuid(), :at, 'up', 'present', 'direct', 'ok', 1, 1)
    """
)


@pytest.fixture
def owner(database: tuple[str, str]) -> Iterator[Engine]:
    """The role that owns the tables."""
    made = create_engine(database[0])
    yield made
    made.dispose()


def see(engine: Engine, *moments: datetime) -> None:
    with engine.begin() as connection:
        for at in moments:
            connection.execute(SEEN, {"at": at})


def lie(engine: Engine) -> list[tuple[str, datetime]]:
    """In which part each check lies."""
    query = text("SELECT tableoid::regclass::text, at FROM checks ORDER BY at")
    with engine.begin() as connection:
        return [(row[0], row[1]) for row in connection.execute(query)]


def parts(engine: Engine) -> list[str]:
    query = text(
        "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'checks'::regclass"
    )
    with engine.begin() as connection:
        return sorted(row[0] for row in connection.execute(query))


def test_this_month_and_those_ahead_are_made_and_take_their_checks(
    owner: Engine, engine: Engine
) -> None:
    assert months.keep(owner, NOW, WEEKS) == 0
    assert parts(owner) == ["checks_2026_03", "checks_2026_04", "checks_2026_05", "checks_default"]
    see(engine, MARCH, APRIL - TICK, APRIL)
    assert lie(engine) == [
        ("checks_2026_03", MARCH),
        ("checks_2026_03", APRIL - TICK),
        ("checks_2026_04", APRIL),
    ]


def test_a_check_whose_month_nobody_made_is_kept_and_moves_there_later(
    owner: Engine, engine: Engine
) -> None:
    jumped = NOW + timedelta(days=400)
    see(engine, NOW, jumped)
    assert lie(engine) == [("checks_default", NOW), ("checks_default", jumped)]
    assert months.keep(owner, NOW, WEEKS) == 0
    assert lie(engine) == [("checks_2026_03", NOW), ("checks_2027_04", jumped)]
    assert months.keep(owner, NOW, WEEKS) == 0


def test_a_month_goes_whole_once_its_last_check_is_older_than_the_weeks(
    owner: Engine, engine: Engine
) -> None:
    months.keep(owner, NOW, WEEKS)
    see(engine, MARCH, APRIL - TICK)
    months.keep(owner, APRIL + WEEKS - TICK, WEEKS)
    assert len(lie(engine)) == 2
    see(engine, datetime(2025, 1, 1, tzinfo=UTC))  # a clock that went wrong
    months.keep(owner, APRIL + WEEKS, WEEKS)
    assert lie(engine) == []
    assert parts(owner)[0] == "checks_2026_04"


def test_who_reads_a_month_for_long_keeps_it_until_the_next_turn(
    owner: Engine, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(months, "_PATIENCE", "SET LOCAL lock_timeout = '50ms'")
    months.keep(owner, NOW, WEEKS)
    see(engine, NOW)
    late = APRIL + WEEKS
    with engine.connect() as reader:
        reader.execute(text("SELECT count(*) FROM checks"))
        assert months.keep(owner, late, WEEKS) >= 1
    assert len(lie(engine)) == 1
    assert months.keep(owner, late, WEEKS) == 0
    assert lie(engine) == []


def test_two_who_keep_at_once_do_it_once(owner: Engine, engine: Engine) -> None:
    see(engine, *(NOW + timedelta(days=40 * n) for n in range(6)))
    missed: list[int] = []
    threads = [
        threading.Thread(target=lambda: missed.append(months.keep(owner, NOW, WEEKS)))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert missed == [0, 0]
    assert "checks_default" not in {part for part, _ in lie(engine)}


def test_checks_that_come_in_while_months_are_made_are_all_there(
    owner: Engine, engine: Engine
) -> None:
    moments = [NOW + timedelta(days=n) for n in range(120)]
    threads = [threading.Thread(target=see, args=(engine, at)) for at in moments]
    for n, thread in enumerate(threads):
        thread.start()
        if n % 40 == 20:
            months.keep(owner, moments[n])
    for thread in threads:
        thread.join()
    months.keep(owner, moments[-1])
    assert [at for _, at in lie(engine)] == moments


def test_the_application_may_neither_make_nor_drop_a_month(owner: Engine, engine: Engine) -> None:
    months.keep(owner, NOW, WEEKS)
    for statement in ("DROP TABLE checks_2026_03", "CREATE TABLE checks_2020_01 (LIKE checks)"):
        with (
            pytest.raises(ProgrammingError, match=r"must be owner|permission denied"),
            engine.begin() as connection,
        ):
            connection.execute(text(statement))


def test_purge_keeps_the_months_and_every_spell_stays(
    sessions: Sessions, vault: Vault, owner: Engine
) -> None:
    watched = Watched(sessions, vault, NOW)
    (url_id,) = watched.watch("http://127.0.0.1:9/a")
    ports = replace(watched.ports, owner=owner)
    run(ports, "purge")
    with committing(sessions) as session:
        session.add(
            Spell(url_id=url_id, verdict="up", note="present", first_at=NOW, last_at=NOW, checks=1)
        )
        session.execute(SEEN, {"at": NOW})
    watched.now += timedelta(weeks=7)
    run(replace(watched.ports, owner=owner), "purge")
    assert len(watched.all(Check)) == 1
    watched.now += timedelta(weeks=6)
    run(replace(watched.ports, owner=owner), "purge")
    assert watched.all(Check) == []
    assert len(watched.all(Spell)) == 1


def test_what_is_seen_is_written_whether_its_month_is_there_or_not(
    sessions: Sessions, vault: Vault, owner: Engine
) -> None:
    watched = Watched(sessions, vault, NOW)
    watched.watch("http://127.0.0.1:9/a")
    watched.look()
    months.keep(owner, NOW, WEEKS)
    watched.now += timedelta(hours=2)
    watched.look()
    assert [part for part, _ in lie(owner)] == ["checks_2026_03"] * 2
