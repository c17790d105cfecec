"""What is routed to a partner hotline, the police or a regulator: composed, carried, answered."""

import csv
import io
import json
import tomllib
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cast import CLOSED, HOTLINE, REHEARSAL, Cast, Known
from desk import Accepts, Desk
from sqlalchemy import select

from takedown.audit import Event
from takedown.db import committing, new_id
from takedown.episodes import ending
from takedown.episodes.models import Episode, RemovedBy
from takedown.hosts.models import Provider
from takedown.outbox import by_hand, clocks, queries
from takedown.outbox.approve import NoticeRefused, Outcome
from takedown.outbox.models import Delivery, DeliveryStatus, Notice, NoticeStatus, NoticeUrl
from takedown.people.tasks import Task, TaskKind
from takedown.routes import forwarding, holds
from takedown.routes.gate import Availability
from takedown.routes.models import Member
from takedown.routes.partner import BadCodes, CodeBook, partner_codes
from takedown.urls.models import Url, UrlStatus

CODES = tomllib.loads((Path(__file__).parents[2] / "config" / "iccam.toml").read_text())


def routed(desk: Desk, kind: str, *, country: str = "NL", at_risk: bool = False) -> Known:
    """A Url hosted in a country, whose verified route is this one."""
    with committing(desk.sessions) as session:
        cast = Cast(session, desk.vault, desk.now)
        provider = cast.provider(country=country)
        cast.contact(provider)
        known = cast.known("https://media.example.test/a.jpg", provider, cast.route(kind=kind))
        known.url.victim_at_risk = at_risk
        return known


def organisation(desk: Desk, kind: str, country: str, **contact: object) -> Provider:
    """Somebody who receives hand-overs, with an approved contact."""
    with committing(desk.sessions) as session:
        cast = Cast(session, desk.vault, desk.now)
        found = cast.provider(f"{kind} of {country} {new_id()}", kind=kind, country=country)
        cast.contact(found, f"desk@{kind}.{country.lower()}.example", **contact)
        return found


def member(desk: Desk, provider: Provider, country: str = "NL") -> None:
    with committing(desk.sessions) as session:
        session.add(
            Member(
                id=new_id(),
                country=country,
                name=f"Partner {provider.id}",
                source="made up for this test",
                provider_id=provider.id,
            )
        )


def tasks(desk: Desk) -> list[tuple[str, str]]:
    return [(task.kind, task.why) for task in desk.all(Task) if task.done_at is None]


def the_notice(desk: Desk) -> Notice:
    (notice,) = desk.all(Notice)
    return notice


def sent(desk: Desk) -> Notice:
    """Composed, approved by a supervisor and handed over."""
    composed = desk.compose()
    assert desk.approve(composed.notices, supervisor=True) == [Outcome.APPROVED]
    assert desk.send().done == 1
    return the_notice(desk)


# --- who receives it ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "country"), [("hotline", "NL"), ("police", "FR"), ("regulator", "NL")]
)
def test_a_route_becomes_a_notice_to_whoever_receives_it_there(
    desk: Desk, kind: str, country: str
) -> None:
    known = routed(desk, kind)
    receiver = organisation(desk, kind, country)
    organisation(desk, kind, "US")
    notice = sent(desk)
    assert (notice.kind, notice.provider_id) == (kind, receiver.id)
    assert notice.accepted_by == "relay"
    episode = desk.one(Episode, known.episode.id)
    assert episode.notified_at is None
    assert episode.handed_over_at == desk.now
    url = desk.one(Url, known.url.id)
    assert url.status == UrlStatus.LOCATED
    assert url.police_informed_at == (desk.now if kind == "police" else None)
    assert desk.told == []
    assert desk.compose().notices == []


