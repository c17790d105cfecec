"""From lines to rows: what is accepted, what is handed back, and many who register at once."""

import random
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from psycopg import DataError
from sqlalchemy import func, select, text

from takedown import audit
from takedown.audit import AuditEntry
from takedown.checks.models import CheckState
from takedown.checks.service import Opening, open_checks
from takedown.db import Sessions, committing
from takedown.hosts.models import Host
from takedown.people.tasks import Task
from takedown.urls import service
from takedown.urls.entry import Entry, Schemes
from takedown.urls.models import Report, Url
from takedown.urls.reading import read
from takedown.urls.service import Registration
from takedown.vault import Vault, cohort_of

ROOT = Path(__file__).parents[2]
SCHEMES = Schemes(
    "baseline/1",
    {"baseline/1": frozenset({"baseline"}), "other/1": frozenset({"severe", "mild"})},
)


class Desk:
    """Registers lines on the test's own database."""

    def __init__(self, sessions: Sessions, vault: Vault, now: datetime) -> None:
        self.sessions, self.vault, self.now = sessions, vault, now

    def register(self, lines: Iterable[str]) -> Registration:
        return service.register(
            self.sessions,
            self.vault,
            read(lines, now=self.now, schemes=SCHEMES),
            now=self.now,
            actor="cli:alice",
        )

    def count(self, kind: type) -> int:
        with self.sessions() as session:
            return session.scalar(select(func.count()).select_from(kind)) or 0

    def locations(self) -> list[str]:
        """All that is registered, opened."""
        with self.sessions() as session:
            urls = session.scalars(select(Url))
            return [self.vault.open("urls.location", url.id, url.location) for url in urls]

    def host(self) -> Host:
        with self.sessions() as session:
            return session.scalars(select(Host)).one()


@pytest.fixture
def desk(sessions: Sessions, vault: Vault, now: datetime) -> Desk:
    return Desk(sessions, vault, now)


def test_eight_lines_are_registered_and_two_are_handed_back(desk: Desk) -> None:
    result = desk.register(
        [
            "hxxps://media[.]example[.]test/a.jpg",
            "http://media.example.test/b.jpg",
            "nothing to open here",
            "",
            "# a remark",
            "https://médias.example.test/c",
            "https://media.example.test:8443/d?x=1",
            "<https://media.example.test/e>",
            "http://192.0.2.7/f",
            "https://media.example.test/a.jpg#top",
            "ftp://media.example.test/g",
            '{"url": "https://media.example.test/h", "classification": "severe"}',
        ]
    )
    assert (result.registered, result.repeated) == (7, 1)
    assert [(one.line, one.field) for one in result.refused] == [(3, "url"), (11, "url")]
    assert all("example" not in one.reason for one in result.refused)
    assert set(desk.locations()) == {
        "https://media.example.test/a.jpg",
        "http://media.example.test/b.jpg",
        "https://xn--mdias-bsa.example.test/c",
        "https://media.example.test:8443/d?x=1",
        "https://media.example.test/e",
        "http://192.0.2.7/f",
        "https://media.example.test/h",
    }


def test_a_refusal_names_its_line_and_field_and_stops_nothing(desk: Desk) -> None:
    result = desk.register(
        [
            "url,classification,received_at,priority",
            "https://media.example.test/a,severe,2026-03-01T09:00Z,no",
            "https://media.example.test/b,unheard-of,,",
            "https://media.example.test/c,severe,yesterday,",
            "https://media.example.test/d,severe,,perhaps",
            "https://media.example.test/e,mild,,yes",
        ]
    )
    assert result.registered == 2
    assert [(one.line, one.field) for one in result.refused] == [
        (3, "classification"),
        (4, "received_at"),
        (5, "priority"),
    ]


def test_a_repeat_adds_a_report_and_asks_where_two_disagree(desk: Desk) -> None:
    first = desk.register(['{"url": "https://media.example.test/a", "classification": "severe"}'])
    again = desk.register(["https://media.example.test/b", "https://media.example.test/a"])
    assert (again.registered, again.repeated) == (1, 1)
    assert again.ids[1] == first.ids[0] and again.new == [True, False]
    assert (desk.count(Url), desk.count(Report)) == (2, 3)
    with desk.sessions() as session:
        assert [(one.kind, one.subject_id) for one in session.scalars(select(Task))] == [
            ("classification", first.ids[0])
        ]


def test_a_repeat_within_the_file_is_one_url_and_two_reports(desk: Desk) -> None:
    result = desk.register(["https://media.example.test/a", "hxxps://media[.]example[.]test/a"])
    assert (result.registered, result.repeated, result.new) == (1, 1, [True, False])
    assert (desk.count(Url), desk.count(Report)) == (1, 2)


def test_a_victim_at_risk_is_told_to_the_police_at_once(desk: Desk) -> None:
    desk.register(['{"url": "https://media.example.test/a", "victim_at_risk": true}'])
    with desk.sessions() as session:
        assert [one.kind for one in session.scalars(select(Task))] == ["victim_at_risk"]


@pytest.mark.parametrize("apart", [True, False])
def test_danger_that_a_later_report_tells_of_holds_for_the_url(desk: Desk, apart: bool) -> None:
    lines = [
        "https://media.example.test/a",
        '{"url": "https://media.example.test/a", "victim_at_risk": true, "priority": true}',
        "https://media.example.test/a",
    ]
    for portion in [[line] for line in lines] if apart else [lines]:
        desk.register(portion)
    with desk.sessions() as session:
        url = session.scalars(select(Url)).one()
        assert url.victim_at_risk
        assert url.priority


