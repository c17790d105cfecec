"""Who may do what, and how failures slow: pure tables."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from takedown.people.attempts import ACCOUNT_CAP, FREE, PEER_CAP, wait_after
from takedown.people.models import StaffRole
from takedown.people.permissions import GRANTS, Permission, allows, granted

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SEEING = {Permission.SEE_CASES, Permission.REVEAL, Permission.REGISTER}


def test_every_role_and_every_permission_is_in_the_table() -> None:
    assert set(GRANTS) == set(StaffRole)
    assert granted(StaffRole) == set(Permission)


@pytest.mark.parametrize("role", [StaffRole.MANAGER, StaffRole.ADMINISTRATOR, StaffRole.AUDITOR])
def test_managers_administrators_and_auditors_see_no_location(role: StaffRole) -> None:
    assert not GRANTS[role] & SEEING


def test_an_auditor_changes_nothing() -> None:
    assert GRANTS[StaffRole.AUDITOR] == {Permission.SEE_LOG, Permission.SEE_FIGURES}


def test_only_a_supervisor_lets_go_of_a_hold_and_approves_contacts() -> None:
    for permission in (
        Permission.RELEASE_HOLD,
        Permission.APPROVE_CONTACT,
        Permission.APPROVE_UNVERIFIED,
    ):
        holders = {role for role in StaffRole if allows([role], permission)}
        assert holders == {StaffRole.SUPERVISOR}


@given(st.integers(0, FREE - 1), st.integers(0, 900))
def test_under_five_failures_nobody_waits(failures: int, ago: int) -> None:
    last = NOW - timedelta(seconds=ago)
    assert wait_after(failures, last, PEER_CAP, NOW) == timedelta(0)


@given(st.integers(FREE, 10_000), st.integers(0, 900))
def test_the_wait_grows_up_to_its_cap_and_passes(failures: int, ago: int) -> None:
    last = NOW - timedelta(seconds=ago)
    waiting = wait_after(failures, last, ACCOUNT_CAP, NOW)
    assert timedelta(0) <= waiting <= ACCOUNT_CAP
    assert waiting <= wait_after(failures + 1, last, ACCOUNT_CAP, NOW)
    assert wait_after(failures, last, ACCOUNT_CAP, last + ACCOUNT_CAP) == timedelta(0)
