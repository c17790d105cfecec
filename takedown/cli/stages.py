"""`takedown stage NAME`: one stage, once."""

from dataclasses import asdict
from datetime import datetime
from typing import Final

import click

from takedown import flow
from takedown.cli import door


@click.command()
@click.argument("name", type=click.Choice(list(flow.STAGES)))
@click.option("--limit", type=click.IntRange(min=1), help="Claim at most so many.")
@door.at_now
@door.as_json
def stage(name: str, limit: int | None, now: datetime | None, as_json: bool) -> None:
    """Run one stage once over what is due."""
    tally = flow.run(door.ports(now), name, limit=limit)
    door.answer(
        {"stage": name, **asdict(tally)},
        f"{name}: {tally.done} of {tally.claimed} done, {tally.failed} failed, {tally.left} left",
        as_json=as_json,
    )


COMMANDS: Final = (stage,)
