"""What goes together: by the contact's batch rule, and how long its notices gather. Pure."""

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta

from takedown.outbox import due
from takedown.outbox.asking import Toward
from takedown.outbox.batches import Group
from takedown.outbox.cases import Case
from takedown.outbox.ladder.rules import DOMAIN_LEVEL
from takedown.outbox.policy import Step
from takedown.routes.gate import Answer, Reason


def key(case: Case, to: Toward, step: Step) -> tuple[object, ...]:
    """What keeps Urls of one contact apart: its rule, a whole domain, and what is urgent."""
    rule = to.contact.batch
    if to.role in DOMAIN_LEVEL or rule == "same_domain":
        place: object = case.host.domain_index
    else:
        place = case.host.id if rule == "same_host" else None
    paced = to.opens_at is not None or to.contact.aggregation_minutes > 0
    return place, case.urgent if paced else None


def split(groups: Iterable[Group], now: datetime) -> tuple[list[Group], list[tuple[Case, Answer]]]:
    """The groups that go now, and the cases of those that wait for more to come.

    A contact's groups wait until the oldest of its Urls has waited for as long as its interval,
    or its cap is full. What is urgent goes at once, and so does what a person hurried.
    """
    listed = list(groups)
    by_contact: dict[uuid.UUID, list[Group]] = {}
    for group in listed:
        by_contact.setdefault(group.to.contact.id, []).append(group)
    kept: list[tuple[Case, Answer]] = []
    going: list[Group] = []
    for same in by_contact.values():
        calm = [group for group in same if not group.chosen[0][0].urgent]
        waits = _waits(calm, now)
        going += [group for group in same if not waits or group not in calm]
        if waits:
            answer = Answer(False, (), (Reason.AGGREGATION,))
            kept += [(case, answer) for group in calm for case, _, _ in group.chosen]
    return going, kept


def since(case: Case, step: Step) -> datetime:
    """Since when a step of a case has been due."""
    if case.episode is None:
        return case.url.registered_at
    if step.kind == "closure" and case.episode.confirmed_at is not None:
        return case.episode.confirmed_at
    return due.since(case.episode.opened_at, case.episode.notified_at, step)


def _waits(groups: list[Group], now: datetime) -> bool:
    if not groups:
        return False
    contact = groups[0].to.contact
    if contact.aggregation_minutes <= 0:
        return False
    if sum(len(group.chosen) for group in groups) >= contact.max_urls:
        return False
    oldest = min(since(case, group.step) for group in groups for case, _, _ in group.chosen)
    if contact.hurried_at is not None and oldest <= contact.hurried_at:
        return False
    return now < oldest + timedelta(minutes=contact.aggregation_minutes)
