"""From rows to words: the facts of a notice, its letter, and the bytes that approval freezes.

The same rows give the same letter, so that what was approved is what leaves: under OpenPGP, too,
for the bytes are made once and kept.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, cast
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from notices.compose import Letter
from notices.compose import compose as write
from notices.errors import BadKey
from notices.facts import Deadline, Facts, Occasion, Previous, Recipient, UrlFact
from notices.facts import Hotline as Sender
from notices.message import Envelope, freeze
from notices.pgp import Protection, own_certificate
from notices.tokens import sign
from takedown.hosts.models import Contact, Medium, Provider, Trace
from takedown.outbox import tickets
from takedown.outbox.cases import Case
from takedown.outbox.ladder import collateral, past
from takedown.outbox.ladder.rules import role_of
from takedown.outbox.models import Delivery, Notice, NoticeUrl
from takedown.outbox.texts import standing
from takedown.routes.gate import HAND_OVERS
from takedown.routes.hotline import Hotline
from takedown.routes.models import RouteKind, RouteStatus
from takedown.routes.partner import partner_codes
from takedown.urls.models import Url
from takedown.vault import Vault

#: Scheme without version and code -> XARF class. What is not here goes without XARF.
XARF_CLASSES: Final[Mapping[tuple[str, str], str]] = {
    ("baseline", "baseline"): "baseline",
    **{("tech-coalition", code): code for code in ("A1", "A2", "B1", "B2")},
}
_MEDIA: Final = frozenset({"image", "video", "audio", "text", "mixed"})
_FILES: Final = frozenset({"image", "video", "audio"})
_FILE_ENDINGS: Final = (
    *(".jpg", ".jpeg", ".png", ".gif", ".webp", ".bmp", ".avif", ".mp4", ".webm", ".mov"),
    *(".avi", ".mkv", ".m4v", ".wmv", ".flv", ".mpg", ".mpeg", ".mp3", ".zip", ".rar", ".7z"),
)
#: These answer an earlier letter to the same recipient.
_THREADED: Final = frozenset({"reminder", "closure"})
_WITH_HISTORY: Final = frozenset({"escalation", "regulator"})
_MOST_EMBEDS: Final = 50
_LONGEST_LOCAL: Final = 64 - 1 - 42  # what leaves room for a token (RFC 5321 4.5.3.1.1)


@dataclass(frozen=True, slots=True)
class Item:
    """One Url in one notice: its row there, its case, and the trace that it was made for."""

    row: NoticeUrl
    case: Case
    trace: Trace | None


def letter(
    session: Session,
    vault: Vault,
    hotline: Hotline,
    notice: Notice,
    contact: Contact,
    items: Sequence[Item],
) -> Letter:
    """The letter of a notice as its rows say it. Raises `notices.errors.NoticeError`."""
    facts = facts_of(session, vault, hotline, notice, contact, items)
    return write(facts, notice.kind, notice.language, standing.templates(session, vault))


def frozen(
    session: Session,
    vault: Vault,
    hotline: Hotline,
    notice: Notice,
    contact: Contact,
    text: Letter,
    delivery: Delivery,
    *,
    tokens: bool,
) -> bytes:
    """The bytes that will leave. `tokens`: answers come back signed (live rounds only).

    Mail is signed and encrypted here, once. Raises `BadKey`, for a certificate that has expired.
    """
    by_mail = contact.medium == Medium.EMAIL
    date = (notice.approved_at or notice.composed_at).astimezone(UTC)
    before = previous(session, notice) if notice.kind in _THREADED else None
    answers = return_path(vault, hotline, delivery) if tokens else hotline.email
    return freeze(
        text,
        Envelope(
            message_id=notice.message_id,
            date=date,
            from_name=f"{hotline.name}, {hotline.signature}",
            from_address=hotline.email,
            sender=answers,
            reply_to=answers,
            recipient=_mail_address(vault, hotline, contact),
            in_reply_to=before.message_id if before else None,
            references=(before.message_id,) if before else (),
        ),
        form="feedback" if contact.feedback_report and by_mail else "mixed",
        protection=protection(hotline, contact, date) if by_mail else None,
    )


def protection(hotline: Hotline, contact: Contact, now: datetime) -> Protection | None:
    """How mail to a contact is protected: signed by our key, encrypted where the contact has one.

    What is encrypted we can read as well, if our own key is one to encrypt to. Raises `BadKey`,
    for a certificate that has expired by `now` (UTC) too.
    """
    ours = hotline.signing
    if contact.encryption_key is None:
        return ours
    theirs = contact.encryption_key.encode()
    if ours is None or ours.signing_key is None:
        made = Protection(certificates=(theirs,))
    else:
        own = own_certificate(ours.signing_key)
        made = ours.readable_by(theirs, *([own] if own else []))
    expires = made.expires()
    if expires is not None and expires <= now:
        raise BadKey("a certificate has expired")
    return made


def _mail_address(vault: Vault, hotline: Hotline, contact: Contact) -> str:
    """Whom the frozen message names: where a person takes it elsewhere, ourselves."""
    if contact.medium != Medium.EMAIL:
        return hotline.email
    return vault.open("contacts.address", contact.id, contact.address)


def return_path(vault: Vault, hotline: Hotline, delivery: Delivery) -> str:
    """The envelope sender of a delivery: our address with its signed token."""
    local, _, domain = hotline.email.rpartition("@")
    if len(local) > _LONGEST_LOCAL:
        return hotline.email
    return f"{local}+{sign(vault.token_key, delivery.id)}@{domain}"


def domain_of(hotline: Hotline) -> str:
    """The domain that we write from."""
    return hotline.email.rpartition("@")[2]


def previous(session: Session, notice: Notice) -> Notice | None:
    """The first notice that a reminder repeats, as its rows say."""
    return session.scalar(
        select(Notice)
        .join(NoticeUrl, NoticeUrl.notice_id == Notice.id)
        .where(
            NoticeUrl.kind == "first",
            NoticeUrl.withdrawn_at.is_(None),
            Notice.accepted_at.is_not(None),
            NoticeUrl.episode_id.in_(
                select(NoticeUrl.episode_id).where(NoticeUrl.notice_id == notice.id)
            ),
        )
        .order_by(Notice.accepted_at)
        .limit(1)
    )


def provider_name(vault: Vault, provider: Provider) -> str:
    """A provider's name for a letter to itself."""
    return vault.open("providers.name", provider.id, provider.name)


