"""From an open episode to an accepted notice, on a real database and a real mail server."""

import email
import email.policy
import uuid
from datetime import datetime, timedelta

import pytest
from cast import HOTLINE, LIVE, REHEARSAL, Cast, Known
from desk import Accepts, Desk
from smtp_servers import Accepting, aiosmtpd, channel
from sqlalchemy import create_engine, select, text

from notices.channels.base import Ambiguous, Receipt, SendError
from takedown import audit
from takedown.audit import AuditEntry, Event
from takedown.db import committing
from takedown.hosts.models import Contact, Provider
from takedown.outbox import editing, leases, queries, results
from takedown.outbox.approve import Outcome
from takedown.outbox.models import Delivery, DeliveryStatus, Notice, NoticeStatus, NoticeUrl
from takedown.people.tasks import Task, TaskKind
from takedown.routes import holds
from takedown.routes.gate import Availability
from takedown.routes.models import Route
from takedown.urls.models import Url, UrlStatus


@pytest.fixture
def harbour(desk: Desk) -> list[Known]:
    """Three Urls at one provider, with a verified route and an approved contact."""
    with committing(desk.sessions) as session:
        cast = Cast(session, desk.vault, desk.now)
        provider = cast.provider()
        cast.contact(provider)
        route = cast.route()
        return [
            cast.known(f"https://media{n}.example.test/a{n}.jpg", provider, route) for n in range(3)
        ]


def change(desk: Desk, table: type, key: uuid.UUID, **values: object) -> None:
    with committing(desk.sessions) as session:
        row = session.get_one(table, key)
        for name, value in values.items():
            setattr(row, name, value)


def contact_of(desk: Desk) -> Contact:
    return desk.all(Contact)[0]


def test_urls_of_one_recipient_leave_in_one_notice_that_a_server_accepts(
    desk: Desk, harbour: list[Known]
) -> None:
    with aiosmtpd(Accepting()) as endpoint, channel(endpoint) as way:
        desk.channel = way
        composed = desk.compose()
        assert composed.done == 3
        assert len(composed.notices) == 1
        assert desk.approve(composed.notices) == [Outcome.APPROVED]
        desk.pass_time(minutes=5)
        sent = desk.send()
    assert (sent.claimed, sent.done, sent.failed, sent.left) == (1, 1, 0, 0)
    (delivery,) = desk.all(Delivery)
    assert delivery.status == DeliveryStatus.SENT
    assert delivery.accepted_by == "relay"
    assert delivery.accepted_at == desk.now
    (notice,) = desk.all(Notice)
    assert notice.status == NoticeStatus.ACCEPTED
    for one in harbour:
        assert desk.one(Url, one.url.id).status == UrlStatus.NOTIFIED
        episode = desk.one(type(one.episode), one.episode.id)
        assert (episode.notified_at, episode.accepted_by) == (desk.now, "relay")
        assert episode.notice_id == notice.id
    assert [(sorted(urls), at) for urls, at in desk.told] == [
        (sorted(one.url.id for one in harbour), desk.now)
    ]
    assert {one.deadline_hours for one in sent.accepted} == {24}
    with desk.sessions() as session:
        assert audit.verify(session, desk.vault.audit_key) is None
        actions = session.scalars(select(AuditEntry.action)).all()
    assert actions == ["notice.sent"]


def test_the_letter_names_the_law_of_a_verified_route_and_keeps_locations_defanged(
    desk: Desk, harbour: list[Known]
) -> None:
    desk.approve(desk.compose().notices)
    desk.send()
    message = email.message_from_bytes(desk.channel.messages[0], policy=email.policy.default)
    body = message.get_body().get_content()
    assert "Example Code, article 1" in body
    assert "hxxps://media0[.]example[.]test/a0.jpg" in body
    assert "https://media0.example.test" not in body
    assert message["To"] == "abuse@harbour.example"
    assert desk.channel.senders[0].startswith("notices+")
    assert "[NTD-2026-" in message["Subject"]


def test_composing_twice_makes_nothing_new(desk: Desk, harbour: list[Known]) -> None:
    desk.compose()
    again = desk.compose()
    assert (again.claimed, again.notices) == (0, [])


