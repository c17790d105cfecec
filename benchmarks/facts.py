"""Figures from the facts against the same figures straight from PostgreSQL, on the same episodes.

`FACTS=200000` makes it small.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Final

import psycopg

from benchmarks import facts_ledger as ledger
from benchmarks import facts_refresh
from takedown import embedded
from takedown.stats import figures
from takedown.stats.facts import open_facts
from takedown.stats.facts.duck import connect
from takedown.stats.facts.holding import open_to_readers
from takedown.stats.facts.layout import quoted
from takedown.stats.facts.writing import point
from takedown.stats.groups import groups
from takedown.stats.query import Query

EPISODES: Final = int(os.environ.get("FACTS", "11000000"))
WARM: Final = 20
_PROVIDER: Final = 50
_PATIENCE_S: Final = 60
"""PostgreSQL's figures are not waited for any longer."""

_TABLE: Final = """
CREATE TABLE figures (provider integer, country text, notice bigint, notified_at timestamp,
    last_up_at timestamp, first_down_at timestamp, outcome text)
"""
_AGES: Final = """
(SELECT *, coalesce(floor(extract(epoch FROM last_up_at - notified_at) / 60), 0) AS low,
    coalesce(ceil(extract(epoch FROM first_down_at - notified_at) / 60), 1e12) AS high
FROM figures) e
"""
_SHARES: Final = ", ".join(
    f"count(*) FILTER (WHERE outcome IN ('removed', 'unavailable') AND low < {h * 60} AND high <="
    f" {h * 60 + 15}), count(*)"
    f" FILTER (WHERE outcome <> 'moved' AND high < 1e12 AND low < {h * 60})"
    for h in (24, 48, 168)
)
_LINE: Final = f"""count(*), count(*) FILTER (WHERE outcome = 'open'),
    count(*) FILTER (WHERE outcome = 'moved'), {_SHARES},
    percentile_disc(0.5) WITHIN GROUP (ORDER BY low),
    percentile_disc(0.5) WITHIN GROUP (ORDER BY high)"""
_NOTICES: Final = """(SELECT provider, notice, count(*) AS m FROM figures GROUP BY 1, 2) n"""

STRAIGHT: Final = {
    "overview": f"SELECT {_LINE} FROM {_AGES}; SELECT sum(m), sum(m * m) FROM {_NOTICES}",
    "league": f"SELECT provider, {_LINE} FROM {_AGES} GROUP BY provider;"
    f" SELECT provider, sum(m), sum(m * m) FROM {_NOTICES} GROUP BY provider",
    "curve": f"SELECT provider = {_PROVIDER}, low, high, outcome, count(*) FROM {_AGES}"
    " GROUP BY 1, 2, 3, 4",
}


def main() -> str:
    """Run it and tell."""
    with TemporaryDirectory(prefix="bench-") as place:
        folder = Path(place) / "facts"
        (folder / "1").mkdir(parents=True)
        began = monotonic()
        with connect(folder) as work:
            ledger.write(work, folder / "1", EPISODES)
        open_to_readers(folder / "1")
        point(folder, "1", ledger.AS_OF, home="FR")
        written = monotonic() - began
        said = subprocess.run(
            [sys.executable, "-m", "benchmarks.facts", str(folder)],
            check=True,
            capture_output=True,
            text=True,
        )
        ours = json.loads(said.stdout)
        theirs = _postgresql(Path(place), folder)
        refreshed = facts_refresh.measure(folder, EPISODES)
    lines = [
        f"figures: {EPISODES:,} episodes, {ledger.PROVIDERS:,} providers, 5 years;"
        f" written in {written:.0f} s",
        f"  {'':12}{'first ms':>10}{'warm ms':>10}{'PostgreSQL ms':>15}{'x':>8}",
    ]
    for name, (first, warm) in ours["views"].items():
        other = theirs[name]
        at_least = ">" if other >= _PATIENCE_S * 1000 else ""
        lines.append(
            f"  {name:12}{first:>10.0f}{warm:>10.0f}{f'{at_least}{other:.0f}':>15}"
            f"{f'{at_least}{other / warm:.1f}':>8}"
        )
    lines.append(
        f"  league of one class, a fifth of all: {ours['filtered']:.0f} ms, the first time;"
        f" the league asked for again: {ours['again']:.0f} ms;"
        f" of twelve months across a new year: {ours['months']:.0f} ms"
    )
    lines.append(f"  peak memory {ours['megabytes']} MB (limit 1,024)")
    lines.append("  goal 100 ms, limit 300 ms; goal 30 x, not below 10 x")
    return "\n".join([*lines, *refreshed, ""])


