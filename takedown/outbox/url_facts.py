"""From rows to facts: what a notice tells of one Url."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from notices.facts import UrlFact
from takedown.hosts.models import Provider, Trace
from takedown.outbox.cases import Case
from takedown.outbox.models import NoticeUrl
from takedown.routes.gate import HAND_OVERS
from takedown.routes.hotline import Hotline
from takedown.routes.models import RouteKind
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
_MOST_EMBEDS: Final = 50


@dataclass(frozen=True, slots=True)
class Item:
    """One Url in one notice: its row there, its case, and the trace that it was made for."""

    row: NoticeUrl
    case: Case
    trace: Trace | None


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
        one_vantage=kind == "closure" and _one_vantage(item),
        partner=partner_codes(hotline.partner, url) if kind == RouteKind.HOTLINE else None,
    )


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


def provider_name(vault: Vault, provider: Provider) -> str:
    """A provider's name for a letter to itself."""
    return vault.open("providers.name", provider.id, provider.name)


def _one_vantage(item: Item) -> bool:
    """A removal that was seen from one place only says so."""
    return item.case.episode is not None and (item.case.episode.seen_from or 0) < 2


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


def _sealed(vault: Vault, place: str, trace: Trace | None, sealed: bytes | None) -> str | None:
    return None if trace is None or sealed is None else vault.open(place, trace.id, sealed)
