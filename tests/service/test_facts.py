"""Facts: what the ledger becomes, month by month, without a location; and what comes of a kill."""

import json
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cast import Cast, Known, letter
from sqlalchemy import event, select, update
from sqlalchemy.orm import Session

from takedown.checks.models import CheckState
from takedown.db import Sessions, new_id
from takedown.episodes.models import Outcome
from takedown.hosts.models import Host, Provider, TraceProvider
from takedown.outbox.models import Delivery, NoticeStatus
from takedown.routes import agreements, forwarding, holds
from takedown.routes.models import Agreement, RouteKind, RouteStatus
from takedown.routes.table import RouteRow
from takedown.stats import figures
from takedown.stats.facts import Facts, NoFacts, adding, open_facts, refresh
from takedown.stats.facts.layout import closed, files
from takedown.stats.facts.numbers import of_hosts
from takedown.stats.query import Query
from takedown.vault import Vault

HOUR = timedelta(hours=1)


class Ledger:
    """A database with a cast, and its facts."""

    def __init__(self, sessions: Sessions, vault: Vault, folder: Path, now: datetime) -> None:
        self.sessions, self.vault, self.folder, self.now = sessions, vault, folder, now
        self.session: Session = sessions()
        self.cast = Cast(self.session, vault, now)
        self.provider = self.cast.provider(public_name="Harbour")
        self.route = self.cast.route()

    def case(self, name: str, *, notified: datetime | None = None) -> Known:
        """A Url at the provider, its notice accepted."""
        made = self.cast.known(name, self.provider, self.route)
        made.episode.notified_at = notified or self.now
        return made

    def gone(self, known: Known, hours: float) -> None:
        """It went, so many hours after its notice."""
        episode = known.episode
        assert episode.notified_at is not None
        episode.last_up_at = episode.notified_at + (hours - 1) * HOUR
        episode.first_down_at = episode.confirmed_at = episode.notified_at + hours * HOUR
        episode.outcome, episode.closed_at = Outcome.REMOVED, episode.confirmed_at

    def write(self, after: timedelta) -> Facts:
        """Commit, and write the facts so much later."""
        self.session.commit()
        return self.refresh(self.now + after)

    def refresh(self, now: datetime, folder: Path | None = None) -> Facts:
        """Write the facts as the stage does: commit, then point."""
        folder = folder or self.folder
        with refresh(self.session, folder, now, vault=self.vault, home="FR") as written:
            self.session.commit()
            written.point()
        self.read = written.changed
        return open_facts(folder)

    def versions(self) -> list[str]:
        """What lies there."""
        return [path.name for path in self.folder.iterdir() if path.name[0].isdigit()]


@pytest.fixture
def ledger(sessions: Sessions, vault: Vault, tmp_path: Path, now: datetime) -> Ledger:
    return Ledger(sessions, vault, tmp_path / "facts", now)


def total(facts: Facts, **query: object) -> dict[str, object]:
    found: dict[str, object] = figures.overview(facts, Query(**query))["total"]  # type: ignore[arg-type]
    return found


def test_without_a_run_of_the_stage_there_are_no_facts(tmp_path: Path) -> None:
    with pytest.raises(NoFacts):
        open_facts(tmp_path)


def test_only_what_changed_is_read_again_and_readers_keep_what_they_hold(ledger: Ledger) -> None:
    old = [ledger.case(f"https://a{n}.example.test/x") for n in range(3)]
    late = ledger.case("https://b.example.test/x", notified=ledger.now + 40 * 24 * HOUR)
    for known in old:
        ledger.gone(known, 20)
    first = ledger.write(timedelta(days=41))
    assert total(first)["removed"] == 3
    assert total(first)["open"] == 1
    months = {path.name: path.stat().st_ino for path in (first.path / "closed").iterdir()}
    assert list(months) == ["2026-03.parquet"]
    ledger.gone(late, 30)
    second = ledger.write(timedelta(days=42))
    assert total(second)["removed"] == 4
    assert total(second)["open"] == 0
    again = {path.name: path.stat().st_ino for path in (second.path / "closed").iterdir()}
    assert again["2026-03.parquet"] == months["2026-03.parquet"]
    assert total(first)["removed"] == 3
    old[0].episode.outcome, old[0].episode.closed_at = Outcome.OPEN, None
    third = ledger.write(timedelta(days=43))
    assert (total(third)["removed"], total(third)["open"]) == (3, 1)
    assert first.path.exists()
    gone = second.path
    del second
    ledger.write(timedelta(days=44))
    assert not gone.exists()


