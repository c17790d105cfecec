"""The command line: one of the two doors. `takedown --help` reads well; each command has --json."""

import signal
import sys
import traceback
from importlib import import_module
from typing import Final

import click
from sqlalchemy.exc import OperationalError

from takedown.cli.door import Refused
from takedown.errors import TakedownError

ROOMS: Final = {
    "setting_up": ("init",),
    "running": ("run", "serve", "schedule", "worker"),
    "cases": ("register", "url", "urls"),
    "approvals": ("notices",),
    "contacts": ("contacts",),
    "routes": ("routes",),
    "stages": ("stage",),
    "statistics": ("stats",),
    "report": ("report",),
    "demo": ("sandbox", "demo", "demo-check"),
    "export": ("export",),
    "proof": ("evidence", "received"),
    "reference": ("reference",),
}
_ROOM_OF: Final = {name: room for room, names in ROOMS.items() for name in names}


class _ByName(click.Group):
    """Commands whose room is entered when they are typed: the next one starts without the rest."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_ROOM_OF)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        room = _ROOM_OF.get(cmd_name)
        if room is None:
            return None
        commands: tuple[click.Command, ...] = import_module(f"takedown.cli.{room}").COMMANDS
        return next(one for one in commands if one.name == cmd_name)


@click.group(cls=_ByName, context_settings={"help_option_names": ["-h", "--help"]})
def takedown() -> None:
    """Notice-and-takedown tracking for child-protection hotlines.

    State goes to TAKEDOWN_HOME (./var). Nothing leaves this machine until TAKEDOWN_MODE says so.
    """


def main() -> None:
    """Exit codes: 0 done, 1 something refused (said on stderr), 2 wrong usage."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # leave the embedded database in order
    try:
        takedown.main(standalone_mode=False)
    except click.exceptions.Exit as done:
        sys.exit(done.exit_code)
    except click.Abort:
        click.echo("stopped", err=True)
        sys.exit(1)
    except click.ClickException as wrong:
        wrong.show()
        sys.exit(2)
    except Refused as refused:
        click.echo(str(refused), err=True)
        sys.exit(refused.code)
    except TakedownError as failed:
        click.echo(f"{type(failed).__name__}: {failed}", err=True)
        sys.exit(1)
    except OperationalError:
        click.echo("the database went away or does not answer: type it again", err=True)
        sys.exit(1)
    except Exception as failed:  # its text may hold a location: only its kind and place are said
        frames = traceback.extract_tb(failed.__traceback__)[-4:]
        where = " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(frames))
        click.echo(f"something went wrong here: {type(failed).__name__} in {where}", err=True)
        sys.exit(1)
