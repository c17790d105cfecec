"""Contacts as people keep them: typed by one, approved by another, retired but never deleted."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import or_, select

from takedown.db import new_id
from takedown.hosts.book import Desk, claims
from takedown.hosts.book.editing import Change, note_change
from takedown.hosts.book.fields import CONTACT, NEW_CONTACT, Values, tidied, to_column
from takedown.hosts.book.problems import BookError
from takedown.hosts.book.reading import contact_values
from takedown.hosts.book.values import address_host
from takedown.hosts.models import Contact, Host, Provider, ProviderDomain
from takedown.people.tasks import TaskKind, settle
from takedown.people.two_people import not_by
from takedown.vault import STANDING

TIPS_OFF: Final = (
    "a reported host lies in this domain: whoever is reported would read it. "
    "Where users publish under the provider's own domain, enter that domain first"
)
KNOWN: Final = "this provider has this contact already"
RETIRED: Final = "it is retired: add it again"
#: Who can read what is sent rests on these: a change waits for another person's yes.
_DECIDING: Final = frozenset({"encryption_key"})
_MOVING: Final = ("medium", "address")


def add(desk: Desk, provider: Provider, given: Mapping[str, str]) -> Contact:
    """A contact that a person typed in; it waits for another person. Raises `BookError`.

    One that was retired comes back as the same row.
    """
    claims.lock(desk)
    wanted = tidied(CONTACT, {**NEW_CONTACT, **given})
    _refuse_future(desk, wanted)
    if _tips_off(desk, provider.id, wanted):
        raise BookError({"address": TIPS_OFF})
    contact = _row(desk, provider.id, wanted["medium"], wanted["address"])
    if contact is not None and contact.retired_at is None:
        raise BookError({"address": KNOWN})
    if contact is None:
        contact = _blank(desk, provider.id, wanted)
        desk.session.add(contact)
    contact.retired_at = contact.approved_at = contact.approved_by = None
    contact.proposed_by = desk.by
    _fill(desk, contact, wanted)
    desk.session.flush()
    desk.note("contact", contact.id, "contact.added", provider=str(provider.id))
    return contact


def change(desk: Desk, contact: Contact, given: Mapping[str, str]) -> tuple[Contact, list[Change]]:
    """Change the given fields; the contact that stands afterwards, and what changed.

    Another address is another contact: the old one is retired, so that history goes on saying
    where a notice went, and the new one waits for another person's approval. Raises `BookError`.
    """
    claims.lock(desk)
    if contact.retired_at is not None:
        raise BookError({"address": RETIRED})
    before = contact_values(desk.vault, contact)
    wanted = tidied(CONTACT, {**before, **given})
    _refuse_future(desk, wanted)
    found = [Change(n, before[n], wanted[n]) for n in CONTACT if before[n] != wanted[n]]
    if any(one.name in _MOVING for one in found):
        provider = desk.session.get_one(Provider, contact.provider_id)
        after = add(desk, provider, wanted)
        retire(desk, contact)
        return after, found
    if any(one.name in _DECIDING for one in found):
        _await_another(desk, contact)
    _fill(desk, contact, wanted)
    for one in found:
        provider_id = str(contact.provider_id)
        note_change(desk, ("contact", contact.id), CONTACT, one, provider=provider_id)
    desk.session.flush()
    return contact, found


def found(desk: Desk, provider_id: uuid.UUID, medium: str, address: str) -> Contact | None:
    """The contact of this medium and address that stands in a provider's book."""
    contact = _row(desk, provider_id, medium.strip().lower(), address.strip())
    return contact if contact is not None and contact.retired_at is None else None


def approve(desk: Desk, contact: Contact) -> bool:
    """A person stands by a contact: notices may go there. False where somebody did before.

    Raises `OwnWork` for who typed it, `BookError` where it is out of the book.
    """
    if contact.retired_at is not None:
        raise BookError({"address": RETIRED})
    not_by({contact.proposed_by}, desk.by)
    new = contact.approved_at is None
    if new:
        contact.approved_at, contact.approved_by = desk.now, desk.by
        _note(desk, contact, "contact.approved")
    _settle(desk, contact)
    return new


