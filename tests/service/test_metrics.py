"""What waits and how fast looking goes: on a port of its own, and no location in any label."""

import re
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import sessionmaker
from watched import HOUR, MINUTE, Watched

from scheduler import metrics
from takedown.checks.backlog import measure
from takedown.db import Sessions, committing
from takedown.flow import run
from takedown.flow.ports import Ports
from takedown.vault import Vault

HOST = "media.metrics.example.test"


@pytest.fixture
def watched(sessions: Sessions, vault: Vault, now: datetime) -> Watched:
    """Three Urls, one looked at a minute ago, one waiting for its anchor, one for its turn."""
    watched = Watched(sessions, vault, now)
    _, anchor, turn = watched.watch(*(f"http://{HOST}/{n}" for n in range(3)))
    with committing(sessions) as session:
        for url_id, ago, rank in ((anchor, 20 * MINUTE, 1), (turn, 2 * HOUR, 5)):
            session.execute(
                text("UPDATE check_state SET next_check_at = :at, rank = :rank WHERE url_id = :id"),
                {"at": now - ago, "rank": rank, "id": url_id},
            )
        session.execute(
            text("UPDATE check_state SET next_check_at = :at WHERE url_id = :id"),
            {"at": now + HOUR, "id": watched.urls[0]},
        )
        for ago, vantage, status in ((1, "direct", 200), (2, "direct", None), (30, "north", 404)):
            session.execute(
                text(
                    "INSERT INTO checks (url_id, at, verdict, note, vantage, status, dns,"
                    " duration_ms, bytes_read)"
                    " VALUES (:id, :at, 'up', 'present', :vantage, :status, 'ok', 1, 1)"
                ),
                {"id": anchor, "at": now - ago * MINUTE, "vantage": vantage, "status": status},
            )
    return watched


def ports(watched: Watched) -> Ports:
    made = watched.ports
    return replace(made, probing=replace(made.probing, vantages={"direct": None, "south": None}))


@pytest.fixture
def told(watched: Watched) -> Iterator[str]:
    """What Prometheus reads."""
    server = metrics.serve(ports(watched), "127.0.0.1", 0)
    assert server is not None
    with urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/metrics") as answer:
        yield answer.read().decode()
    server.shutdown()
    server.server_close()


def test_the_backlog_tells_anchors_from_the_rest_and_every_vantage_point(watched: Watched) -> None:
    with watched.sessions() as session:
        found = measure(session, ("direct", "south"), watched.now)
    assert (found.due, found.overdue, found.oldest) == (2, 2, watched.now - 2 * HOUR)
    assert (found.anchors.due, found.anchors.oldest) == (1, watched.now - 20 * MINUTE)
    direct, south, north = found.vantages
    assert (direct.name, direct.hour, direct.lately, direct.silent) == ("direct", 2, 2, 1)
    assert direct.last == watched.now - MINUTE
    assert direct.a_second == 2 / 300
    assert (south.name, south.hour, south.last) == ("south", 0, None)  # set, and silent
    assert (north.name, north.hour, north.lately) == ("north", 1, 0)  # looked, not set any more


def test_an_anchor_within_its_window_is_due_and_not_overdue(watched: Watched) -> None:
    with watched.sessions() as session:
        found = measure(session, (), watched.now - 10 * MINUTE)
    assert (found.anchors.due, found.anchors.overdue) == (1, 0)


def test_prometheus_reads_it_on_a_port_of_its_own(told: str) -> None:
    for line in (
        "takedown_database_up 1.0",
        'takedown_checks_due{kind="anchor"} 1.0',
        'takedown_checks_overdue{kind="other"} 1.0',
        'takedown_checks_oldest_seconds{kind="other"} 7200.0',
        'takedown_checks_last_hour{vantage="north"} 1.0',
        'takedown_checks_per_second{vantage="south"} 0.0',
    ):
        assert line in told.splitlines(), line


def test_stages_tell_what_they_did(watched: Watched) -> None:
    run(watched.ports, "purge", every=3600)
    (done,) = [
        one for one in metrics.House(watched.ports).collect() if one.name == "takedown_stage_done"
    ]
    assert [sample.labels for sample in done.samples] == [{"stage": "purge"}]


def test_no_label_holds_a_location_or_an_id(told: str, watched: Watched) -> None:
    labels = set(re.findall(r'(\w+)="([^"]*)"', told))
    assert {name for name, _ in labels} <= {"kind", "vantage", "stage"}
    assert HOST not in told and "example" not in told
    assert not any(str(url_id) in told for url_id in watched.urls)


def test_a_database_that_is_away_is_a_figure_and_no_error(watched: Watched) -> None:
    nowhere = sessionmaker(create_engine("postgresql+psycopg://127.0.0.1:1/none"))
    (only,) = metrics.House(replace(watched.ports, sessions=nowhere)).collect()
    assert [(sample.name, sample.value) for sample in only.samples] == [("takedown_database_up", 0)]


def test_figures_are_read_once_in_a_while_however_often_they_are_asked_for(
    watched: Watched,
) -> None:
    house = metrics.House(watched.ports)
    assert house.collect() is house.collect()


def test_a_port_that_is_taken_keeps_nothing_from_running(
    watched: Watched, caplog: pytest.LogCaptureFixture
) -> None:
    first = metrics.serve(watched.ports, "127.0.0.1", 0)
    assert first is not None
    assert metrics.serve(watched.ports, "127.0.0.1", first.server_port) is None
    assert "their port is taken" in caplog.text
    first.shutdown()
    first.server_close()
