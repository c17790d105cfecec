"""What comes back, on a real database: matched by what proves it, acted upon, or a person's."""

import json
import os
from base64 import b64encode
from datetime import UTC, date, datetime
from email.message import EmailMessage
from pathlib import Path
from time import monotonic

import pytest
from cast import Cast, Known
from desk import Accepts, Desk
from mailroom import Mailroom
from sqlalchemy import create_engine, select, text

from notices.channels.base import Ambiguous
from notices.tokens import sign
from takedown.checks import service as checks
from takedown.checks.models import CheckState
from takedown.db import committing, new_id
from takedown.episodes.models import Episode
from takedown.hosts.models import Contact, Host, Provider
from takedown.outbox import complaints
from takedown.outbox.inbox import acting, storing
from takedown.outbox.inbox.models import Claim, InboundMail
from takedown.outbox.models import Delivery, DeliveryStatus, Notice
from takedown.people.tasks import Task
from takedown.urls.models import Url, UrlStatus


@pytest.fixture
def harbour(desk: Desk) -> Known:
    with committing(desk.sessions) as session:
        cast = Cast(session, desk.vault, desk.now)
        provider = cast.provider()
        cast.contact(provider)
        return cast.known("https://media1.example.test/a1.jpg", provider, cast.route())


@pytest.fixture
def mailroom(desk: Desk, harbour: Known, tmp_path: Path) -> Mailroom:
    return Mailroom(desk, tmp_path / "answers")


def tasks(desk: Desk) -> list[tuple[str, str]]:
    return sorted((one.kind, one.why) for one in desk.all(Task) if one.done_at is None)


def state_of_the_world(desk: Desk) -> str:
    """Everything that a mail could have changed, but for the mails themselves."""
    tables = (Delivery, Notice, Url, Contact, Task, Host, Episode)
    rows = [
        {name: repr(value) for name, value in vars(row).items() if name[0] != "_"}
        for table in tables
        for row in desk.all(table)
    ]
    return json.dumps(rows, sort_keys=True)


def watch(desk: Desk, known: Known) -> None:
    """The Url is looked at from now on; its next check lies a day ahead."""
    with committing(desk.sessions) as session:
        opening = checks.Opening(known.url.id, bytes(16), desk.now, 24)
        checks.open_checks(session, [opening], now=desk.now)


def test_an_acknowledgement_is_noted_and_its_number_kept_for_the_next_subject(
    mailroom: Mailroom, desk: Desk
) -> None:
    mailroom.sent()
    mailroom.answered("acknowledges")
    assert (mailroom.run().done, list(mailroom.folder.glob("*.eml"))) == (1, [])
    (delivery,), (notice,), (mail,) = desk.all(Delivery), desk.all(Notice), desk.all(InboundMail)
    assert delivery.status == DeliveryStatus.ACKNOWLEDGED
    assert desk.vault.open("notices.ticket", notice.id, notice.ticket) == "[AbuseID:7F3A21]"
    assert (mail.state, mail.matched_by, mail.kind) == ("filed", "token", "acknowledgement")
    assert tasks(desk) == []
    (contact,) = desk.all(Contact)
    assert (contact.answers, contact.last_answer_at) == (1, desk.now)
    desk.pass_time(hours=25)
    desk.compose()
    subjects = [desk.vault.open("notices.subject", one.id, one.subject) for one in desk.all(Notice)]
    assert "[AbuseID:7F3A21]" in subjects[1]


def test_a_bounce_moves_the_delivery_and_the_health_of_the_contact_and_asks_a_person(
    mailroom: Mailroom, desk: Desk
) -> None:
    mailroom.sent()
    mailroom.answered("bounces")
    mailroom.run()
    (delivery,), (contact,) = desk.all(Delivery), desk.all(Contact)
    assert delivery.status == DeliveryStatus.BOUNCED
    assert (contact.bounces, contact.last_bounce_at) == (1, desk.now)
    assert tasks(desk) == [("bounced", "delivery:bounced")]
    mailroom.drop(mailroom.reply("bounces", message_id="<another@relay.test>"))
    mailroom.run()
    assert desk.all(Contact)[0].bounces == 1


def test_a_delay_is_noted_and_moves_nothing(mailroom: Mailroom, desk: Desk) -> None:
    mailroom.sent()
    before = state_of_the_world(desk)
    mailroom.answered("delays")
    mailroom.run()
    assert desk.all(InboundMail)[0].kind == "delay"
    assert state_of_the_world(desk) == before


