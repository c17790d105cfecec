"""`compose`, `follow-up` and `send`: what is said, and how it leaves."""

import secrets
import uuid
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from notices.channels.form import Submission
from takedown import audit
from takedown.checks import service as checks
from takedown.checks.models import CheckState
from takedown.db import committing
from takedown.flow.check import FIRST_GAP
from takedown.flow.interfaces import interfaces
from takedown.flow.moving import look_again
from takedown.flow.ports import Ports, Tally
from takedown.flow.reviewing import review_agreements
from takedown.outbox import approve as approvals
from takedown.outbox import by_form, by_hand, clocks, resolving
from takedown.outbox.approve import Approval
from takedown.outbox.compose import compose as write_drafts
from takedown.outbox.models import Notice
from takedown.outbox.send import Sender
from takedown.outbox.send import send as hand_over
from takedown.routes import holds
from takedown.routes.gate import Availability

_MOST: Final = 1_000


def compose(ports: Ports, limit: int | None = None) -> Tally:
    """Drafts of first notices, grouped by recipient; they wait for a person."""
    return _drafts(ports, limit, follow_up=False)


def follow_up(ports: Ports, limit: int | None = None) -> Tally:
    """What the ladders say is due; what may go by itself is approved in the same run.

    Holds whose review is due become tasks; so does what was handed over and is not answered.
    """
    with committing(ports.sessions) as session:
        holds.ask_for_reviews(session, ports.clock())
        clocks.ask_after(session, ports.clock())
    review_agreements(ports)
    return _drafts(ports, limit, follow_up=True)


def send(ports: Ports, limit: int | None = None) -> Tally:
    """Hand over what is approved and due; Urls looked at too long ago are looked at first."""
    look_again(ports)
    now = ports.clock()
    interface = interfaces(ports) if ports.leaves.notices else None
    api = {"api": interface} if interface is not None else {}
    with ports.channel() as mail:
        sender = Sender(
            sessions=ports.sessions,
            vault=ports.vault,
            hotline=ports.hotline,
            leaves=ports.leaves,
            channels={"email": mail} | api,
            look_up=look_up,
            on_accepted=restart_clocks,
            clock=ports.clock,
            draw=secrets.SystemRandom().random,
            deadline_s=ports.mail_deadline_s,
        )
        sent = hand_over(sender, now=now, limit=limit or _MOST)
    if sent.stale:
        with committing(ports.sessions) as session:
            checks.look_now(session, sent.stale, now=now)
    return Tally(sent.claimed, sent.done, sent.failed, sent.left)


def approve(
    session: Session,
    ports: Ports,
    notice_ids: list[uuid.UUID],
    *,
    actor: str,
    supervisor: bool,
    alone: str = "",
) -> list[Approval]:
    """A person's yes to drafts, with its audit entries; the door commits.

    `alone`: why nobody else can give the second yes now.
    """
    now = ports.clock()
    answers = approvals.approve(
        session,
        ports.vault,
        ports.hotline,
        ports.leaves,
        notice_ids,
        look_up=look_up,
        actor=actor,
        supervisor=supervisor,
        alone=alone,
        now=now,
    )
    _audit(session, ports, answers, actor, now)
    return answers


def take_by_hand(
    session: Session, ports: Ports, delivery_id: uuid.UUID
) -> tuple[by_hand.File, ...]:
    """The files of a hand-over for the person who carries it. See `outbox.by_hand.leave`."""
    return by_hand.files(ports.vault, _leaving(session, ports, delivery_id))


def fill_in(session: Session, ports: Ports, delivery_id: uuid.UUID) -> tuple[Submission, ...]:
    """What goes into a recipient's form. See `outbox.by_hand.leave` and `outbox.by_form`."""
    notice = _leaving(session, ports, delivery_id)
    return by_form.fill_in(session, ports.vault, ports.hotline, notice, look_up)


def _leaving(session: Session, ports: Ports, delivery_id: uuid.UUID) -> Notice:
    return by_hand.leave(
        *(session, ports.vault, ports.hotline, ports.leaves, delivery_id),
        look_up=look_up,
        now=ports.clock(),
    )


def resolve(
    session: Session, ports: Ports, delivery_id: uuid.UUID, *, arrived: bool, actor: str
) -> str:
    """A person's word on what was in doubt; what follows: arrived, again or anew."""
    now = ports.clock()
    if arrived:
        resolving.it_arrived(
            *(session, ports.vault, delivery_id),
            real=ports.leaves.notices,
            actor=actor,
            on_accepted=restart_clocks,
            now=now,
        )
        return "arrived"
    again = resolving.it_did_not_arrive(session, delivery_id, actor=actor, now=now)
    return "again" if again else "anew"


def receipt(
    session: Session, ports: Ports, delivery_id: uuid.UUID, reference: str, *, actor: str
) -> None:
    """What a recipient gave back, told by a person. See `outbox.by_hand.receipt`."""
    by_hand.receipt(
        *(session, ports.vault, delivery_id, reference),
        real=ports.leaves.notices,
        actor=actor,
        on_accepted=restart_clocks,
        now=ports.clock(),
    )


def look_up(session: Session, urls: list[uuid.UUID]) -> dict[uuid.UUID, Availability]:
    """What the checks last said of these Urls, as the gate asks for it."""
    states = session.scalars(
        select(CheckState)
        .where(CheckState.url_id.in_(urls))
        .execution_options(populate_existing=True)
    )
    return {
        state.url_id: Availability(
            checked_at=state.spell_last_at,
            last_up_at=state.last_up_at,
            last_up_by_person=state.last_up_manual,
            downs=state.run_downs,
            down_first_at=state.run_down_first_at,
            down_last_at=state.run_down_last_at,
        )
        for state in states
    }


def _drafts(ports: Ports, limit: int | None, *, follow_up: bool) -> Tally:
    now = ports.clock()
    with committing(ports.sessions) as session:
        made = write_drafts(
            session,
            ports.vault,
            ports.hotline,
            ports.leaves,
            look_up=look_up,
            now=now,
            limit=limit or _MOST,
            follow_up=follow_up,
        )
        _audit(session, ports, made.approved, audit.MACHINE, now)
    return Tally(made.claimed, made.done, made.failed, made.left)


def _audit(
    session: Session, ports: Ports, answers: list[Approval], actor: str, now: datetime
) -> None:
    for answer in answers:
        if answer.detail is not None:
            audit.append(
                session,
                ports.vault.audit_key,
                at=now,
                actor=actor,
                action="notice.approve" if answer.approved else "notice.first_yes",
                subject=answer.number,
                detail=answer.detail,
            )


def restart_clocks(session: Session, url_ids: list[uuid.UUID], at: datetime) -> None:
    """A first notice was accepted: from here checks are spaced anew."""
    checks.restart_clock(session, url_ids, at=at, first_gap=FIRST_GAP)