Change = Callable[[Ledger, Known], object]


def seen_up(ledger: Ledger, known: Known) -> None:
    state = ledger.session.get_one(CheckState, known.url.id)
    state.last_up_at, state.verdict = ledger.now + 30 * HOUR, "blocked"


def routed_anew(ledger: Ledger, known: Known) -> None:
    ledger.cast.decision(known.url, known.trace, None, kind="police")


def notice_came_back(ledger: Ledger, known: Known) -> None:
    contact = ledger.cast.contact(known.provider)
    notice = letter(known.provider, contact, ledger.now, status=NoticeStatus.ACCEPTED)
    known.episode.notice_id = notice.id
    ledger.session.add(notice)
    ledger.session.flush()
    ledger.session.add(
        Delivery(
            id=new_id(),
            notice_id=notice.id,
            contact_id=contact.id,
            medium="email",
            status="bounced",
            due_at=ledger.now,
            created_at=ledger.now,
            digest=b"",
        )
    )


def held(ledger: Ledger, known: Known, subject: str = "url") -> None:
    place = {"url": known.url.id, "provider": known.provider.id}[subject]
    holds.place(
        ledger.session,
        subject=subject,
        subject_id=place,
        asked_by="a unit",
        reason="r",
        probes_go_on=True,
        placed_by="user:cast",
        now=ledger.now,
    )


def forwarded_no_more(ledger: Ledger, known: Known) -> None:
    forwarding.add(ledger.session, "NL", reason="r", by="user:a", now=ledger.now)


def forwarded_again(ledger: Ledger, known: Known) -> None:
    forwarding.remove(ledger.session, "DE", by="user:b")


def registrar_repointed(ledger: Ledger, known: Known) -> None:
    other = ledger.cast.provider("Registrar the Second")
    mine = TraceProvider.trace_id == known.trace.id
    ledger.session.execute(update(TraceProvider).where(mine).values(provider_id=other.id))


def registrar_merged_where_both_stood(ledger: Ledger, known: Known) -> None:
    """The one that goes leaves its place to the one that stays, which had it already: no row of
    the chain is written, one is only taken away."""
    mine = select(TraceProvider).where(TraceProvider.trace_id == known.trace.id)
    row = ledger.session.scalars(mine).one()
    gone = ledger.session.get_one(Provider, row.provider_id)
    gone.merged_into_id = ledger.cast.provider("Registrar the Second").id
    ledger.session.delete(row)


def agreed_otherwise(ledger: Ledger, known: Known) -> None:
    ledger.session.scalars(select(Agreement)).one().police_first = True


def agreement(ledger: Ledger) -> uuid.UUID:
    """What was signed with the Netherlands."""
    row = RouteRow(
        country="NL",
        direction="home",
        kind=RouteKind.DIRECT,
        source="made up",
        checked_on=ledger.now.date(),
        status=RouteStatus.VERIFIED,
        via="Example Line",
        basis="a paper",
    )
    return agreements.record(ledger.session, row, ends_on=None, by="user:a", now=ledger.now).id


