"""The ladder as it runs: who cannot be asked, what is read again when, replies at hand-over."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cast import Cast, Known
from desk import Accepts, Desk
from mailroom import Mailroom
from sqlalchemy import select

from takedown.db import Sessions, committing
from takedown.episodes.models import Episode, Outcome
from takedown.hosts.models import Contact, Provider, TraceProvider
from takedown.outbox import due
from takedown.outbox.inbox import acting
from takedown.outbox.inbox.models import InboundMail
from takedown.outbox.ladder.standing import standing
from takedown.outbox.models import Delivery, Notice
from takedown.people.tasks import Task
from takedown.urls.models import Url, UrlStatus
from takedown.vault import Vault


@pytest.fixture
def desk(sessions: Sessions, vault: Vault, now: datetime) -> Desk:
    return Desk(sessions, vault, now)


@pytest.fixture
def harbour(desk: Desk) -> Known:
    """One Url at one provider, with a verified route and an approved contact."""
    with committing(desk.sessions) as session:
        cast = Cast(session, desk.vault, desk.now)
        provider = cast.provider()
        cast.contact(provider)
        return cast.known("https://media.example.test/a.jpg", provider, cast.route())


def network(desk: Desk, known: Known) -> Provider:
    """The network above the host; nobody knows how to write to it."""
    with committing(desk.sessions) as session:
        found = Cast(session, desk.vault, desk.now).provider("Example Transit")
        link = {"trace_id": known.trace.id, "role": "upstream", "provider_id": found.id}
        session.add(TraceProvider(**link, source="rdap"))
        return found


def turn(desk: Desk, **by: float) -> list[str]:
    """Time passes; what is due is composed, approved and sent: the kinds of what was composed."""
    desk.pass_time(**by)
    made = desk.compose().notices
    desk.approve(made, supervisor=True)
    desk.send()
    return [one.kind for one in desk.all(Notice) if one.id in made]


def read(desk: Desk) -> int:
    """How many episodes a run would read for the further steps."""
    with desk.sessions() as session:
        steps = [one for one in standing(session).steps() if not one.first]
        pages = [page for one in steps for page in due.episodes(session, one, desk.now, 500)]
        return len({found for page in pages for found in page})


def test_who_would_be_asked_and_has_no_contact_is_a_task_once(desk: Desk, harbour: Known) -> None:
    above = network(desk, harbour)
    assert turn(desk) == ["first"]
    assert turn(desk, hours=25) == ["reminder"]
    assert turn(desk, hours=25) == ["reminder"]
    assert desk.all(Task) == []
    assert turn(desk, hours=25) == []
    (task,) = desk.all(Task)
    assert (task.kind, task.subject_id, task.why) == ("contact", above.id, "contact:missing")
    with committing(desk.sessions) as session:
        session.get_one(Task, task.id).done_at = desk.now
    assert turn(desk, days=2) == []
    assert len(desk.all(Task)) == 1
    with committing(desk.sessions) as session:
        Cast(session, desk.vault, desk.now).contact(above, "noc@transit.example")
    assert turn(desk, hours=7) == ["escalation"]


def test_a_case_with_nobody_left_to_ask_is_not_read_at_each_run(desk: Desk, harbour: Known) -> None:
    for hours in (0, 25, 25):
        turn(desk, hours=hours)
    desk.pass_time(days=8)
    assert read(desk) == 1
    desk.compose()
    assert read(desk) == 0
    desk.pass_time(hours=5)
    assert read(desk) == 0
    desk.pass_time(hours=1)
    assert read(desk) == 1


def test_a_reply_stops_what_is_approved_until_somebody_has_read_it(
    desk: Desk, harbour: Known, tmp_path: Path
) -> None:
    mailroom = Mailroom(desk, tmp_path / "answers")
    with committing(desk.sessions) as session:
        session.scalars(select(Contact)).one().max_per_hour = 1
    mailroom.sent()
    desk.pass_time(hours=25)
    desk.approve(desk.compose().notices)  # the reminder may have gone by itself: it is ready
    assert [one.status for one in desk.all(Delivery)] == ["sent", "ready"]
    mailroom.answered("asks")
    mailroom.run()
    assert desk.send().done == 0
    assert [one.status for one in desk.all(Notice)] == ["accepted", "discarded"]
    assert len(desk.channel.messages) == 1
    assert desk.compose().notices == []
    with committing(desk.sessions) as session:
        mail = session.scalars(select(InboundMail)).one()
        acting.read_by(session, mail, now=desk.now, by="user:bob")
    assert turn(desk, hours=7) == ["reminder"]
    assert len(desk.channel.messages) == 2


# --- closures ----------------------------------------------------------------------------------


def removed(desk: Desk, known: Known) -> None:
    """Its removal is confirmed."""
    with committing(desk.sessions) as session:
        url = session.get_one(Url, known.url.id)
        episode = session.get_one(Episode, known.episode.id)
        url.status, episode.outcome = UrlStatus.REMOVED, Outcome.REMOVED
        episode.first_down_at = episode.confirmed_at = episode.closed_at = desk.now


def thanked(desk: Desk, known: Known, wanted: bool = True) -> None:
    with committing(desk.sessions) as session:
        session.get_one(Provider, known.provider.id).closure = wanted


@pytest.mark.parametrize("wanted", [True, False])
def test_a_provider_that_is_thanked_hears_of_a_removal_once(
    desk: Desk, harbour: Known, wanted: bool
) -> None:
    thanked(desk, harbour, wanted)
    turn(desk)
    desk.pass_time(hours=5)
    removed(desk, harbour)
    kinds = turn(desk, minutes=5)
    assert kinds == (["closure"] if wanted else [])
    assert turn(desk, days=1) == []
    if wanted:
        words = desk.channel.messages[-1].decode()
        assert "removal confirmed" in words
        assert "media.example.test" not in words


def test_nobody_is_thanked_for_what_is_back(desk: Desk, harbour: Known) -> None:
    thanked(desk, harbour)
    turn(desk)
    removed(desk, harbour)
    desk.compose()
    with committing(desk.sessions) as session:
        session.get_one(Url, harbour.url.id).status = UrlStatus.REAPPEARED
        session.get_one(Episode, harbour.episode.id).reappeared_at = desk.now
    desk.channel = Accepts()
    desk.send()
    assert desk.channel.messages == []
    assert desk.compose().notices == []


def test_nobody_is_thanked_who_was_never_told_nor_for_what_is_long_gone(
    desk: Desk, harbour: Known
) -> None:
    thanked(desk, harbour)
    removed(desk, harbour)
    assert desk.compose().notices == []
    with committing(desk.sessions) as session:
        episode = session.get_one(Episode, harbour.episode.id)
        episode.notified_at = desk.now
    desk.now += timedelta(days=8)
    assert desk.compose().notices == []