def test_the_member_that_is_linked_receives_what_is_hosted_in_its_country(desk: Desk) -> None:
    routed(desk, "hotline")
    partner = organisation(desk, "hotline", "NL")
    organisation(desk, "hotline", "NL")
    member(desk, partner)
    desk.compose()
    assert the_notice(desk).provider_id == partner.id


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("hotline", "hand_over:no_hotline"),
        ("police", "hand_over:no_police"),
        ("regulator", "hand_over:no_regulator"),
        ("none", "route:none"),
    ],
)
def test_where_nobody_receives_it_a_person_is_told_what_to_add(
    desk: Desk, kind: str, why: str
) -> None:
    routed(desk, kind)
    for _ in range(2):
        assert desk.compose().notices == []
    assert tasks(desk) == [(TaskKind.ROUTE, why)]


def test_of_several_partners_a_person_chooses(desk: Desk) -> None:
    routed(desk, "hotline")
    for _ in range(2):
        member(desk, organisation(desk, "hotline", "NL"))
    assert desk.compose().notices == []
    assert tasks(desk) == [(TaskKind.ROUTE, "hand_over:several")]


def test_a_contact_that_nobody_approved_waits_for_a_person(desk: Desk) -> None:
    routed(desk, "hotline")
    organisation(desk, "hotline", "NL", approved_at=None, approved_by=None)
    assert desk.compose().notices == []
    assert tasks(desk) == [(TaskKind.CONTACT, "contact:approve")]


def test_the_task_is_settled_once_somebody_is_added(desk: Desk) -> None:
    routed(desk, "hotline")
    desk.compose()
    organisation(desk, "hotline", "NL")
    assert desk.compose().done == 1
    assert tasks(desk) == []


# --- what keeps it back ------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["hotline", "regulator"])
def test_nothing_is_handed_over_toward_a_country_of_the_list(desk: Desk, kind: str) -> None:
    routed(desk, kind)
    organisation(desk, kind, "NL")
    composed = desk.compose()
    desk.approve(composed.notices, supervisor=True)
    with committing(desk.sessions) as session:
        forwarding.add(session, "NL", reason="harm", by="user:carol", now=desk.now)
    assert desk.send().superseded == 1
    assert the_notice(desk).status == NoticeStatus.DISCARDED
    assert desk.compose().notices == []


def test_our_own_police_may_hear_of_a_country_of_the_list(desk: Desk) -> None:
    routed(desk, "police")
    organisation(desk, "police", "FR")
    with committing(desk.sessions) as session:
        forwarding.add(session, "NL", reason="harm", by="user:carol", now=desk.now)
    assert desk.compose().done == 1


@pytest.mark.parametrize("on", ["url", "recipient"])
def test_a_hold_on_the_url_or_on_who_receives_it_stops_a_hand_over_at_the_last_moment(
    desk: Desk, on: str
) -> None:
    known = routed(desk, "hotline")
    partner = organisation(desk, "hotline", "NL")
    composed = desk.compose()
    desk.approve(composed.notices, supervisor=True)
    subject = {"url": ("url", known.url.id), "recipient": ("provider", partner.id)}[on]
    with committing(desk.sessions) as session:
        holds.place(
            session,
            subject=subject[0],
            subject_id=subject[1],
            asked_by="unit 5",
            reason="operation",
            probes_go_on=False,
            placed_by="user:alice",
            now=desk.now,
        )
    assert desk.send().done == 0
    assert desk.one(Episode, known.episode.id).handed_over_at is None


def test_in_rehearsal_a_hand_over_goes_no_further_than_the_mailbox(desk: Desk) -> None:
    desk.leaves = REHEARSAL
    known = routed(desk, "police")
    organisation(desk, "police", "FR")
    desk.channel = Accepts()
    notice = sent(desk)
    assert notice.accepted_by == "rehearsal"
    assert desk.one(Url, known.url.id).police_informed_at is None
    assert desk.one(Episode, known.episode.id).handed_over_at is None


# --- a victim at risk --------------------------------------------------------------------------


def test_the_police_hear_of_a_victim_at_risk_before_anybody_knows_who_hosts_it(desk: Desk) -> None:
    with committing(desk.sessions) as session:
        cast = Cast(session, desk.vault, desk.now)
        host = cast.host("media.example.test")
        url = cast.url("https://media.example.test/a.jpg", host, status=UrlStatus.REGISTERED)
        url.victim_at_risk = True
    organisation(desk, "police", "FR")
    notice = sent(desk)
    (row,) = desk.all(Delivery)
    assert (notice.kind, row.status) == ("police", DeliveryStatus.SENT)
    assert desk.one(Url, url.id).police_informed_at == desk.now


