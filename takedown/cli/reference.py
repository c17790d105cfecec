"""`takedown reference`: the tables that look-ups rest on, with their dates, and renewing them."""

from pathlib import Path
from typing import Final

import click

from takedown import wiring
from takedown.cli import door
from takedown.cli.door import Refused
from takedown.db import committing
from takedown.hosts import tables


@click.group()
def reference() -> None:
    """The tables that look-ups rest on: who announces an address, where it stands."""


@reference.command()
@click.argument("table", type=click.Choice(tables.NAMES))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@door.as_json
def update(table: str, file: Path, as_json: bool) -> None:
    """Put FILE in the place of a table, after checking all of it; else the old one stays.

    asn: first address, last address, ASN, country, name, with tabs between; or mmdb.
    geolocation: first address, last address, country; or mmdb.
    upstreams: AS number, AS number of a transit.
    """
    ports = door.ports()
    target = door.settings().tables[table]
    try:
        put = tables.replace(table, file, target)
    except tables.UnfitTable as unfit:
        raise Refused(f"{unfit}\nnothing was changed") from None
    now = ports.clock()
    detail = {
        "table": table,
        "rows": put.rows,
        "dated": put.dated.isoformat(),
        "sha256": put.sha256,
    }
    with committing(ports.sessions) as session:
        door.note(session, ports, "reference.update", detail)
    said = f"{table}: {put.rows:,} rows of {put.dated:%Y-%m-%d}, kept in {target}"
    if now - put.dated > tables.OLD:
        said += f"\nit is older than {tables.OLD.days} days: look for a newer one"
    door.answer({**detail, "dated": put.dated}, said, as_json=as_json)


@reference.command()
@door.as_json
def show(as_json: bool) -> None:
    """Each table with its date, rows and age."""
    now = wiring.real_clock()
    states = [tables.state(name, path, now) for name, path in door.settings().tables.items()]
    rows = [
        {
            "table": one.name,
            "dated": one.dated,
            "rows": one.rows,
            "age_days": one.age_days,
            "old": one.old,
            "problem": one.problem,
        }
        for one in states
    ]
    door.answer({"tables": rows}, "\n".join(map(_line, states)), as_json=as_json)


def _line(one: tables.TableState) -> str:
    if one.dated is None:
        return f"{one.name:12} {one.problem or 'none'}"
    said = f"{one.name:12} {one.dated:%Y-%m-%d}  {one.rows:>9,} rows  {one.age_days} days old"
    warned = f"older than {tables.OLD.days} days: renew it" if one.old else None
    return "; ".join(filter(None, (said, warned, one.problem)))


COMMANDS: Final = (reference,)