@pytest.mark.parametrize(
    ("change", "read"),
    [
        (lambda ledger, known: None, 0),
        (seen_up, 1),
        (routed_anew, 1),
        (notice_came_back, 1),
        (lambda ledger, known: ledger.gone(known, 20), 1),
        (lambda ledger, known: setattr(known.url, "classification", "national"), 1),
        (registrar_repointed, 1),
        (registrar_merged_where_both_stood, 3),
        (agreed_otherwise, 3),
        (held, 3),
        (lambda ledger, known: held(ledger, known, "provider"), 3),
        (forwarded_no_more, 3),
        (forwarded_again, 3),
        (lambda ledger, known: setattr(ledger.route, "police_first", True), 3),
    ],
)
def test_whatever_changed_is_read_and_what_did_not_change_is_not(
    ledger: Ledger, tmp_path: Path, change: Change, read: int
) -> None:
    cases = [ledger.case(f"https://a{n}.example.test/x") for n in range(3)]
    registrar = ledger.cast.provider("Registrar")
    forwarding.add(ledger.session, "DE", reason="r", by="user:a", now=ledger.now)
    cases[2].episode.country = "DE"
    cases[1].decision.agreement_id = agreement(ledger)
    for known in cases:
        ledger.session.add(CheckState(url_id=known.url.id, lane=b"", clock_at=ledger.now))
        ledger.session.add(
            TraceProvider(
                trace_id=known.trace.id, role="registrar", provider_id=registrar.id, source="rdap"
            )
        )
    before = episodes(ledger.write(timedelta(days=2)))
    change(ledger, cases[1])
    after = episodes(ledger.write(timedelta(days=3)))
    assert ledger.read == read
    assert (after != before) == (read > 0)
    whole = ledger.refresh(ledger.now + timedelta(days=3), tmp_path / "anew")
    assert ledger.read == 3 and episodes(whole) == after


def episodes(facts: Facts) -> list[dict[str, object]]:
    """Every episode, without the numbers that each folder gives its providers."""
    source = files([facts.path / "open.parquet", *closed(facts.path)])
    named = "(SELECT id FROM {} WHERE number = {}) AS {}"
    providers = files([facts.path / "providers.parquet"])
    told = ", ".join(named.format(providers, f"e.{one}", one) for one in ("provider", "registrar"))
    found = facts.cursor().execute(
        f"SELECT * EXCLUDE (provider, registrar), {told} FROM {source} e ORDER BY id"
    )
    columns = [one[0] for one in found.description or ()]
    return [dict(zip(columns, row, strict=True)) for row in found.fetchall()]


def test_no_location_stands_in_any_file_of_the_facts(ledger: Ledger) -> None:
    canary = "canary-in-the-mine"
    known = ledger.case(f"https://{canary}.example.test/{canary}.jpg")
    ledger.gone(known, 20)
    ledger.case(f"https://other.{canary}.test/x")
    hidden = ledger.cast.provider(f"{canary} Ltd")
    ledger.cast.known("https://media.example.test/a.jpg", hidden, ledger.route)
    facts = ledger.write(timedelta(days=2))
    assert total(facts)["removed"] == 1
    found = [path for path in ledger.folder.rglob("*") if path.is_file()]
    assert len(found) > 10
    for path in found:
        content = path.read_bytes().lower()
        assert canary.encode() not in content, path.name
        assert b"192.0.2.10" not in content, path.name
    columns = facts.cursor().execute(f"DESCRIBE SELECT * FROM {files(closed(facts.path))}")
    texts = facts.cursor().execute(
        f"SELECT * FROM {files([*closed(facts.path), facts.path / 'open.parquet'])}"
    )
    assert columns.fetchall()
    assert canary not in str(texts.fetchall())
    names = facts.cursor().execute(f"SELECT * FROM {files([facts.path / 'providers.parquet'])}")
    assert canary not in str(names.fetchall())