def test_of_a_victim_at_risk_they_hear_though_it_is_gone_and_whatever_the_route(
    desk: Desk,
) -> None:
    known = routed(desk, "direct", at_risk=True)
    gone = desk.now - timedelta(hours=2)
    desk.seen[known.url.id] = Availability(
        checked_at=desk.now, downs=5, down_first_at=gone, down_last_at=desk.now
    )
    organisation(desk, "police", "FR")
    composed = desk.compose()
    assert desk.approve(composed.notices) == [Outcome.APPROVED]  # one person, at night
    assert desk.send().done == 1
    assert the_notice(desk).kind == "police"
    assert desk.one(Episode, known.episode.id).handed_over_at is None


def test_the_provider_is_told_once_the_police_have_cleared_it(desk: Desk) -> None:
    known = routed(desk, "direct", at_risk=True)
    organisation(desk, "police", "FR")
    sent(desk)
    assert desk.compose().notices == []
    with committing(desk.sessions) as session:
        session.get_one(Url, known.url.id).police_cleared_at = desk.now
    desk.compose()
    assert [notice.kind for notice in desk.all(Notice)] == ["police", "first"]


# --- moves, and what is counted ----------------------------------------------------------------


def test_what_moves_is_handed_over_again_and_what_stays_is_not(desk: Desk) -> None:
    known = routed(desk, "hotline")
    organisation(desk, "hotline", "NL")
    sent(desk)
    with committing(desk.sessions) as session:
        cast = Cast(session, desk.vault, desk.now)
        elsewhere = cast.provider("Other Harbour")
        trace = cast.trace(session.merge(known.host), elsewhere)
        old = session.get_one(Episode, known.episode.id)
        old.outcome = "moved"
        cast.decision(session.get_one(Url, known.url.id), trace, None, kind="hotline")
        cast.episode(session.get_one(Url, known.url.id), trace, ordinal=2)
    assert desk.compose().done == 1
    assert desk.compose().done == 0


def test_what_goes_after_a_hand_over_was_not_gone_before_notice(desk: Desk) -> None:
    known = routed(desk, "hotline")
    organisation(desk, "hotline", "NL")
    sent(desk)
    desk.pass_time(days=2)
    with committing(desk.sessions) as session:
        ending.removed(
            session,
            known.url.id,
            last_up_at=desk.now - timedelta(hours=2),
            first_down_at=desk.now - timedelta(hours=1),
            confirmed_at=desk.now,
            unavailable=False,
            removed_by=RemovedBy.HOST,
            seen_from=1,
            now=desk.now,
        )
    episode = desk.one(Episode, known.episode.id)
    assert (episode.outcome, episode.notified_at) == ("removed", None)


# --- the files ---------------------------------------------------------------------------------


def test_the_file_holds_exact_locations_codes_and_hosting_facts(desk: Desk) -> None:
    known = routed(desk, "hotline")
    organisation(desk, "hotline", "NL", medium="form")
    composed = desk.compose()
    desk.approve(composed.notices, supervisor=True)
    assert desk.send().done == 0  # a person takes it
    files = {file.name: file for file in take(desk)}
    assert set(files) == {"hand-over.txt", "urls.csv", "urls.json"}
    (row,) = csv.DictReader(io.StringIO(files["urls.csv"].content.decode()))
    assert row["location"] == "https://media.example.test/a.jpg"
    (url,) = json.loads(files["urls.json"].content)["urls"]
    assert url["number"] == desk.one(Url, known.url.id).number
    assert url["hosting"]["asn"] == 64500
    assert url["without_code"] == ["classification: baseline"]  # this hotline has no codes


