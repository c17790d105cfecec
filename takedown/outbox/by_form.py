"""A provider's web form that a person fills in: what goes into each box, exact, for one answer.

Built from the rows and the approved template at the moment of leaving, and stored nowhere. The
caller commits, with an audit entry as its last statement.
"""

import uuid
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from notices.channels.form import Submission, plain, submissions
from notices.compose import compose
from takedown.hosts.models import Contact
from takedown.outbox import by_hand, drafts
from takedown.outbox.approve import NoticeRefused
from takedown.outbox.cases import LookUp
from takedown.outbox.facts import facts_of
from takedown.outbox.texts import standing
from takedown.routes.hotline import Hotline, Leaves
from takedown.vault import Vault


def fill_in(
    session: Session,
    vault: Vault,
    hotline: Hotline,
    leaves: Leaves,
    delivery_id: uuid.UUID,
    *,
    look_up: LookUp,
    now: datetime,
) -> tuple[Submission, ...]:
    """What to copy into the recipient's form, once for every Urls that it takes at a time.

    The gate is asked first: see `by_hand.leave` for what is raised.
    """
    notice = by_hand.leave(session, vault, hotline, leaves, delivery_id, look_up=look_up, now=now)
    contact = session.get_one(Contact, notice.contact_id)
    items = drafts.as_items(drafts.items_of(session, notice.id, look_up))
    told = facts_of(session, vault, hotline, notice, contact, items)
    # Nothing can be attached to a form: its text holds the exact locations itself.
    facts = replace(told, recipient=replace(told.recipient, plain_locations=True))
    letter = compose(facts, notice.kind, notice.language, standing.templates(session, vault))
    if (letter.template, letter.version) != (notice.template, notice.template_version):
        raise NoticeRefused("its text has changed since it was approved")
    return submissions(plain(contact.max_urls), facts, letter)
