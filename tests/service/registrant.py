"""A process that registers a file of its own while others do the same: see test_register."""

import random
import sys
from datetime import UTC, datetime
from pathlib import Path

from takedown import db
from takedown.urls import service
from takedown.urls.entry import Schemes
from takedown.urls.reading import read
from takedown.vault import Vault

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SCHEMES = Schemes("baseline/1", {"baseline/1": frozenset({"baseline"})})


def main(url: str, keys: str, seed: int, known: int, taken: int) -> None:
    """Register `taken` of `known` addresses, in an order of its own, in small batches."""
    service.BATCH = 200
    chance = random.Random(seed)
    numbers = chance.sample(range(known), taken)
    lines = [f"https://host-{n % 40}.example.test/item/{n}" for n in numbers]
    engine = db.connect(url)
    print("ready", flush=True)  # noqa: T201 - the test listens
    sys.stdin.readline()
    result = service.register(
        db.sessions(engine),
        Vault(bytes(range(32)), Path(keys)),
        read(lines, now=NOW, schemes=SCHEMES),
        now=NOW,
        actor=f"cli:number-{seed}",
    )
    print(result.registered, result.repeated, flush=True)  # noqa: T201 - the test listens
    engine.dispose()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *(int(word) for word in sys.argv[3:6]))
