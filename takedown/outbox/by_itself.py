"""A reminder that goes in a person's stead, where that person approved the notice before it."""

import uuid
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from takedown.audit import MACHINE
from takedown.hosts.models import Contact, Provider
from takedown.outbox import drafts
from takedown.outbox.approve import Approval, approve
from takedown.outbox.asking import Toward, gate_facts
from takedown.outbox.cases import LookUp
from takedown.outbox.facts import previous
from takedown.outbox.models import Notice
from takedown.routes import gate
from takedown.routes.hotline import Hotline, Leaves
from takedown.routes.models import RouteStatus
from takedown.vault import Vault

#: What may go by itself.
BY_THEMSELVES: Final = frozenset({"reminder", "closure"})


def goes_by_itself(
    session: Session,
    vault: Vault,
    hotline: Hotline,
    leaves: Leaves,
    notice_id: uuid.UUID,
    *,
    look_up: LookUp,
    now: datetime,
) -> Approval | None:
    """Approve a reminder in a person's stead, or None: then it waits like any draft.

    It goes only where a person approved the first notice to this very contact, that notice's route
    and this one's are verified and the same, its text is a reviewed one in the same language, and
    nothing about the provider is in doubt.
    """
    notice = session.get_one(Notice, notice_id)
    before = previous(session, notice)
    if before is None or notice.kind not in BY_THEMSELVES or not notice.reviewed_text:
        return None
    by_person = (before.approved_by or "").startswith(("user:", "cli:"))
    same = (before.contact_id, before.route_status, before.language) == (
        notice.contact_id,
        notice.route_status,
        notice.language,
    )
    if not (by_person and same and notice.route_status == RouteStatus.VERIFIED):
        return None
    contact = session.get_one(Contact, notice.contact_id)
    to = Toward(session.get_one(Provider, notice.provider_id), contact)
    for _, case, trace in drafts.items_of(session, notice.id, look_up):
        route_changed = case.decision is None or (
            before.approved_at is not None and case.decision.decided_at > before.approved_at
        )
        facts = gate_facts(
            case, to, vault, kind=notice.kind, made_for=trace, now=now, automatic=True
        )
        if route_changed or gate.ask(facts).reasons:
            return None
    (answer,) = approve(
        *(session, vault, hotline, leaves, [notice_id]),
        look_up=look_up,
        actor=MACHINE,
        supervisor=False,
        now=now,
    )
    return answer if answer.approved else None
