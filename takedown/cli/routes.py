"""`takedown routes`: the table out, in, and what it would do to a Url hosted in a country."""

from dataclasses import asdict
from datetime import date, datetime
from typing import Any, Final, TextIO

import click

from takedown import wiring
from takedown.cli import door
from takedown.cli.setting_up import Country
from takedown.db import committing
from takedown.routes import exchange, members, service, table
from takedown.routes.countries import is_country
from takedown.routes.exchange import Comparison, Difference
from takedown.routes.preview import Preview, asked_words
from takedown.routes.preview import preview as look_ahead
from takedown.web.acts import without_location


@click.group()
def routes() -> None:
    """How this hotline may act on a Url, by the country that hosts it."""


@routes.command("export")
@click.option("-o", "--output", type=click.File("w", encoding="utf-8"), default="-")
@door.as_json
def export(output: TextIO, as_json: bool) -> None:
    """Write the table as CSV; `routes import` reads it back."""
    ports = door.ports()
    with ports.sessions() as session:
        rows = table.standing(session)
    if as_json:
        items = [{name: _cell(value) for name, value in asdict(row).items()} for row in rows]
        door.answer({"items": items}, as_json=True)
    else:
        output.write(exchange.export(rows))


@routes.command("import")
@click.argument("file", type=click.File("r", encoding="utf-8-sig", errors="replace"))
@click.option("--why", help="The reason of this edit; it stands in each row's history.")
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
@door.at_now
@door.as_json
def bring_in(
    file: TextIO, why: str | None, dry_run: bool, now: datetime | None, as_json: bool
) -> None:
    """Compare a CSV file with the table and write what differs.

    What it changes is unverified until another person has read the source. Rows that the file
    does not name stay as they are. With one bad row nothing is written.
    """
    if not dry_run and not why:
        raise door.Refused("say --why it is changed, or --dry-run", 2)
    ports, actor = door.ports(now), wiring.operating_system_user()
    text = file.read()
    with committing(ports.sessions) as session:
        if dry_run or why is None:
            found = exchange.compare(session, text)
        else:
            reason = without_location(session, ports.vault, why)
            found = exchange.bring_in(session, text, why=reason, by=actor, now=ports.clock())
            if found.differences and not found.problems:
                door.note(
                    session,
                    ports,
                    "routes.import",
                    {"rows": [f"{d.country}/{d.direction}" for d in found.differences]},
                )
    if not found.problems or as_json:
        door.answer(_shape(found, dry_run), _lines(found, dry_run), as_json=as_json)
    if found.problems:
        lines = [f"row {row}, {field or '-'}: {reason}" for row, field, reason in found.problems]
        raise door.Refused("\n".join([*lines, "nothing was changed"]))


@routes.command("preview")
@click.argument("country", type=Country())
@door.as_json
def preview(country: str, as_json: bool) -> None:
    """What would happen to a Url that is hosted in COUNTRY (ISO 3166-1)."""
    if not is_country(country):
        raise door.Refused(f"{country} is no country of ISO 3166-1", 2)
    ports = door.ports()
    with ports.sessions() as session:
        known = service.rules(session, ports.clock())
        found = look_ahead(known, ports.hotline, members.standing(session), country)
    shape = _preview(found)
    text = "\n".join(f"{name.replace('_', ' '):<22} {_plain(shape[name])}" for name in shape)
    door.answer(shape, text, as_json=as_json)


def _preview(found: Preview) -> dict[str, Any]:
    decision = found.decision
    return {
        "country": found.country,
        "route": str(decision.kind),
        "status": str(decision.status),
        "deadline_hours": decision.deadline_hours,
        "deadline": asked_words(decision),
        "binds_signatories": found.binding_on_signatories,
        "languages": list(decision.languages),
        "via": decision.via,
        "goes_to": found.to,
        "partners": list(found.partners),
        "needs_supervisor": found.supervisor,
        "police_first": decision.police_first,
        "do_not_forward": found.do_not_forward,
        "basis": decision.basis,
        "why": decision.why,
        "source": found.source,
        "checked_on": found.checked_on.isoformat() if found.checked_on else None,
    }


def _shape(found: Comparison, dry_run: bool) -> dict[str, Any]:
    return {
        "written": 0 if dry_run or found.problems else len(found.differences),
        "differences": [
            {
                "country": one.country,
                "direction": one.direction,
                "new": one.new,
                "fields": _texts(one),
            }
            for one in found.differences
        ],
        "problems": [
            {"row": row, "field": field, "reason": reason} for row, field, reason in found.problems
        ],
        "same": found.same,
        "untouched": found.untouched,
    }


def _lines(found: Comparison, dry_run: bool) -> str:
    lines = []
    for one in found.differences:
        lines.append(f"{one.country}/{one.direction}{'  new' if one.new else ''}")
        for name, (before, after) in _texts(one).items():
            lines.append(f"  {name}: {'' if one.new else f'{before} -> '}{after}")
    done = "would change" if dry_run else "changed"
    lines.append(
        f"{len(found.differences)} rows {done}, {found.same} the same, "
        f"{found.untouched} not in the file and left as they are"
    )
    return "\n".join(lines)


def _texts(one: Difference) -> dict[str, tuple[str, str]]:
    return {name: (_plain(pair[0]), _plain(pair[1])) for name, pair in one.fields.items()}


def _cell(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return ", ".join(value) or "-"
    return "-" if value is None else str(value)


COMMANDS: Final = (routes,)
