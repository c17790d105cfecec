"""What a person does about a suspect or a Url of the sample, beside entering a finding."""

import uuid
from datetime import timedelta

from sqlalchemy.orm import Session

from takedown.checks import manual, sampling
from takedown.checks.models import Sample
from takedown.errors import TakedownError
from takedown.flow.check import act
from takedown.flow.ports import Ports
from takedown.people.tasks import TaskKind, put_off
from takedown.urls.entry import BadField, make_entry
from takedown.urls.models import Url
from takedown.urls.service import register
from takedown.web.acts import note


class NoSuchAddress(TakedownError):
    """Where it is said to have moved is no address that can be registered."""


def register_moved(ports: Ports, url: Url, location: str, *, actor: str) -> uuid.UUID:
    """Register where a Url has moved, classified as it was; the id. In a transaction of its own.

    Raises NoSuchAddress.
    """
    now = ports.clock()
    raw = {
        "url": location,
        "scheme": url.scheme,
        "classification": url.classification,
        "reference": url.number,
        "site_type": url.site_type or "",
        "media_type": url.media_type or "",
        "priority": "yes" if url.priority else "no",
        "victim_at_risk": "yes" if url.victim_at_risk else "no",
    }
    try:
        entry = make_entry(1, raw, now=now, schemes=ports.schemes, source="proactive")
    except BadField as wrong:
        raise NoSuchAddress(wrong.reason) from None
    if ports.vault.blind("url", entry.canonical.url) == url.location_index:
        raise NoSuchAddress("this is the very address that has moved")
    made = register(ports.sessions, ports.vault, [entry], now=now, actor=actor)
    return made.ids[0]


def ask_again(session: Session, ports: Ports, url: Url, after: timedelta, *, actor: str) -> None:
    """Nobody can tell yet: the question comes back."""
    put_off(session, TaskKind.SUSPECT, url.id, ports.clock() + after)
    note(session, ports, actor, "task.later", url.id, hours=round(after.total_seconds() / 3600))


def undo(session: Session, ports: Ports, url: Url, *, actor: str) -> None:
    """Take one's word back. Raises `manual.CannotUndo`."""
    manual.undo(session, url.id, now=ports.clock(), by=actor)
    note(session, ports, actor, "url.finding_undone", url.id)


def answer(
    session: Session, ports: Ports, sample: Sample, seen: sampling.Answer, *, actor: str
) -> None:
    """A person's word on a Url of the sample. Raises `sampling.AlreadyAnswered`."""
    now = ports.clock()
    moves = sampling.answer(session, ports.vault, sample, seen, now=now, by=actor)
    act(session, ports, moves, now)
    note(session, ports, actor, "sample.answer", sample.url_id, seen=str(seen))


def take_back(session: Session, ports: Ports, sample: Sample, *, actor: str) -> None:
    """Take one's word on the sample back. Raises `manual.CannotUndo`."""
    sampling.take_back(session, sample, now=ports.clock(), by=actor)
    note(session, ports, actor, "sample.undo", sample.url_id)
