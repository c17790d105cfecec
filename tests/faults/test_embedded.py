"""The embedded server against kills, crowds and strangers: real processes only."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from embedded_homes import (
    HOLD,
    Holders,
    connect,
    crowd,
    leaves,
    new_home,
    not_root,
    postgres_in,
    postmaster,
    postmasters,
    said,
)
from patience import eventually, within

from takedown import embedded
from takedown.embedded import Embedded, EmbeddedError, WrongVersion


@pytest.fixture
def home() -> Iterator[Path]:
    with new_home() as path:
        yield path


@pytest.fixture
def holders(home: Path) -> Iterator[Holders]:
    with crowd(home) as present:
        yield present


def count(server: Embedded) -> int:
    with connect(server) as owner:
        row = owner.execute("SELECT count(*) FROM kept").fetchone()
    assert row is not None
    return int(row[0])


def kill_server(home: Path) -> None:
    pid = postmaster(home)
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: postmaster(home) is None)


def test_the_first_leaver_leaves_it_running_and_the_last_one_stops_it(
    home: Path, holders: Holders
) -> None:
    first, second = holders.begin(), holders.begin()
    assert [said(first), said(second)] == ["up", "up"]
    leaves(first)
    assert postmaster(home) is not None
    leaves(second)
    assert postmasters(home) == []
    assert not (home / "postgres/postmaster.pid").exists()


def test_eight_starters_at_once_share_one_server(home: Path, holders: Holders) -> None:
    crowd = [holders.begin() for _ in range(8)]
    assert [said(child) for child in crowd] == ["up"] * 8
    assert postmasters(home) == [postmaster(home)]
    for child in crowd:
        leaves(child)
    assert postmasters(home) == []


def test_two_homes_do_not_meet(home: Path) -> None:
    one, other = embedded.start(home / "one"), embedded.start(home / "other")
    with connect(one) as owner:
        owner.execute("CREATE TABLE kept (n int)")
    with connect(other) as owner:
        assert owner.execute("SELECT to_regclass('kept')").fetchone() == (None,)
    embedded.leave(home / "one")
    embedded.leave(home / "other")
    assert postmasters(home / "one") == postmasters(home / "other") == []


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_killed_holder_leaves_its_server_to_the_next_who_then_stops_it(
    home: Path, holders: Holders, how: signal.Signals
) -> None:
    with_child = HOLD.replace(
        'print("up"',
        'import subprocess as s; s.Popen(["sleep", "4"], stdout=s.DEVNULL); print("up"',
    )
    holder = holders.begin(with_child)
    assert said(holder) == "up"
    before = postmaster(home)
    holder.send_signal(how)
    holder.wait(10)
    assert postmaster(home) == before
    embedded.start(home)
    assert postmaster(home) == before
    embedded.leave(home)
    assert postmasters(home) == []


def test_a_server_killed_in_a_transaction_comes_back_with_what_was_committed(home: Path) -> None:
    server = embedded.start(home)
    with connect(server) as owner, connect(server) as busy:
        owner.execute("CREATE TABLE kept (n int)")
        owner.execute("INSERT INTO kept VALUES (1)")
        busy.execute("BEGIN")
        busy.execute("INSERT INTO kept VALUES (2)")
        kill_server(home)
        eventually(lambda: not postgres_in(home))  # a backend may serve a last word before it ends
        with pytest.raises(psycopg.OperationalError):
            busy.execute("COMMIT")
    assert embedded.start(home) == server
    assert count(server) == 1


def test_leaving_right_after_a_backend_crashed_does_not_hang(home: Path) -> None:
    server = embedded.start(home)
    for _ in range(3):
        embedded.start(home)
        with connect(server) as victim:
            os.kill(victim.info.backend_pid, signal.SIGKILL)
            with pytest.raises(psycopg.OperationalError):
                victim.execute("SELECT pg_sleep(1)")
        with within(10):
            embedded.leave(home)
        assert postmasters(home) == []


def test_a_backend_that_outlives_its_server_is_ended_before_a_new_one_starts(home: Path) -> None:
    server = embedded.start(home)
    endless = "DO $$ BEGIN LOOP PERFORM 1; END LOOP; END $$"
    psql = [str(server.bin / "psql"), "-h", str(server.data), "-U", "takedown_owner"]
    with subprocess.Popen([*psql, "-c", endless, "takedown"], stderr=subprocess.DEVNULL) as client:
        try:
            with connect(server) as owner:
                active = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active'"
                eventually(lambda: owner.execute(active).fetchone() == (2,))
            kill_server(home)
            embedded.start(home)
            client.wait(10)
        finally:
            client.kill()
    with connect(server) as owner:
        assert owner.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.parametrize("in_data_folder", [False, True])
def test_a_stranger_named_by_a_stale_pid_file_is_never_touched(
    home: Path, in_data_folder: bool
) -> None:
    server = embedded.start(home)
    kill_server(home)
    where = server.data if in_data_folder else Path("/")
    with subprocess.Popen(["sleep", "60"], cwd=where) as stranger:
        name_in_pid_file(server, stranger.pid)
        embedded.start(home)
        assert postmaster(home) not in (None, stranger.pid)
        name_in_pid_file(server, stranger.pid)
        embedded.leave(home)
        assert stranger.poll() is None
        embedded.start(home)
        assert len(postmasters(home)) == 1
        assert stranger.poll() is None
        stranger.kill()


def name_in_pid_file(server: Embedded, pid: int) -> None:
    path = server.data / "postmaster.pid"
    rest = path.read_text().split("\n", 1)[1]
    path.write_text(f"{pid}\n{rest}")


def test_a_server_whose_pid_file_was_lost_is_replaced_and_never_doubled(home: Path) -> None:
    server = embedded.start(home)
    with connect(server) as owner:
        owner.execute("CREATE TABLE kept (n int)")
    (server.data / "postmaster.pid").unlink()
    embedded.start(home)
    assert postmasters(home) == [postmaster(home)]
    assert count(server) == 0


def test_a_killed_initdb_leaves_nothing_that_the_next_start_minds(
    home: Path, holders: Holders
) -> None:
    starter = holders.begin()
    eventually(lambda: any(home.glob("postgres.new.*/base")))
    starter.kill()
    starter.wait(10)
    assert not (home / "postgres").exists()
    with connect(embedded.start(home)) as owner:
        assert owner.execute("SELECT 1").fetchone() == (1,)
    embedded.leave(home)
    embedded.start(home)
    eventually(
        lambda: [entry for entry in home.glob("postgres.new.*") if any(entry.iterdir())] == []
    )


def test_a_folder_that_holds_something_else_is_refused_and_left_alone(home: Path) -> None:
    (home / "postgres").mkdir(parents=True)
    os.chown(home / "postgres", *not_root())
    (home / "postgres/precious").write_text("mine")
    with pytest.raises(EmbeddedError, match="not empty and no database"):
        embedded.start(home)
    assert (home / "postgres/precious").read_text() == "mine"


def test_another_major_version_is_refused_by_name_and_left_alone(home: Path) -> None:
    server = embedded.start(home)
    embedded.leave(home)
    (server.data / "PG_VERSION").write_text("16\n")
    with pytest.raises(WrongVersion, match=r"PostgreSQL 16.* is 18"):
        embedded.start(home)
    assert (server.data / "PG_VERSION").read_text() == "16\n"
    assert postmasters(home) == []


FORK = """
import os, sys
from pathlib import Path
from takedown import embedded
embedded.start(Path(sys.argv[1]))
go = os.pipe()
if os.fork() == 0:
    os.close(go[1])
    os.read(go[0], 1)
    sys.exit(0)
if os.environ["FIRST"] == "child":
    os.write(go[1], b"x")
    os.wait()
    print("child left", flush=True)
    sys.stdin.read()
else:
    embedded.leave()
    print("parent left", flush=True)
    sys.stdin.read()
    os.write(go[1], b"x")
    os.wait()
"""


@pytest.mark.parametrize("first", ["child", "parent"])
def test_after_a_fork_the_server_lives_as_long_as_either_and_no_longer(
    home: Path, holders: Holders, first: str
) -> None:
    both = holders.begin(FORK, FIRST=first)
    assert said(both) == f"{first} left"
    assert postmaster(home) is not None
    leaves(both)
    assert postmasters(home) == []
