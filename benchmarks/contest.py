"""Starts contenders and times them from the word "go" to the last one's end."""

import json
import subprocess
import sys
from dataclasses import dataclass
from time import monotonic
from typing import Any


@dataclass(frozen=True, slots=True)
class Result:
    """What a contender did; `megabytes`: the largest resident set of one Python process.

    `cpu`: seconds of its own and of programs it ran, without databases: where others use the
    machine, too, these tell more than the time that went by.
    """

    name: str
    done: int
    seconds: float
    megabytes: int
    cpu: float = 0.0

    @property
    def rate(self) -> float:
        """Pieces a second."""
        return self.done / self.seconds


def run(name: str, contender: str, given: dict[str, Any], processes: int = 1) -> Result:
    """Run a contender of `benchmarks.worker`, in so many processes at once."""
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", contender, json.dumps(given)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(processes)
    ]
    for process in started:
        assert process.stdout is not None
        if process.stdout.readline() != "ready\n":
            raise OSError(f"{name} could not make ready")
    began = monotonic()
    for process in started:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    said = [json.loads(process.communicate()[0]) for process in started]
    return Result(
        name,
        sum(one["done"] for one in said),
        said[0]["seconds"] if processes == 1 else monotonic() - began,
        max(one["megabytes"] for one in said),
        sum(one["cpu"] for one in said),
    )


def table(title: str, results: list[Result], against: dict[str, Result], goals: str) -> str:
    """The results as lines, each with its ratio to each of `against`."""
    names = "".join(f"{f'x {name}':>14}" for name in against)
    lines = [title, f"  {'':34}{'per second':>12}{'memory MB':>11}{'CPU us each':>13}{names}"]
    for one in results:
        ratios = "".join(f"{one.rate / other.rate:>14.1f}" for other in against.values())
        each = f"{one.cpu / one.done * 1e6:,.0f}" if one.cpu else ""
        lines.append(f"  {one.name:34}{one.rate:>12,.0f}{one.megabytes:>11,}{each:>13}{ratios}")
    return "\n".join([*lines, f"  {goals}", ""])