@pytest.mark.parametrize(
    ("manner", "action", "expected"),
    [
        ("bounces", "failed", DeliveryStatus.BOUNCED),
        ("bounces", "delivered", DeliveryStatus.SENT),
        ("delays", "delayed", DeliveryStatus.UNCERTAIN),
    ],
)
def test_evidence_resolves_an_uncertain_delivery(
    mailroom: Mailroom, desk: Desk, harbour: Known, manner: str, action: str, expected: str
) -> None:
    desk.channel = Accepts(Ambiguous("dot"))
    delivery = mailroom.sent()
    assert delivery.status == DeliveryStatus.UNCERTAIN
    (notice,) = desk.all(Notice)
    raw = desk.vault.open_bytes("notices.message", notice.id, notice.message)
    desk.channel.messages.append(raw)
    desk.channel.senders.append(f"notices+{mailroom.token(delivery)}@hotline.example.org")
    report = mailroom.reply(manner).replace(b"Action: failed", b"Action: " + action.encode())
    mailroom.drop(report)
    mailroom.run()
    assert desk.all(Delivery)[0].status == expected
    started = desk.one(Episode, harbour.episode.id).notified_at
    assert started == (desk.now if expected == DeliveryStatus.SENT else None)
    settled = expected != DeliveryStatus.UNCERTAIN
    assert ("uncertain_delivery" in {kind for kind, _ in tasks(desk)}) is not settled


def test_a_claim_of_removal_is_checked_at_once_and_changes_no_status(
    mailroom: Mailroom, desk: Desk, harbour: Known
) -> None:
    mailroom.sent()
    watch(desk, harbour)
    with committing(desk.sessions) as session:
        session.execute(
            text("UPDATE check_state SET next_check_at = next_check_at + interval '1 day'")
        )
    mailroom.answered("removed")
    mailroom.run()
    (claim,) = desk.all(Claim)
    assert (claim.word, claim.notice_id) == ("removed", desk.all(Notice)[0].id)
    with desk.sessions() as session:
        state = session.get_one(CheckState, harbour.url.id)
    assert (state.next_check_at, state.next_why) == (desk.now, "asked")
    assert desk.one(Url, harbour.url.id).status == UrlStatus.NOTIFIED
    assert desk.one(Episode, harbour.episode.id).outcome == "open"
    assert tasks(desk) == []


def test_a_hundred_claims_cause_one_check(mailroom: Mailroom, desk: Desk, harbour: Known) -> None:
    mailroom.sent()
    watch(desk, harbour)
    mailroom.answered("removed")
    mailroom.run()
    with committing(desk.sessions) as session:
        session.execute(text("UPDATE check_state SET next_why = 'round', next_check_at = NULL"))
    for n in range(20):
        mailroom.drop(mailroom.reply("removed", message_id=f"<{n}@desk.test>"), str(n))
    mailroom.run()
    with desk.sessions() as session:
        assert session.get_one(CheckState, harbour.url.id).next_check_at is None


def test_a_claim_is_no_reason_to_look_where_the_police_come_first(
    mailroom: Mailroom, desk: Desk, harbour: Known
) -> None:
    mailroom.sent()
    watch(desk, harbour)
    with committing(desk.sessions) as session:
        session.get_one(Url, harbour.url.id).victim_at_risk = True
        checks.stop_checks(session, [harbour.url.id])
    mailroom.answered("removed")
    mailroom.run()
    with desk.sessions() as session:
        assert session.get_one(CheckState, harbour.url.id).next_check_at is None


@pytest.mark.parametrize(
    ("manner", "task"),
    [
        ("not_ours", ("claim", "mail:not_ours")),
        ("refuses", ("dispute", "mail:disputed")),
        ("asks", ("reply", "mail:human")),
    ],
)
def test_what_a_person_wrote_is_a_task_and_stops_the_ladder_until_it_is_read(
    mailroom: Mailroom, desk: Desk, manner: str, task: tuple[str, str]
) -> None:
    mailroom.sent()
    mailroom.answered(manner)
    mailroom.run()
    assert tasks(desk) == [task]
    desk.pass_time(hours=25)
    assert desk.compose().done == 0
    with committing(desk.sessions) as session:
        mail = session.scalars(select(InboundMail)).one()
        acting.read_by(session, mail, now=desk.now, by="user:bob")
    assert desk.compose().done == 1
    left = [task] if task[0] == "dispute" else []
    assert [one for one in tasks(desk) if one[0] in ("claim", "dispute", "reply")] == left


