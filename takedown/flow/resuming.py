"""What was not looked at while a hold stood, or before the police agreed, is looked at first."""

import uuid
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from takedown.checks import service as checks
from takedown.db import among
from takedown.flow.ports import Ports
from takedown.hosts.leasing import due_at_once
from takedown.routes import police
from takedown.urls.models import Url


def resume(session: Session, ports: Ports, url_ids: Iterable[uuid.UUID], *, now: datetime) -> None:
    """Look up and check again those of these Urls that nothing forbids to look at any more."""
    ids = set(url_ids)
    free = ids - police.silent(session, ids, agree=ports.hotline.police_agree_probes)
    checks.resume_checks(session, free, now=now)
    on = session.scalars(select(Url.host_id).where(among(Url.id, free)).distinct()).all()
    due_at_once(session, on, now)
