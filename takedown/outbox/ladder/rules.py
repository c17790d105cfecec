"""What a ladder may be, and the steps that it makes. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Final

from takedown.errors import TakedownError
from takedown.hosts.models import Role
from takedown.outbox.policy import FIRST, Step
from takedown.routes.gate import HAND_OVERS

#: The ordinal of an escalation in its episode: one a role, so that an edited ladder repeats none.
ESCALATED: Final[Mapping[str, int]] = MappingProxyType(
    {
        Role.PLATFORM: 1,
        Role.HOST: 2,
        Role.PROXY: 3,
        Role.UPSTREAM: 4,
        Role.REGISTRAR: 5,
        Role.REGISTRY: 6,
    }
)
_ROLES: Final = MappingProxyType({step: role for role, step in ESCALATED.items()})
#: A hand-over as a step of the ladder; 0 is the one that a route itself asks for.
LATE: Final = 1
#: The ordinal of the retraction of a hand-over, behind those of the escalations.
_RETRACTED: Final = MappingProxyType({kind: 7 + n for n, kind in enumerate(sorted(HAND_OVERS))})
#: Steps that reach everything under a domain: two people, and what else is there is recorded.
DOMAIN_LEVEL: Final = frozenset({Role.REGISTRAR, Role.REGISTRY})
_TWO_PEOPLE: Final = DOMAIN_LEVEL | {"regulator"}
_MOST_RUNGS: Final = 12
_LONGEST: Final = 24 * 366


class LadderRefused(TakedownError):
    """A ladder that can't stand; `reason` is a message id of the pages."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Rung:
    """A row of a ladder, as a person writes it; `after_hours` count from the first acceptance."""

    after_hours: int
    kind: str  # reminder | escalation | hotline | police | regulator
    role: str = "host"
    second_person: bool = False
    language: str | None = None

    @property
    def two_people(self) -> bool:
        """Whether one person can't release it, whatever is written."""
        return self.second_person or self.role in _TWO_PEOPLE


@dataclass(frozen=True, slots=True)
class Rules:
    """A whole ladder: its rungs in order, and how many reminders at most."""

    rungs: tuple[Rung, ...]
    reminder_cap: int = 2

    def steps(self) -> tuple[Step, ...]:
        """The first notice and what follows it; reminders beyond the cap are left out."""
        made, reminders = [FIRST], 0
        for rung in self.rungs:
            after = timedelta(hours=rung.after_hours)
            if rung.kind == "reminder":
                reminders += 1
                if reminders <= self.reminder_cap:
                    made.append(Step(rung.kind, reminders, after, "", False, rung.language))
                continue
            ordinal = LATE if rung.kind in HAND_OVERS else ESCALATED[rung.role]
            two = rung.two_people
            made.append(Step(rung.kind, ordinal, after, rung.role, two, rung.language))
        return tuple(made)


#: What `init` writes: reminders, the upstream network, the registrar; then whoever is in charge
#: where it is hosted (of the last three, the first that can be written to). Source: 5-notices.
DEFAULT: Final = Rules(
    (
        Rung(24, "reminder"),
        Rung(48, "reminder"),
        Rung(72, "escalation", Role.UPSTREAM),
        Rung(144, "escalation", Role.REGISTRAR, second_person=True),
        Rung(240, "hotline", "hotline"),
        Rung(240, "police", "police"),
        Rung(240, "regulator", "regulator", second_person=True),
    )
)


def retracting_step(kind: str, step: int) -> int:
    """The ordinal of what retracts a notice of this kind and step: one a recipient."""
    return step if kind == "escalation" else _RETRACTED.get(kind, 0)


def role_of(kind: str, step: int) -> str:
    """Whom a notice of this kind and step asks, where that is not who answers for the Url."""
    if kind == "retraction" and step in _RETRACTED.values():
        return next(one for one, ordinal in _RETRACTED.items() if ordinal == step)
    if kind in ("escalation", "retraction"):
        return _ROLES.get(step, "")
    return kind if kind in HAND_OVERS else ""


def is_late(kind: str, step: int) -> bool:
    """Whether a hand-over is a step of the ladder rather than what the route asks for."""
    return kind in HAND_OVERS and step >= LATE


def check(rules: Rules) -> Rules:
    """The ladder, if it can stand. Raises `LadderRefused`."""
    rungs = rules.rungs
    if len(rungs) > _MOST_RUNGS:
        raise LadderRefused("ladder:too_long")
    if not 0 <= rules.reminder_cap <= _MOST_RUNGS:
        raise LadderRefused("ladder:cap")
    hours = [rung.after_hours for rung in rungs]
    if any(not 1 <= one <= _LONGEST for one in hours) or hours != sorted(hours):
        raise LadderRefused("ladder:hours")
    for rung in rungs:
        if not _fits(rung):
            raise LadderRefused("ladder:role")
    asked = [(rung.kind, rung.role) for rung in rungs if rung.kind != "reminder"]
    if len(set(asked)) != len(asked):
        raise LadderRefused("ladder:twice")
    return rules


def adds_domain_level(before: Rules, after: Rules) -> bool:
    """Whether the change asks more of a registrar or registry, or asks it sooner."""
    known = {rung.role: rung.after_hours for rung in before.rungs if rung.role in DOMAIN_LEVEL}
    return any(
        rung.after_hours < known.get(rung.role, _LONGEST + 1)
        for rung in after.rungs
        if rung.role in DOMAIN_LEVEL
    )


def reachable(steps: Sequence[Step], known: frozenset[tuple[str, int]]) -> tuple[Step, ...]:
    """The steps that somebody can be asked in: what has nobody is passed over.

    Of hand-overs at the same hour, the first that has a recipient.
    """
    kept: list[Step] = []
    for step in steps:
        if step.role and step.key not in known:
            continue
        late = is_late(*step.key)
        if late and any(is_late(*one.key) and one.after == step.after for one in kept):
            continue
        kept.append(step)
    return tuple(kept)


def _fits(rung: Rung) -> bool:
    if rung.kind == "reminder":
        return rung.role == Role.HOST
    if rung.kind == "escalation":
        return rung.role in ESCALATED
    return rung.kind in HAND_OVERS and rung.role == rung.kind
