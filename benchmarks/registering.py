"""Registration of a mixed file, lines a second, against SQLAlchemy's unit of work."""

from typing import Final

from benchmarks import contest, lines
from benchmarks.house import house

LINES: Final = 100_000
BY_ORM: Final = 10_000  # enough for a rate


def main() -> str:
    """Run it and tell. Each contender has a database of its own."""
    with house() as home:
        file = home / "lines.csv"
        lines.write(file, LINES)
        ours = contest.run("takedown register", "register", {"file": str(file)})
    with house() as home:
        file = home / "lines.csv"
        lines.write(file, BY_ORM)
        orm = contest.run("SQLAlchemy add_all", "orm", {"file": str(file)})
    return contest.table(
        f"register: {LINES:,} mixed lines, encrypted and indexed alike, {ours.seconds:.1f} s",
        [ours, orm],
        {"add_all": orm},
        "goal 15,000 lines a second; floor 5,000 (20 s)",
    )