def facts_of(
    session: Session,
    vault: Vault,
    hotline: Hotline,
    notice: Notice,
    contact: Contact,
    items: Sequence[Item],
) -> Facts:
    """All that the letter of a notice may say, as its rows say it. Raises `BadFacts`."""
    first = items[0].case
    verified = notice.route_status == RouteStatus.VERIFIED
    recipient = session.get_one(Provider, notice.provider_id)
    handed_over = notice.kind in HAND_OVERS
    before = previous(session, notice) if notice.kind == "reminder" else None
    embedded = embeds(session, vault, [item.case.url for item in items])
    return Facts(
        hotline=Sender(
            name=hotline.name,
            country=hotline.country,
            signature=hotline.signature,
            email=hotline.email,
            domain=domain_of(hotline),
            capacity=cast("Any", hotline.capacity),
        ),
        recipient=Recipient(
            name=provider_name(vault, recipient),
            address=vault.open("contacts.address", contact.id, contact.address),
            language=notice.language,
            role=cast("Any", role_of(notice.kind, notice.step) or first.role),
            plain_locations=contact.plain_locations,
            country=recipient.country,
            key=str(recipient.id),
        ),
        number=notice.number,
        kind=cast("Any", notice.kind),
        date=notice.composed_at,
        provider_ticket=tickets.of(session, vault, notice),
        urls=tuple(
            url_fact(vault, hotline, notice.kind, recipient, item, embedded) for item in items
        ),
        deadline=None if handed_over else _deadline(first, verified),
        law=first.rule.basis if verified and first.rule else None,
        previous=_repeated(before, notice),
        history=past.of(session, vault, notice) if notice.kind in _WITH_HISTORY else (),
        collateral=collateral.of(vault, notice, items),
        receipt_wanted=handed_over,
        clearance_wanted=notice.kind == RouteKind.POLICE
        and any(item.case.police_first for item in items),
        occasion=_occasion(first, hotline) if notice.kind == RouteKind.POLICE else None,
    )


def _occasion(case: Case, hotline: Hotline) -> Occasion:
    """Why the police are written to."""
    if case.url.victim_at_risk:
        return "victim_at_risk"
    return "law" if case.country == hotline.country else "abroad"


