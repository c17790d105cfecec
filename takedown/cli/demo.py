"""`takedown sandbox`, `demo`, `demo-check`: a small internet, played through sixty past days."""

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from urllib.request import ProxyHandler, build_opener

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from sqlalchemy import text

import sandbox as small_internet
from sandbox.main import main as serve_sandbox
from takedown import wiring
from takedown.cli import door
from takedown.cli.comparing import Line, compare
from takedown.cli.playing import Player, dealt

LISTS: Final = 8
DESKS: Final = {
    "northhost": "acknowledges",
    "westcloud": "removed",  # at once, whatever is true: it takes a day
    "southrack": "away",
    "eastserve": "acknowledges",
    "stonewall": "refuses",
    "frontdoor": "not_ours",
    "bigparcel": "asks",
}
"""Who writes back, and how; the others are silent."""
MARK: Final = "demo.json"


@click.command(
    "sandbox",
    context_settings={"ignore_unknown_options": True, "help_option_names": []},
    add_help_option=False,
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def sandbox(arguments: tuple[str, ...]) -> None:
    """The small internet alone (see `takedown sandbox --help`)."""
    sys.exit(serve_sandbox(list(arguments)))


@click.command()
@click.option("--urls", default=500, show_default=True, help="How many addresses to register.")
@click.option("--days", default=60, show_default=True, help="How many past days to play.")
@click.option("--seed", default=1, show_default=True, help="Another seed, other fates.")
@click.option("--serve/--no-serve", default=True, help="Keep the pages open when it has played.")
@door.as_json
def demo(urls: int, days: int, seed: int, serve: bool, as_json: bool) -> None:
    """Play sixty past days against fake hosts on loopback; the pages are open meanwhile."""
    web = door.settings().web
    if serve:
        _free_port(web.host, web.port)
    home = _fresh_home(door.settings().home / "demo")
    with small_internet.Running(home / "sandbox", seed=seed) as world:
        _enter(_environment(home, world.endpoints))
        password = _init()
        world.script(
            *({"recipient": f"abuse@{key}.example", "answers": how} for key, how in DESKS.items())
        )
        (home / MARK).write_text(json.dumps({"environment": _environment(home, world.endpoints)}))
        with _pages(home, password) if serve else _nothing():
            lines = _play(world, urls, days)
            _tell(lines, as_json)
            if serve:
                _go_on(world)
    if not all(line.holds for line in lines):
        raise door.Refused("the conclusions and the truth differ: see the table")


@click.command("demo-check")
@door.as_json
def demo_check(as_json: bool) -> None:
    """Hold what a running demo concluded against what its small internet knows."""
    mark = door.settings().home / "demo" / MARK
    if not mark.exists():
        raise door.Refused("no demo has been played here: `takedown demo` first")
    _enter(json.loads(mark.read_text())["environment"])
    endpoints = mark.parent / "sandbox" / "endpoints.json"
    if not endpoints.exists():
        raise door.Refused("the demo is not running: `takedown demo` first")
    control = json.loads(endpoints.read_text())["control"]
    with build_opener(ProxyHandler({})).open(f"{control}/truth", timeout=60) as told:
        truth = json.load(told)
    lines = compare(door.ports(), truth, wiring.real_clock())
    _tell(lines, as_json)
    if not all(line.holds for line in lines):
        raise door.Refused("the conclusions and the truth differ")


def _play(world: small_internet.Running, urls: int, days: int) -> list[Line]:
    ports = wiring.build_ports(door.settings())
    end = wiring.real_clock()
    start = end - timedelta(days=days)
    player = Player(ports, world, start)
    every = timedelta(days=min(2, max(1, days // LISTS)))
    player.lists = list(dealt(world.urls(urls), LISTS, start, every))
    world.clock(start)
    with _progress() as bar:
        task = bar.add_task("", total=days)
        player.told = _teller(bar, task, player, start)
        player.play(end)
    return compare(ports, world.truth(), end)


def _teller(bar: Progress, task: Any, player: Player, start: Any) -> Callable[[Player], None]:
    said = {"day": -1}

    def tell(_: Player) -> None:
        day = (player.now - start).days
        if day != said["day"]:
            said["day"] = day
            counts = player.counts()
            what = "  ".join(f"{count} {name}" for name, count in counts.items() if count)
            bar.update(task, completed=day, description=f"{player.now:%d %b}  {what}")
            if not bar.console.is_terminal and day % 10 == 0:
                click.echo(f"{player.now:%Y-%m-%d}  {what}", err=True)

    return tell


def _progress() -> Progress:
    return Progress(
        BarColumn(),
        TextColumn("{task.completed:.0f}/{task.total:.0f} days"),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
        console=Console(stderr=True),
    )


def _free_port(host: str, port: int) -> None:
    """Somebody else's pages must not be taken for the demo's."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            raise door.Refused(f"port {port} is taken: set TAKEDOWN_WEB__PORT") from None


def _fresh_home(home: Path) -> Path:
    """An empty home; only what an earlier demo left is cleared away."""
    if home.exists():
        if not (home / MARK).exists() and any(home.iterdir()):
            raise door.Refused(f"{home} holds something that no demo left")
        shutil.rmtree(home)
    home.mkdir(parents=True)
    (home / MARK).write_text("{}")
    return home


def _enter(environment: dict[str, str]) -> None:
    """Nothing of the real installation is taken along: least of all its database."""
    for name in [name for name in os.environ if name.startswith("TAKEDOWN_")]:
        if not name.startswith("TAKEDOWN_WEB__"):
            del os.environ[name]
    os.environ.update(environment)
    if not door.settings().closed_world():
        raise door.Refused("the demo plays in a closed world only", 2)


def _environment(home: Path, endpoints: dict[str, Any]) -> dict[str, str]:
    """A closed world. No politeness: the fake hosts agree, and sixty days pass in minutes."""
    return {
        "TAKEDOWN_HOME": str(home),
        "TAKEDOWN_LOOKUP__DNS_SERVERS": endpoints["dns"],
        "TAKEDOWN_LOOKUP__RDAP_URL": endpoints["rdap"],
        "TAKEDOWN_LOOKUP__ASN_TABLE": endpoints["asn_table"],
        "TAKEDOWN_LOOKUP__DEADLINE_S": "3",
        "TAKEDOWN_MAIL__SMTP_URL": endpoints["smtp"],
        "TAKEDOWN_MAIL__INBOX_FOLDER": endpoints["answers"],
        "TAKEDOWN_MAIL__FROM": "notices@hotline.example",
        "TAKEDOWN_MAIL__DEADLINE_S": "0.15",
        "TAKEDOWN_CHECKS__OPEN_NETWORKS": endpoints["networks"],
        "TAKEDOWN_LOOKUP__REGISTRY_RATE": "0",
        "TAKEDOWN_CHECKS__HOST_INTERVAL_S": "0",
        "TAKEDOWN_CHECKS__DEADLINE_S": "0.2",
        "TAKEDOWN_CHECKS__CONCURRENCY": "32",
        "TAKEDOWN_HOTLINE__COUNTRY": "CA",
        "TAKEDOWN_HOTLINE__PRESET": "global",
        "TAKEDOWN_HOTLINE__NAME": "Demonstration hotline",
    }


def _init() -> str:
    said = subprocess.run(
        [*_takedown(), "init", "--json"], check=True, stdout=subprocess.PIPE, text=True
    )
    owner, app, _ = wiring.open_database(door.settings())
    with owner.begin() as connection:  # a demonstration may lose its last second
        connection.execute(text("ALTER DATABASE takedown SET synchronous_commit = off"))
    owner.dispose()
    app.dispose()
    return str(json.loads(said.stdout)["password"])


@contextmanager
def _pages(home: Path, password: str) -> Iterator[None]:
    web = door.settings().web
    with _child("serve"):
        click.echo(f"\n  http://{web.host}:{web.port}   admin   {password}\n", err=True)
        yield


@contextmanager
def _child(command: str) -> Iterator[subprocess.Popen[bytes]]:
    """A command beside us, which ends when we do."""
    with subprocess.Popen([*_takedown(), command]) as child:
        try:
            yield child
        finally:
            child.terminate()


@contextmanager
def _nothing() -> Iterator[None]:
    yield


def _go_on(world: small_internet.Running) -> None:
    """From here on the real clock: the scheduler takes over until somebody stops it."""
    world.clock(None)
    click.echo("the days are played; from here the clock is real. Ctrl-C ends it.", err=True)
    with _child("schedule") as scheduler:
        scheduler.wait()


def _takedown() -> list[str]:
    return [sys.executable, "-m", "takedown"]


def _tell(lines: list[Line], as_json: bool) -> None:
    if as_json:
        door.answer([_document(line) for line in lines], as_json=True)
    else:
        _show(lines)


def _show(lines: list[Line]) -> None:
    table = Table(title="what was concluded, beside what is true")
    for name in ("Provider", "Character"):
        table.add_column(name)
    for name in ("episodes", "truly gone", "found", "invented", "misdated", "median h", "true h"):
        table.add_column(name, justify="right")
    for line in lines:
        table.add_row(
            line.provider,
            line.character,
            str(line.urls),
            str(line.true),
            str(line.found),
            str(line.invented),
            str(line.misdated),
            f"{_hours(line.low_hours)} - {_hours(line.high_hours)}",
            _hours(line.truth_hours),
            style=None if line.holds else "bold",
        )
    console = Console()
    console.print(table, width=max(console.width, 110))


def _hours(value: float | None) -> str:
    return "not reached" if value is None else f"{value:.1f}"


def _document(line: Line) -> dict[str, Any]:
    names = ("provider", "character", "urls", "true", "found", "invented", "misdated")
    figures = ("truth_hours", "low_hours", "high_hours", "holds")
    return {name: getattr(line, name) for name in (*names, *figures)}


COMMANDS: Final = (sandbox, demo, demo_check)
