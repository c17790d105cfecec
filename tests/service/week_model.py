"""What a careful person with a calendar and a list would have sent in that week, line by line.

It knows the story and nothing of our code: no row, no query, no function of ours.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from week import HAND_OVERS, OURS, SEEN_AFTER, Firm, Item, Week

HOUR = timedelta(hours=1)


class Line(NamedTuple):
    """One Url told to one desk at one time, and why."""

    at: datetime
    mailbox: str
    why: str
    location: str


class Duty(NamedTuple):
    """What is due for one Url: since when, to whom, and its place in the ladder."""

    place: int
    why: str
    firm: Firm
    since: datetime


def expected(week: Week) -> list[Line]:
    """Walk through the hours; what leaves at one of them changes what is due at the next."""
    sent: dict[str, list[tuple[str, datetime]]] = {one.location: [] for one in week.items}
    lines: list[Line] = []
    in_envelope: set[tuple[str, int]] = set()  # gathered; it may still wait for a door
    for now in week.ticks:
        waiting: dict[tuple[str, str, int], list[tuple[Item, Duty]]] = {}
        for item in week.items:
            duty = _duty(week, item, sent[item.location], now)
            if duty is not None and not _held(week, item, duty.firm, now):
                key = duty.firm.key, duty.why, duty.place
                waiting.setdefault(key, []).append((item, duty))
        for together in waiting.values():
            calm = [
                duty.since
                for item, duty in together
                if not item.urgent and (item.location, len(sent[item.location])) not in in_envelope
            ]
            ripe = bool(calm) and now >= min(calm) + together[0][1].firm.gathers
            for item, duty in together:
                place = item.location, len(sent[item.location])
                if ripe:
                    in_envelope.add(place)
                gathered = place in in_envelope
                doors = [OURS, *([duty.firm.opening] if duty.firm.opening else [])]
                handed = duty.why in HAND_OVERS.values()
                if item.urgent or (
                    (gathered or handed) and all(door.is_open(now) for door in doors)
                ):
                    sent[item.location].append((duty.why, now))
                    lines.append(Line(now, duty.firm.mailbox, duty.why, item.location))
    return sorted(lines)


def _duty(week: Week, item: Item, told: list[tuple[str, datetime]], now: datetime) -> Duty | None:
    firm = week.firms[item.firm]
    if now < item.registered:
        return None
    gone_at = week.removed.get(item.location)
    gone = gone_at is not None and gone_at + SEEN_AFTER <= now
    hand_over = HAND_OVERS.get(firm.country)
    if gone:
        seen = next(at for at in week.ticks if gone_at and at >= gone_at + SEEN_AFTER)
        seen = max(seen, item.registered)
        thanked = told and told[-1][0] == "closure"
        if not told or hand_over or not firm.closure or thanked:
            return None
        return Duty(99, "closure", firm, seen)
    if hand_over:
        return None if told else Duty(0, hand_over, week.firms[hand_over], item.registered)
    ladder = [("first", 0, firm), ("reminder", 24, firm), ("reminder", 48, firm)]
    if firm.upstream is not None:
        ladder.append(("escalation", 72, week.firms[firm.upstream]))
    ladder.append(("escalation", 144, week.firms[item.registrar]))
    if len(told) >= len(ladder):
        return None
    place = len(told)
    why, hours, whom = ladder[place]
    if place == 0:
        return Duty(0, why, whom, item.registered)
    since = told[0][1] + hours * HOUR
    between = (hours - ladder[place - 1][1]) * HOUR / 2
    if now < max(since, told[-1][1] + between):
        return None
    return Duty(hours, why, whom, since)


def _held(week: Week, item: Item, to: Firm, now: datetime) -> bool:
    firm, since = week.held_firm
    on_firm = firm in (item.firm, to.key) and now >= since
    on_url = item.held is not None and item.held[0] <= now < item.held[1]
    return on_firm or on_url
