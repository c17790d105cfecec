"""The command line: one of the two doors. `takedown --help` reads well; each command has --json."""

import signal
import sys
import traceback

import click
from sqlalchemy.exc import OperationalError

from takedown.cli import (
    approvals,
    cases,
    contacts,
    demo,
    export,
    proof,
    reference,
    routes,
    running,
    setting_up,
    stages,
    statistics,
)
from takedown.cli.door import Refused
from takedown.errors import TakedownError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def takedown() -> None:
    """Notice-and-takedown tracking for child-protection hotlines.

    State goes to TAKEDOWN_HOME (./var). Nothing leaves this machine until TAKEDOWN_MODE says so.
    """


for _command in (
    *setting_up.COMMANDS,
    *running.COMMANDS,
    *cases.COMMANDS,
    *approvals.COMMANDS,
    *contacts.COMMANDS,
    *routes.COMMANDS,
    *stages.COMMANDS,
    *statistics.COMMANDS,
    *demo.COMMANDS,
    *export.COMMANDS,
    *proof.COMMANDS,
    *reference.COMMANDS,
):
    takedown.add_command(_command)


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