def test_a_contact_with_a_small_cap_gets_several_notices(desk: Desk, harbour: list[Known]) -> None:
    change(desk, Contact, contact_of(desk).id, max_urls=2)
    composed = desk.compose()
    with desk.sessions() as session:
        sizes = [len(line.urls) for line in queries.queue(session, desk.vault)[0].waiting]
    assert len(composed.notices) == 2
    assert sorted(sizes) == [1, 2]


def test_a_looked_up_contact_waits_for_a_person(desk: Desk, harbour: list[Known]) -> None:
    contact = contact_of(desk)
    change(desk, Contact, contact.id, approved_at=None, source="rdap")
    composed = desk.compose()
    assert composed.notices == []
    (task,) = desk.all(Task)
    assert (task.kind, task.subject, task.subject_id) == (TaskKind.CONTACT, "contact", contact.id)
    with desk.sessions() as session:
        assert queries.withheld(session, [harbour[0].url.id]) == {
            harbour[0].url.id: ("contact_not_approved",)
        }
    desk.compose()
    assert len([event for event in desk.all(Event) if event.kind == "withheld"]) == 3


def test_no_contact_at_all_is_an_answer_and_makes_a_task(desk: Desk, now: datetime) -> None:
    with committing(desk.sessions) as session:
        cast = Cast(session, desk.vault, now)
        provider = cast.provider()
        cast.known("https://media.example.test/a.jpg", provider, cast.route())
    assert desk.compose().notices == []
    (task,) = desk.all(Task)
    assert (task.kind, task.subject_id) == (TaskKind.CONTACT, provider.id)


def test_an_unverified_route_waits_for_a_supervisor_and_prints_no_law(
    desk: Desk, now: datetime
) -> None:
    with committing(desk.sessions) as session:
        cast = Cast(session, desk.vault, now)
        provider = cast.provider()
        cast.contact(provider)
        route = cast.route(status="unverified", checked_by=None)
        cast.known("https://media.example.test/a.jpg", provider, route)
    composed = desk.compose()
    with desk.sessions() as session:
        (line,) = queries.queue(session, desk.vault)
        _, body = queries.preview(desk.vault, line.waiting[0].notice)
    assert line.waiting[0].supervisor == ("route_unverified",)
    assert "Example Code" not in body
    assert "asked for, not statutory" in " ".join(body.split())
    assert desk.approve(composed.notices) == [Outcome.NEEDS_SUPERVISOR]
    assert desk.approve(composed.notices, supervisor=True) == [Outcome.APPROVED]


def test_a_route_to_the_police_makes_one_task_and_no_notice(desk: Desk, now: datetime) -> None:
    with committing(desk.sessions) as session:
        cast = Cast(session, desk.vault, now)
        provider = cast.provider()
        cast.contact(provider)
        known = cast.known("https://media.example.test/a.jpg", provider, cast.route(kind="police"))
    assert desk.compose().notices == []
    (task,) = desk.all(Task)
    assert (task.kind, task.subject_id, task.why) == (
        TaskKind.ROUTE,
        known.url.id,
        "hand_over:no_police",
    )
    change(desk, Task, task.id, done_at=now, done_by="user:alice")
    desk.pass_time(hours=1)
    desk.compose()
    assert len(desk.all(Task)) == 1


def test_a_text_that_changed_since_it_was_shown_is_not_approved_unseen(
    desk: Desk, harbour: list[Known]
) -> None:
    composed = desk.compose()
    change(desk, Contact, contact_of(desk).id, plain_locations=True)
    assert desk.approve(composed.notices) == [Outcome.CHANGED]
    assert desk.approve(composed.notices) == [Outcome.APPROVED]


def test_rehearsal_hands_nothing_over_and_starts_no_clock(desk: Desk, harbour: list[Known]) -> None:
    desk.leaves = REHEARSAL
    composed = desk.compose()
    assert desk.approve(composed.notices) == [Outcome.APPROVED]
    sent = desk.send()
    assert (sent.done, sent.accepted) == (1, [])
    assert desk.channel.messages == []
    (notice,) = desk.all(Notice)
    assert (notice.mode, notice.accepted_by) == ("rehearsal", "rehearsal")
    assert b"NTD-2026-" in queries.would_have_left(desk.vault, notice)
    assert b"notices+" not in queries.would_have_left(desk.vault, notice)
    assert desk.one(type(harbour[0].episode), harbour[0].episode.id).notified_at is None
    assert desk.one(Url, harbour[0].url.id).status == UrlStatus.LOCATED
    assert desk.told == []


