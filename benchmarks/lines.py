"""A file as it comes from reporters, registered by us and by what one would write first."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from takedown.db import committing, new_id
from takedown.flow.ports import Ports
from takedown.hosts.models import Host
from takedown.urls.entry import Entry
from takedown.urls.models import Report, Url, UrlStatus
from takedown.urls.reading import read
from takedown.urls.service import register
from takedown.vault import cohort_of

BROKEN: Final = (
    "nothing to open here",
    "ftp://files.example/a.jpg",
    "http://",
    "http://[::1",
    "https://exa mple.test/a",
    "http://a..b.example/x",
    "mailto:somebody@hotline.example",
)
HEADER: Final = (
    "url,classification,scheme,site_type,media_type,commercial,parent,referrer,source,reference,"
    "received_at,priority,victim_at_risk,not_checkable,note"
)


def write(file: Path, count: int, seed: int = 7) -> None:
    """`count` lines under a header: plain, defanged, full rows, other scripts, one in ten a repeat,
    seven that are broken.
    """
    chance = random.Random(seed)  # a made-up file, the same each time
    made = list(_lines(count, chance))
    for broken in BROKEN:
        made[chance.randrange(len(made))] = broken
    file.write_text("\n".join([HEADER, *made]) + "\n")


def _lines(count: int, chance: random.Random) -> Iterator[str]:
    told: list[str] = []
    for n in range(count):
        if told and n % 10 == 9:
            yield chance.choice(told)
            continue
        host = f"media-{chance.randrange(4_000)}.host-{chance.randrange(300)}.example"
        if n % 10 == 3:
            host = f"bilder-größe-{chance.randrange(500)}.пример{chance.randrange(50)}.example"
        path = f"/gallery/{n // 50}/{chance.getrandbits(64):016x}.jpg"
        line = f"https://{host}{path}"
        if n % 10 in (1, 5):
            line = f"hxxps://{host.replace('.', '[.]')}{path}?id={n}"
        if n % 10 in (2, 6, 7):
            line += (
                f",baseline,,image host,image,no,https://{host}/gallery/{n // 50},"
                f"https://{host}/,hotline,REF-{n:07d},2026-03-01T09:{n % 60:02d}:00Z,no,no,no,"
                f"{'seen twice' if n % 4 else ''}"
            )
        told.append(line)
        yield line


def by_us(ports: Ports, file: Path) -> int:
    """Register the file; accepted lines."""
    now = datetime.now(UTC)
    with file.open(encoding="utf-8") as lines:
        entries = read(lines, now=now, schemes=ports.schemes)
        result = register(ports.sessions, ports.vault, entries, now=now, actor="cli:benchmark")
    assert len(result.refused) == len(BROKEN), result.refused
    return len(result.ids)


def by_orm(ports: Ports, file: Path) -> int:
    """The same rows by SQLAlchemy's unit of work, sealed alike; its repeats are looked up."""
    now, done = datetime.now(UTC), 0
    urls: dict[bytes, Url] = {}
    hosts: dict[str, Host] = {}
    batch: list[Entry] = []
    with file.open(encoding="utf-8") as lines:
        for entry in read(lines, now=now, schemes=ports.schemes):
            if isinstance(entry, Entry):
                batch.append(entry)
            if len(batch) == 1_000:
                done += _add_all(ports, batch, urls, hosts, now)
                batch.clear()
    return done + _add_all(ports, batch, urls, hosts, now)


def _add_all(
    ports: Ports, batch: list[Entry], urls: dict[bytes, Url], hosts: dict[str, Host], now: datetime
) -> int:
    cohort = cohort_of(now)
    with committing(ports.sessions) as session:
        for entry in batch:
            host = hosts.get(entry.canonical.host)
            if host is None:
                host = hosts[entry.canonical.host] = _host(ports, entry, cohort, now)
                session.add(host)
                session.flush()
            index = ports.vault.blind("url", entry.canonical.url)
            url = urls.get(index)
            if url is None:
                url = urls[index] = _url(ports, entry, index, host, now)
                session.add(url)
        session.flush()
        session.add_all(
            Report(
                id=new_id(),
                url_id=urls[ports.vault.blind("url", entry.canonical.url)].id,
                source=entry.source,
                reference=entry.reference,
                received_at=entry.received_at,
                registered_at=now,
                registered_by="cli:benchmark",
                scheme=entry.scheme,
                classification=entry.classification,
            )
            for entry in batch
        )
    return len(batch)


def _host(ports: Ports, entry: Entry, cohort: int, now: datetime) -> Host:
    made, found = new_id(), entry.canonical
    return Host(
        id=made,
        cohort=cohort,
        name=ports.vault.seal("hosts.name", made, cohort, found.host),
        name_index=ports.vault.blind("host", found.host),
        domain_index=ports.vault.blind("domain", found.registrable_domain or found.host),
        label_index=ports.vault.blind("label", found.host.partition(".")[0]),
        kind="name",
        first_seen_at=now,
        locate_due_at=now,
    )


def _url(ports: Ports, entry: Entry, index: bytes, host: Host, now: datetime) -> Url:
    made, cohort = new_id(), cohort_of(now)

    def sealed(column: str, text: str | None) -> bytes | None:
        return text and ports.vault.seal(f"urls.{column}", made, cohort, text)  # type: ignore[return-value]  # "" is not met

    found, parent = entry.canonical, entry.parent
    return Url(
        id=made,
        cohort=cohort,
        location=ports.vault.seal("urls.location", made, cohort, found.url),
        location_index=index,
        exact=sealed("exact", found.exact if found.exact != found.url else None),
        parent=sealed("parent", parent.url if parent else None),
        parent_index=ports.vault.blind("url", parent.url) if parent else None,
        referrer=sealed("referrer", entry.referrer),
        note=sealed("note", entry.note),
        host_id=host.id,
        status=UrlStatus.REGISTERED,
        scheme=entry.scheme,
        classification=entry.classification,
        media_type=entry.media_type,
        site_type=entry.site_type,
        commercial=entry.commercial,
        priority=entry.priority,
        victim_at_risk=entry.victim_at_risk,
        not_checkable=entry.not_checkable,
        received_at=entry.received_at,
        registered_at=now,
    )
