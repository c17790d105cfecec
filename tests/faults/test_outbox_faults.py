"""The outbox under servers and senders that fail at every step: nothing lost, nothing doubled
without its mark."""

import os
import random
from collections.abc import Callable
from itertools import cycle
from signal import SIGKILL

from faults import CONNECTIONS, FAULTS, HOLD, INTERFACES
from faulty_api import FaultyApi
from houses import Account, House, accounts, dead_without_a_task, table
from outboxes import Told
from sqlalchemy import select

from takedown import audit
from takedown.outbox.models import DeliveryStatus
from takedown.routes.models import Hold

#: Small in the suite; OUTBOX_NOTICES=1000 for the whole.
NOTICES = int(os.environ.get("OUTBOX_NOTICES", str(len(FAULTS) + 3)))
REPORTS = max(len(INTERFACES), NOTICES // 5)


def played(
    here: House,
    names: list[str],
    copies: Callable[[Told], int],
    interface: FaultyApi | None = None,
) -> tuple[list[Told], dict[str, Account]]:
    """What became of notices to such recipients: none lost, none doubled, each dead one a task."""
    here.outbox.approved(names[:2], interface)  # one that goes well, and one that is put off
    assert here.nursery.warm() == 2
    here.outbox.approved(names[2:], interface)
    here.play(random.Random(7))
    told = here.outbox.told()
    found = accounts(told, copies)
    print(table(found, here))  # noqa: T201 - the counts
    assert sum(one.notices for one in found.values()) == len(names)
    assert sum(one.lost for one in found.values()) == 0
    assert sum(one.doubled for one in found.values()) == 0
    assert dead_without_a_task(here, told) == 0
    return told, found


def held_and_sent(house: House) -> int:
    """How many locations left that were held at the last moment."""
    with house.outbox.sessions() as session:
        held = [house.outbox.locations[one] for one in session.scalars(select(Hold.subject_id))]
    return sum(location in one.raw for one in house.server.received for location in held)


def test_killed_before_arming_nothing_had_left_and_it_leaves_once(
    house: Callable[..., House],
) -> None:
    with house() as here:
        here.outbox.approved(["unarmed-killed"])
        assert here.send() == -SIGKILL
        assert here.fate("unarmed-killed") == (DeliveryStatus.CLAIMED, 0, False)
        here.outbox.pass_time(minutes=4)
        assert here.send() == 0
        assert here.fate("unarmed-killed") == (DeliveryStatus.CLAIMED, 0, False)
        here.outbox.pass_time(minutes=2)
        assert here.send() == 0
        assert here.fate("unarmed-killed") == (DeliveryStatus.SENT, 1, False)


def test_killed_once_armed_it_is_repeated_with_its_mark_after_half_an_hour(
    house: Callable[..., House],
) -> None:
    with house() as here:
        here.outbox.approved(["well"])
        here.nursery.warm()
        here.outbox.approved(["armed-killed", "answered-killed"])
        assert [here.send(), here.send()] == [-SIGKILL, -SIGKILL]
        here.outbox.pass_time(minutes=6)
        assert here.send() == 0
        assert here.fate("armed-killed") == (DeliveryStatus.UNCERTAIN, 0, False)
        assert here.fate("answered-killed") == (DeliveryStatus.UNCERTAIN, 1, False)
        here.outbox.pass_time(minutes=29)
        assert here.send() == 0
        assert here.fate("armed-killed") == (DeliveryStatus.UNCERTAIN, 0, False)
        here.outbox.pass_time(minutes=1)
        assert here.send() == 0
        assert here.fate("armed-killed") == (DeliveryStatus.SENT, 1, True)
        assert here.fate("answered-killed") == (DeliveryStatus.SENT, 2, True)


def test_no_mail_is_lost_and_none_doubled_without_its_mark(house: Callable[..., House]) -> None:
    names = [name for _, name in zip(range(NOTICES), cycle(FAULTS), strict=False)]
    with house(*(CONNECTIONS * max(1, NOTICES // 200))) as here:
        told, found = played(here, names, here.mails)
        assert held_and_sent(here) == 0
        for name, one in found.items():
            fault = FAULTS[name]
            assert (one.dead, one.there) == (one.notices if fault.refuses else 0, 0), name
            assert one.anew == (one.notices if fault.act == HOLD else 0), name
        sure = [one for name, one in found.items() if not FAULTS[name].leaves_doubt]
        assert sum(one.marked for one in sure) <= NOTICES // 20, "only a slow answer is in doubt"
        assert not here.server.waiting, "a fault of a connection has not happened"
        assert all(here.outbox.happened.to(one.recipient) for one in told), "nor has another"
        with here.outbox.sessions() as session:
            assert audit.verify(session, here.outbox.vault.audit_key) is None


def test_no_report_is_lost_and_none_is_made_twice(house: Callable[..., House]) -> None:
    names = [name for _, name in zip(range(REPORTS), cycle(INTERFACES), strict=False)]
    with house() as here:
        told, found = played(here, names, here.reports, here.interface)
        known = [one for one in here.interface.received if "blind" not in one[0]]
        assert len(set(known)) == len({recipient for recipient, _ in known}), "one key for each"
        for name, one in found.items():
            fault, blind = INTERFACES[name], name.endswith("-blind")
            given_up = fault.refuses or (blind and fault.leaves_doubt)
            assert one.dead == (one.notices if given_up else 0), name
            assert one.there == (one.notices if given_up and fault.stored else 0), name
            assert one.marked == 0 or not blind, f"{name}: it would be taken for another report"
        assert all(here.outbox.happened.to(one.recipient) for one in told)
