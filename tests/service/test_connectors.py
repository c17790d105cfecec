"""Interfaces through the whole outbox, against the providers of a small internet."""

import json
import logging
import zlib
from contextlib import nullcontext
from datetime import datetime, timedelta
from typing import Any

import pytest
from cast import CLOSED, HOTLINE, Cast
from connectors import form_shape, lines_shape, xarf_shape
from desk import Desk
from sandbox_player import HOUR, START, Player
from sqlalchemy import select, text

from notices.channels.http_api import HttpApi, Progress
from notices.channels.mailbox import Mailbox
from notices.errors import BadConnector
from sandbox import Running
from takedown.checks.models import CheckState
from takedown.db import Sessions, committing
from takedown.flow.asking import poll
from takedown.flow.interfaces import interfaces
from takedown.flow.ports import Ports, Probing
from takedown.flow.trying import try_out
from takedown.hosts.lookup import Lookup
from takedown.hosts.models import Contact, Host, Provider
from takedown.outbox import polling, resolving
from takedown.outbox.connectors import editing
from takedown.outbox.connectors.models import ConnectorRow
from takedown.outbox.evidence.gathering import evidence
from takedown.outbox.inbox.models import Claim
from takedown.outbox.models import Delivery, DeliveryStatus, Notice
from takedown.outbox.send import Sender, send
from takedown.people.tasks import Task, TaskKind
from takedown.people.two_people import OwnWork
from takedown.routes import holds
from takedown.urls.entry import Schemes
from takedown.urls.models import Url, UrlStatus
from takedown.vault import Vault

SECRET = "sandbox-apiport"
SHAPES = {"xarf": xarf_shape, "lines": lines_shape, "form": form_shape}


def loopback(address: str) -> bool:
    return address.startswith("127.")


class Office(Desk):
    """A hotline whose one provider takes notices by an interface."""

    def __init__(self, town: Running, sessions: Sessions, vault: Vault, seed: int) -> None:
        super().__init__(sessions, vault, START)
        self.player = Player(town, seed=seed)
        self.player.at(START)
        self.town = town
        self.guard = loopback
        self.manner("accept")
        self.location = self.player.one("apiport")
        self.ports = Ports(
            sessions=sessions,
            vault=vault,
            clock=lambda: self.now,
            hotline=HOTLINE,
            leaves=CLOSED,
            lookup=Lookup((), None, None, loopback, lambda _: None),
            probing=Probing((), (), timedelta(0), 1.0, 1, 1, {}),
            channel=lambda: nullcontext(Mailbox()),
            mail_deadline_s=5,
            schemes=Schemes("baseline/1", {"baseline/1": frozenset({"baseline"})}),
            interface=lambda found, secrets: HttpApi(found, secrets, allowed=self.guard),
        )

    def manner(self, api: str) -> None:
        self.town.script({"provider": "apiport", "api": api})

    def settle_in(self, document: dict[str, Any], *, approved: bool = True) -> None:
        """A provider, its contact, its connector, and one Url that is up."""
        with committing(self.sessions) as session:
            cast = Cast(session, self.vault, START)
            provider = cast.provider(preferred_medium="api")
            cast.contact(provider)
            self.contact = cast.contact(provider, document["name"], medium="api").id
            known = cast.known(self.location, provider, cast.route())
            self.url = known.url.id
            session.add(
                CheckState(
                    url_id=self.url,
                    lane=known.host.domain_index,
                    clock_at=START,
                    next_check_at=START + timedelta(days=1),
                )
            )
        self.describe(document)
        if approved:
            self.agree()

    def describe(
        self, document: dict[str, Any], seen: int = 0, by: str = "user:ann", tries: bool = False
    ) -> None:
        with committing(self.sessions) as session:
            row = editing.write(
                *(session, self.vault, self.contact, json.dumps(document)),
                test_mode=tries,
                why="they ask for it",
                seen=seen,
                by=by,
                now=self.now,
            )
            self.row = row.id

    def secret(self, by: str = "user:ann") -> None:
        with committing(self.sessions) as session:
            editing.set_secret(session, self.vault, self.row, SECRET, by=by, now=self.now)

    def agree(self, by: str = "user:ben") -> None:
        if self.one(ConnectorRow, self.row).secret is None:
            self.secret()
        with committing(self.sessions) as session:
            seen = session.get_one(ConnectorRow, self.row).version
            editing.approve(session, self.row, seen=seen, by=by, now=self.now)

    def draft(self) -> None:
        assert self.approve(self.compose().notices) == ["approved"]

    def leave(self) -> Delivery:
        sender = Sender(
            sessions=self.sessions,
            vault=self.vault,
            hotline=self.hotline,
            leaves=self.leaves,
            channels={"api": interfaces(self.ports), "email": Mailbox()},
            look_up=self.look_up,
            on_accepted=lambda session, urls, at: None,
            clock=lambda: self.now,
            draw=lambda: 0.5,
            deadline_s=5,
        )
        send(sender, now=self.now)
        return self.delivery()

    def hand_over(self) -> Delivery:
        self.draft()
        return self.leave()

    def pass_time(self, **by: float) -> None:
        super().pass_time(**by)
        self.player.at(self.now)

    def delivery(self) -> Delivery:
        return self.all(Delivery)[-1]

    def received(self) -> list[int]:
        ledger = self.town.ledger()
        return [entry["copy"] for entry in ledger if self.location in entry["urls"]]


