"""Publications: frozen, verified whatever happens after, corrected by numbers, never changed."""

import json
import os
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from paper_text import readings
from published_world import BEGIN, Ledger, Time, house
from publishing import (
    Told,
    again,
    asked,
    draft,
    made,
    published,
    shown,
    table,
    told,
    verified,
)

from takedown.db import Sessions, committing
from takedown.embedded import Embedded
from takedown.episodes.models import Episode, Outcome
from takedown.hosts.models import Host, Provider
from takedown.stats.figures import curve
from takedown.stats.groups import groups
from takedown.stats.publication import checking, drawing, making, methods, service
from takedown.stats.publication import frozen as room
from takedown.stats.publication.annual import counts_of
from takedown.stats.publication.house import House
from takedown.stats.publication.models import Edition, Publication, ReportKind
from takedown.stats.publication.service import PublicationRefused
from takedown.urls.models import Url
from takedown.vault import Vault


@pytest.fixture
def clock() -> Time:
    return Time()


@pytest.fixture(scope="module")
def year(server: Embedded, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """A year of cases and both editions of its report, made once."""
    with told(server, tmp_path_factory.mktemp("year")) as made_once:
        yield made_once


@pytest.fixture
def place(year: Told, tmp_path: Path, clock: Time) -> Iterator[House]:
    """The same year for this test alone."""
    with year.copied(tmp_path, clock) as one:
        yield one


@pytest.fixture
def empty(sessions: Sessions, vault: Vault, tmp_path: Path, clock: Time) -> House:
    """Where publications are made, nothing told yet."""
    return house(sessions, vault, tmp_path, clock)


def test_it_verifies_after_new_data_a_merge_a_renaming_and_a_changed_method(
    place: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = published(place, draft(place, Edition.FULL))
    before = shown(place, row)
    assert verified(place, row) == checking.Verified(True, None, True, 0)
    with committing(place.sessions) as session:
        firms = session.query(Provider).order_by(Provider.id).all()
        firms[0].merged_into_id = firms[1].id
        firms[1].public_name = "Quite Another Name"
        for episode in session.query(Episode).limit(20):
            episode.outcome, episode.provider_id = Outcome.RESCINDED, firms[2].id
        session.query(Url).update({Url.note: None})
    monkeypatch.setattr(making, "METHOD", "next")
    known = dict(methods.METHODS)
    known[ReportKind.ANNUAL, "next"] = lambda *a, **b: {"counts": {"provisional": 0}}
    monkeypatch.setattr(methods, "METHODS", known)
    assert verified(place, row) == checking.Verified(True, None, True, 0)
    assert shown(place, row) == before
    del known[ReportKind.ANNUAL, row.method]
    assert verified(place, row) == checking.Verified(True, None, False, 0)


def test_the_method_before_is_recomputed_without_what_came_since(place: House) -> None:
    row = draft(place, Edition.FULL)
    opened = room.open_frozen(place.folder(row.id))
    whole = opened.computed()
    before = methods.compute(ReportKind.ANNUAL, "2", opened, service.period(row))
    for name in ("overview", "home", "abroad", "before"):
        line = whole["rates"][name]
        for measure in ("likely_median_hours", "likely_p75_hours", "likely_p90_hours"):
            assert {"low", "high", "interval"} == line.pop(measure).keys()
    del whole["rates"]["survival"], whole["counts"]["cases"]["by_tld"]
    del whole["counts"]["domains"]["by_tld"], whole["counts"]["unnotified"]
    assert room.canonical(before) == room.canonical(whole)


def test_days_agree_with_shares_and_what_was_not_notified_has_its_reason(empty: House) -> None:
    with committing(empty.sessions) as session:
        ledger = Ledger(session, empty.vault)
        north = ledger.provider("Northhost")
        session.refresh(north, ["contacts"])
        gone = [3, 24.05, 24.05, 47, 48.05, 100, 300]  # some looks came minutes late
        for day, hours in enumerate(gone):
            at = BEGIN + timedelta(days=day)
            ledger.notice(north, [f"h{day}.example"], at, [hours])
        ledger.notice(north, ["late.example"], at, [None])
        for case in session.query(Episode).order_by(Episode.id.desc()).limit(1):
            case.notified_at = None
    row = made(empty)
    opened = room.open_frozen(empty.folder(row.id))
    whole = opened.computed()
    days = whole["counts"]["days"]["by_country"][0]
    told = [days[name][0] for name in ("day_1", "day_2", "day_3", "day_4_7", "day_later")]
    assert told == [3, 2, 0, 1, 1]
    for hours, n in (("24", 3), ("48", 5), ("72", 5), ("168", 6)):
        share = whole["rates"]["overview"]["gone"][hours]
        assert (share["low"] * 7, share["high"] * 7) == pytest.approx((n, n))
    before = methods.compute(ReportKind.ANNUAL, "3", opened, service.period(row))
    assert before["counts"]["days"]["by_country"][0]["day_1"][0] == 1
    lines = table(shown(empty, row), "unnotified")
    assert [tuple(line.values()) for line in lines] == [
        ("a notice is not sent, or not accepted yet", 1)
    ]


def test_a_single_changed_byte_is_found(place: House) -> None:
    row = draft(place, Edition.FULL)
    for name in ("figures.json", "computed.json", "ledger/cases.parquet", "manifest.json"):
        file = place.folder(row.id) / name
        whole = file.read_bytes()
        file.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        assert verified(place, row).broken == name
        file.write_bytes(whole)
    (place.folder(row.id) / "ledger" / "more.parquet").write_bytes(b"x")
    assert not verified(place, row).holds


def test_it_is_made_seven_days_after_the_cut_off_and_counts_as_of_it(
    place: House, clock: Time
) -> None:
    clock.now = datetime(2027, 1, 7, 23, 0, tzinfo=BEGIN.tzinfo)
    with place.sessions() as session:
        with pytest.raises(PublicationRefused, match="Too early"):
            service.ask(session, asked(), now=clock(), by="user:a")
        days = {"first": date(2025, 4, 1), "last": date(2026, 3, 31)}
        fiscal = service.ask(session, asked(**days), now=clock(), by="user:a")
        frozen = room.open_frozen(place.folder(draft(place, Edition.FULL).id))
        whole = counts_of(frozen, service.period(fiscal))["cases"]["all"]
    with place.sessions() as session:
        end = datetime(2026, 4, 1, tzinfo=BEGIN.tzinfo)
        told = session.query(Episode).filter(Episode.notified_at < end).all()
    late = [one for one in told if one.first_down_at is None or one.first_down_at > end]
    assert whole[0]["total"][0] == len(told)
    assert whole[0]["open"][0] == len(late)


def test_the_trusted_flaggers_table_equals_a_hand_count(empty: House) -> None:
    with committing(empty.sessions) as session:
        ledger = Ledger(session, empty.vault)
        north, south = ledger.provider("Northhost"), ledger.provider("Southhost")
        for one in (north, south):
            session.refresh(one, ["contacts"])
        at = BEGIN + timedelta(days=40)
        flagger = {"capacity": "trusted_flagger"}
        host = ["a.example", "b.example"]
        ledger.notice(north, host, at, [3, None], word="removed", **flagger)
        ledger.notice(north, ["c.example"], at, [None], word="disputed", **flagger)
        ledger.notice(
            north, ["d.example"], at, [9], word="removed", classification="national", **flagger
        )
        ledger.notice(south, ["e.example"], at, [2], **flagger)
        ledger.notice(
            south, ["f.example"], at, [2], word="gone", outcome=Outcome.RESCINDED, **flagger
        )
        ledger.notice(south, ["g.example"], at, [2], word="removed")  # as a hotline
        ledger.notice(south, ["h.example"], at + timedelta(days=400), [2], **flagger)
    said = {"en": "Nobody pays us per notice.", "fr": "Personne ne nous paie par notification."}
    row = made(empty, kind=ReportKind.DSA22, independence=said)
    document = shown(empty, row)
    assert [tuple(line.values()) for line in table(document, "dsa_by_provider")] == [
        ("Northhost", "removed", 2, 3),
        ("Northhost", "refused", 1, 1),
        ("Southhost", "removed", 1, 1),
        ("Southhost", "no decision known", 1, 1),
    ]
    assert [tuple(line.values()) for line in table(document, "dsa_by_content")] == [
        ("baseline/1 baseline", "removed", 2, 3),
        ("baseline/1 baseline", "refused", 1, 1),
        ("baseline/1 baseline", "no decision known", 1, 1),
        ("baseline/1 national", "removed", 1, 1),
    ]
    totals = {line["measure"]: line["value"] for line in table(document, "dsa_totals")}
    assert (totals["Items"], totals["Rescinded items"]) == (6, 1)
    assert "Nobody pays us" in json.dumps(document)
    assert "Personne ne nous paie" in json.dumps(shown(empty, row, "fr"))


def test_no_location_is_in_any_byte_of_it(empty: House) -> None:
    """The paper says what the page says and takes its time: it is read with `PAPER=1`."""
    with committing(empty.sessions) as session:
        ledger = Ledger(session, empty.vault)
        firm = ledger.provider("Northhost")
        session.refresh(firm, ["contacts"])
        for number in range(6):
            hosts = [f"canary{number}.example", "canary.example"]
            ledger.notice(firm, hosts, BEGIN + timedelta(days=number), [5, None])
    paper = ["pdf"] if os.environ.get("PAPER") else []
    row = made(empty, formats=["xlsx", "csv", "json", "parquet", "html", *paper])
    folder = empty.folder(row.id)
    read = [one for file in folder.rglob("*") if file.is_file() for one in contents(file)]
    assert len(read) > 60
    for canary in (b"canary", b"192.0.2.10", b"abuse@"):
        assert not any(canary in one for one in read)


def test_curves_and_suffixes_stand_in_it(empty: House) -> None:
    with committing(empty.sessions) as session:
        ledger = Ledger(session, empty.vault)
        firm = ledger.provider("Northhost", "FR")
        session.refresh(firm, ["contacts"])
        names = ["one.example", "one.test", "192.0.2.77", "two.test"]
        for number, name in enumerate(names):
            ledger.notice(firm, [name], BEGIN + timedelta(days=number), [5.0 * number or None])
        one, same, address, _ = session.query(Host).order_by(Host.id)
        address.kind, one.label_index, same.label_index = "address", b"one", b"one"
    row = made(empty, languages=["en"])
    document = shown(empty, row)
    suffixes = {line["suffix"]: line for line in table(document, "tld")}
    assert {name: (line["total"], line["open"]) for name, line in suffixes.items()} == {
        ".test": (2, 0),
        ".example": (1, 1),
        "no name, an address alone": (1, 0),
    }
    assert {name: line["hopped"] for name, line in suffixes.items()} == {
        ".test": 1,
        ".example": 1,
        "no name, an address alone": 0,
    }
    points = {line["age"]: line for line in table(document, "survival")}
    frozen = room.open_frozen(empty.folder(row.id))
    steps = curve(groups(frozen.facts, service.period(row).query(), "all"))
    for age, line in points.items():
        step = [one for one in steps if one["minute"] <= age * 60][-1]
        assert (line["still_there_low"], line["still_there_high"]) == (step["low"], step["high"])
    assert [points[age]["at_risk"] for age in (1, 8, 12, 672)] == [3, 2, 1, 0]


def contents(file: Path) -> list[bytes]:
    """A file's bytes, and what is packed in it; Parquet's text as DuckDB reads it."""
    found = [file.read_bytes()]
    if zipfile.is_zipfile(file):
        with zipfile.ZipFile(file) as pack:
            found += [pack.read(name) for name in pack.namelist()]
    if file.suffix == ".parquet":
        with duckdb.connect() as work:
            found.append(repr(work.execute(f"SELECT * FROM '{file}'").fetchall()).encode())
    if file.suffix == ".pdf":
        found += [one.encode() for one in readings(found[0])]
        assert any(b"Northhost" in one for one in found)  # it is read indeed
    return found


def test_the_public_edition_waits_until_its_providers_have_had_their_figures(
    place: House, clock: Time
) -> None:
    row = draft(place, Edition.PUBLIC)
    with pytest.raises(PublicationRefused, match="have not been sent"):
        published(place, row)
    with committing(place.sessions) as session:
        service.told(session, session.get_one(Publication, row.id), now=clock(), by="user:a")
    clock.now += timedelta(days=13)
    with pytest.raises(PublicationRefused, match="less than 14 days"):
        published(place, row)
    clock.now += timedelta(days=1)
    assert published(place, row).state == "published"
    document = shown(place, row)
    shares = [line["provider"] for line in table(document, "shares_provider")]
    assert shares == sorted(shares, key=str.casefold)
    for sheet in document["sheets"]:
        for one in sheet["tables"]:
            for line in one["lines"]:
                small = [value for value in line.values() if type(value) is int and value < 5]
                assert not small, one
    pages = drawing.own_figures(place, again(place, row), "fr")
    assert pages[:2] == b"PK"


def test_a_draft_that_nobody_publishes_goes_and_a_published_one_stays(
    place: House, clock: Time
) -> None:
    kept, left = published(place, draft(place, Edition.FULL)), draft(place, Edition.PUBLIC)
    clock.now += service.KEPT + timedelta(days=1)
    with committing(place.sessions) as session:
        assert making.expire(session, place, clock()) == 1
    assert again(place, left).state == "expired" and not place.folder(left.id).exists()
    with committing(place.sessions) as session:
        row = session.get_one(Publication, kept.id)
        service.withdraw(session, row, why="not ours to tell", now=clock(), by="user:b")
    assert again(place, kept).state == "withdrawn" and verified(place, kept).holds
