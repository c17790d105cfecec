"""`takedown stats`: the measures of docs/statistics.md."""

from datetime import datetime, timedelta
from typing import Final

import click

from takedown.cli import door
from takedown.flow.case import provider_name
from takedown.stats import measures, table
from takedown.stats.episode_rows import CLOCKS, Clock
from takedown.stats.facts import episode_rows

_VIEWS: Final = {
    "providers": measures.providers,
    "countries": measures.countries,
    "overview": measures.overview,
}


@click.command()
@click.argument("view", type=click.Choice(list(_VIEWS)))
@click.option("--from", "from_", type=door.Instant(), help="Clock starts at or after this.")
@click.option("--to", type=door.Instant(), help="Clock starts before this; a date: its whole day.")
@click.option("--clock", type=click.Choice(CLOCKS), default="notified", show_default=True)
@click.option("--format", "form", type=click.Choice(["table", "csv", "json"]), default="table")
@click.option("--lang", type=click.Choice(["en", "fr"]), default="en", show_default=True)
@door.as_json
def stats(
    view: str,
    from_: datetime | None,
    to: datetime | None,
    clock: Clock,
    form: table.Format,
    lang: table.Lang,
    as_json: bool,
) -> None:
    """Time to removal by provider, by country, or in all; bounds hold what was not seen."""
    ports = door.ports()
    if to is not None and (to.hour, to.minute, to.second) == (0, 0, 0):
        to += timedelta(days=1)
    with ports.sessions() as session:
        rows = episode_rows(
            session,
            clock=clock,
            from_=from_,
            to=to,
            name=lambda provider: provider_name(ports.vault, provider),
        )
    result = _VIEWS[view](rows, clock=clock, cutoff=ports.clock(), from_=from_, to=to)
    click.echo(table.render(result, "json" if as_json else form, lang))


COMMANDS: Final = (stats,)
