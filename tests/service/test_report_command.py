"""`takedown report` as an operator types it: asked for, verified, corrected, compared, listed."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from published_world import NOW, a_year
from sqlalchemy.orm import Session

from config.settings import load
from takedown import cli, wiring
from takedown.audit import AuditEntry
from takedown.db import committing
from takedown.episodes.models import Episode, Outcome
from takedown.flow.ports import Ports
from takedown.flow.reports import house
from takedown.stats.definitions import METHOD
from takedown.stats.publication import service
from takedown.stats.publication.models import Publication
from takedown.vault import make_master_key

CLOSED = {
    "LOOKUP__DNS_SERVERS": "127.0.0.1:5399",
    "LOOKUP__RDAP_URL": "http://127.0.0.1:5398",
    "MAIL__SMTP_URL": "smtp://127.0.0.1:5397",
    "CHECKS__OPEN_NETWORKS": "127.0.0.0/8",
    "HOTLINE__COUNTRY": "FR",
    "HOTLINE__NAME": "Example Hotline",
}
FISCAL = ("--from", "2026-01-01", "--to", "2026-12-31")
Typed = Callable[..., tuple[int, str, str]]


@pytest.fixture
def ports(
    database: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Ports]:
    """An installation in a closed world, in whose ledger a year has been lived."""
    own = {
        "HOME": str(tmp_path / "home"),
        "DATABASE__URL": database[1],
        "DATABASE__OWNER_URL": database[0],
        "SECRETS__MASTER_KEY": make_master_key(),
    }
    for name, value in {**CLOSED, **own}.items():
        monkeypatch.setenv(f"TAKEDOWN_{name}", value)
    wiring.migrate(load())
    made = wiring.build_ports(load(), clock=lambda: NOW)
    a_year(made.sessions, made.vault, notices=4)
    yield made
    closed(made)


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Typed:
    """Type `takedown report ...`: its exit code, and what it says on either stream."""

    real, opened = wiring.build_ports, list[Ports]()

    def build(*given: Any, **more: Any) -> Ports:
        opened.append(real(*given, **more))
        return opened[-1]

    def type_in(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["takedown", "report", *words])
        code = 0
        try:
            cli.main()
        except SystemExit as left:
            code = int(left.code or 0)
        while opened:  # a process would end here
            closed(opened.pop())
        said = capsys.readouterr()
        return code, said.out.strip(), said.err.strip()

    monkeypatch.setattr(wiring, "build_ports", build)
    return type_in


def closed(ports: Ports) -> None:
    ports.sessions.kw["bind"].dispose()


def published(ports: Ports, number: str, by: str = "user:second") -> None:
    with committing(ports.sessions) as session:
        service.publish(session, row(session, number), now=NOW, by=by)


def row(session: Session, number: str) -> Publication:
    found = service.find(session, number)
    assert found is not None
    return found


def test_a_report_from_the_freeze_to_the_erratum(
    ports: Ports, typed: Typed, tmp_path: Path
) -> None:
    now = ("--now", "2027-01-20T09:00Z")
    out = tmp_path / "out"
    assert typed("list") == (0, "none yet", "")
    assert typed("verify") == (0, "nothing is published yet", "")
    early = typed("annual", *FISCAL, "-o", str(out), "--now", "2027-01-05T09:00Z")
    assert early[0] == 1, early
    assert early[2].startswith("Too early: a report is made at the earliest")
    assert typed("annual", *FISCAL, "-o", str(out), "--format", "exe")[0] == 2
    code, said, _ = typed(
        "annual", *FISCAL, *now, "--lang", "en,fr", "--format", "json,html", "-o", str(out)
    )
    first, digest, *files = said.splitlines()
    number = first.partition(",")[0]
    assert (code, first) == (0, "PUB-2027-0001, a draft: a second person publishes it")
    assert [Path(one).name for one in files] == [
        f"{number}-annual-{lang}.{form}" for lang in ("en", "fr") for form in ("json", "html")
    ]
    assert json.loads(Path(files[0]).read_bytes())["digest"] == digest.partition(" ")[2]
    assert typed("erratum", number, "--why", "x", *now)[2] == "It is not published."
    published(ports, number)
    made_later = typed(
        "files", number.lower(), "--lang", "fr", "--format", "html,csv", "-o", str(out)
    )
    assert [Path(one).suffix for one in made_later[1].splitlines()] == [".html", ".zip"]
    corrected(ports, typed, number, now)
    trusted_flaggers(typed, out, now)
    told = [one.split() for one in typed("list")[1].splitlines()]
    assert [one[:4] for one in told] == [
        ["PUB-2027-0003", "draft", "dsa22", "full"],
        ["PUB-2027-0002", "draft", "annual", "full"],
        ["PUB-2027-0001", "published", "annual", "full"],
    ]
    tampered(ports, typed, number)
    with ports.sessions() as session:
        acts = [one.action for one in session.query(AuditEntry).order_by(AuditEntry.number)]
    asked = ["report.ask", "report.export"]
    assert acts == [*asked, "report.export", "report.erratum", "report.export", *asked]


def corrected(ports: Ports, typed: Typed, number: str, now: tuple[str, str]) -> None:
    """One case was wrong: an erratum says which figures differ, and so does a comparison."""
    with committing(ports.sessions) as session:
        wrong = session.query(Episode).filter_by(outcome=Outcome.REMOVED).first()
        wrong.outcome = Outcome.RESCINDED
    out = ("-o", str(ports.facts_dir.parent / "out"))
    code, said, _ = typed("erratum", number, "--why", "one was wrong", "--json", *out, *now)
    made = json.loads(said)
    assert (code, made["number"]) == (0, "PUB-2027-0002")
    front = json.loads(Path(made["files"][0]).read_bytes())["about"]
    assert front["Corrects"] == f"{number}, erratum 1: one was wrong"
    with pytest.raises(service.PublicationRefused, match="a second person does"):
        published(ports, made["number"], by=wiring.operating_system_user())
    assert typed("verify") == (0, f"{number} (method {METHOD}) holds", "")
    whole = {one["place"]: (one["before"][0], one["after"][0]) for one in made["differences"]
             if one["place"].startswith("/counts/cases/all/all/")}  # fmt: skip
    assert set(whole) == {f"/counts/cases/all/all/{name}" for name in ("removed", "rescinded")}
    assert whole["/counts/cases/all/all/rescinded"] == (0, 1)
    assert json.loads(typed("compare", number, "PUB-2027-0002", "--json")[1]) == made["differences"]
    told = typed("compare", number, "PUB-2027-0002")[1].splitlines()
    assert told[0] == f"{len(made['differences'])} figures differ:"
    assert typed("compare", number, number) == (0, "no figure differs", "")


def trusted_flaggers(typed: Typed, out: Path, now: tuple[str, str]) -> None:
    """The yearly report of a trusted flagger, with its own words on independence."""
    words = out / "procedures.en.txt"
    words.write_text("Nobody pays us per notice.")
    code, said, _ = typed(
        *("dsa22", *FISCAL, *now, "--format", "json", "-o", str(out)), "--independence", str(words)
    )
    assert (code, said.splitlines()[0]) == (
        0,
        "PUB-2027-0003, a draft: a second person publishes it",
    )
    assert "Nobody pays us per notice." in (out / "PUB-2027-0003-dsa22-en.json").read_text()


def tampered(ports: Ports, typed: Typed, number: str) -> None:
    """A changed byte is found, and a number that nobody gave."""
    assert typed("verify", "PUB-2027-0099")[2] == "there is no publication of that number"
    with ports.sessions() as session:
        folder = house(ports).folder(row(session, number).id)
    figures = folder / "figures.json"
    figures.write_bytes(figures.read_bytes() + b" ")
    code, said, wrong = typed("verify", number, "--json")
    assert (code, json.loads(said)[0]["broken"]) == (1, "figures.json")
    assert wrong == "a publication does not hold"
    refused = typed("files", number, "--format", "parquet", "-o", str(folder / "out"))
    assert refused[0] == 1 and "not as they were sealed" in refused[2]
