"""Single checks lie in a partition a month: made ahead, and dropped whole, as the tables' owner.

What no month is made for, because a clock jumped or nobody made one, lies in the default partition
until its month is made: no check is lost.
"""

from datetime import UTC, datetime, timedelta
from typing import Final

from psycopg.errors import LockNotAvailable
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError

AHEAD: Final = 2  # months made before they begin
_EVER: Final = datetime(1, 1, 1, tzinfo=UTC)
_PREFIX: Final = "checks_"
_ALONE: Final = "SELECT pg_advisory_lock(2053835781)"
_NOT_ALONE: Final = "SELECT pg_advisory_unlock(2053835781)"
# Whoever writes checks does so within a second; whoever reads them for long is not waited for.
_PATIENCE: Final = "SET LOCAL lock_timeout = '3s'"
_KNOWN: Final = """
SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = 'checks'::regclass AND c.relname <> 'checks_default'
"""
_STRAYS: Final = "SELECT date_trunc('month', at, 'UTC') FROM checks_default GROUP BY 1"
_OVER: Final = "DELETE FROM checks_default WHERE at < :before"
# A table by itself, attached when it is full: no other month's writers and readers are locked out.
_MAKE: Final = """
CREATE TABLE {name} (LIKE checks INCLUDING DEFAULTS);
LOCK TABLE checks_default IN ACCESS EXCLUSIVE MODE;
WITH moved AS (DELETE FROM checks_default WHERE at >= '{begin}' AND at < '{end}' RETURNING *)
INSERT INTO {name} SELECT * FROM moved;
ALTER TABLE checks ATTACH PARTITION {name} FOR VALUES FROM ('{begin}') TO ('{end}');
"""


def is_partition(name: str | None) -> bool:
    """Whether a table is a part of `checks`: these are made and dropped here, by no migration."""
    return name is not None and name.startswith(_PREFIX)


def make_default(owner: Connection) -> None:
    """The partition that takes what has no month."""
    owner.execute(text("CREATE TABLE IF NOT EXISTS checks_default PARTITION OF checks DEFAULT"))


def keep(owner: Engine, now: datetime, kept: timedelta | None = None) -> int:
    """Drop months whose last moment is older than `kept` (None: none); make this one, those ahead,
    and those whose checks lie in the default partition.

    Each is a transaction of its own. Returns how many could not be had, for somebody is reading
    there: the next run tries again. `owner` connects as the role that owns the tables.
    """
    before = now - kept if kept is not None else _EVER
    with owner.connect() as connection:
        connection.exec_driver_sql(_ALONE)
        try:
            connection.execute(text(_OVER), {"before": before})
            known = {str(row[0]) for row in connection.execute(text(_KNOWN))}
            strays = {_month(row[0]) for row in connection.execute(text(_STRAYS))}
            connection.commit()
            over = [name for name in known if _next(_begin(name)) <= before]
            wanted = strays | set(_from(_month(now)))
            statements = [f"DROP TABLE {name}" for name in sorted(over)]
            statements += [_make(month) for month in sorted(wanted) if _name(month) not in known]
            return sum(not _done(connection, statement) for statement in statements)
        finally:
            connection.rollback()
            connection.exec_driver_sql(_NOT_ALONE)


def _done(connection: Connection, statement: str) -> bool:
    """Whether it could be done at once. Names and bounds are made of dates, none from outside."""
    try:
        with connection.begin():
            connection.exec_driver_sql(_PATIENCE)
            connection.exec_driver_sql(statement)
    except OperationalError as failed:
        if isinstance(failed.orig, LockNotAvailable):
            return False
        raise
    return True


def _make(month: datetime) -> str:
    return _MAKE.format(name=_name(month), begin=month.isoformat(), end=_next(month).isoformat())


def _from(month: datetime) -> list[datetime]:
    months = [month]
    for _ in range(AHEAD):
        months.append(_next(months[-1]))
    return months


def _month(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _next(month: datetime) -> datetime:
    return _month(month + timedelta(days=31))


def _name(month: datetime) -> str:
    return f"{_PREFIX}{month:%Y_%m}"


def _begin(name: str) -> datetime:
    return datetime.strptime(name, f"{_PREFIX}%Y_%m").replace(tzinfo=UTC)