def test_a_platforms_refusal_of_a_trusted_flagger_names_the_last_day_for_a_complaint(
    mailroom: Mailroom, desk: Desk, harbour: Known
) -> None:
    mailroom.sent()
    with committing(desk.sessions) as session:
        notice = session.scalars(select(Notice)).one()
        notice.capacity = "trusted_flagger"
        session.get_one(Episode, harbour.episode.id).role = "host"
        complaints.refused(session, notice, now=desk.now)
        session.get_one(Episode, harbour.episode.id).role = "platform"
    assert tasks(desk) == []  # hosts owe no complaint handling
    mailroom.answered("refuses")
    mailroom.run()
    assert sorted(tasks(desk)) == [
        ("complaint", "complaint:platform"),
        ("dispute", "mail:disputed"),
    ]
    with desk.sessions() as session:
        due = session.scalars(select(Task.due_at).where(Task.kind == "complaint")).one()
    assert due == complaints.last_day(desk.now) and (due - desk.now).days in range(181, 185)
    assert complaints.last_day(datetime(2026, 8, 31, tzinfo=UTC)).date() == date(2027, 2, 28)


def test_automatic_replies_in_numbers_change_nothing_and_send_nothing(
    mailroom: Mailroom, desk: Desk
) -> None:
    mailroom.sent()
    before = state_of_the_world(desk)
    mails = int(os.environ.get("MAILS", "60"))
    for n in range(mails):
        mailroom.drop(mailroom.reply("away", message_id=f"<{n}@desk.test>"), f"{n:04}")
    began = monotonic()
    assert mailroom.run().done == mails
    print(f"{mails} automatic replies in {monotonic() - began:.1f} s")  # noqa: T201 - the count
    assert state_of_the_world(desk) == before
    desk.send()
    assert len(desk.channel.messages) == 1


FORGED = {
    "a token of another key": lambda room, one: {"to": f"n+{sign(b'x' * 32, one.id)}@h.example"},
    "a token of no delivery": lambda room, one: {
        "to": f"n+{sign(room.desk.vault.token_key, new_id())}@h.example"
    },
    "our number from elsewhere": lambda room, one: {"to": "n@h.example", "from": "x@evil.example"},
    "a Message-ID that we never gave": lambda room, one: {
        "to": "n@h.example",
        "subject": "Re: your mail",
        "in_reply_to": f"<{new_id().hex}@hotline.example.org>",
    },
}


@pytest.mark.parametrize("how", FORGED)
@pytest.mark.parametrize("manner", ["removed", "bounces", "acknowledges", "asks"])
def test_a_forged_reply_changes_nothing(
    mailroom: Mailroom, desk: Desk, how: str, manner: str
) -> None:
    delivery = mailroom.sent()
    before = state_of_the_world(desk)
    headers = {"in_reply_to": None, "references": None} | FORGED[how](mailroom, delivery)
    raw = mailroom.reply(manner, **headers)
    if manner == "bounces":  # the copy of our header is what only a recipient has
        raw = raw.partition(b"Content-Type: text/rfc822-headers")[0] + b"\r\n--=_report--\r\n"
    mailroom.drop(raw)
    mailroom.run()
    assert state_of_the_world(desk) == before
    assert desk.all(InboundMail)[0].state == "triage"


def test_a_mail_that_is_delivered_again_changes_nothing(mailroom: Mailroom, desk: Desk) -> None:
    mailroom.sent()
    raw = mailroom.answered("asks")
    mailroom.run()
    before = state_of_the_world(desk)
    mailroom.drop(raw, "again")
    assert mailroom.run().done == 0
    assert state_of_the_world(desk) == before
    assert (len(desk.all(InboundMail)), list(mailroom.folder.glob("*.eml"))) == (1, [])


def test_a_token_counts_while_its_case_is_open_and_ninety_days_after(
    mailroom: Mailroom, desk: Desk, harbour: Known
) -> None:
    mailroom.sent()
    with committing(desk.sessions) as session:
        session.get_one(Url, harbour.url.id).status = UrlStatus.REMOVED
        session.get_one(Episode, harbour.episode.id).closed_at = desk.now
    desk.pass_time(days=89)
    mailroom.drop(mailroom.reply("acknowledges"), "early")
    mailroom.run()
    assert desk.all(InboundMail)[0].state == "filed"
    desk.pass_time(days=2)
    mailroom.drop(mailroom.reply("asks"), "late")
    mailroom.run()
    assert desk.all(InboundMail)[1].state == "triage"


def test_our_number_from_the_contacts_domain_files_a_mail_but_moves_no_delivery(
    mailroom: Mailroom, desk: Desk
) -> None:
    mailroom.sent()
    alone = {"to": "notices@hotline.example.org", "in_reply_to": None, "references": None}
    mailroom.drop(mailroom.reply("acknowledges", **alone, **{"from": "tom@harbour.example"}))
    mailroom.run()
    (mail,) = desk.all(InboundMail)
    assert (mail.state, mail.matched_by) == ("filed", "number")
    assert desk.all(Delivery)[0].status == DeliveryStatus.SENT
    assert (desk.all(Notice)[0].ticket, desk.all(Contact)[0].answers) == (None, 0)


