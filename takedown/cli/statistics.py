"""`takedown stats`: the figures of the pages, from the same facts, for a terminal or a program."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

import click
from sqlalchemy.orm import Session

from takedown.cli import door
from takedown.db import among
from takedown.flow import run
from takedown.flow.case import provider_name
from takedown.flow.ports import Ports
from takedown.hosts.models import Provider
from takedown.stats import figures, table
from takedown.stats.clocks import CLOCKS
from takedown.stats.facts import Facts, NoFacts, open_facts
from takedown.stats.query import ROLES, ROUTES, UNITS, BadQuery, Query, parse

OLD: Final = timedelta(minutes=15)
_VIEWS: Final[dict[str, Callable[[Facts, Query], dict[str, Any]]]] = {
    "providers": figures.league,
    "countries": figures.countries,
    "overview": figures.overview,
    "deadlines": figures.deadlines,
}
_FILTERS: Final = (
    click.option("--from", "from", help="Clock starts at or after this."),
    click.option("--to", help="Clock starts before this; a date: its whole day."),
    click.option("--clock", type=click.Choice(CLOCKS), default="notified", show_default=True),
    click.option("--cutoff", help="What was seen by then; otherwise as of now."),
    click.option("--country", help="Hosting country, ISO 3166-1."),
    click.option("--provider", help="Id of a provider."),
    click.option("--role", type=click.Choice(ROLES)),
    click.option("--class", "class", help="Code of classification."),
    click.option("--site-type"),
    click.option("--source", help="Who told of it first."),
    click.option("--route", type=click.Choice(ROUTES)),
    click.option("--where", type=click.Choice(["home", "abroad"])),
    click.option("--unit", type=click.Choice(UNITS), default="url", show_default=True),
)


def _filtered(command: door.Command) -> door.Command:
    """The filters that all doors have."""
    for option in reversed(_FILTERS):
        command = option(command)
    return command


@click.command()
@click.argument("view", type=click.Choice(list(_VIEWS)))
@_filtered
@click.option("--format", "form", type=click.Choice(["table", "csv", "json"]), default="table")
@click.option("--lang", type=click.Choice(["en", "fr"]), default="en", show_default=True)
@door.as_json
def stats(
    view: str, form: table.Format, lang: table.Lang, as_json: bool, **filters: str | None
) -> None:
    """Time to removal by provider, by country, or in all, and binding deadlines met by month;
    bounds hold what was not seen."""
    try:
        query = parse({name: value for name, value in filters.items() if value is not None})
    except BadQuery as wrong:
        raise door.Refused(f"--{wrong.field.replace('_', '-')}: {wrong.why}", 2) from None
    ports = door.ports()
    result = _VIEWS[view](fresh_facts(ports), query)
    with ports.sessions() as session:
        names = _names(session, ports, result)
    text = table.render(figures.named(result, names.get), "json" if as_json else form, lang)
    click.echo(text, nl=False)


def fresh_facts(ports: Ports) -> Facts:
    """The facts, made anew where they are missing, or older than a quarter of an hour.

    In a closed world, where days pass in minutes, always. Raises `Refused`.
    """
    if ports.facts_dir is None:
        raise door.Refused("this installation has no folder for figures")
    try:
        known = open_facts(ports.facts_dir)
        if not ports.leaves.closed and ports.clock() - known.as_of < OLD:
            return known
    except NoFacts:
        pass
    run(ports, "facts")
    return open_facts(ports.facts_dir)


def _names(session: Session, ports: Ports, result: dict[str, Any]) -> dict[str, str]:
    """Whoever types here reads every name, reviewed or not."""
    ids = [item["provider_id"] for item in result.get("items", ()) if "provider_id" in item]
    found = session.query(Provider).filter(among(Provider.id, ids)).all() if ids else []
    return {str(one.id): provider_name(ports.vault, one) for one in found}


COMMANDS: Final = (stats,)
