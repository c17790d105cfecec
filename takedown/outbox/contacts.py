"""To whom, and in which language. Pure over rows that are loaded."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from takedown.hosts.models import Contact, Medium, Provider

#: How a notice leaves, in the order of preference where a provider has none of its own.
MEDIA: Final = (Medium.EMAIL, Medium.API, Medium.FORM)
LANGUAGES: Final = ("en", "fr")


def choose(
    contacts: Iterable[Contact],
    now: datetime,
    media: tuple[Medium, ...] = MEDIA,
    *,
    preferred: str | None = None,
) -> Contact | None:
    """The contact that a notice goes to, or that a person has to approve; None if there is none.

    Retired ones are out of the book. Approved before waiting (an interface that nobody has
    described waits, too), not inhibited before inhibited, by the provider's `preferred` medium,
    else mail first; curated before looked-up, then by bounces. An inhibited contact is still an
    answer, as is one without a connector: the gate says why nothing leaves.
    """
    usable = [one for one in contacts if one.medium in media and one.retired_at is None]
    order = {medium: place for place, medium in enumerate(media)}
    order |= {Medium(preferred): -1} if preferred else {}
    return min(usable, key=lambda contact: _rank(contact, order, now), default=None)


def connected(contact: Contact) -> bool:
    """Whether what goes to this contact has a way: an interface needs a connector in force."""
    return contact.medium != Medium.API or contact.connected_at is not None


def language(contact: Contact, provider: Provider, of_country: Iterable[str]) -> str:
    """The contact's language, else the provider's, else the first of its country that we write."""
    wanted = contact.language or provider.language
    if wanted:
        return wanted.lower().partition("-")[0]
    return next((one for one in of_country if one in LANGUAGES), "en")


def _rank(
    contact: Contact, order: Mapping[Medium, int], now: datetime
) -> tuple[bool, bool, int, bool, int, bytes]:
    inhibited = contact.inhibited_until is not None and now < contact.inhibited_until
    return (
        contact.approved_at is None or not connected(contact),
        inhibited,
        order[Medium(contact.medium)],
        contact.source != "curated",
        contact.bounces,
        contact.id.bytes,
    )