def test_going_live_composes_anew_and_a_supervisor_releases_the_first_batch(
    desk: Desk, harbour: list[Known]
) -> None:
    desk.leaves = REHEARSAL
    rehearsed = desk.compose()
    desk.approve(rehearsed.notices)
    desk.leaves = LIVE
    assert desk.send().claimed == 0
    composed = desk.compose()
    assert len(composed.notices) == 1
    assert set(composed.notices).isdisjoint(rehearsed.notices)
    assert desk.one(Notice, rehearsed.notices[0]).status == NoticeStatus.SUPERSEDED
    assert desk.approve(composed.notices) == [Outcome.NEEDS_SUPERVISOR]
    assert desk.approve(composed.notices, supervisor=True) == [Outcome.APPROVED]
    assert desk.send().done == 1


def test_a_hold_before_composing_keeps_the_url_out(desk: Desk, harbour: list[Known]) -> None:
    hold(desk, subject="host", subject_id=harbour[0].host.id)
    assert desk.compose().done == 2


def test_an_envelope_that_loses_a_url_to_a_hold_is_composed_anew_and_sent_without_it(
    desk: Desk, harbour: list[Known]
) -> None:
    (old,) = desk.compose().notices
    desk.approve([old])
    hold(desk, subject="url", subject_id=harbour[1].url.id)
    sent = desk.send()
    assert (sent.superseded, sent.done) == (1, 1)
    first, second = desk.all(Notice)
    assert (first.status, second.status) == (NoticeStatus.SUPERSEDED, NoticeStatus.ACCEPTED)
    assert second.supersedes_id == first.id
    assert second.approved_by == "user:alice"
    (message,) = desk.channel.messages
    assert b"a0.jpg" in message
    assert b"a1.jpg" not in message
    assert desk.one(type(harbour[1].episode), harbour[1].episode.id).notified_at is None


def test_a_hold_placed_while_the_server_talks_stops_the_last_dot(
    desk: Desk, harbour: list[Known]
) -> None:
    desk.approve(desk.compose().notices)

    class HeldMeanwhile(Accepts):
        def send(self, *args, **more) -> Receipt:
            if not self.senders:
                self.senders.append("")
                hold(desk, subject="provider", subject_id=harbour[0].provider.id)
            return super().send(*args, **more)

    desk.channel = HeldMeanwhile()
    desk.send()
    assert desk.channel.messages == []
    (notice,) = desk.all(Notice)
    assert notice.status == NoticeStatus.DISCARDED


def test_a_url_seen_down_twice_is_taken_out_and_one_that_is_unreachable_is_not(
    desk: Desk, harbour: list[Known]
) -> None:
    desk.approve(desk.compose().notices)
    at = desk.now
    gone, silent = harbour[0].url.id, harbour[1].url.id
    desk.seen[gone] = Availability(at, None, False, 2, at - timedelta(minutes=15), at)
    desk.seen[silent] = Availability(at, None, False, 1, at, at)
    desk.send()
    (message,) = desk.channel.messages
    assert b"a0.jpg" not in message
    assert b"a1.jpg" in message


def test_a_notice_waits_for_a_check_within_the_hour_but_not_for_ever(
    desk: Desk, harbour: list[Known]
) -> None:
    desk.approve(desk.compose().notices)
    for one in harbour:
        desk.seen[one.url.id] = Availability(checked_at=desk.now - timedelta(hours=3))
    waiting = desk.send()
    assert waiting.done == 0
    assert sorted(waiting.stale) == sorted(one.url.id for one in harbour)
    desk.pass_time(hours=2, minutes=1)
    assert desk.send().done == 1


def test_a_host_that_moved_while_waiting_is_taken_out(desk: Desk, harbour: list[Known]) -> None:
    desk.approve(desk.compose().notices)
    with committing(desk.sessions) as session:
        cast = Cast(session, desk.vault, desk.now)
        elsewhere = cast.provider("Island Hosting")
        cast.trace(session.get_one(type(harbour[0].host), harbour[0].host.id), elsewhere)
    desk.send()
    assert b"a0.jpg" not in desk.channel.messages[0]
    assert b"a1.jpg" in desk.channel.messages[0]