def _repeated(before: Notice | None, notice: Notice) -> Previous | None:
    if before is None or before.accepted_at is None:
        return None
    return Previous(number=before.number, sent_at=before.accepted_at, count=notice.step)


def _deadline(case: Case, verified: bool) -> Deadline | None:
    """Binding only where a verified route says so and names its law; else it is asked for."""
    decision, rule = case.decision, case.rule
    if decision is None or decision.deadline_hours is None:
        return None
    binding = bool(verified and decision.binding and rule and rule.basis)
    return Deadline(
        hours=decision.deadline_hours,
        binding=binding,
        basis=rule.basis if binding and rule else None,
        source=rule.source if binding and rule else None,
    )


def url_fact(
    vault: Vault,
    hotline: Hotline,
    kind: str,
    recipient: Provider | None,
    item: Item,
    embedded: Mapping[bytes, tuple[str, ...]],
) -> UrlFact:
    """One Url as a notice of this kind tells it to a recipient; None: to whoever receives it."""
    url, trace = item.case.url, item.trace
    location = _location(vault, url)
    scheme = url.scheme.partition("/")[0]
    whole_page = not _is_file(url, location)
    return UrlFact(
        number=url.number,
        location=location,
        remove="page" if whole_page else "file",
        classification=url.classification,
        scheme=url.scheme,
        last_confirmed_up=item.row.last_confirmed_at,
        confirmed_by=cast("Any", item.row.last_confirmed_by),
        host=vault.open("hosts.name", item.case.host.id, item.case.host.name),
        address=_address(vault, trace) if trace else None,
        asn=trace.asn if trace else None,
        country=trace.country if trace else None,
        hosting_provider=_hosting(vault, recipient, kind, item),
        registrar=_sealed(vault, "traces.registrar", trace, trace.registrar if trace else None),
        media_type=cast("Any", url.media_type if url.media_type in _MEDIA else None),
        embeds=embedded.get(url.location_index, ()) if whole_page else (),
        xarf_classification=cast("Any", XARF_CLASSES.get((scheme, url.classification))),
        victim_at_risk=url.victim_at_risk,
        removal_confirmed_at=_removed_at(item) if kind == "closure" else None,
        partner=partner_codes(hotline.partner, url) if kind == RouteKind.HOTLINE else None,
    )


def _removed_at(item: Item) -> datetime | None:
    return item.case.episode.confirmed_at if item.case.episode else None


def _address(vault: Vault, trace: Trace) -> str | None:
    """Where it is hosted: behind a proxy, as that told; else what answers."""
    if trace.origin is not None:
        return _sealed(vault, "traces.origin", trace, trace.origin)
    return _sealed(vault, "traces.address", trace, trace.address)


def _hosting(vault: Vault, recipient: Provider | None, kind: str, item: Item) -> str | None:
    """Who hosts it: told to whom it is handed over, else where that is who is written to."""
    provider, trace = item.case.provider, item.trace
    if provider is None or trace is None or trace.provider_id != provider.id:
        return None
    told = kind in HAND_OVERS or (recipient is not None and provider.id == recipient.id)
    return provider_name(vault, provider) if told else None


def _location(vault: Vault, url: Url) -> str:
    if url.exact is not None:
        return vault.open("urls.exact", url.id, url.exact)
    return vault.open("urls.location", url.id, url.location)


def _is_file(url: Url, location: str) -> bool:
    """A media link names that file; everything else a page with what it embeds."""
    if url.media_type in _FILES:
        return True
    return urlsplit(location).path.lower().endswith(_FILE_ENDINGS)


def embeds(session: Session, vault: Vault, pages: Sequence[Url]) -> dict[bytes, tuple[str, ...]]:
    """What registered pages embed from their own hosts, by the page's index."""
    hosts = {page.location_index: page.host_id for page in pages}
    found: dict[bytes, list[str]] = {}
    for child in session.scalars(
        select(Url).where(Url.parent_index.in_(list(hosts))).order_by(Url.id)
    ):
        parent = cast("bytes", child.parent_index)
        if hosts[parent] == child.host_id and len(found.get(parent, ())) < _MOST_EMBEDS:
            found.setdefault(parent, []).append(_location(vault, child))
    return {parent: tuple(children) for parent, children in found.items()}


def _sealed(vault: Vault, place: str, trace: Trace | None, sealed: bytes | None) -> str | None:
    return None if trace is None or sealed is None else vault.open(place, trace.id, sealed)
