"""What publications are made with, and where they lie."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from takedown.db import Sessions
from takedown.vault import Vault


@dataclass(frozen=True, slots=True)
class House:
    """What making needs: where facts and publications lie, and who we are."""

    sessions: Sessions
    vault: Vault
    facts_dir: Path
    publications_dir: Path
    clock: Callable[[], datetime]
    hotline: str
    country: str

    def folder(self, publication_id: uuid.UUID) -> Path:
        """The folder of one publication."""
        return self.publications_dir / str(publication_id)
