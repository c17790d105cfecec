"""What arrived: every message and report accepted, in memory and in a file of JSON lines."""

import hashlib
import json
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from sandbox.clock import written


@dataclass(frozen=True)
class Entry:
    """One message for one recipient. `copy`: how often its id had come to it before."""

    message_id: str
    recipient: str
    organisation: str | None
    medium: str
    received_at: str
    sha256: str
    size: int
    subject: str
    urls: tuple[str, ...]
    copy: int


class Ledger:
    """Appends to `path` if there is one, so that it can be read after the end."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self.entries: list[Entry] = []
        self._seen: Counter[tuple[str, str]] = Counter()

    def enter(
        self,
        *,
        message_id: str,
        recipient: str,
        organisation: str | None,
        medium: str,
        now: datetime,
        raw: bytes,
        subject: str,
        urls: list[str],
    ) -> Entry:
        """Record one arrival and say how often it had come before."""
        copy = self._seen[message_id, recipient]
        self._seen[message_id, recipient] += 1
        entry = Entry(
            message_id,
            recipient,
            organisation,
            medium,
            written(now),
            hashlib.sha256(raw).hexdigest(),
            len(raw),
            subject,
            tuple(urls),
            copy,
        )
        self.entries.append(entry)
        if self.path is not None:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(entry)) + "\n")
        return entry

    def document(self) -> dict[str, object]:
        """As `/ledger` answers."""
        copies = sum(1 for entry in self.entries if entry.copy)
        return {
            "count": len(self.entries),
            "duplicates": copies,
            "items": [asdict(entry) for entry in self.entries],
        }