def test_a_new_trace_that_says_the_same_changes_nothing(desk: Desk, harbour: list[Known]) -> None:
    desk.approve(desk.compose().notices)
    with committing(desk.sessions) as session:
        cast = Cast(session, desk.vault, desk.now)
        host = session.get_one(type(harbour[0].host), harbour[0].host.id)
        cast.trace(host, session.get_one(Provider, harbour[0].provider.id))
    assert desk.send().superseded == 0
    assert b"a0.jpg" in desk.channel.messages[0]


def test_a_url_taken_out_by_a_person_stays_out_until_it_is_put_back(
    desk: Desk, harbour: list[Known]
) -> None:
    (notice,) = desk.compose().notices
    with committing(desk.sessions) as session:
        editing.take_out(
            *(session, desk.vault, HOTLINE, notice, harbour[2].url.id),
            look_up=desk.look_up,
            actor="user:alice",
            why="asked to wait",
            now=desk.now,
        )
    assert desk.compose().notices == []
    assert desk.approve([notice]) == [Outcome.APPROVED]
    desk.send()
    assert b"a2.jpg" not in desk.channel.messages[0]
    with committing(desk.sessions) as session:
        assert editing.put_back(session, harbour[2].url.id, actor="user:analyst", now=desk.now) == 1
    assert desk.compose().done == 1


def test_a_discarded_draft_does_not_come_back_by_itself(desk: Desk, harbour: list[Known]) -> None:
    (notice,) = desk.compose().notices
    with committing(desk.sessions) as session:
        editing.discard(session, notice, actor="user:alice", why="wrong desk", now=desk.now)
    assert desk.one(Notice, notice).status == NoticeStatus.DISCARDED
    assert desk.compose().notices == []


def test_reminders_go_by_themselves_at_24_and_48_hours_and_never_more(
    desk: Desk, harbour: list[Known]
) -> None:
    desk.approve(desk.compose().notices)
    desk.send()
    kinds = []
    for _ in range(40):
        desk.pass_time(hours=3)
        composed = desk.compose()
        desk.send()
        kinds += [(one.outcome, desk.now) for one in composed.approved]
    start = desk.now - timedelta(hours=120)
    assert kinds == [
        (Outcome.APPROVED, start + timedelta(hours=24)),
        (Outcome.APPROVED, start + timedelta(hours=48)),
    ]
    assert len(desk.channel.messages) == 3
    first, reminder = (
        email.message_from_bytes(raw, policy=email.policy.default)
        for raw in desk.channel.messages[:2]
    )
    assert reminder["In-Reply-To"] == first["Message-ID"]
    assert desk.one(type(harbour[0].episode), harbour[0].episode.id).notified_at == start


def test_a_reminder_on_an_unverified_route_waits_for_a_supervisor(
    desk: Desk, harbour: list[Known]
) -> None:
    desk.approve(desk.compose().notices)
    desk.send()
    (route,) = desk.all(Route)
    change(desk, Route, route.id, status="unverified")
    desk.pass_time(hours=24)
    composed = desk.compose()
    assert composed.approved == []
    assert desk.send().claimed == 0
    assert desk.approve(composed.notices) == [Outcome.NEEDS_SUPERVISOR]


def test_a_greylisting_server_is_asked_again_after_six_minutes(
    desk: Desk, harbour: list[Known]
) -> None:
    desk.channel = Accepts(SendError("rcpt", "greylisted", code=450))
    desk.approve(desk.compose().notices)
    assert desk.send().failed == 1
    desk.pass_time(minutes=5)
    assert desk.send().claimed == 0
    desk.pass_time(minutes=1)
    assert desk.send().done == 1
    (delivery,) = desk.all(Delivery)
    answers = queries.answers(desk.vault, delivery)
    assert [(one.phase, one.code) for one in answers] == [("rcpt", 450), ("dot", None)]
    assert [one.said for one in answers] == [
        "greylisted",
        "250 2.0.0 Ok: queued as QUEUE42",
    ]
    assert delivery.possible_duplicate is False


def test_a_refusal_for_good_is_dead_and_makes_a_task(desk: Desk, harbour: list[Known]) -> None:
    desk.channel = Accepts(SendError("rcpt", "no such user", code=550, permanent=True))
    (notice,) = desk.compose().notices
    desk.approve([notice])
    desk.send()
    assert desk.all(Delivery)[0].status == DeliveryStatus.DEAD
    assert desk.one(Notice, notice).status == NoticeStatus.FAILED
    (task,) = desk.all(Task)
    assert (task.kind, task.subject_id) == (TaskKind.DEAD_DELIVERY, notice)
    assert contact_of(desk).bounces == 1
    assert desk.compose().notices == []


