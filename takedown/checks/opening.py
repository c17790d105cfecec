"""Rows of due Urls opened at the last moment: what a probe and the fold need of each."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy.orm import Session

from takedown.checks.calibrating import Kept, Step, load
from takedown.checks.fold import Row
from takedown.checks.removal import State
from takedown.checks.verdict import Verdict
from takedown.vault import Vault, VaultError

_STATE: Final = State._fields
# Names of columns, none from outside.
_READ: Final = f"""
SELECT c.url_id, u.location, u.host_id, u.cohort, h.name,
       NULLIF(t.domain_status, ARRAY[]::varchar[]), t.address_index IS NOT NULL,
       c.lane, c.clock_at, c.deadline_hours, c.calibration, c.tries, c.validators, c.note,
       {", ".join(f"c.{name}" for name in _STATE)}
FROM check_state c JOIN urls u ON u.id = c.url_id JOIN hosts h ON h.id = u.host_id
LEFT JOIN traces t ON t.id = h.trace_id
WHERE c.url_id = ANY(%s)
"""  # nosec B608
_KEPT_NOTHING: Final = Kept()
_VERDICTS: Final[dict[str | None, Verdict | None]] = {None: None, **{str(v): v for v in Verdict}}


@dataclass(slots=True)
class Due:
    """A Url to look at now, its location opened at the last moment."""

    row: Row
    location: str = field(repr=False)
    host: str = field(repr=False)
    host_id: uuid.UUID
    cohort: int
    domain_status: tuple[str, ...]  # as the registry gave it when the host was traced
    traced: bool  # its newest Trace knows an address


def due(session: Session, vault: Vault, url_ids: Sequence[uuid.UUID]) -> tuple[Due, ...]:
    """Read and open these Urls; one whose ciphertexts do not open is left out."""
    driver = session.connection().connection.driver_connection
    assert driver is not None
    with driver.cursor(binary=True) as cursor:
        rows = cursor.execute(_READ, (list(url_ids),)).fetchall()
    names: dict[uuid.UUID, str] = {}
    found = []
    for row in rows:
        try:
            found.append(_due(vault, row, names))
        except VaultError:
            continue
    return tuple(found)


def _due(vault: Vault, row: tuple[Any, ...], names: dict[uuid.UUID, str]) -> Due:
    url_id, location, host_id, cohort, sealed, domain_status, traced = row[:7]
    lane, clock_at, deadline_hours, calibration, tries, validators, note = row[7:14]
    name = names.get(host_id)
    if name is None:
        name = names[host_id] = vault.open("hosts.name", host_id, sealed)
    kept = (
        load(vault.open("check_state.validators", url_id, validators))
        if validators
        else _KEPT_NOTHING
    )
    return Due(
        Row(
            url_id,
            lane,
            clock_at,
            deadline_hours,
            Step(calibration),
            tries,
            kept,
            State(_VERDICTS[row[14]], *row[15:]),
            note,
        ),
        vault.open("urls.location", url_id, location),
        name,
        host_id,
        cohort,
        tuple(domain_status or ()),
        traced,
    )