def take(desk: Desk) -> tuple[by_hand.File, ...]:
    (delivery,) = [one for one in desk.all(Delivery) if one.status != "superseded"]
    with committing(desk.sessions) as session:
        notice = by_hand.leave(
            *(session, desk.vault, HOTLINE, desk.leaves, delivery.id),
            look_up=desk.look_up,
            now=desk.now,
        )
        return by_hand.files(desk.vault, notice)


def tell(desk: Desk, reference: str = "their number 17") -> None:
    (delivery,) = desk.all(Delivery)
    with committing(desk.sessions) as session:
        by_hand.receipt(
            *(session, desk.vault, delivery.id, reference),
            real=desk.leaves.notices,
            actor="user:alice",
            on_accepted=lambda *_: None,
            now=desk.now,
        )


@pytest.fixture
def by_form(desk: Desk) -> Known:
    """An approved hand-over that a person takes."""
    known = routed(desk, "police")
    organisation(desk, "police", "FR", medium="form")
    composed = desk.compose()
    assert desk.approve(composed.notices, supervisor=True) == [Outcome.APPROVED]
    return known


def test_a_person_takes_the_file_and_tells_what_came_back(desk: Desk, by_form: Known) -> None:
    assert tasks(desk) == [(TaskKind.HAND_OVER, "hand_over:take")]
    take(desk)
    desk.pass_time(hours=3)
    tell(desk)
    (delivery,) = desk.all(Delivery)
    assert (delivery.status, delivery.accepted_by) == (DeliveryStatus.SENT, "person")
    opened = desk.vault.open("deliveries.receipt", delivery.id, delivery.receipt)
    assert (opened, delivery.receipt_by) == ("their number 17", "user:alice")
    assert desk.one(Url, by_form.url.id).police_informed_at == desk.now
    assert tasks(desk) == []


def test_a_file_that_was_taken_and_not_answered_becomes_uncertain_with_a_task(
    desk: Desk, by_form: Known
) -> None:
    take(desk)
    desk.pass_time(hours=23)
    assert desk.send().recovered == 0
    desk.pass_time(hours=2)
    assert desk.send().recovered == 1
    assert (TaskKind.UNCERTAIN_DELIVERY, "delivery:uncertain") in tasks(desk)
    tell(desk)
    assert tasks(desk) == []


@pytest.mark.parametrize("taken", [False, True])
def test_a_hold_stops_the_file_also_when_it_was_taken_before(
    desk: Desk, by_form: Known, taken: bool
) -> None:
    if taken:
        take(desk)
    with committing(desk.sessions) as session:
        holds.place(
            session,
            subject="url",
            subject_id=by_form.url.id,
            asked_by="unit 5",
            reason="operation",
            probes_go_on=False,
            placed_by="user:alice",
            now=desk.now,
        )
    with pytest.raises(by_hand.Withheld):
        take(desk)


def test_in_rehearsal_no_file_is_taken(desk: Desk) -> None:
    desk.leaves = REHEARSAL
    routed(desk, "police")
    organisation(desk, "police", "FR", medium="form")
    desk.approve(desk.compose().notices, supervisor=True)
    with pytest.raises(NoticeRefused):
        take(desk)


@pytest.mark.parametrize("reference", ["", "   ", "x" * 201])
def test_what_is_no_receipt_of_a_hand_over_is_refused_and_changes_nothing(
    desk: Desk, by_form: Known, reference: str
) -> None:
    with pytest.raises(NoticeRefused, match="a reference of 200 characters at most is needed"):
        tell(desk, reference)
    (delivery,) = desk.all(Delivery)
    assert (delivery.status, delivery.receipt) == (DeliveryStatus.READY, None)


def test_a_receipt_is_a_short_text(desk: Desk, by_form: Known) -> None:
    tell(desk, f" {'x' * 200} ")
    (delivery,) = desk.all(Delivery)
    assert desk.vault.open("deliveries.receipt", delivery.id, delivery.receipt) == "x" * 200


def test_a_mail_that_has_not_left_has_no_receipt(desk: Desk) -> None:
    routed(desk, "police")
    organisation(desk, "police", "FR")
    desk.approve(desk.compose().notices, supervisor=True)
    with pytest.raises(NoticeRefused):
        tell(desk)


