"""Pages are tested through the door: an application on a real database."""

from pathlib import Path

import pytest
from house import House, build

from takedown.db import Sessions
from takedown.vault import Vault


@pytest.fixture
def house(sessions: Sessions, vault: Vault, tmp_path: Path) -> House:
    """A hotline in rehearsal."""
    return build(sessions, vault, facts_dir=tmp_path / "facts")