@pytest.fixture
def office(
    town: Running, sessions: Sessions, vault: Vault, request: pytest.FixtureRequest
) -> Office:
    return Office(town, sessions, vault, zlib.crc32(request.node.name.encode()))


def at(office: Office, shape: str = "xarf", **changes: Any) -> dict[str, Any]:
    return SHAPES[shape](office.town.endpoints["api"], **changes)


@pytest.mark.parametrize("shape", SHAPES)
def test_each_shape_delivers_and_its_reference_is_kept(office: Office, shape: str) -> None:
    office.settle_in(at(office, shape))
    delivery = office.hand_over()
    assert (delivery.status, delivery.accepted_by) == (DeliveryStatus.SENT, "api")
    assert office.received() == [0]
    assert delivery.receipt is not None
    assert office.one(Url, office.url).status == UrlStatus.NOTIFIED


@pytest.mark.parametrize("shape", SHAPES)
def test_a_busy_provider_is_come_back_to_when_it_says(office: Office, shape: str) -> None:
    office.settle_in(at(office, shape))
    office.manner("busy")
    delivery = office.hand_over()
    assert delivery.status == DeliveryStatus.READY
    assert delivery.due_at == START + timedelta(seconds=3)
    assert office.received() == []
    office.pass_time(seconds=3)
    assert office.leave().status == DeliveryStatus.SENT
    assert office.received() == [0]


@pytest.mark.parametrize("shape", SHAPES)
def test_a_failure_after_acceptance_is_in_doubt_and_not_sent_again(
    office: Office, shape: str
) -> None:
    office.settle_in(at(office, shape))
    office.manner("fails_after")
    assert office.hand_over().status == DeliveryStatus.UNCERTAIN
    office.pass_time(minutes=20)
    assert office.leave().status == DeliveryStatus.UNCERTAIN
    assert office.received() == [0]
    assert [task.kind for task in office.all(Task)] == [TaskKind.UNCERTAIN_DELIVERY]


def test_a_repeat_of_what_is_in_doubt_goes_marked_where_a_repeat_is_known(office: Office) -> None:
    office.settle_in(at(office))
    office.manner("fails_after")
    office.hand_over()
    office.pass_time(minutes=31)
    delivery = office.leave()
    assert (delivery.status, delivery.possible_duplicate) == (DeliveryStatus.SENT, True)
    assert office.received() == [0, 1], "the same report, known by its key"


def test_what_is_in_doubt_never_goes_again_where_a_repeat_would_be_a_second_report(
    office: Office,
) -> None:
    office.settle_in(at(office, "form", idempotency_header=None))
    office.manner("fails_after")
    office.hand_over()
    for _ in range(4):
        office.pass_time(hours=3)
        assert office.leave().status == DeliveryStatus.UNCERTAIN
    assert office.received() == [0]


def test_a_redirect_elsewhere_is_refused(office: Office) -> None:
    office.settle_in(at(office))
    office.manner("redirect")
    assert office.hand_over().status == DeliveryStatus.DEAD
    assert office.received() == []
    assert [task.kind for task in office.all(Task)] == [TaskKind.DEAD_DELIVERY]


def test_a_private_address_is_refused_before_anything_is_sent(office: Office) -> None:
    office.settle_in(at(office))
    office.guard = lambda address: False
    delivery = office.hand_over()
    assert (delivery.status, delivery.armed_at) == (DeliveryStatus.DEAD, None)
    assert office.received() == []


