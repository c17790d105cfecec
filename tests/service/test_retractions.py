"""A notice that should not have been sent: whoever got it is asked to restore what it was about."""

import email
import email.policy
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import pytest
from cast import Cast, Known
from desk import Accepts, Desk
from mailroom import Mailroom

from notices.channels.base import Ambiguous, Receipt
from takedown.db import committing
from takedown.episodes.models import Episode, Outcome
from takedown.hosts.models import Contact, TraceProvider
from takedown.outbox import editing, results
from takedown.outbox.approve import Outcome as Answer
from takedown.outbox.models import Delivery, DeliveryStatus, Notice
from takedown.people.tasks import Task
from takedown.routes import holds
from takedown.urls import lifecycle
from takedown.urls.models import Url, UrlStatus
from takedown.web import acts


@pytest.fixture
def harbour(desk: Desk) -> list[Known]:
    """Two Urls at one provider, with a verified route and an approved contact."""
    with committing(desk.sessions) as session:
        cast = Cast(session, desk.vault, desk.now)
        provider = cast.provider()
        cast.contact(provider)
        route = cast.route()
        return [
            cast.known(f"https://media{n}.example.test/a{n}.jpg", provider, route) for n in range(2)
        ]


@pytest.fixture
def withdraw(desk: Desk, tmp_path: Path) -> Callable[..., None]:
    ports = Mailroom(desk, tmp_path / "answers").ports()

    def act(known: Known, why: str = "wrong") -> None:
        with committing(desk.sessions) as session:
            url = session.get_one(Url, known.url.id, with_for_update=True)
            acts.withdraw(session, ports, url, why=why, actor="user:alice")

    return act


def sent(desk: Desk) -> None:
    desk.approve(desk.compose().notices, supervisor=True)
    desk.send()


def retractions(desk: Desk) -> list[Notice]:
    return [one for one in desk.all(Notice) if one.kind == "retraction"]


def last_mail(desk: Desk) -> EmailMessage:
    read = email.message_from_bytes(desk.channel.messages[-1], policy=email.policy.default)
    assert isinstance(read, EmailMessage)
    return read


def test_who_was_told_by_mistake_is_asked_to_restore_it_once_a_person_has_approved_that(
    desk: Desk, harbour: list[Known], withdraw
) -> None:
    sent(desk)
    (told,) = desk.all(Notice)
    withdraw(harbour[0])
    composed = desk.compose()
    (draft,) = retractions(desk)
    assert (composed.done, draft.status, draft.contact_id) == (1, "draft", told.contact_id)
    assert desk.send().claimed == 0  # nobody has said yes
    assert desk.approve([draft.id]) == [Answer.APPROVED]
    desk.pass_time(hours=30)  # no check is waited for: nobody looks any more
    assert desk.send().done == 1
    mail = last_mail(desk)
    assert mail["To"] == "abuse@harbour.example"
    assert (mail["In-Reply-To"], mail["References"]) == (told.message_id, told.message_id)
    body = mail.get_body()
    assert body is not None
    words = " ".join(body.get_content().split())
    assert told.number in mail["Subject"] and f"notice {told.number}" in words
    assert "Our classification was wrong" in words
    assert "hxxps://media0[.]example[.]test/a0.jpg" in words
    assert "media1" not in words
    assert "Example Code" not in words
    desk.pass_time(days=1)
    assert [one.kind for one in desk.all(Notice) if one.serial > draft.serial] == []
    assert desk.compose().notices != [] and len(retractions(desk)) == 1  # the other's reminder


@pytest.mark.parametrize("why", ["duplicate", "handed_over", "asked"])
def test_what_is_withdrawn_for_another_reason_was_no_mistake(
    desk: Desk, harbour: list[Known], withdraw, why: str
) -> None:
    sent(desk)
    withdraw(harbour[0], why)
    assert desk.compose().notices == []


def test_a_wrong_address_is_called_one(desk: Desk, harbour: list[Known], withdraw) -> None:
    sent(desk)
    withdraw(harbour[0], "location")
    withdraw(harbour[1])
    sent(desk)
    assert len(retractions(desk)) == 2  # a letter says one thing
    words = [bytes(one).decode() for one in desk.channel.messages[1:]]
    assert sum("a wrong" in one for one in words) == 1


def test_nobody_is_asked_to_restore_what_they_never_heard_of(
    desk: Desk, harbour: list[Known], withdraw
) -> None:
    desk.approve(desk.compose().notices)
    withdraw(harbour[0])
    withdraw(harbour[1])
    assert desk.send().superseded == 1
    assert desk.compose().notices == []
    assert desk.channel.messages == []


def test_what_came_back_was_not_read_by_anybody(desk: Desk, harbour: list[Known], withdraw) -> None:
    sent(desk)
    with committing(desk.sessions) as session:
        session.get_one(Delivery, desk.all(Delivery)[0].id).status = DeliveryStatus.BOUNCED
    withdraw(harbour[0])
    assert desk.compose().notices == []


