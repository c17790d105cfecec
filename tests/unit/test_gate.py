"""The gate: what withholds a Url, what lets it wait, and what asks for a supervisor."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from takedown.routes.gate import Answer, Availability, GateFacts, Reason, ask

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SEEN_UP = Availability(checked_at=NOW - timedelta(minutes=10), last_up_at=NOW)
CLEAR = GateFacts(
    now=NOW,
    kind="first",
    held=False,
    case_open=True,
    route_kind="direct",
    route_status="verified",
    police_first=False,
    police_cleared_at=None,
    role="host",
    standing="cooperative",
    contact_own_domain=False,
    contact_approved=True,
    inhibited_until=None,
    same_host=True,
    availability=SEEN_UP,
)


def test_a_clear_case_passes_without_a_reason() -> None:
    assert ask(CLEAR) == Answer(True)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"held": True}, Reason.HELD),
        ({"case_open": False}, Reason.CASE_CLOSED),
        ({"route_kind": "police"}, Reason.ROUTE),
        ({"route_kind": "none"}, Reason.ROUTE),
        ({"do_not_forward": True}, Reason.DO_NOT_FORWARD),
        ({"police_first": True}, Reason.POLICE_FIRST),
        ({"role": "site_owner"}, Reason.SITE_OWNER),
        ({"contact_own_domain": True}, Reason.OWN_DOMAIN),
        ({"standing": "forwards_to_customer", "automatic": True}, Reason.STANDING),
        ({"standing": "suspected_complicit", "automatic": True}, Reason.STANDING),
        ({"contact_approved": False}, Reason.CONTACT_NOT_APPROVED),
        ({"contact_connected": False}, Reason.NO_CONNECTOR),
        ({"inhibited_until": NOW + timedelta(seconds=1)}, Reason.INHIBITED),
        ({"kind": "reminder", "reminders_sent": 2}, Reason.REMINDER_CAP),
        ({"same_host": False}, Reason.MOVED),
        ({"same_mode": False}, Reason.MODE_CHANGED),
        ({"same_terms": False}, Reason.ROUTE_CHANGED),
    ],
)
def test_each_of_these_alone_withholds(change: dict[str, object], reason: Reason) -> None:
    answer = ask(replace(CLEAR, **change))
    assert (answer.passes, answer.reasons) == (False, (reason,))


@pytest.mark.parametrize(
    "change",
    [
        {"police_first": True, "police_cleared_at": NOW},
        {"inhibited_until": NOW},
        {"kind": "reminder", "reminders_sent": 1},
        {"standing": "cooperative", "automatic": True},
        {"calendar_open": False, "urgent": True},
        {"check_wanted_since": NOW},
    ],
)
def test_none_of_these_withholds(change: dict[str, object]) -> None:
    assert ask(replace(CLEAR, **change)).passes


@pytest.mark.parametrize("route", ["direct", "police", "hotline", "regulator", "none"])
@pytest.mark.parametrize(
    ("kind", "needed"),
    [
        ("first", "direct"),
        ("reminder", "direct"),
        ("escalation", "direct"),
        ("hotline", "hotline"),
        ("police", "police"),
        ("regulator", "regulator"),
    ],
)
def test_each_kind_of_notice_leaves_on_its_own_route_alone(
    kind: str, needed: str, route: str
) -> None:
    answer = ask(replace(CLEAR, kind=kind, route_kind=route))
    assert answer.reasons == (() if route == needed else (Reason.ROUTE,))


@pytest.mark.parametrize("route", ["direct", "hotline", "none"])
def test_the_police_hear_first_whatever_the_route_and_need_no_clearance(route: str) -> None:
    facts = replace(CLEAR, kind="police", route_kind=route, police_first=True)
    assert ask(facts) == Answer(True)
    assert Reason.POLICE_FIRST in ask(replace(facts, kind="hotline")).reasons


AT_RISK = replace(
    CLEAR,
    kind="police",
    victim_at_risk=True,
    police_first=True,
    route_kind="none",
    route_status="unverified",
)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"same_host": False},
        {"availability": Availability(NOW, NOW, False, 9, NOW - timedelta(days=1), NOW)},
        {"calendar_open": False},
        {"check_wanted_since": NOW, "availability": Availability()},
    ],
)
def test_the_police_hear_at_once_of_a_victim_at_risk(change: dict[str, object]) -> None:
    assert ask(replace(AT_RISK, **change)) == Answer(True)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"held": True}, Reason.HELD),
        ({"case_open": False}, Reason.CASE_CLOSED),
        ({"do_not_forward": True}, Reason.DO_NOT_FORWARD),
        ({"contact_own_domain": True}, Reason.OWN_DOMAIN),
        ({"contact_approved": False}, Reason.CONTACT_NOT_APPROVED),
        ({"inhibited_until": NOW + timedelta(days=1)}, Reason.INHIBITED),
        ({"same_mode": False}, Reason.MODE_CHANGED),
    ],
)
def test_these_keep_even_that_back(change: dict[str, object], reason: Reason) -> None:
    assert ask(replace(AT_RISK, **change)).reasons == (reason,)


@pytest.mark.parametrize("kind", ["hotline", "regulator", "first"])
def test_nobody_else_hears_of_it_before_the_police_agree(kind: str) -> None:
    assert Reason.POLICE_FIRST in ask(replace(AT_RISK, kind=kind, route_kind=kind)).reasons


@pytest.mark.parametrize(
    ("downs", "apart", "withheld"),
    [(0, 0, False), (1, 0, False), (2, 14, False), (2, 15, True), (5, 600, True), (1, 600, False)],
)
def test_only_a_down_seen_twice_fifteen_minutes_apart_withholds(
    downs: int, apart: int, withheld: bool
) -> None:
    last = NOW - timedelta(minutes=5)
    seen = Availability(
        checked_at=NOW,
        downs=downs,
        down_first_at=last - timedelta(minutes=apart) if downs else None,
        down_last_at=last if downs else None,
    )
    answer = ask(replace(CLEAR, availability=seen))
    assert (answer.reasons == (Reason.SEEN_DOWN,)) is withheld
    assert answer.passes is not withheld


def test_what_was_never_seen_leaves_all_the_same() -> None:
    assert ask(replace(CLEAR, availability=Availability())).passes


@pytest.mark.parametrize(
    ("checked_before", "since", "checkable", "passes"),
    [
        (timedelta(minutes=60), timedelta(minutes=5), True, True),
        (timedelta(minutes=61), timedelta(minutes=5), True, False),
        (None, timedelta(minutes=5), True, False),
        (None, timedelta(minutes=5), False, True),
        (None, timedelta(hours=2, seconds=1), True, True),
    ],
)
def test_at_hand_over_a_check_within_the_hour_is_waited_for_with_patience_that_ends(
    checked_before: timedelta | None, since: timedelta, checkable: bool, passes: bool
) -> None:
    checked = None if checked_before is None else NOW - checked_before
    facts = replace(
        CLEAR,
        availability=Availability(checked_at=checked),
        check_wanted_since=NOW - since,
        checkable=checkable,
    )
    answer = ask(facts)
    assert answer.passes is passes
    assert answer.reasons == ()


def test_a_closed_calendar_lets_wait_and_withholds_nothing() -> None:
    answer = ask(replace(CLEAR, calendar_open=False))
    assert (answer.passes, answer.reasons, answer.waits) == (False, (), (Reason.CALENDAR,))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"route_status": "unverified"}, Reason.ROUTE_UNVERIFIED),
        ({"standing": "suspected_complicit"}, Reason.STANDING),
    ],
)
def test_these_pass_but_want_a_supervisor(change: dict[str, object], reason: Reason) -> None:
    answer = ask(replace(CLEAR, **change))
    assert (answer.passes, answer.supervisor) == (True, (reason,))


@given(
    st.fixed_dictionaries(
        {
            "held": st.just(True),
            "kind": st.sampled_from(
                ["first", "reminder", "escalation", "closure", "hotline", "police", "regulator"]
            ),
            "victim_at_risk": st.booleans(),
            "urgent": st.booleans(),
            "automatic": st.booleans(),
            "police_cleared_at": st.sampled_from([None, NOW]),
            "standing": st.sampled_from(["unknown", "cooperative", "forwards_to_customer"]),
            "role": st.sampled_from(["host", "platform", "registrar", "upstream"]),
        }
    )
)
def test_nothing_at_all_gets_past_a_hold(change: dict[str, object]) -> None:
    assert ask(replace(CLEAR, **change)).passes is False


def test_the_answer_is_stored_in_words_with_its_time() -> None:
    document = ask(replace(CLEAR, held=True, route_status="unverified")).as_document(NOW)
    assert document == {
        "passes": False,
        "reasons": ["held"],
        "waits": [],
        "supervisor": ["route_unverified"],
        "at": "2026-03-02T09:00:00+00:00",
    }
