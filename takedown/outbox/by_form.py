"""A provider's web form that a person fills in: what goes into each box, exact, for one answer.

Built from the rows and the approved template at the moment of leaving, and stored nowhere. The
caller commits, with an audit entry as its last statement.
"""

from dataclasses import replace

from sqlalchemy.orm import Session

from notices.channels.form import Submission, submissions
from notices.compose import compose
from takedown.hosts.models import Contact
from takedown.outbox import drafts
from takedown.outbox.approve import NoticeRefused
from takedown.outbox.cases import LookUp
from takedown.outbox.facts import facts_of
from takedown.outbox.models import Notice
from takedown.outbox.texts import standing
from takedown.routes.hotline import Hotline
from takedown.vault import Vault


def fill_in(
    session: Session, vault: Vault, hotline: Hotline, notice: Notice, look_up: LookUp
) -> tuple[Submission, ...]:
    """What to copy into the recipient's form, once for every Urls that it takes at a time.

    Of a notice that may leave (see `by_hand.leave`). Raises `NoticeRefused` where its text is
    another one since.
    """
    contact = session.get_one(Contact, notice.contact_id)
    items = drafts.as_items(drafts.items_of(session, notice.id, look_up))
    told = facts_of(session, vault, hotline, notice, contact, items)
    # Nothing can be attached to a form: its text holds the exact locations itself.
    alone = replace(told.recipient, plain_locations=True, text_alone=True)
    facts = replace(told, recipient=alone)
    letter = compose(facts, notice.kind, notice.language, standing.templates(session, vault))
    if (letter.template, letter.version) != (notice.template, notice.template_version):
        raise NoticeRefused("its text has changed since it was approved")
    return submissions(facts, letter, contact.max_urls)