def test_a_server_that_quotes_the_location_leaves_no_trace_of_it_in_the_clear(
    desk: Desk, harbour: list[Known]
) -> None:
    said = "blocked: https://media0.example.test/a0.jpg is listed"
    desk.channel = Accepts(SendError("dot", said, code=554, permanent=True))
    desk.approve(desk.compose().notices)
    desk.send()
    with desk.sessions() as session:
        rows = " ".join(session.scalars(text("SELECT deliveries::text FROM deliveries")))
        rows += " ".join(session.scalars(text("SELECT events::text FROM events")))
        rows += " ".join(session.scalars(text("SELECT tasks::text FROM tasks")))
    assert "media0" not in rows
    assert queries.answers(desk.vault, desk.all(Delivery)[0])[0].said == said


def test_a_channel_that_is_down_stops_the_run_and_spends_no_attempt(
    desk: Desk, harbour: list[Known]
) -> None:
    change(desk, Contact, contact_of(desk).id, max_urls=1)
    desk.channel = Accepts(SendError("connect", "", channel_down=True))
    desk.approve(desk.compose().notices)
    sent = desk.send()
    assert (sent.claimed, sent.channel_down) == (1, "connect")
    assert [one.attempts for one in desk.all(Delivery)] == [0, 0, 0]
    desk.pass_time(minutes=1)
    assert desk.send().done == 3


def test_after_72_hours_of_temporary_answers_a_person_is_asked(
    desk: Desk, harbour: list[Known]
) -> None:
    desk.channel = Accepts(*[SendError("rcpt", "later", code=452) for _ in range(1000)])
    desk.approve(desk.compose().notices)
    for _ in range(80):
        desk.send()
        desk.pass_time(hours=1)
    (delivery,) = desk.all(Delivery)
    assert delivery.status == DeliveryStatus.DEAD
    assert desk.channel.messages == []
    assert [task.kind for task in desk.all(Task)] == [TaskKind.DEAD_DELIVERY]


def test_a_lost_answer_is_uncertain_and_repeated_with_its_mark_after_half_an_hour(
    desk: Desk, harbour: list[Known]
) -> None:
    desk.channel = Accepts(Ambiguous("dot"))
    desk.approve(desk.compose().notices)
    desk.send()
    (delivery,) = desk.all(Delivery)
    assert delivery.status == DeliveryStatus.UNCERTAIN
    assert [task.kind for task in desk.all(Task)] == [TaskKind.UNCERTAIN_DELIVERY]
    desk.pass_time(minutes=29)
    assert desk.send().claimed == 0
    desk.pass_time(minutes=1)
    assert desk.send().done == 1
    (delivery,) = desk.all(Delivery)
    assert (delivery.status, delivery.possible_duplicate) == (DeliveryStatus.SENT, True)
    assert desk.all(Task)[0].done_at == desk.now


def test_the_first_doubt_waits_half_an_hour_however_often_it_was_put_off_before(
    desk: Desk, harbour: list[Known]
) -> None:
    put_off = [SendError("rcpt", "later", code=452) for _ in range(4)]
    desk.channel = Accepts(*put_off, Ambiguous("dot"))
    desk.approve(desk.compose().notices)
    for _ in range(5):
        desk.send()
        desk.pass_time(minutes=10)
    (delivery,) = desk.all(Delivery)
    assert (delivery.status, delivery.attempts) == (DeliveryStatus.UNCERTAIN, 5)
    assert delivery.due_at == desk.now + timedelta(minutes=20)


def test_what_may_have_arrived_is_not_repeated_while_a_hold_stands(
    desk: Desk, harbour: list[Known]
) -> None:
    desk.channel = Accepts(Ambiguous("dot"))
    desk.approve(desk.compose().notices)
    desk.send()
    hold(desk, subject="url", subject_id=harbour[0].url.id)
    desk.pass_time(hours=1)
    assert desk.send().claimed == 0
    assert [one.status for one in desk.all(Delivery)] == [DeliveryStatus.UNCERTAIN]
    assert desk.channel.messages == []


