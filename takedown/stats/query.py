"""What is asked of the figures: clock, period, cut-off and filters; the same on every door."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Literal, cast

from takedown.errors import TakedownError
from takedown.stats.clocks import CLOCKS, Clock

Unit = Literal["url", "notice", "host"]
Where = Literal["home", "abroad"]

UNITS: Final[tuple[Unit, ...]] = ("url", "notice", "host")
ROLES: Final = ("site_owner", "platform", "host", "proxy", "upstream", "registrar", "registry")
ROUTES: Final = ("direct", "police", "hotline", "regulator", "none")
_LONGEST: Final = 64


class BadQuery(TakedownError):
    """A filter that cannot be read; `field` names it, the value is not repeated."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field}: {why}")
        self.field, self.why = field, why


@dataclass(frozen=True, slots=True)
class Query:
    """One view of the figures. Times are UTC-aware.

    The period [`from_`, `to`) is that of t0 on `clock`; `to` as a date of a link means its whole
    day. `cutoff` None: as of the facts. `where`: hosted in the hotline's own country, or abroad.
    `unit`: what counts as one; with `notice` each Url of a notice weighs 1 / (Urls in it).
    """

    clock: Clock = "notified"
    from_: datetime | None = None
    to: datetime | None = None
    cutoff: datetime | None = None
    country: str | None = None
    provider: uuid.UUID | None = None
    role: str | None = None
    class_: str | None = None
    site_type: str | None = None
    source: str | None = None
    route: str | None = None
    where: Where | None = None
    unit: Unit = "url"

    @property
    def filtered(self) -> bool:
        """Whether anything but the period, the clock and the provider narrows it."""
        return (
            self.cutoff is not None
            or self.unit != "url"
            or any((self.country, self.role, self.class_, self.site_type, self.source, self.route))
            or self.where is not None
        )

    def as_args(self) -> dict[str, str]:
        """Back to link parameters: ids, codes and dates only; what is at its default is left out.

        `parse(query.as_args()) == query`, as long as times are whole seconds.
        """
        found: dict[str, str] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if value is None or value == field.default:
                continue
            if field.name == "to" and value.time() == time():
                found["to"] = (value - timedelta(days=1)).date().isoformat()
            elif isinstance(value, datetime):
                whole = value.time() == time() and field.name == "from_"
                found[field.name.rstrip("_")] = (
                    value.date().isoformat() if whole else value.isoformat().replace("+00:00", "Z")
                )
            else:
                found[field.name.rstrip("_")] = str(value)
        return found

    def over(self, from_: datetime | None, to: datetime | None) -> "Query":
        """The same over another period."""
        return replace(self, from_=from_, to=to)


def parse(given: Mapping[str, str]) -> Query:
    """A query from link parameters, form fields or options; empty ones count as not given.

    Names are those of `Query`, without the underscore: `from`, `to`, `class`. A date as `from` is
    its midnight UTC, as `to` its whole day. Parameters of other names are left alone. Raises
    `BadQuery`.
    """
    asked = {name: value.strip() for name, value in given.items() if value and value.strip()}
    query = Query(
        clock=cast("Clock", _one_of(asked, "clock", CLOCKS) or "notified"),
        from_=_instant(asked, "from"),
        to=_instant(asked, "to", end=True),
        cutoff=_instant(asked, "cutoff"),
        country=_country(asked),
        provider=_id(asked, "provider"),
        role=_one_of(asked, "role", ROLES),
        class_=_word(asked, "class"),
        site_type=_word(asked, "site_type"),
        source=_word(asked, "source"),
        route=_one_of(asked, "route", ROUTES),
        where=cast("Where | None", _one_of(asked, "where", ("home", "abroad"))),
        unit=cast("Unit", _one_of(asked, "unit", UNITS) or "url"),
    )
    if query.from_ and query.to and query.to <= query.from_:
        raise BadQuery("to", "lies before the beginning")
    return query


def _one_of(asked: Mapping[str, str], name: str, words: tuple[str, ...]) -> str | None:
    found = asked.get(name)
    if found is not None and found not in words:
        raise BadQuery(name, f"one of {', '.join(words)}")
    return found


def _word(asked: Mapping[str, str], name: str) -> str | None:
    found = asked.get(name)
    if found is not None and (len(found) > _LONGEST or not found.isprintable()):
        raise BadQuery(name, f"a word of at most {_LONGEST} characters")
    return found


def _country(asked: Mapping[str, str]) -> str | None:
    found = asked.get("country")
    if found is not None and not (len(found) == 2 and found.isascii() and found.isalpha()):
        raise BadQuery("country", "an ISO 3166-1 code of two letters")
    return found.upper() if found else None


def _id(asked: Mapping[str, str], name: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(asked[name]) if name in asked else None
    except ValueError:
        raise BadQuery(name, "an id") from None


def _instant(asked: Mapping[str, str], name: str, *, end: bool = False) -> datetime | None:
    """A date or a time of ISO 8601, without a zone in UTC. A date that ends a period is whole."""
    if name not in asked:
        return None
    try:
        day = date.fromisoformat(asked[name])
    except ValueError:
        pass
    else:
        try:
            return datetime.combine(day, time(), tzinfo=UTC) + timedelta(days=int(end))
        except OverflowError:
            raise BadQuery(name, "a date such as 2026-03-01") from None
    try:
        at = datetime.fromisoformat(asked[name])
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadQuery(name, "a date such as 2026-03-01") from None