def test_the_funnel_begins_with_what_no_provider_is_responsible_for_yet(ledger: Ledger) -> None:
    cast = ledger.cast
    ledger.gone(ledger.case("https://a.example.test/x"), 5)
    cast.url("https://b.example.test/x", cast.host("b.example.test"), status="registered")
    cast.url("https://b.example.test/y", cast.host("c.example.test"), status="needs_operator",
             received_at=ledger.now - 400 * 24 * HOUR)  # fmt: skip
    facts = ledger.write(timedelta(days=2))

    def steps(**asked: object) -> list[int]:
        query = Query(**asked)  # type: ignore[arg-type]
        return [step["urls"] for step in figures.funnel(facts, query)["steps"]]

    assert steps() == [3, 3, 1, 0, 1]
    assert steps(from_=ledger.now - 24 * HOUR) == [2, 2, 1, 0, 1]
    assert steps(to=ledger.now - 24 * HOUR) == [1, 1, 0, 0, 0]
    assert steps(class_="baseline") == [3, 3, 1, 0, 1]
    assert steps(class_="national") == [0, 0, 0, 0, 0]
    assert steps(country="NL") == [1, 1, 1, 0, 1]


def test_a_host_keeps_its_number_and_a_domain_is_one_whatever_its_hosts(ledger: Ledger) -> None:
    for name in ("a.example.com", "b.example.com", "example.net", "example.org"):
        ledger.gone(ledger.case(f"https://{name}/1"), 5)
    first = numbers(ledger.write(timedelta(days=2)))
    ledger.gone(ledger.case("https://a.example.com/2"), 9)
    second = numbers(ledger.write(timedelta(days=3)))
    assert second[:4] == first
    assert len({host for host, _ in second}) == 4
    assert second[4] == first[0]
    assert len({domain for _, domain in second}) == 3


def numbers(facts: Facts) -> list[tuple[int, int]]:
    rows = facts.cursor().execute(
        f"SELECT host, domain FROM {files(closed(facts.path))} ORDER BY url"
    )
    return [(row[0], row[1]) for row in rows.fetchall()]


def test_what_was_added_up_beforehand_is_what_is_added_up_when_asked(ledger: Ledger) -> None:
    for n in range(6):
        known = ledger.case(f"https://h{n}.example.test/x", notified=ledger.now + n * 9 * 24 * HOUR)
        if n % 3:
            ledger.gone(known, 7 + 30 * n)
    facts = ledger.write(timedelta(days=70))
    for view in (figures.overview, figures.league, figures.countries, figures.months):
        ready, now = view(facts, Query()), view(facts, Query(cutoff=facts.as_of))
        for answer in (ready, now):
            del answer["filters"]
        assert json.dumps(ready, sort_keys=True) == json.dumps(now, sort_keys=True)


def test_a_run_that_fails_leaves_what_was_there(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.case("https://a.example.test/x")
    first = ledger.write(timedelta(days=1))
    ledger.case("https://b.example.test/x")
    with monkeypatch.context() as broken:
        broken.setattr(adding, "add_up", full_disk)
        with pytest.raises(OSError, match="disk"):
            ledger.write(timedelta(days=2))
    assert ledger.versions() == [first.version] == [open_facts(ledger.folder).version]
    assert total(ledger.write(timedelta(days=2)))["open"] == 2


def test_readers_follow_only_after_the_commit_that_keeps_the_numbers_of_hosts(
    ledger: Ledger,
) -> None:
    first = ledger.write(timedelta(days=1))
    known = ledger.case("https://b.example.test/x")
    ledger.gone(known, 7)
    ledger.session.commit()
    event.listen(ledger.session, "before_commit", full_disk, once=True)
    with pytest.raises(OSError, match="disk"):
        ledger.refresh(ledger.now + timedelta(days=2))
    ledger.session.rollback()
    assert ledger.versions() == [first.version] == [open_facts(ledger.folder).version]
    facts = ledger.refresh(ledger.now + timedelta(days=3))
    with ledger.sessions() as session:
        (kept,) = of_hosts(session, ledger.vault, session.scalars(select(Host.id))).values()
    assert numbers(facts) == [(kept.host, kept.domain)]


def full_disk(*_: object) -> None:
    raise OSError("disk full")