def _views(folder: Path) -> dict[str, Callable[[], object]]:
    facts = open_facts(folder)
    mine = facts.providers[_PROVIDER].id

    def curve() -> object:
        asked = Query(provider=mine)
        own = figures.curve(groups(facts, asked, "provider"))
        return own, figures.curve(groups(facts, Query(), "all", without=_PROVIDER))

    def league() -> object:
        figures.forget()  # what was asked before is kept: here it is made each time
        return figures.league(facts, Query())

    return {"overview": lambda: figures.overview(facts, Query()), "league": league, "curve": curve}


def _again(folder: Path) -> float:
    """Milliseconds of a league that was asked for before: a version never changes."""
    facts = open_facts(folder)
    figures.league(facts, Query())
    began = monotonic()
    figures.league(facts, Query())
    return (monotonic() - began) * 1000


def _twelve_months(folder: Path) -> float:
    """Milliseconds of a league of twelve months across a new year, warm: what its page begins with.
    There are sums by year and by month, so that it is read from thirteen files."""
    facts, now = open_facts(folder), ledger.AS_OF
    asked = Query(
        from_=now.replace(year=now.year - 2, month=7), to=now.replace(month=7, year=now.year - 1)
    )
    times = []
    for _ in range(WARM):
        figures.forget()
        began = monotonic()
        figures.league(facts, asked)
        times.append((monotonic() - began) * 1000)
    return median(times)


def _one_class(folder: Path) -> float:
    """Milliseconds of a league of what is filtered, which no sums lie ready for: asked once."""
    facts = open_facts(folder)
    began = monotonic()
    figures.league(facts, Query(class_="national"))
    return (monotonic() - began) * 1000


def read(folder: Path) -> None:
    """Ask each view once, then warm, and say how long it took and how much memory."""
    found = {}
    for name, view in _views(folder).items():
        times = []
        for _ in range(WARM + 1):
            began = monotonic()
            view()
            times.append((monotonic() - began) * 1000)
        found[name] = (times[0], median(times[1:]))
    status = Path("/proc/self/status").read_text().splitlines()
    (peak,) = [line.split()[1] for line in status if line.startswith("VmHWM:")]
    print(
        json.dumps(
            {
                "views": found,
                "again": _again(folder),
                "months": _twelve_months(folder),
                "filtered": _one_class(folder),
                "megabytes": int(peak) // 1024,
            }
        )
    )


def _postgresql(place: Path, folder: Path) -> dict[str, float]:
    """The same rows in a table of their own, indexed; median of three, or the end of patience."""
    server = embedded.start(place / "home")
    url = server.owner_url.replace("postgresql+psycopg://", "postgresql://")
    try:
        with psycopg.connect(url, autocommit=True) as wire:
            wire.execute(_TABLE)
            _fill(wire, folder)
            wire.execute("CREATE INDEX ON figures (provider)")
            wire.execute("VACUUM ANALYZE figures")
            wire.execute(f"SET statement_timeout = {_PATIENCE_S * 1000}")
            return {name: _straight(wire, query) for name, query in STRAIGHT.items()}
    finally:
        embedded.leave()


def _straight(wire: "psycopg.Connection[tuple[object, ...]]", query: str) -> float:
    times = []
    for _ in range(3):
        began = monotonic()
        try:
            for part in query.split(";"):
                wire.execute(part.encode()).fetchall()
        except psycopg.errors.QueryCanceled:
            return _PATIENCE_S * 1000.0
        times.append((monotonic() - began) * 1000)
    return median(times)


def _fill(wire: "psycopg.Connection[tuple[object, ...]]", folder: Path) -> None:
    file = folder / "rows.csv"
    with connect(folder) as work:
        work.execute(
            "COPY (SELECT provider, country, notice, notified_at, last_up_at, first_down_at,"
            f" outcome FROM {ledger.all_rows(folder / '1')}) TO {quoted(file)} (HEADER FALSE)"
        )
    copy = "COPY figures FROM STDIN (FORMAT csv)"
    with file.open("rb") as rows, wire.cursor() as cursor, cursor.copy(copy) as out:
        while block := rows.read(1 << 20):
            out.write(block)
    file.unlink()


if __name__ == "__main__":
    read(Path(sys.argv[1]))