def test_what_a_provider_says_is_looked_at_and_changes_nothing(office: Office) -> None:
    office.settle_in(at(office))
    office.hand_over()
    office.pass_time(minutes=59)
    assert poll(office.ports).claimed == 0
    office.pass_time(minutes=1)
    assert poll(office.ports).done == 1
    assert office.delivery().provider_state == "actioned"
    assert [claim.word for claim in office.all(Claim)] == ["removed"]
    assert office.one(CheckState, office.url).next_check_at == START + HOUR
    assert office.one(Url, office.url).status == UrlStatus.NOTIFIED
    assert poll(office.ports).claimed == 0, "it is the end of the matter"


def test_a_report_that_is_not_theirs_is_for_a_person(office: Office) -> None:
    document = at(office)
    document["poll"]["states"] |= {"COMPLETED/ACTIONED": "not_ours", "COMPLETED": "not_ours"}
    office.settle_in(document)
    office.hand_over()
    office.pass_time(hours=1)
    poll(office.ports)
    assert [(task.kind, task.why) for task in office.all(Task)] == [("claim", "provider:not_ours")]
    assert office.one(CheckState, office.url).next_check_at == START + timedelta(days=1)


def test_nobody_is_asked_about_what_is_held(office: Office) -> None:
    office.settle_in(at(office))
    office.hand_over()
    with committing(office.sessions) as session:
        holds.place(
            session,
            subject="url",
            subject_id=office.url,
            asked_by="police",
            reason="asked for",
            probes_go_on=True,
            placed_by="user:ann",
            now=START,
            review_at=START + timedelta(days=7),
        )
    office.pass_time(hours=1)
    assert poll(office.ports).claimed == 0
    assert office.delivery().provider_state is None


def test_without_two_people_nothing_leaves_and_it_says_why(office: Office) -> None:
    office.settle_in(at(office), approved=False)
    with committing(office.sessions) as session:
        session.execute(text("DELETE FROM contacts WHERE medium = 'email'"))
    assert office.compose().notices == []
    assert [task.why for task in office.all(Task)] == ["contact:connector"]
    office.secret(by="user:dan")
    for writer in ("user:ann", "user:dan"):
        with pytest.raises(OwnWork):
            office.agree(by=writer)
    office.agree()
    assert len(office.compose().notices) == 1


def test_mail_is_taken_while_the_interface_is_not_approved(office: Office) -> None:
    office.settle_in(at(office), approved=False)
    office.draft()
    assert office.delivery().medium == "email"


def test_a_connector_for_tries_alone_takes_no_notice(office: Office) -> None:
    office.settle_in(at(office))
    office.describe(at(office), seen=2, by="user:ben", tries=True)
    office.agree(by="user:ann")
    assert office.one(Contact, office.contact).connected_at is None
    office.draft()
    assert office.delivery().medium == "email"


def test_a_change_takes_the_approval_back_and_what_was_frozen_is_frozen_anew(
    office: Office,
) -> None:
    office.settle_in(at(office))
    office.draft()
    first = office.delivery()
    office.pass_time(minutes=1)
    changed = at(office)
    changed["body"] = {**changed["body"], "tags": ["hotline"]}
    office.describe(changed, seen=2)
    assert office.one(Contact, office.contact).connected_at is None
    office.agree()
    delivery = office.leave()
    assert office.one(Delivery, first.id).status == DeliveryStatus.SUPERSEDED
    assert delivery.id != first.id and office.leave().status == DeliveryStatus.SENT
    notice = office.one(Notice, office.delivery().notice_id)
    sent = office.vault.open_bytes("notices.message", notice.id, notice.message)
    assert json.loads(sent)["tags"] == ["hotline"]


def test_the_contact_follows_its_connector(office: Office) -> None:
    office.settle_in(at(office, "lines"))
    contact = office.one(Contact, office.contact)
    assert (contact.max_urls, contact.batch) == (250, "same_host")


def test_a_secret_is_not_taken_to_another_host(office: Office) -> None:
    office.settle_in(at(office))
    elsewhere = xarf_shape("https://api.other.example")
    office.describe(elsewhere, seen=2, by="user:mallory")
    assert office.one(ConnectorRow, office.row).secret is None


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"url": "http://api.other.example/x"}, "url"),
        ({"hosts": ["api.other.example"]}, "url"),
        ({"body": {"urls": "nothing"}}, "body"),
        ({"max_urls": 0}, "max_urls"),
        ({"secret": "hunter2"}, "connector"),
    ],
)
def test_what_is_wrong_in_the_settings_is_named(
    office: Office, change: dict[str, Any], field: str
) -> None:
    with pytest.raises(BadConnector) as wrong:
        office.settle_in({**xarf_shape(), **change})
    assert wrong.value.field == field
    assert office.all(ConnectorRow) == []


