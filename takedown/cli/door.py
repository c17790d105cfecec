"""What every command shares: settings, ports, the time, and how an answer is written."""

import json
import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import click
from pydantic import ValidationError
from sqlalchemy.orm import Session

from config.settings import Settings, load
from takedown import audit, heartbeats, wiring
from takedown.errors import TakedownError
from takedown.flow.ports import Ports

SCHEDULER_ALIVE: Final = timedelta(minutes=1)


class Refused(TakedownError):
    """A command that is refused; `code` is the exit code: 1 refused, 2 wrong usage."""

    def __init__(self, why: str, code: int = 1) -> None:
        super().__init__(why)
        self.code = code


class Instant(click.ParamType[datetime]):
    """An ISO 8601 time; without a zone it is UTC."""

    name = "ISO time"

    def convert(self, value: Any, param: Any, ctx: Any) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            at = datetime.fromisoformat(value)
        except ValueError:
            self.fail("not an ISO 8601 time such as 2026-03-01T09:00Z", param, ctx)
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


Command = Callable[..., Any]
as_json = click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
at_now = click.option(
    "--now", type=Instant(), help="Do it at this time; in a closed world only, no scheduler alive."
)
reveal = click.option(
    "--reveal", is_flag=True, help="Show exact locations; in a closed world only."
)


def settings() -> Settings:
    """The settings. Raises `Refused` naming what does not fit."""
    try:
        return load()
    except ValidationError as wrong:
        lines = [
            f"TAKEDOWN_{'__'.join(str(part) for part in one['loc']).upper()}: {one['msg']}"
            for one in wrong.errors(include_input=False, include_url=False)
        ]
        raise Refused("\n".join(lines), 2) from None
    except (OSError, ValueError) as wrong:
        raise Refused(str(wrong), 2) from None


def ports(now: datetime | None = None) -> Ports:
    """The ports of a command; `now` is refused outside a closed world or beside a scheduler."""
    given = settings()
    if now is not None and not given.closed_world():
        raise Refused("--now is for a closed world only: every endpoint on loopback", 2)
    made = wiring.build_ports(given, clock=wiring.real_clock if now is None else lambda: now)
    if now is not None:
        with made.sessions() as session:
            last = heartbeats.newest(session, "scheduler")
        if last is not None and wiring.real_clock() - last < SCHEDULER_ALIVE:
            raise Refused("--now is refused while a scheduler is running", 2)
    return made


def closed_world_only(what: str) -> None:
    """Refuse what people do in the pages, unless every endpoint is loopback."""
    if not settings().closed_world():
        raise Refused(f"{what} is for people, in the pages; here in a closed world only", 2)


def note(
    session: Session, ports: Ports, action: str, detail: dict[str, Any], subject: str = ""
) -> None:
    """The log's line on an act of whoever types here: last before the commit."""
    audit.append(
        session,
        ports.vault.audit_key,
        at=ports.clock(),
        actor=wiring.operating_system_user(),
        action=action,
        subject=subject,
        detail=detail,
    )


def answer(value: Any, text: str | None = None, *, as_json: bool) -> None:
    """Write an answer: JSON for programs, text for people."""
    if as_json or text is None:
        click.echo(json.dumps(value, indent=1, default=_plain, ensure_ascii=False))
    else:
        click.echo(text)


@contextmanager
def secret_file(output: Path) -> Iterator[Callable[[bytes], None]]:
    """Writes a file of mode 0600 that stands in its place once the log has its entry, or not at
    all. Raises `Refused`."""
    fresh = output.with_name(output.name + ".part")

    def write(content: bytes) -> None:
        fresh.unlink(missing_ok=True)
        number = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(number, "wb") as file:
            file.write(content)

    try:
        yield write
        fresh.replace(output)
    except OSError as wrong:
        raise Refused(f"the file cannot be written: {wrong.strerror}") from None
    finally:
        fresh.unlink(missing_ok=True)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, uuid.UUID):
        return str(value)
    raise TypeError(type(value).__name__)
