"""Cases as the checks left them: up, removed, or with headers that a person must judge."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from cast import Cast
from house import House
from sqlalchemy import update

from takedown.checks import lanes
from takedown.checks import service as checks
from takedown.checks.calibrating import Kept, Step
from takedown.checks.calibration import Calibration
from takedown.checks.finding import Finding
from takedown.checks.models import CheckState
from takedown.db import committing
from takedown.hosts.models import Provider
from takedown.people.tasks import TaskKind, ask
from takedown.urls.models import Url, UrlStatus

HOUR = timedelta(hours=1)
WAS = Calibration("image/jpeg", 81_234, "Mon, 02 Mar 2026 08:00:00 GMT")
IS = Finding(status=200, content_type="text/html", content_length=512)
WRONG_PATH = Finding(status=404, content_type="text/html", content_length=9)


def case(house: House, name: str, **state: Any) -> uuid.UUID:
    """A notified Url on media.example.test, last seen up an hour ago; `state`: of its checks."""
    now = house.clock()
    with committing(house.ports.sessions) as session:
        cast = Cast(session, house.ports.vault, now)
        provider = session.query(Provider).first() or cast.provider()
        known = cast.known(f"https://media.example.test/albums/{name}.jpg", provider, None)
        known.url.status = UrlStatus.NOTIFIED
        known.episode.notified_at = now - 30 * HOUR
        opening = checks.Opening(known.url.id, known.host.domain_index, now - 30 * HOUR, 24)
        checks.open_checks(session, [opening], now=now)
        row = {
            "calibration": Step.DONE,
            "verdict": "up",
            "note": "present",
            "spell_first_at": now - 30 * HOUR,
            "spell_last_at": now - HOUR,
            "spell_checks": 9,
            "last_up_at": now - HOUR,
            "next_check_at": now + HOUR,
            "next_why": "age",
            "rank": 5,
        }
        where = CheckState.url_id == known.url.id
        session.execute(update(CheckState).where(where).values(**row | state))
        lanes.make_due(session, [known.url.id])
    return known.url.id


def removed(house: House, name: str, **state: Any) -> uuid.UUID:
    """A Url whose removal is confirmed, seen from one place."""
    at = house.clock()
    gone = {
        "verdict": "down",
        "note": "gone",
        "last_up_at": at - 30 * HOUR,
        "run_first_at": at - 29 * HOUR,
        "run_last_at": at - HOUR,
        "run_fails": 4,
        "run_vantages": 1,
        "run_downs": 4,
        "run_down_first_at": at - 29 * HOUR,
        "run_down_last_at": at - HOUR,
        "run_down_vantages": 1,
        "confirmed_at": at - HOUR,
        "up_before_at": at - 30 * HOUR,
        "first_down_at": at - 29 * HOUR,
    }
    made = case(house, name, **gone | state)
    with committing(house.ports.sessions) as session:
        session.get_one(Url, made).status = UrlStatus.REMOVED
    return made


def suspect(house: House, name: str, *, since: datetime | None = None) -> uuid.UUID:
    """A Url whose headers changed, so that a person is asked."""
    now = since or house.clock()
    made = case(house, name, verdict="changed", note="altered", spell_first_at=now - HOUR)
    kept = Kept(calibration=WAS, control=WRONG_PATH, control_at=now, changed=IS, changed_at=now)
    with committing(house.ports.sessions) as session:
        vault, cohort = house.ports.vault, session.get_one(Url, made).cohort
        sealed = vault.seal("check_state.validators", made, cohort, kept.dump())
        state = update(CheckState).where(CheckState.url_id == made)
        session.execute(state.values(validators=sealed))
        ask(session, TaskKind.SUSPECT, "url", made, now=now, why="altered")
    return made
