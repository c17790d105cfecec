"""What people type about a route, read into a checked row; what is wrong names its field."""

import re
from collections.abc import Mapping
from datetime import date

from sqlalchemy.orm import Session

from takedown.routes import exchange, table
from takedown.routes.errors import RouteRefused
from takedown.routes.models import RouteStatus
from takedown.routes.table import RouteRow
from takedown.vault import Vault
from takedown.web.acts import HoldsLocation, without_location

FIELDS = (
    *("country", "direction", "kind", "via", "deadline_hours", "binds_on", "languages", "basis"),
    *("source", "checked_on", "note", "police_first"),
)
_LINK = re.compile(r"\bhttps?://", re.I)


def row_of(session: Session, vault: Vault, form: Mapping[str, str], **given: str) -> RouteRow:
    """The row as typed, unverified; `given` fields stand before typed ones.

    Raises `RouteRefused` for the first field that is wrong.
    """
    cells = {name: form.get(name, "") for name in FIELDS} | given
    for name in ("via", "basis", "source", "note"):
        text_of(session, vault, cells, name)
    raw = exchange.raw_of(cells) | {"status": str(RouteStatus.UNVERIFIED)}
    try:
        return table.row_of(0, raw)
    except table.BadRoutes as bad:
        raise RouteRefused(bad.field, bad.reason) from None


def text_of(session: Session, vault: Vault, form: Mapping[str, str], name: str) -> str:
    """A line of free text. A law may be linked; a registered host may not be named."""
    text = form.get(name, "").strip()
    try:
        without_location(session, vault, _LINK.sub(" ", text))
    except HoldsLocation as holds:
        raise RouteRefused(name, str(holds)) from None
    return text


def day_of(form: Mapping[str, str], name: str) -> date | None:
    """A day, or None where nothing was typed. Raises `RouteRefused`."""
    text = form.get(name, "").strip()
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise RouteRefused(name, "is not a date") from None


def day_needed(form: Mapping[str, str], name: str) -> date:
    """A day. Raises `RouteRefused`, also where nothing was typed."""
    found = day_of(form, name)
    if found is None:
        raise RouteRefused(name, "is missing")
    return found
