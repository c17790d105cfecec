"""Who works at the contact book in this request, and what became of what they typed."""

from collections.abc import Iterable

from flask import request
from sqlalchemy.orm import Session

from takedown.hosts.book import Desk
from takedown.hosts.book.problems import BookError
from takedown.urls.normalise import registrable_domain
from takedown.web import acts
from takedown.web.guard import actor
from takedown.web.ports import now, ports


def desk(session: Session) -> Desk:
    """The desk of whoever asks."""
    return Desk(session, ports().vault, actor(), now(), registrable_domain)


def typed(names: Iterable[str], ticks: Iterable[str] = ()) -> dict[str, str]:
    """The fields of a form; a box that is not ticked says no."""
    form = request.form
    given = {name: form[name].replace("\r\n", "\n") for name in names if name in form}
    return given | {name: form.get(name, "no") for name in ticks}


def without_location(session: Session, name: str, text: str) -> str:
    """A free text that names no registered host. Raises `BookError` naming the field."""
    try:
        return acts.without_location(session, ports().vault, text)
    except acts.HoldsLocation as wrong:
        raise BookError({name: str(wrong)}) from None
