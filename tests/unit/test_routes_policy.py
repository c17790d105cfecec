"""Who may be written to: own country x hosting country x agreement, on the delivered table."""

import tomllib
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from takedown.routes.hotline import Preset
from takedown.routes.models import BindsOn, RouteKind, RouteStatus
from takedown.routes.policy import Decision, decide
from takedown.routes.table import RouteRow, read

TABLE = read(
    tomllib.loads((Path(__file__).parents[2] / "config" / "jurisdictions.toml").read_text("utf-8"))
)
MEMBERS = frozenset({"NL", "DE", "US", "CA"})


def decided(own: str, preset: Preset, hosting: str | None, **more: object) -> Decision:
    return decide(own, preset, hosting, TABLE, MEMBERS, **more)


@pytest.mark.parametrize(
    ("own", "preset", "hosting", "kind", "why"),
    [
        ("FR", Preset.NATIONAL, "FR", RouteKind.DIRECT, "home:FR/home"),
        ("FR", Preset.NATIONAL, "NL", RouteKind.HOTLINE, "partner_hotline:*INHOPE/abroad"),
        ("FR", Preset.NATIONAL, "RU", RouteKind.POLICE, "own_police:*/abroad"),
        ("FR", Preset.NATIONAL, "AU", RouteKind.POLICE, "own_police:*/abroad"),
        ("IT", Preset.NATIONAL, "RU", RouteKind.POLICE, "own_police:IT/abroad"),
        ("IT", Preset.NATIONAL, "IT", RouteKind.NONE, "no_row_at_home"),
        ("BE", Preset.NATIONAL, "BE", RouteKind.POLICE, "home:BE/home"),
        ("FR", Preset.NATIONAL, None, RouteKind.NONE, "country_unknown"),
        ("CA", Preset.GLOBAL, "CA", RouteKind.DIRECT, "home:CA/home"),
        ("CA", Preset.GLOBAL, "NL", RouteKind.DIRECT, "hosting_country:NL/home"),
        ("CA", Preset.GLOBAL, "RU", RouteKind.DIRECT, "global_preset:*GLOBAL/abroad"),
        ("CA", Preset.GLOBAL, "IT", RouteKind.DIRECT, "global_preset:*GLOBAL/abroad"),
        ("CA", Preset.GLOBAL, "AU", RouteKind.REGULATOR, "hosting_country:AU/home"),
        ("CA", Preset.GLOBAL, "BE", RouteKind.POLICE, "hosting_country:BE/home"),
        ("CA", Preset.GLOBAL, None, RouteKind.NONE, "country_unknown"),
    ],
)
def test_the_route_follows_from_who_we_are_and_where_it_is_hosted(
    own: str, preset: Preset, hosting: str | None, kind: RouteKind, why: str
) -> None:
    decision = decided(own, preset, hosting)
    assert (decision.kind, decision.why) == (kind, why)


@pytest.mark.parametrize("preset", list(Preset))
def test_nothing_goes_to_a_country_of_the_do_not_forward_list(preset: Preset) -> None:
    decision = decided("FR", preset, "NL", do_not_forward=frozenset({"NL"}))
    assert (decision.kind, decision.why) == (RouteKind.NONE, "do_not_forward")


def test_an_unverified_row_binds_nobody_and_names_no_law() -> None:
    decision = decided("NL", Preset.NATIONAL, "NL", signatory=True)
    assert decision.status is RouteStatus.UNVERIFIED
    assert decision.deadline_hours == 24
    assert decision.binding is False
    assert decision.basis is None


@pytest.mark.parametrize(
    ("binds_on", "signatory", "binding"),
    [
        (BindsOn.NOTICE, False, True),
        (BindsOn.SIGNATORIES, False, False),
        (BindsOn.SIGNATORIES, True, True),
        (BindsOn.AUTHORITY_ORDER, True, False),
        (BindsOn.ASKED, True, False),
    ],
)
def test_only_a_deadline_that_binds_this_recipient_on_our_notice_is_binding(
    binds_on: BindsOn, signatory: bool, binding: bool
) -> None:
    decision = decide("NL", Preset.NATIONAL, "NL", [verified(binds_on)], signatory=signatory)
    assert decision.binding is binding
    assert decision.basis == "Example Code, article 1"


def test_a_route_without_hours_can_never_be_overdue() -> None:
    row = replace(verified(BindsOn.NOTICE), deadline_hours=None)
    assert decide("NL", Preset.NATIONAL, "NL", [row]).binding is False


def test_an_empty_table_leaves_everything_to_people() -> None:
    for preset in Preset:
        for hosting in ("NL", "FR", None):
            assert decide("NL", preset, hosting, []).kind is RouteKind.NONE


def test_the_police_come_first_where_the_row_says_so() -> None:
    assert decided("GB", Preset.NATIONAL, "GB").police_first is True
    assert decided("FR", Preset.NATIONAL, "FR").police_first is False


def verified(binds_on: BindsOn) -> RouteRow:
    return RouteRow(
        country="NL",
        direction="home",
        kind=RouteKind.DIRECT,
        deadline_hours=24,
        binds_on=binds_on,
        languages=("nl",),
        basis="Example Code, article 1",
        source="made up for this test",
        checked_on=date(2026, 3, 2),
        checked_by="user:alice",
        status=RouteStatus.VERIFIED,
    )
