"""Who may do what: one table, role x permission, read by every door. Pure."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType

from takedown.people.models import StaffRole


class Permission(StrEnum):
    """One thing that a page lets a person do; each page declares the one it needs."""

    REGISTER = "register"  # tell of confirmed addresses
    SEE_CASES = "see_cases"  # defanged locations, timelines, notices
    WORK_CASES = "work_cases"  # check now, manual finding, withdraw, settle a task
    REVEAL = "reveal"  # the exact location, with a reason, audited
    PLACE_HOLD = "place_hold"  # stopping is for everybody who works on cases
    RELEASE_HOLD = "release_hold"  # letting go is not
    WATCH_REVEALS = "watch_reveals"  # is told when one person reveals many locations
    APPROVE_NOTICE = "approve_notice"  # approved contact, verified route
    APPROVE_UNVERIFIED = "approve_unverified"  # a notice whose route nobody has verified
    EDIT_BOOK = "edit_book"  # providers and their contacts: typed by one, approved by another
    APPROVE_CONTACT = "approve_contact"  # decides where locations go; merging providers, too
    EDIT_ROUTES = "edit_routes"  # how one may act on what is hosted where; no location stands there
    VERIFY_ROUTES = "verify_routes"  # the second person: never who wrote it
    EDIT_TEMPLATE = "edit_template"  # what letters say: written by one, approved by another
    EDIT_CONNECTORS = "edit_connectors"  # providers' interfaces: two people; no location there
    SEE_FIGURES = "see_figures"  # compliance: providers under reviewed names, no location
    PUBLISH = "publish"  # reports: asked for by one, published by another; no location there
    SEE_STAGES = "see_stages"
    MANAGE_PEOPLE = "manage_people"  # accounts and tokens
    SEE_LOG = "see_log"  # the audit log and its verification


_CASES = frozenset(
    {
        Permission.REGISTER,
        Permission.SEE_CASES,
        Permission.WORK_CASES,
        Permission.REVEAL,
        Permission.PLACE_HOLD,
        Permission.APPROVE_NOTICE,
        Permission.EDIT_BOOK,
        Permission.SEE_FIGURES,
    }
)

GRANTS: Mapping[StaffRole, frozenset[Permission]] = MappingProxyType(
    {
        StaffRole.ANALYST: _CASES,
        StaffRole.SUPERVISOR: _CASES
        | {
            Permission.RELEASE_HOLD,
            Permission.WATCH_REVEALS,
            Permission.APPROVE_UNVERIFIED,
            Permission.APPROVE_CONTACT,
            Permission.EDIT_ROUTES,
            Permission.VERIFY_ROUTES,
            Permission.EDIT_TEMPLATE,
            Permission.EDIT_CONNECTORS,
            Permission.SEE_STAGES,
            Permission.PUBLISH,
        },
        StaffRole.MANAGER: frozenset({Permission.SEE_FIGURES, Permission.PUBLISH}),
        StaffRole.ADMINISTRATOR: frozenset(
            {
                Permission.MANAGE_PEOPLE,
                Permission.SEE_STAGES,
                Permission.EDIT_ROUTES,
                Permission.EDIT_CONNECTORS,
            }
        ),
        StaffRole.AUDITOR: frozenset({Permission.SEE_LOG, Permission.SEE_FIGURES}),
    }
)


def granted(roles: Iterable[StaffRole]) -> frozenset[Permission]:
    """What a person of these roles may do: the union."""
    return frozenset().union(*(GRANTS[role] for role in roles))


def allows(roles: Iterable[StaffRole], permission: Permission) -> bool:
    """Whether one of the roles carries the permission."""
    return permission in granted(roles)