def test_what_was_in_doubt_and_turns_out_to_have_arrived_is_retracted_then(
    desk: Desk, harbour: list[Known], withdraw
) -> None:
    desk.channel = Accepts(Ambiguous("dot"))
    sent(desk)
    for one in harbour:
        withdraw(one)
    assert desk.compose().notices == []
    with committing(desk.sessions) as session:
        delivery = session.get_one(Delivery, desk.all(Delivery)[0].id)
        results.accepted(
            *(session, desk.vault, delivery, Receipt("recipient", "", None)),
            real=True,
            at=desk.now,
            on_accepted=lambda *_: None,
        )
    assert [desk.one(Url, one.url.id).status for one in harbour] == [UrlStatus.WITHDRAWN] * 2
    assert desk.compose().done == 2


def test_what_was_removed_because_of_us_is_restored_and_leaves_the_figures(
    desk: Desk, harbour: list[Known], withdraw
) -> None:
    sent(desk)
    with committing(desk.sessions) as session:
        url = session.get_one(Url, harbour[0].url.id)
        lifecycle.move(session, url, UrlStatus.REMOVED, now=desk.now, why="confirmed")
        episode = session.get_one(Episode, harbour[0].episode.id)
        episode.outcome, episode.confirmed_at = Outcome.REMOVED, desk.now
    withdraw(harbour[0])
    assert desk.one(Episode, harbour[0].episode.id).outcome == Outcome.RESCINDED
    assert desk.compose().done == 1


def test_whoever_was_asked_further_up_the_ladder_is_told_as_well(
    desk: Desk, harbour: list[Known], withdraw
) -> None:
    with committing(desk.sessions) as session:
        cast = Cast(session, desk.vault, desk.now)
        network = cast.provider("Example Transit")
        cast.contact(network, "noc@transit.example")
        for one in harbour:
            found = {"trace_id": one.trace.id, "role": "upstream", "provider_id": network.id}
            session.add(TraceProvider(**found, source="rdap"))
    for _ in range(4):
        sent(desk)
        desk.pass_time(hours=25)
    assert [one.kind for one in desk.all(Notice)].count("escalation") == 1
    withdraw(harbour[0])
    desk.channel = Accepts()
    sent(desk)
    told = {email.message_from_bytes(one)["To"] for one in desk.channel.messages}
    assert told == {"abuse@harbour.example", "noc@transit.example"}
    assert len(retractions(desk)) == 2


@pytest.mark.parametrize("kind", ["hotline", "police", "regulator"])
def test_so_is_whoever_it_was_handed_to(desk: Desk, withdraw, kind: str) -> None:
    country = {"police": "FR"}.get(kind, "NL")
    with committing(desk.sessions) as session:
        cast = Cast(session, desk.vault, desk.now)
        desk_there = cast.provider("Example desk", kind=kind, country=country)
        cast.contact(desk_there, "desk@partner.example")
        provider, route = cast.provider(), cast.route(kind=kind)
        known = cast.known("https://media.example.test/a.jpg", provider, route)
    sent(desk)
    withdraw(known)
    sent(desk)
    (retraction,) = retractions(desk)
    assert (retraction.provider_id, retraction.status) == (desk_there.id, "accepted")
    assert desk.compose().notices == []


def test_a_hold_stops_a_retraction_too(desk: Desk, harbour: list[Known], withdraw) -> None:
    sent(desk)
    withdraw(harbour[0])
    with committing(desk.sessions) as session:
        placed = holds.place(
            session,
            subject="url",
            subject_id=harbour[0].url.id,
            asked_by="the police",
            reason="asked for",
            probes_go_on=False,
            placed_by="user:bob",
            now=desk.now,
        ).id
    assert desk.compose().notices == []
    with committing(desk.sessions) as session:
        holds.release(session, placed, why="asked for", released_by="user:carol", now=desk.now)
    assert desk.compose().done == 1


def test_an_interface_takes_reports_alone_so_a_person_tells_them(
    desk: Desk, harbour: list[Known], withdraw
) -> None:
    sent(desk)
    (told,) = desk.all(Notice)
    with committing(desk.sessions) as session:
        contact = session.get_one(Contact, told.contact_id)
        contact.medium, contact.connected_at = "api", desk.now
    withdraw(harbour[0])
    assert desk.compose().notices == []
    (task,) = desk.all(Task)
    assert (task.kind, task.subject_id, task.why) == ("contact", told.id, "contact:retraction")
    with committing(desk.sessions) as session:
        session.get_one(Task, task.id).done_at = desk.now
    desk.compose()
    assert len(desk.all(Task)) == 1


def test_a_person_may_say_no(desk: Desk, harbour: list[Known], withdraw) -> None:
    sent(desk)
    withdraw(harbour[0])
    (made,) = desk.compose().notices
    with committing(desk.sessions) as session:
        editing.discard(session, made, actor="user:alice", why="told by telephone", now=desk.now)
    assert desk.compose().notices == []


def test_it_is_written_in_the_language_of_what_it_withdraws(
    desk: Desk, harbour: list[Known], withdraw
) -> None:
    with committing(desk.sessions) as session:
        session.get_one(Contact, desk.all(Contact)[0].id).language = "fr"
    sent(desk)
    withdraw(harbour[0])
    sent(desk)
    (retraction,) = retractions(desk)
    assert retraction.language == "fr"
    assert "Retrait de la notification" in str(last_mail(desk)["Subject"])
