"""`takedown init` and `takedown doctor`: a place to work, and whether all of it works."""

import os
import sys
from pathlib import Path
from typing import Any, Final

import click

from config.settings import Settings
from takedown import wiring
from takedown.cli import door
from takedown.db import committing
from takedown.outbox.ladder import standing as ladders
from takedown.people import service as people
from takedown.routes import members, table
from takedown.vault import make_master_key


class Country(click.ParamType[str]):
    """An ISO 3166-1 code of two letters."""

    name = "ISO code"

    def convert(self, value: Any, param: Any, ctx: Any) -> str:
        if len(value) != 2 or not (value.isascii() and value.isalpha()):
            self.fail("two letters, for example FR", param, ctx)
        return str(value).upper()


@click.command()
@click.option(
    "--country", type=Country(), help="Where the hotline sits: ISO 3166-1, for example FR."
)
@click.option("--preset", type=click.Choice(["national", "global"]), help="To whom it writes.")
@click.option("--name", help="As it signs its notices.")
@door.as_json
def init(country: str | None, preset: str | None, name: str | None, as_json: bool) -> None:
    """Make database, keys, the first administrator and the reference data; safe to run again."""
    settings = door.settings()
    answers = {"country": country, "preset": preset, "name": name}
    if sys.stdin.isatty() and sys.stdout.isatty() and not as_json:
        _ask(settings, answers)
    settings.home.mkdir(parents=True, exist_ok=True)
    _remember(settings.home, {key: value for key, value in answers.items() if value})
    settings = door.settings()
    _make_key(settings)
    wiring.migrate(settings)
    ports = wiring.build_ports(settings)
    now = ports.clock()
    with committing(ports.sessions) as session:
        routes = table.fill(session, wiring.route_rows(), now)
        ladders.fill(session, now)
        partners = members.fill(session, ports.vault, wiring.member_facts(), now)
        person = people.create_first_administrator(
            session, ports.vault, now=now, by=wiring.operating_system_user()
        )
        door.note(
            session,
            ports,
            "init",
            {"routes_added": routes, "members_added": partners, "mode": settings.mode},
        )
    said = f"ready in {settings.home}"
    if person is not None:
        said += (
            f"\n\n  sign in as  {person.user.username}"
            f"\n  password    {person.password}    (said once; change it under your name)\n"
        )
    door.answer(
        {
            "home": str(settings.home),
            "administrator": person.user.username if person else None,
            "password": person.password if person else None,
        },
        said,
        as_json=as_json,
    )


def _ask(settings: Settings, answers: dict[str, str | None]) -> None:
    given = settings.hotline
    if not (answers["country"] or given.country):
        answers["country"] = click.prompt(
            "Country of the hotline (ISO code)", default="FR", type=Country()
        )
    if not (answers["preset"] or given.preset):
        answers["preset"] = click.prompt(
            "It writes to hosts at home only (national) or everywhere (global)",
            type=click.Choice(["national", "global"]),
            default="national",
        )
    if not (answers["name"] or given.name):
        answers["name"] = click.prompt("Name of the hotline", default="Hotline")


def _remember(home: Path, hotline: dict[str, str]) -> None:
    """Write the answers into takedown.toml, keeping what else stands there."""
    if not hotline:
        return
    file = home / "takedown.toml"
    lines = file.read_text().splitlines() if file.exists() else []
    if "[hotline]" not in lines:
        lines += ["[hotline]"]
    kept = [line for line in lines if line.partition("=")[0].strip() not in hotline]
    place = kept.index("[hotline]") + 1
    kept[place:place] = [f"{name} = {_quoted(value)}" for name, value in hotline.items()]
    file.write_text("\n".join(kept) + "\n")


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c for c in escaped if c.isprintable()) + '"'


def _make_key(settings: Settings) -> None:
    """The master key, once; whoever comes second keeps the first's."""
    if settings.secrets.master_key is not None:
        return
    file = settings.home / "keys" / "master.key"
    file.parent.mkdir(mode=0o700, exist_ok=True)
    ours = file.with_suffix(f".{os.getpid()}")
    with os.fdopen(os.open(ours, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(make_master_key() + "\n")
        out.flush()
        os.fsync(out.fileno())
    try:
        os.link(ours, file)  # whole or not at all
    except FileExistsError:
        pass
    finally:
        ours.unlink()


COMMANDS: Final = (init,)
