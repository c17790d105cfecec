"""To whom, and in which language. Pure over rows that are loaded."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from takedown.hosts.models import Contact, Medium, Provider

#: What this version hands over by itself.
MEDIA: Final = frozenset({Medium.EMAIL})
LANGUAGES: Final = ("en", "fr")


def choose(
    contacts: Iterable[Contact], now: datetime, media: frozenset[Medium] = MEDIA
) -> Contact | None:
    """The contact that a notice goes to, or that a person has to approve; None if there is none.

    Retired ones are out of the book. Approved before waiting, not inhibited before inhibited,
    curated before looked-up, then by bounces. An inhibited contact is still an answer: the gate
    says why nothing leaves.
    """
    usable = [one for one in contacts if one.medium in media and one.retired_at is None]
    return min(usable, key=lambda contact: _rank(contact, now), default=None)


def language(contact: Contact, provider: Provider, of_country: Iterable[str]) -> str:
    """The contact's language, else the provider's, else the first of its country that we write."""
    wanted = contact.language or provider.language
    if wanted:
        return wanted.lower().partition("-")[0]
    return next((one for one in of_country if one in LANGUAGES), "en")


def _rank(contact: Contact, now: datetime) -> tuple[bool, bool, bool, int, bytes]:
    inhibited = contact.inhibited_until is not None and now < contact.inhibited_until
    return (
        contact.approved_at is None,
        inhibited,
        contact.source != "curated",
        contact.bounces,
        contact.id.bytes,
    )
