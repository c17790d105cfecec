"""`send` from the lease to the recorded acceptance, against what proves and records nothing."""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import func, select

from benchmarks import contest, postfix
from benchmarks.house import house
from config.settings import load
from takedown import wiring
from takedown.db import committing
from takedown.flow import notify
from takedown.flow.ports import Ports
from takedown.outbox import queries
from takedown.outbox.approve import approve
from takedown.outbox.compose import compose
from takedown.outbox.models import Delivery, DeliveryStatus, Notice
from takedown.outbox.send import Sender, send
from tests.cast import Cast

NOTICES: Final = 1_000
BY_SOURCE: Final = 10_000  # enough for a rate
_LONG_AGO: Final = timedelta(hours=3)  # no check is waited for any longer


def main() -> str:
    """Run it and tell. About two minutes, most of them to write the notices."""
    with postfix.sink() as port, house(smtp=f"smtp://127.0.0.1:{port}"):
        ports = wiring.build_ports(load())
        size = _fill(ports, 2 * NOTICES)
        given = {"port": port, "size": size, "count": BY_SOURCE}
        one = contest.run("takedown send, one process", "send", {"count": NOTICES})
        two = contest.run("two processes", "send", {"count": NOTICES // 2}, processes=2)
        plain = contest.run("its SMTP channel alone", "channel", given | {"count": NOTICES})
        each = contest.run("smtp-source, a connection each", "smtp-source", given)
        kept = contest.run("smtp-source -d, one connection", "smtp-source -d", given)
        with ports.sessions() as session:
            sent = Delivery.status == DeliveryStatus.SENT
            done = session.scalar(select(func.count()).select_from(Delivery).where(sent))
        assert done == 2 * NOTICES == one.done + two.done, "not every notice was accepted once"
    return contest.table(
        f"send: {NOTICES:,} notices of {size:,} bytes to smtp-sink; gate, arming, audit included",
        [one, two, plain, each, kept],
        {"source": each, "source -d": kept},
        f"one process: 1 to {each.rate / one.rate:,.0f}, 1 to {kept.rate / one.rate:,.0f} with -d;"
        " smtp-source makes its mail up, proves nothing and records nothing",
    )


def by_us(ports: Ports, count: int) -> Callable[[], int]:
    """Hand over `count` notices that are approved, through the whole of the outbox."""

    def work() -> int:
        with ports.channel() as mail:
            sender = Sender(
                sessions=ports.sessions,
                vault=ports.vault,
                hotline=ports.hotline,
                leaves=ports.leaves,
                channels={"email": mail},
                look_up=notify.look_up,
                on_accepted=notify.restart_clocks,
                clock=ports.clock,
                draw=secrets.SystemRandom().random,
            )
            return send(sender, now=ports.clock(), limit=count).done

    return work


def by_channel(ports: Ports, size: int, count: int) -> Callable[[], int]:
    """Hand over `count` messages by the channel, without a database."""
    message = b"Subject: x\r\n\r\n" + b"abcdefgh\r\n" * (size // 10)

    def work() -> int:
        with ports.channel() as mail:
            for _ in range(count):
                mail.send(
                    message,
                    "notices@hotline.example",
                    "abuse@provider.example",
                    arm=lambda: True,
                    deadline_s=60,
                )
        return count

    return work


def _fill(ports: Ports, count: int) -> int:
    """Approve `count` notices about one Url each, some hours ago; the size of one, in bytes."""
    then = datetime.now(UTC) - _LONG_AGO
    with committing(ports.sessions) as session:
        cast = Cast(session, ports.vault, then)
        route = cast.route()
        for n in range(count):
            provider = cast.provider(f"Provider {n}")
            cast.contact(provider, f"abuse@provider{n}.example")
            cast.known(f"https://media{n}.example.test/{n}.jpg", provider, route)
    with committing(ports.sessions) as session:
        made = compose(
            *(session, ports.vault, ports.hotline, ports.leaves),
            look_up=notify.look_up,
            now=then,
            limit=2 * count,
        )
    with committing(ports.sessions) as session:
        answers = approve(
            *(session, ports.vault, ports.hotline, ports.leaves, made.notices),
            look_up=notify.look_up,
            actor="cli:benchmark",
            supervisor=True,
            now=then,
        )
        assert sum(answer.approved for answer in answers) == count
        notice = session.get_one(Notice, made.notices[0])
        return len(queries.would_have_left(ports.vault, notice) or b"")