@pytest.mark.parametrize("late", [Receipt("relay", "250 ok", None), Ambiguous("dot")])
def test_what_a_report_has_settled_is_not_written_again_by_a_sender_that_was_stopped(
    desk: Desk, harbour: list[Known], late: Receipt | Ambiguous
) -> None:
    class Stopped(Accepts):
        def send(self, *args, arm, **more) -> Receipt:
            assert arm()
            desk.pass_time(minutes=6)
            with committing(desk.sessions) as session:
                assert leases.recover(session, desk.now) == 1
                results.accepted(
                    *(session, desk.vault, session.scalars(select(Delivery)).one()),
                    Receipt("recipient", "", None),
                    real=True,
                    at=desk.now,
                    on_accepted=lambda session, urls, at: None,
                )
            if isinstance(late, Ambiguous):
                raise late
            return late

    desk.channel = Stopped()
    desk.approve(desk.compose().notices)
    desk.send()
    assert [(one.status, one.accepted_by) for one in desk.all(Delivery)] == [("sent", "recipient")]
    assert [task.done_at is None for task in desk.all(Task)] == [False]


def test_what_may_have_arrived_is_not_said_anew_unmarked_though_its_repeat_was_put_off(
    desk: Desk, harbour: list[Known]
) -> None:
    desk.channel = Accepts(Ambiguous("dot"), SendError("rcpt", "greylisted", code=451))
    desk.approve(desk.compose().notices)
    desk.send()
    desk.pass_time(minutes=30)
    assert desk.send().failed == 1
    held = hold(desk, subject="url", subject_id=harbour[0].url.id)
    desk.pass_time(hours=1)
    assert desk.send().superseded == 0
    (delivery,) = desk.all(Delivery)
    assert (delivery.status, delivery.possible_duplicate) == (DeliveryStatus.READY, True)
    with committing(desk.sessions) as session:
        holds.release(session, held, why="asked for", released_by="user:carol", now=desk.now)
    desk.pass_time(hours=1)
    assert desk.send().done == 1
    assert [one.possible_duplicate for one in desk.all(Delivery)] == [True]


def test_a_server_that_answers_nobody_is_left_alone_for_the_rest_of_the_run(
    desk: Desk, harbour: list[Known]
) -> None:
    with committing(desk.sessions) as session:
        cast = Cast(session, desk.vault, desk.now)
        provider = session.get_one(Provider, harbour[0].provider.id)
        for n in range(3, 6):
            cast.known(
                f"https://media{n}.example.test/a{n}.jpg", provider, session.query(Route).one()
            )
    change(desk, Contact, contact_of(desk).id, max_urls=1)
    desk.channel = Accepts(*[SendError("rcpt") for _ in range(3)])
    desk.approve(desk.compose().notices)
    sent = desk.send()
    assert (sent.claimed, sent.failed, sent.channel_down, sent.left) == (3, 3, "rcpt", 3)
    assert desk.send().done == 3


def test_a_lost_lease_is_taken_back_and_the_old_holder_may_not_arm(
    desk: Desk, harbour: list[Known]
) -> None:
    desk.approve(desk.compose().notices)

    class SleepsTooLong(Accepts):
        def send(self, *args, **more) -> Receipt:
            if not self.senders:
                self.senders.append("")
                desk.pass_time(minutes=6)
            return super().send(*args, **more)

    desk.channel = SleepsTooLong()
    assert desk.send().done == 0
    assert desk.channel.messages == []
    assert desk.send().done == 1
    assert len(desk.channel.messages) == 1


def test_a_provider_that_forwards_to_customers_is_never_written_to_automatically(
    desk: Desk, harbour: list[Known]
) -> None:
    desk.approve(desk.compose().notices)
    desk.send()
    change(desk, Provider, harbour[0].provider.id, standing="forwards_to_customer")
    desk.pass_time(hours=24)
    composed = desk.compose()
    assert composed.approved == []
    assert desk.approve(composed.notices) == [Outcome.NEEDS_SUPERVISOR]


def test_no_mail_goes_to_an_address_in_the_urls_own_domain(desk: Desk, now: datetime) -> None:
    with committing(desk.sessions) as session:
        cast = Cast(session, desk.vault, now)
        provider = cast.provider()
        cast.contact(provider, "abuse@example.test")
        known = cast.known("https://media.example.test/a.jpg", provider, cast.route())
    assert desk.compose().notices == []
    with desk.sessions() as session:
        assert queries.withheld(session, [known.url.id])[known.url.id] == ("own_domain",)