@pytest.mark.parametrize("proxy", [True, False])
def test_who_stands_behind_is_entered_from_the_proxys_own_mail_alone(
    mailroom: Mailroom, desk: Desk, harbour: Known, proxy: bool
) -> None:
    with committing(desk.sessions) as session:
        session.get_one(Provider, harbour.provider.id).proxy = proxy
    mailroom.sent()
    raw = mailroom.reply("asks")
    words = b"The origin IP address of this site is 198.51.100.7.\r\n"
    mailroom.drop(raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" + words)
    mailroom.run()
    host = desk.one(Host, harbour.host.id)
    told = host.origin and desk.vault.open("hosts.origin", host.id, host.origin)
    assert (told, host.origin_source) == (("198.51.100.7", "reply") if proxy else (None, None))
    assert (("origin", "mail:origin") in tasks(desk)) is not proxy


def test_no_file_that_came_along_is_ever_stored(
    mailroom: Mailroom, desk: Desk, database: tuple[str, str]
) -> None:
    mailroom.sent()
    pixels = b"\x89PNG-these-are-pixels" * 40
    made = EmailMessage()
    made["From"], made["To"] = "abuse@harbour.example", desk.channel.senders[0]
    made.set_content("We removed it, see the picture.\n" + b64encode(pixels).decode())
    made.add_alternative(
        f'<img src="data:image/png;base64,{b64encode(pixels).decode()}">', subtype="html"
    )
    made.add_attachment(pixels, maintype="image", subtype="png", filename="proof.png")
    made.add_attachment(b"PK" + pixels, maintype="application", subtype="zip", filename="all.zip")
    mailroom.drop(made.as_bytes())
    mailroom.run()
    (mail,) = desk.all(InboundMail)
    raw = desk.vault.open_bytes("inbound_mails.raw", mail.id, mail.raw)
    for form in (b"these-are-pixels", b64encode(pixels)[4:40], b64encode(b"PK" + pixels)[4:40]):
        assert form not in raw
    assert storing.refused_files(desk.vault, mail) == [
        ("proof.png", "image/png", len(pixels)),
        ("all.zip", "application/zip", len(pixels) + 2),
    ]
    assert mail.stripped >= 3
    assert mail.claims == ["removed"]


def test_at_rest_no_word_of_a_mail_is_in_the_clear(
    mailroom: Mailroom, desk: Desk, database: tuple[str, str]
) -> None:
    mailroom.sent()
    mailroom.drop(mailroom.reply("asks", subject="Canarysubject about media1.example.test"))
    mailroom.run()
    engine = create_engine(database[0])
    with engine.connect() as connection:
        for table in ("inbound_mails", "claims", "events", "tasks"):
            dump = str(connection.execute(text(f"SELECT * FROM {table}")).all())
            for word in ("Canarysubject", "media1.example", "five o'clock", "abuse@harbour"):
                assert word not in dump, table
    engine.dispose()


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\0" * 100,
        b"Subject: \xff\xfe\n\n\xff",
        b"Content-Type: multipart/mixed; boundary=x\n\n" + b"--x\n" * 5000,
        b"Content-Type: message/rfc822\n\n" * 3000,
        b"From: " + b"a" * 1_000_000,
    ],
    ids=["empty", "nul", "no charset", "delimiters", "nested", "one long line"],
)
def test_malformed_mail_goes_to_triage(mailroom: Mailroom, desk: Desk, raw: bytes) -> None:
    mailroom.drop(raw)
    mailroom.drop(b"Subject: behind it\n\nHello?\n", "two")
    assert mailroom.run().done == 2
    assert [one.state for one in desk.all(InboundMail)] == ["triage", "triage"]


def test_a_mail_that_can_never_be_worked_through_keeps_no_other_and_becomes_a_persons(
    mailroom: Mailroom, desk: Desk
) -> None:
    mailroom.drop(b"Subject: one\n\nHello?\n", "one")
    mailroom.drop(b"Subject: two\n\nHello?\n", "two")
    for arrived in ("one", "two"):
        raw = (mailroom.folder / f"{arrived}.eml").read_bytes()
        with committing(desk.sessions) as session:
            storing.store(session, desk.vault, raw, source="folder", now=desk.now)
    with committing(desk.sessions) as session:
        first = session.scalars(select(InboundMail).order_by(InboundMail.id)).first()
        first.raw = first.raw[:-1] + bytes([first.raw[-1] ^ 1])  # it opens no more
    for _ in range(7):
        mailroom.run()
    assert [one.state for one in desk.all(InboundMail)] == ["triage", "triage"]