@pytest.mark.parametrize(
    ("field", "value"),
    [("received_at", "0001-01-01T00:00+05:00"), ("note", "\\ud800"), ("note", "x" * 10_001)],
)
def test_a_field_that_no_row_can_hold_is_handed_back_alone(
    desk: Desk, field: str, value: str
) -> None:
    bad = f'{{"url": "https://media.example.test/b", "{field}": "{value}"}}'
    result = desk.register(["https://media.example.test/a", bad, "https://media.example.test/c"])
    assert result.registered == 2
    assert [(one.line, one.field) for one in result.refused] == [(2, field)]


def test_one_audit_entry_tells_of_the_whole_file_and_of_no_location(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "BATCH", 10)
    result = desk.register([f"https://media.example.test/{n}" for n in range(35)] + ["nonsense"])
    with desk.sessions() as session:
        (entry,) = session.scalars(select(AuditEntry))
        assert entry.actor == "cli:alice" and entry.action == "urls.register"
        assert entry.detail == {
            "registered": 35,
            "repeated": 0,
            "refused": 1,
            "ids_sha256": audit.digest_of_ids(result.ids),
        }


def test_a_file_that_breaks_off_is_audited_as_far_as_it_was_registered(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "BATCH", 10)

    def breaking() -> Iterator[str]:
        yield from (f"https://media.example.test/{n}" for n in range(25))
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="gone"):
        desk.register(breaking())
    assert desk.count(Url) == 20
    with desk.sessions() as session:
        assert session.scalars(select(AuditEntry)).one().detail["registered"] == 20


def test_what_cannot_be_written_stops_the_run_and_what_was_is_audited(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "BATCH", 10)
    lines = [f"https://media.example.test/{n}" for n in range(30)]
    entries = list(read(lines, now=desk.now, schemes=SCHEMES))
    poison = entries[15]
    assert isinstance(poison, Entry)
    entries[15] = replace(poison, reference="\0")
    with pytest.raises(DataError):
        service.register(desk.sessions, desk.vault, entries, now=desk.now, actor="cli:alice")
    assert desk.count(Url) == 10
    with desk.sessions() as session:
        assert session.scalars(select(AuditEntry)).one().detail["registered"] == 10


def test_a_host_follows_its_latest_url_to_that_months_key(desk: Desk) -> None:
    desk.register(["https://media.example.test/a"])
    before = desk.host()
    desk.now += timedelta(days=31)
    desk.register(["https://media.example.test/b"])
    after = desk.host()
    assert before.id == after.id
    assert (before.cohort, after.cohort) == (cohort_of(desk.now - timedelta(days=31)), 202604)
    assert int.from_bytes(after.name[:4], "big") == after.cohort
    assert desk.vault.open("hosts.name", after.id, after.name) == "media.example.test"


def test_nothing_registered_can_be_read_in_the_database(desk: Desk) -> None:
    desk.register(
        [
            '{"url": "https://someone@media.example.test/hidden-path#here",'
            ' "parent": "https://media.example.test/hidden-page",'
            ' "referrer": "https://media.example.test/hidden-referrer", "note": "hidden-note"}'
        ]
    )
    with desk.sessions() as session:
        for table in ("urls", "hosts", "reports", "audit_entries", "tasks", "events"):
            for row in session.execute(text(f"SELECT * FROM {table}")):
                said = b"|".join(v if isinstance(v, bytes) else str(v).encode() for v in row)
                assert b"hidden" not in said and b"media.example" not in said


def test_more_lines_than_a_statement_has_places_are_registered_and_opened(desk: Desk) -> None:
    result = desk.register(f"https://host-{n % 70}.example.test/{n}" for n in range(6_000))
    assert result.registered == 6_000 == desk.count(Url)
    openings = [Opening(url_id, b"lane", desk.now, None) for url_id in result.ids]
    with committing(desk.sessions) as session:
        open_checks(session, openings, now=desk.now)
    assert desk.count(CheckState) == 6_000


def test_overlapping_unsorted_files_at_once_never_deadlock(
    desk: Desk, database: tuple[str, str], tmp_path: Path
) -> None:
    known, taken = 3_000, 2_000
    words = [sys.executable, "-m", "tests.service.registrant", database[1]]
    words.append(str(tmp_path / "keys" / "months.json"))
    started = [
        subprocess.Popen(
            [*words, str(seed), str(known), str(taken)],
            cwd=ROOT,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for seed in range(4)
    ]
    for one in started:
        assert one.stdout is not None and one.stdout.readline() == "ready\n"
    said = [one.communicate("go\n", timeout=100)[0].split() for one in _released(started)]
    assert [one.returncode for one in started] == [0] * 4
    wanted = {n for seed in range(4) for n in random.Random(seed).sample(range(known), taken)}
    assert sum(int(registered) for registered, _ in said) == len(wanted) == desk.count(Url)
    assert desk.count(Report) == 4 * taken
    with desk.sessions() as session:
        assert session.scalar(select(func.count()).select_from(AuditEntry)) == 4
        assert audit.verify(session, desk.vault.audit_key) is None


def _released(started: list[subprocess.Popen[str]]) -> list[subprocess.Popen[str]]:
    """All begin before the first is waited for."""
    for one in started:
        assert one.stdin is not None
        one.stdin.write("go\n")
        one.stdin.flush()
    return started