def retire(desk: Desk, contact: Contact) -> None:
    """Out of the book: nothing goes there any more; the row stays for what went there."""
    if contact.retired_at is None:
        contact.retired_at = desk.now
        contact.approved_at = contact.approved_by = None
        _note(desk, contact, "contact.retired")
        settle(desk.session, TaskKind.CONTACT, contact.id, now=desk.now, by=desk.by)


def verify(desk: Desk, contact: Contact) -> None:
    """A person asked, or looked it up, and it still holds."""
    before, contact.verified_on = contact.verified_on, desk.now.date()
    was = before.isoformat() if before else None
    _note(desk, contact, "contact.verified", before=was, after=contact.verified_on.isoformat())
    settle(desk.session, TaskKind.CONTACT, contact.id, now=desk.now, by=desk.by)


def inhibit(desk: Desk, contact: Contact, until: datetime, why: str) -> None:
    """It must not be written to until then. Raises `BookError`."""
    problems = {}
    if until <= desk.now:
        problems["until"] = "not in the future"
    if not why.strip():
        problems["why"] = "a reason is needed"
    if problems:
        raise BookError(problems)
    contact.inhibited_until, contact.inhibited_by = until, desk.by
    contact.inhibited_why = why.strip()
    _note(desk, contact, "contact.inhibited", after=until.isoformat())


def lift(desk: Desk, contact: Contact) -> None:
    """It may be written to again."""
    if contact.inhibited_until is not None:
        before = contact.inhibited_until.isoformat()
        contact.inhibited_until = contact.inhibited_by = contact.inhibited_why = None
        _note(desk, contact, "contact.lifted", before=before)


def _refuse_future(desk: Desk, wanted: Values) -> None:
    if wanted["verified_on"] > desk.now.date().isoformat():
        raise BookError({"verified_on": "lies in the future"})


def _await_another(desk: Desk, contact: Contact) -> None:
    contact.approved_at = contact.approved_by = None
    contact.proposed_by = desk.by
    _note(desk, contact, "contact.waits")


def _settle(desk: Desk, contact: Contact) -> None:
    for subject in (contact.id, contact.provider_id):
        settle(desk.session, TaskKind.CONTACT, subject, now=desk.now, by=desk.by)


def _note(
    desk: Desk,
    contact: Contact,
    kind: str,
    *,
    before: str | None = None,
    after: str | None = None,
) -> None:
    desk.note(
        "contact",
        contact.id,
        kind,
        before=before,
        after=after,
        provider=str(contact.provider_id),
    )


def _row(desk: Desk, provider_id: uuid.UUID, medium: str, address: str) -> Contact | None:
    return desk.session.scalars(
        select(Contact).where(
            Contact.provider_id == provider_id,
            Contact.medium == medium,
            Contact.address_index == desk.vault.blind("contact", address.lower()),
        )
    ).first()


def _blank(desk: Desk, provider_id: uuid.UUID, wanted: Values) -> Contact:
    return Contact(
        id=new_id(),
        provider_id=provider_id,
        medium=wanted["medium"],
        address_index=desk.vault.blind("contact", wanted["address"].lower()),
        first_seen_at=desk.now,
    )


def _fill(desk: Desk, contact: Contact, wanted: Values) -> None:
    for name, text in wanted.items():
        if name not in _MOVING:
            setattr(contact, name, to_column(name, text))
    sealed = desk.vault.seal("contacts.address", contact.id, STANDING, wanted["address"])
    contact.address = sealed


def _tips_off(desk: Desk, provider_id: uuid.UUID, wanted: Values) -> bool:
    """Whether whoever is reported would read it: a reported host lies in the contact's domain.

    Not where the provider publishes for its users under that domain (1-domain, never tip off).
    """
    host = address_host(wanted["medium"], wanted["address"])
    if host is None:
        return False
    domain = desk.domain_of(host) or host
    index = desk.vault.blind("domain", domain)
    name = desk.vault.blind("host", host)
    reported = select(Host.id).where(or_(Host.domain_index == index, Host.name_index == name))
    own = select(ProviderDomain.id).where(
        ProviderDomain.provider_id == provider_id, ProviderDomain.domain_index == index
    )
    if desk.session.scalar(reported.limit(1)) is None:
        return False
    return desk.session.scalar(own.limit(1)) is None
