"""From a due row to a committed verdict: real lanes on a real PostgreSQL, real sockets."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta

import pytest
from patience import eventually, within
from sqlalchemy import text, update
from watched import DAY, HOUR, MINUTE, Watched

from takedown.checks import batches, manual, service
from takedown.checks.batches import LEASE, Batch
from takedown.checks.calibrating import Step
from takedown.checks.finding import Finding
from takedown.checks.lanes import LOST, RIPE, SUSPECT
from takedown.checks.models import Check
from takedown.checks.verdict import Verdict
from takedown.db import Sessions, committing
from takedown.people.tasks import Task
from takedown.urls.models import Url
from takedown.vault import Vault
from tests.service.hostile_host import OK, Host, host

GONE = b"HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\nContent-Length: 9\r\n\r\n"
FINE = Finding(status=200, content_type="image/jpeg", content_length=81_234)


class Site:
    """A host that has what a test put there and says 404 to all else."""

    def __init__(self) -> None:
        self.paths = {"/a": OK}
        self.at: Host

    def talk(self, connection: socket.socket, request: bytes) -> None:
        path = request.split()[1].decode()
        connection.sendall(self.paths.get(path, GONE))

    def url(self, path: str = "/a") -> str:
        return self.at.url(self.at.address, path)

    def asked(self) -> list[str]:
        return [request.split()[1].decode() for request in self.at.requests]


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    with host(made.talk, "127.0.0.11") as made.at:
        yield made


@pytest.fixture
def watched(sessions: Sessions, vault: Vault, now: datetime) -> Watched:
    return Watched(sessions, vault, now)


def claim(watched: Watched, batch: int = 100, **how: bool) -> Batch | None:
    with committing(watched.sessions) as session:
        fields = {"one_each": False} | how
        return batches.claim(session, watched.vault, now=watched.now, batch=batch, **fields)


def record(watched: Watched, batch: Batch, finding: Finding = FINE) -> None:
    with committing(watched.sessions) as session:
        findings = {due.row.url_id: finding for due in batch.due}
        batches.record(
            session,
            watched.vault,
            batch,
            findings,
            now=watched.now,
            interval=watched.interval,
        )


def test_two_looks_a_minute_apart_and_one_at_what_cannot_exist(
    watched: Watched, site: Site
) -> None:
    (url,) = watched.watch(site.url())
    watched.look()
    assert watched.state().calibration == Step.SECOND
    assert watched.due() == watched.now + MINUTE
    watched.now += MINUTE
    watched.look()
    assert watched.state().calibration == Step.DONE
    assert site.asked() == ["/a", "/a", f"/{url.hex[-16:]}"]
    assert watched.verdicts()[:2] == ["up", "up"]


def test_a_host_that_says_yes_to_everything_proves_nothing(watched: Watched, site: Site) -> None:
    (url,) = watched.watch(site.url())
    site.paths[f"/{url.hex[-16:]}"] = OK
    watched.calibrate()
    watched.live_until(watched.now + HOUR)
    assert watched.verdicts()[-1] == "unknown"
    assert watched.asked() == ["manual_finding"]


def test_what_head_is_refused_for_is_shown_to_a_person(watched: Watched, site: Site) -> None:
    site.paths["/a"] = b"HTTP/1.1 405 Method Not Allowed\r\n\r\n"
    watched.watch(site.url())
    watched.calibrate()
    assert watched.state().calibration == Step.NOT_CALIBRATED
    assert watched.asked() == ["manual_finding"]


@pytest.mark.parametrize("role", ["host", "platform"])
def test_a_removal_is_confirmed_after_a_day_and_dated_back(
    watched: Watched, site: Site, role: str
) -> None:
    watched.watch(site.url(), role=role)
    watched.calibrate()
    removed_at = watched.now + 10 * HOUR
    watched.live_until(removed_at)
    last_up = watched.state().last_up_at
    del site.paths["/a"]
    watched.live_until(removed_at + 3 * DAY)
    state, episode = watched.state(), watched.episode()
    assert state.confirmed_at is not None and state.first_down_at is not None
    assert state.confirmed_at - state.first_down_at >= DAY
    assert episode.outcome == "removed" and episode.removed_by == role
    assert episode.last_up_at == last_up
    assert last_up is not None and last_up < removed_at < state.first_down_at
    assert episode.first_down_at == state.first_down_at
    assert state.first_down_at - last_up < 4 * HOUR
    assert watched.url().status == "removed"


def test_an_hour_of_silence_is_no_removal(watched: Watched, site: Site) -> None:
    watched.watch(site.url())
    watched.calibrate()
    watched.live_until(watched.now + 6 * HOUR)
    site.paths["/a"] = b"HTTP/1.1 503 Service Unavailable\r\n\r\n"
    watched.live_until(watched.now + HOUR)
    site.paths["/a"] = OK
    watched.live_until(watched.now + 3 * DAY)
    assert watched.episode().outcome == "open" and watched.url().status == "notified"
    assert watched.state().run_first_at is None


def test_up_twice_after_a_removal_opens_the_case_again(watched: Watched, site: Site) -> None:
    watched.watch(site.url())
    watched.calibrate()
    del site.paths["/a"]
    watched.live_until(watched.now + 3 * DAY)
    assert watched.url().status == "removed"
    site.paths["/a"] = OK
    back = watched.now
    watched.live_until(back + 2 * DAY)
    ups = [one.at for one in watched.all(Check) if one.verdict == "up" and one.at >= back]
    with watched.sessions() as session:
        kinds = session.execute(
            text("SELECT outcome, reappeared_at FROM episodes ORDER BY ordinal")
        )
        assert (kinds.first()) == ("removed", ups[0])
    assert "reappeared" in watched.asked()
    assert ups[1] - ups[0] >= HOUR
    assert watched.state().clock_at == ups[1], "the cadence counts anew"
    assert watched.state().confirmed_at is None


def test_verdicts_that_follow_each_other_make_spells(watched: Watched, site: Site) -> None:
    watched.watch(site.url())
    watched.calibrate()
    for _ in range(3):
        watched.live_until(watched.due() or watched.now)
    ups = watched.state().spell_checks
    del site.paths["/a"]
    watched.live_until(watched.due() or watched.now)
    watched.live_until(watched.due() or watched.now)
    assert watched.spells() == [("up", ups)]
    assert (watched.state().verdict, watched.state().spell_checks) == ("down", 2)


def test_a_persons_word_is_an_observation_with_its_own_mark(watched: Watched, site: Site) -> None:
    site.paths["/a"] = b"HTTP/1.1 405 Method Not Allowed\r\n\r\n"
    (url_id,) = watched.watch(site.url())
    watched.calibrate()
    seen_at = watched.now
    watched.now += HOUR
    with committing(watched.sessions) as session:
        manual.enter_finding(
            session,
            watched.vault,
            session.get_one(Url, url_id),
            Verdict.UP,
            seen_at=seen_at,
            how="own viewer",
            now=watched.now,
            by="user:alice",
        )
    state = watched.state()
    assert (state.verdict, state.last_up_at, state.last_up_manual) == ("up", seen_at, True)
    assert watched.asked() == [], "the task that asked for it is settled"
    assert len(watched.verdicts()) == 2, "no probe's check was made up"


def test_an_accepted_notice_restarts_the_clock_of_what_is_not_gone(
    watched: Watched, site: Site
) -> None:
    watched.watch(site.url())
    watched.calibrate()
    watched.live_until(watched.now + 4 * DAY + 2 * HOUR)
    with committing(watched.sessions) as session:
        service.restart_clock(session, watched.urls, at=watched.now, first_gap=15 * MINUTE)
    assert watched.state().clock_at == watched.now
    assert watched.due() == watched.now + 15 * MINUTE


def test_a_lane_is_leased_to_one_worker_at_a_time(watched: Watched) -> None:
    watched.watch("http://127.0.0.12/a", "http://127.0.0.12/b", "http://127.0.0.13/c")
    first = claim(watched, one_each=True)
    assert first is not None and len(first.due) == 2, "one of each address"
    assert claim(watched) is None, "both lanes are taken, whatever is due in them"
    record(watched, first)
    again = claim(watched)
    assert again is not None
    assert {due.row.url_id for due in again.due}.isdisjoint(due.row.url_id for due in first.due)


def test_workers_at_once_share_the_lanes(watched: Watched) -> None:
    watched.watch(*[f"http://127.0.1.{n}/a" for n in range(1, 41)])
    got: list[Batch | None] = []
    together = threading.Barrier(4)

    def worker() -> None:
        together.wait()
        got.append(claim(watched, batch=10, one_each=True))

    workers = [threading.Thread(target=worker) for _ in range(4)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    urls = [due.row.url_id for batch in got if batch for due in batch.due]
    assert len(urls) == len(set(urls)) == 40


def test_a_lost_lease_records_nothing(watched: Watched) -> None:
    watched.watch("http://127.0.0.12/a")
    slow = claim(watched)
    watched.now += LEASE
    quick = claim(watched)
    assert slow is not None and quick is not None
    record(watched, slow)
    assert watched.verdicts() == [] and watched.state().calibration == Step.FIRST
    record(watched, quick)
    assert watched.verdicts() == ["up"]


def test_a_url_that_kills_its_workers_is_taken_alone_then_put_aside_and_others_go_on(
    watched: Watched,
) -> None:
    ids = watched.watch("http://127.0.0.12/a", "http://127.0.0.12/b")
    poison = set()
    for lost in range(LOST):
        taken = claim(watched)
        assert taken is not None and taken.lease.suspect == (lost >= SUSPECT)
        assert len(taken.due) == (2 if lost == 0 else 1), "one Url, so that it is found"
        poison = {due.row.url_id for due in taken.due}
        watched.now += LEASE
    other = claim(watched)
    assert other is not None and other.lease.suspect
    assert {due.row.url_id for due in other.due} == set(ids) - poison
    assert {task.subject_id for task in watched.all(Task)} == poison
    assert watched.asked() == ["manual_finding"]
    record(watched, other)
    assert claim(watched) is None


def test_a_suspect_lane_does_not_wait_for_ever(watched: Watched) -> None:
    watched.watch("http://127.0.0.12/a")
    for _ in range(SUSPECT):
        assert claim(watched) is not None
        watched.now += LEASE
    watched.now += RIPE
    watched.watch("http://127.0.0.13/a")
    first = claim(watched)
    assert first is not None and first.lease.suspect


def test_a_suspect_lane_waits_for_the_others(watched: Watched) -> None:
    watched.watch("http://127.0.0.12/a")
    for _ in range(SUSPECT):
        assert claim(watched) is not None
        watched.now += LEASE
    (healthy,) = watched.watch("http://127.0.0.13/a")
    first = claim(watched)
    assert first is not None and [due.row.url_id for due in first.due] == [healthy]
    assert claim(watched, alone=False) is None, "not while anything else is under way"
    record(watched, first)
    last = claim(watched)
    assert last is not None and last.lease.suspect


def test_politeness_is_one_look_an_interval_and_the_rest_is_left(
    watched: Watched, site: Site
) -> None:
    site.paths["/b"] = OK
    watched.interval = timedelta(seconds=3)
    watched.watch(site.url("/a"), site.url("/b"))
    tally = watched.look()
    assert (tally.done, tally.left) == (1, 1)
    watched.now += timedelta(seconds=2)
    assert watched.look().done == 0
    watched.now += timedelta(seconds=1)
    assert watched.look().done == 1
    assert sorted(site.asked()) == ["/a", "/b"]


def test_a_host_that_asks_for_time_gets_it(watched: Watched, site: Site) -> None:
    site.paths["/a"] = b"HTTP/1.1 429 Too Many\r\nRetry-After: 7200\r\n\r\n"
    site.paths["/b"] = OK
    watched.interval = timedelta(seconds=3)
    watched.watch(site.url("/a"))
    watched.look()
    watched.watch(site.url("/b"))
    watched.now += HOUR
    assert watched.look().done == 0, "the other Url of that address waits as well"
    watched.now += 2 * HOUR
    assert watched.look().done == 1


def test_a_tarpit_keeps_its_own_lane_and_nobody_else_waits(watched: Watched) -> None:
    over = threading.Event()

    def hang(connection: socket.socket, _: bytes) -> None:
        over.wait()

    def good(connection: socket.socket, _: bytes) -> None:
        connection.sendall(OK)

    watched.deadline_s = 60.0
    with ExitStack() as stack:
        stack.callback(over.set)
        places: list[tuple[str, Callable[..., None]]] = [("127.0.0.20", hang)]
        places += [(f"127.0.0.{n}", good) for n in range(21, 41)]
        hosts = [stack.enter_context(host(talk, address)) for address, talk in places]
        watched.watch(*[at.url(at.address) for at in hosts])
        passing = threading.Thread(target=watched.look)
        with within(3.5):
            passing.start()
            eventually(lambda: len(watched.all(Check)) == 20, 30)
        assert passing.is_alive()  # it hangs until it is told, and the others did not wait for it
        over.set()
        passing.join()
    assert watched.verdicts(watched.urls[0]) == ["unreachable"]


def test_a_limit_is_kept(watched: Watched, site: Site) -> None:
    site.paths |= {f"/{n}": OK for n in range(5)}
    watched.watch(*[site.url(f"/{n}") for n in range(5)])
    tally = watched.look(limit=3)
    assert (tally.claimed, tally.done, tally.left) == (3, 3, 2)


def test_what_does_not_open_keeps_nobody_waiting(watched: Watched, site: Site) -> None:
    watched.watch(site.url("/a"), site.url("/b"))
    with committing(watched.sessions) as session:
        session.execute(update(Url).where(Url.id == watched.urls[1]).values(location=b"\0" * 40))
    assert watched.look().done == 1
    assert watched.asked() == ["security"]
    assert watched.state(watched.urls[1]).next_check_at == watched.now + HOUR


def test_a_stopped_url_is_looked_at_no_more(watched: Watched, site: Site) -> None:
    watched.watch(site.url())
    with committing(watched.sessions) as session:
        service.stop_checks(session, watched.urls)
    assert watched.look().claimed == 0 and site.asked() == []
