"""Proof: what left for a provider, in a chain that shows every change; its list against ours."""

import json
import uuid
from base64 import b64decode
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cast import HOTLINE, Cast, later
from click.testing import CliRunner
from desk import Accepts, Desk

from notices.channels.base import SendError
from takedown.cli import takedown
from takedown.cli.door import Refused
from takedown.db import Sessions, committing
from takedown.hosts.models import Provider
from takedown.outbox.evidence import chain, gathering, paper
from takedown.outbox.models import Notice
from takedown.outbox.reconciling import Result, UnreadableList, reconcile
from takedown.vault import Vault

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def desk(sessions: Sessions, vault: Vault) -> Desk:
    """One notice about two addresses: refused for now, then accepted."""
    with committing(sessions) as session:
        cast = Cast(session, vault, NOW)
        provider = cast.provider()
        cast.contact(provider)
        route = cast.route(status="verified")
        for place in "ab":
            cast.known(f"https://media.example.test/{place}.jpg", provider, route)
    made = Desk(sessions, vault, NOW)
    made.channel = Accepts(SendError("mail", "450 4.2.0 greylisted", code=450))
    made.approve(made.compose().notices)
    made.send()
    made.pass_time(hours=1)
    made.send()
    assert made.all(Notice)[0].accepted_at is not None
    return made


def evidence(desk: Desk) -> dict:
    with desk.sessions() as session:
        notice = desk.all(Notice)[0]
        return gathering.evidence(
            *(session, desk.vault, HOTLINE, session.get_one(Provider, notice.provider_id)),
            gathering.urls_of(session, notice.id),
            about=notice.number,
            now=desk.now,
        )


def test_evidence_tells_the_bytes_each_answer_and_the_queue_id(desk: Desk) -> None:
    document = evidence(desk)
    told = [(entry["what"], entry["detail"].get("code")) for entry in document["entries"]]
    assert told[0] == ("approved", None)
    assert ("answered", 450) in told
    last = document["entries"][-1]["detail"]
    assert (last["queue_id"], last["to"]) == ("QUEUE42", "abuse@harbour.example")
    assert b64decode(document["entries"][0]["content"]) == desk.channel.messages[0]


def test_a_chain_holds_until_anything_is_changed_left_out_or_put_in(desk: Desk) -> None:
    whole = evidence(desk)
    assert chain.broken(json.loads(json.dumps(whole))) is None

    def altered(change) -> int | None:
        copy = json.loads(json.dumps(whole))
        change(copy)
        return chain.broken(copy)

    assert altered(lambda one: one["entries"][1]["detail"].update(code=250)) == 2
    assert altered(lambda one: one["entries"].pop(1)) == 2
    assert altered(lambda one: one["entries"].insert(1, one["entries"][1])) == 3
    assert altered(lambda one: one["entries"].pop()) == 0
    assert altered(lambda one: one["about"]["to"].update(name="Another")) == 1
    assert altered(lambda one: one["entries"][0].update(content="AAAA")) == 1
    assert altered(lambda one: one["entries"][0].update(content="no base64")) == 1
    assert altered(lambda one: one.update(entries=[7])) == 0
    assert chain.broken({"something": "else"}) == 0


def test_the_same_facts_have_the_same_seal_whenever_the_file_is_made(desk: Desk) -> None:
    before = evidence(desk)
    desk.pass_time(days=3)
    after = evidence(desk)
    assert before["made_at"] != after["made_at"]
    assert before["seal"] == after["seal"]


def test_evidence_names_no_person_of_ours_and_no_other_recipient(desk: Desk) -> None:
    with committing(desk.sessions) as session:
        cast = Cast(session, desk.vault, NOW)
        cast.contact(cast.provider("Westcloud"), "abuse@westcloud.example")
    text = json.dumps(evidence(desk))
    assert "alice" not in text
    assert "estcloud" not in text


def test_where_nothing_has_left_there_is_nothing_to_prove(desk: Desk) -> None:
    with desk.sessions() as session, pytest.raises(gathering.NothingLeft):
        gathering.evidence(
            *(session, desk.vault, HOTLINE, desk.all(Provider)[0], [uuid.UUID(int=7)]),
            about="2026-000001",
            now=desk.now,
        )


@pytest.mark.parametrize("lang", paper.LANGUAGES)
def test_evidence_is_printed_in_both_languages(desk: Desk, lang: str) -> None:
    document = evidence(desk)
    with desk.sessions() as session:
        letters = gathering.letters(session, desk.vault, document["about"]["notices"])
    assert "hxxps://media[.]example[.]test/a.jpg" in letters[0][3]
    assert paper.printed(document, letters, lang).startswith(b"%PDF-")


def test_a_page_that_refers_to_something_elsewhere_is_not_printed() -> None:
    for page in (
        '<img src="file:///etc/passwd">',
        '<link rel="stylesheet" href="http://192.0.2.1/">',
    ):
        with pytest.raises(paper.Elsewhere):
            paper.pdf(page)


def compare(desk: Desk, table: str | bytes, **when: datetime) -> Result:
    raw = table.encode() if isinstance(table, str) else table
    with desk.sessions() as session:
        return reconcile(
            *(session, desk.vault, desk.all(Notice)[0].provider_id, raw),
            since=when.get("since", NOW),
            until=when.get("until", later(desk.now, hours=1)),
        )


def test_a_list_is_compared_by_number_by_location_and_by_both(desk: Desk) -> None:
    number = desk.all(Notice)[0].number
    for table in (
        f"ticket;notice\n7;{number.lower()}\n",
        "url\nhttps://MEDIA.example.test:443/a.jpg\nhxxps://media[.]example[.]test/b.jpg\n",
        f"{number},https://media.example.test/a.jpg\n{number},https://media.example.test/b.jpg\n",
        f'subject\n"Re: [{number}] please act, soon"\n'.encode("utf-16"),
    ):
        result = compare(desk, table)
        assert (len(result.both), result.ours, result.theirs) == (2, (), ()), table


def test_what_only_one_side_knows_is_told(desk: Desk) -> None:
    number = desk.all(Notice)[0].number
    table = (
        "date,notice,url\n"
        f"1 March,{number},https://media.example.test/a.jpg\n"
        f"1 March,{number},https://other.example.org/\n"
        "1 March,NTD-2020-000001,\n"
    )
    result = compare(desk, table)
    assert len(result.both) == 1
    assert [one.case for one in result.ours] == ["2026-000002"]
    assert result.theirs == (3, 4)
    assert result.unread == (1,)


def test_what_was_accepted_on_other_days_does_not_count(desk: Desk) -> None:
    result = compare(desk, "", since=later(NOW, days=1), until=later(NOW, days=2))
    assert result == Result((), (), (), ())


@pytest.mark.parametrize("raw", [b"PK\x03\x04\x00\x00", b'"' + b"x" * 200_000])
def test_what_is_no_table_is_refused(desk: Desk, raw: bytes) -> None:
    with pytest.raises(UnreadableList):
        compare(desk, raw)


def test_anybody_checks_a_file_by_command(desk: Desk, tmp_path: Path) -> None:
    whole, file = evidence(desk), tmp_path / "evidence.json"
    file.write_text(json.dumps(whole))
    said = CliRunner().invoke(takedown, ["evidence", "--verify", str(file), "--json"])
    assert json.loads(said.output)["seal"] == whole["seal"]
    file.write_text(json.dumps(whole).replace("greylisted", "welcome"))
    said = CliRunner().invoke(takedown, ["evidence", "--verify", str(file)])
    assert isinstance(said.exception, Refused)