def test_the_secret_stands_nowhere_in_clear(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    document = at(office)
    document["auth"]["secret"] = SECRET  # typed where its name belongs
    office.settle_in(document)
    office.hand_over()
    office.pass_time(hours=1)
    poll(office.ports)
    with office.sessions() as session:
        tables = session.scalars(
            text("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
        ).all()
        rows = [
            str(row)
            for table in tables
            for row in session.scalars(text(f'SELECT to_jsonb(t)::text FROM "{table}" t'))
        ]
    assert len(rows) > 10
    spelt = (SECRET, SECRET.encode().hex())
    assert [row for row in rows if any(one in row for one in spelt)] == []
    assert SECRET not in caplog.text
    assert office.delivery().provider_state is not None


def test_a_try_sends_an_example_and_shows_the_exchange_without_the_secret(office: Office) -> None:
    office.settle_in(at(office), approved=False)
    office.secret()
    tried = try_out(office.ports, office.one(ConnectorRow, office.row))
    assert tried.outcome == "accepted"
    assert "lifecycle:test" in tried.sent and ".example" in tried.sent
    assert office.location not in tried.sent and office.received() == []
    assert '"status": 202' in tried.exchange
    assert SECRET not in tried.sent + tried.exchange


def say(office: Office, address: str) -> None:
    """What the provider tells when it is asked: who stands behind it, and no state."""
    office.pass_time(hours=2)
    with committing(office.sessions) as session:
        asked = polling.claim(session, office.vault, CLOSED, office.now)
        assert asked is not None
        progress = Progress(None, "in review", (address,), b"{}")
        allowed = office.ports.lookup.allowed
        polling.told(session, office.vault, asked, progress, allowed=allowed, now=office.now)


def due(office: Office) -> list[datetime | None]:
    return [host.locate_due_at for host in office.all(Host)]


def test_who_a_proxy_tells_to_stand_behind_it_is_looked_up_once(office: Office) -> None:
    office.settle_in(at(office, "lines"))
    with committing(office.sessions) as session:
        for provider in session.scalars(select(Provider)):
            provider.proxy = True
    office.hand_over()
    say(office, "127.0.0.77")
    assert due(office) == [office.now]
    with committing(office.sessions) as session:
        session.scalars(select(Host)).one().locate_due_at = None
    say(office, "127.0.0.77")
    assert due(office) == [None]
    assert office.all(Task) == []


def test_what_anybody_else_tells_of_it_is_a_proposal(office: Office) -> None:
    office.settle_in(at(office, "lines"))
    office.hand_over()
    say(office, "127.0.0.77")
    assert due(office) == [None]
    assert [(one.kind, one.why) for one in office.all(Task)] == [("origin", "provider:origin")]


def test_what_an_interface_said_stands_in_the_evidence(office: Office) -> None:
    office.settle_in(at(office))
    office.hand_over()
    office.pass_time(hours=1)
    assert poll(office.ports).done == 1
    with office.sessions() as session:
        provider = session.scalars(select(Provider)).one()
        about = {"about": "NTD", "now": office.now}
        told = evidence(session, office.vault, HOTLINE, provider, [office.url], **about)
    assert [one["detail"] for one in told["entries"] if one["what"] == "claimed"] == [
        {"claims": ["removed"]}
    ]


def test_a_person_s_word_ends_a_doubt_that_no_repeat_can_end(office: Office) -> None:
    office.settle_in(at(office, "form", idempotency_header=None))
    office.manner("fails_after")
    doubtful = office.hand_over()
    with committing(office.sessions) as session:
        again = resolving.it_did_not_arrive(session, doubtful.id, actor="user:eve", now=office.now)
    assert not again
    assert office.delivery().status == DeliveryStatus.SUPERSEDED
    office.manner("accept")
    assert office.hand_over().status == DeliveryStatus.SENT
    assert [one.status for one in office.all(Notice)] == ["superseded", "accepted"]
    assert [one.done_at is None for one in office.all(Task)] == [False]
