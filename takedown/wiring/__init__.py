"""The only maker of real clients: settings become ports, and nobody else reads both."""

import logging
import resource
from collections.abc import Callable
from datetime import datetime, timedelta

from config.settings import Settings
from takedown import db
from takedown.errors import TakedownError
from takedown.flow.ports import Ports
from takedown.hosts.known import known_providers
from takedown.wiring import outside
from takedown.wiring.database import (
    NotSetUp,
    migrate,
    open_database,
    open_vault,
    real_clock,
    require_tables,
)
from takedown.wiring.ourselves import BadSigningKey, hotline, leaves, operating_system_user
from takedown.wiring.outside import NoMail
from takedown.wiring.reference import member_facts, reference, route_rows, schemes

__all__ = [
    "BadSigningKey",
    "NoMail",
    "NotSetUp",
    "build_ports",
    "hotline",
    "leaves",
    "member_facts",
    "migrate",
    "open_database",
    "open_vault",
    "operating_system_user",
    "real_clock",
    "reference",
    "route_rows",
    "schemes",
]


def build_ports(
    settings: Settings, *, clock: Callable[[], datetime] = real_clock, by: str = "command"
) -> Ports:
    """Open everything that `settings` name.

    Raises `NotSetUp` where master key or tables are missing, `VaultError` where the key file is,
    or belongs to another master key.

    Another `clock` than the real one is for closed worlds: doors see to that.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core would hold locations
    _log_ours_alone()
    owner, engine, _ = open_database(settings)
    try:
        require_tables(engine)
        vault = open_vault(settings)
        vault.cohorts()
    except TakedownError:
        engine.dispose()
        raise
    return Ports(
        sessions=db.sessions(engine),
        vault=vault,
        clock=clock,
        hotline=hotline(settings),
        leaves=leaves(settings),
        lookup=outside.lookup(settings),
        probing=outside.probing(settings),
        channel=outside.channel(settings),
        mail_deadline_s=settings.mail.deadline_s,
        schemes=schemes(),
        known_providers=known_providers(reference("providers.toml")),
        inboxes=outside.inboxes(settings),
        interface=outside.interface(settings),
        by=by,
        facts_dir=settings.facts_dir,
        publications_dir=settings.publications_dir,
        owner=owner,
        checks_kept=timedelta(weeks=settings.checks.kept_weeks),
        sample=settings.checks.sample,
    )


def _log_ours_alone() -> None:
    """Libraries quote addresses in their warnings: urllib3 the one whose headers it cannot read."""
    root, ours = logging.getLogger(), logging.getLogger("takedown")
    if not root.handlers:
        root.addHandler(logging.NullHandler())  # else Python's last resort is stderr
    if not ours.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        ours.addHandler(handler)