# --- silence -----------------------------------------------------------------------------------


def test_an_unanswered_hand_over_is_asked_about_once(desk: Desk) -> None:
    routed(desk, "hotline")
    organisation(desk, "hotline", "NL")
    sent(desk)
    for days, expected in ((6, []), (2, [(TaskKind.HAND_OVER, "hand_over:silent")])):
        desk.pass_time(days=days)
        ask_after(desk)
        assert tasks(desk) == expected
    assert ask_after(desk) == 0
    tell(desk)
    assert tasks(desk) == []


def test_a_clearance_that_does_not_come_is_asked_about(desk: Desk) -> None:
    routed(desk, "direct", at_risk=True)
    organisation(desk, "police", "FR")
    sent(desk)
    desk.pass_time(days=2)
    ask_after(desk)
    assert tasks(desk) == []
    desk.pass_time(days=2)
    ask_after(desk)
    assert tasks(desk) == [(TaskKind.POLICE_CLEARANCE, "police:silent")]


def ask_after(desk: Desk) -> int:
    with committing(desk.sessions) as session:
        return clocks.ask_after(session, desk.now)


# --- codes -------------------------------------------------------------------------------------


def test_codes_come_from_the_data_and_what_has_none_is_named() -> None:
    book = CodeBook.read(CODES)
    url = Url(
        scheme="baseline/1",
        classification="national",
        site_type="image board",
        status=UrlStatus.LOCATED,
        police_informed_at=None,
    )
    codes = partner_codes(book, url)
    assert (codes.system, codes.site_type, codes.action) == ("ICCAM 2", "5", None)
    assert codes.classification == "2"
    assert codes.without_code == ()
    url.site_type, url.scheme, url.classification = "pigeon post", "own/1", "csam"
    assert partner_codes(book, url).without_code == (
        "site_type: pigeon post",
        "classification: csam",
    )


@pytest.mark.parametrize(
    ("status", "informed", "code"),
    [
        (UrlStatus.LOCATED, True, "1"),
        (UrlStatus.NOTIFIED, False, "2"),
        (UrlStatus.REMOVED, False, "3"),
        (UrlStatus.WITHDRAWN, False, "7"),
        (UrlStatus.LOCATED, False, None),
    ],
)
def test_what_was_done_last_has_an_action(
    now: datetime, status: UrlStatus, informed: bool, code: str | None
) -> None:
    url = Url(
        scheme="baseline/1",
        classification="baseline",
        status=status,
        police_informed_at=now if informed else None,
    )
    assert partner_codes(CodeBook.read(CODES), url).action == code


def test_in_version_3_only_what_is_sure_has_a_code() -> None:
    book = CodeBook.read({**CODES, "version": "3"})
    assert dict(book.actions) == {"rescinded": "6"}
    assert book.site_types == {}


@pytest.mark.parametrize(
    "broken",
    [
        {"version": "9"},
        {"version": "2", "2": {"action": {}}},
        {"version": "2", "2": {"actions": {"LEA": True}}, "actions": {"notified": "LEA"}},
        {"version": "2", "2": {"actions": 1}, "actions": {}},
    ],
)
def test_a_broken_file_of_codes_is_refused(broken: dict[str, object]) -> None:
    with pytest.raises(BadCodes):
        CodeBook.read(broken)


def test_the_queue_shows_a_hand_over_by_whom_it_goes_to(desk: Desk) -> None:
    routed(desk, "hotline")
    partner = organisation(desk, "hotline", "NL")
    desk.compose()
    with desk.sessions() as session:
        (line,) = queries.queue(session, desk.vault)
        assert line.provider.id == partner.id
        handed = session.scalars(select(Event).where(Event.kind == "withheld")).all()
        assert handed == []
    assert desk.leaves is CLOSED
    assert [row.episode_id is not None for row in by_url(desk)] == [True]


def by_url(desk: Desk) -> list[NoticeUrl]:
    with desk.sessions() as session:
        return list(session.scalars(select(NoticeUrl)))