def test_a_withheld_url_is_composed_once_the_reason_is_gone(
    desk: Desk, harbour: list[Known]
) -> None:
    placed = hold(desk, subject="provider", subject_id=harbour[0].provider.id)
    assert desk.compose().notices == []
    with committing(desk.sessions) as session:
        holds.release(session, placed, why="asked for", released_by="user:carol", now=desk.now)
    assert desk.compose().done == 3


def test_every_row_of_a_notice_keeps_the_gates_answer(desk: Desk, harbour: list[Known]) -> None:
    desk.compose()
    with desk.sessions() as session:
        decisions = session.scalars(select(NoticeUrl.decision)).all()
    assert {(one["passes"], tuple(one["supervisor"])) for one in decisions} == {(True, ())}
    assert all(datetime.fromisoformat(one["at"]) == desk.now for one in decisions)


def test_the_police_come_first_where_the_route_says_so(desk: Desk, now: datetime) -> None:
    with committing(desk.sessions) as session:
        cast = Cast(session, desk.vault, now)
        provider = cast.provider()
        cast.contact(provider)
        route = cast.route(police_first=True)
        known = cast.known("https://media.example.test/a.jpg", provider, route)
    assert desk.compose().notices == []
    (task,) = desk.all(Task)
    assert (task.kind, task.subject_id) == (TaskKind.POLICE_CLEARANCE, known.url.id)
    change(desk, Url, known.url.id, police_cleared_at=desk.now)
    assert desk.compose().done == 1


def test_a_url_that_cannot_be_written_about_goes_to_a_person_and_keeps_nobody_back(
    desk: Desk, harbour: list[Known]
) -> None:
    change(desk, Url, harbour[1].url.id, classification="two\nlines")
    composed = desk.compose()
    assert (composed.done, composed.failed) == (2, 1)
    (task,) = desk.all(Task)
    assert (task.kind, task.subject_id) == (TaskKind.ROUTE, harbour[1].url.id)
    assert set(desk.approve(composed.notices)) == {Outcome.APPROVED}


def test_bytes_that_were_changed_in_the_database_never_leave(
    desk: Desk, harbour: list[Known]
) -> None:
    desk.approve(desk.compose().notices)
    (notice,) = desk.all(Notice)
    forged = desk.vault.seal("notices.message", notice.id, notice.cohort, b"forged")
    change(desk, Notice, notice.id, message=forged)
    assert desk.send().failed == 1
    assert desk.channel.messages == []
    assert [task.kind for task in desk.all(Task)] == [TaskKind.DEAD_DELIVERY]


def hold(desk: Desk, **where: object) -> uuid.UUID:
    with committing(desk.sessions) as session:
        placed = holds.place(
            session,
            asked_by="police",
            reason="asked for",
            probes_go_on=True,
            placed_by="user:carol",
            now=desk.now,
            **where,
        )
    return placed.id


@pytest.mark.parametrize(
    ("what", "often"),
    [
        ("RAISE EXCEPTION 'deadlock detected' USING ERRCODE = '40P01'", 4),
        ("PERFORM pg_terminate_backend(pg_backend_pid())", 1),
    ],
    ids=["taken_back_four_times", "connection_lost"],
)
def test_an_accepted_mail_is_written_though_the_database_fails_meanwhile(
    desk: Desk, harbour: list[Known], database: tuple[str, str], what: str, often: int
) -> None:
    desk.approve(desk.compose().notices)
    owner = create_engine(database[0])
    with owner.begin() as session:  # a counter outlives the roll-back of who drew from it
        session.execute(
            text(
                f"""
                CREATE SEQUENCE tries;
                GRANT USAGE ON SEQUENCE tries TO PUBLIC;
                CREATE FUNCTION fails() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    IF nextval('tries') <= {often} THEN
                        {what};
                    END IF;
                    RETURN NEW;
                END $$;
                CREATE TRIGGER fails BEFORE UPDATE ON deliveries FOR EACH ROW
                    WHEN (NEW.status = 'sent') EXECUTE FUNCTION fails();
                """
            )
        )
    owner.dispose()
    assert desk.send().done == 1
    (delivery,) = desk.all(Delivery)
    assert (delivery.status, delivery.queue_id) == (DeliveryStatus.SENT, "QUEUE42")
    assert len(desk.channel.messages) == 1
