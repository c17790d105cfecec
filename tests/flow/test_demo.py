"""The demo in small: what the system concludes of a played world is what is true in it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.timeout(300)
def test_days_played_against_fake_hosts_end_with_the_truth(tmp_path: Path) -> None:
    played = subprocess.run(
        [
            *(sys.executable, "-m", "takedown", "demo"),
            *("--no-serve", "--urls", "50", "--days", "9", "--json"),
        ],
        env={**os.environ, "TAKEDOWN_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert played.stdout, played.stderr
    lines = json.loads(played.stdout)
    assert sum(line["true"] for line in lines) >= 8
    assert [line for line in lines if line["invented"]] == []
    assert [line for line in lines if line["found"] != line["true"]] == []
    assert [line for line in lines if line["misdated"]] == []
    assert [line for line in lines if not line["holds"]] == []
    assert played.returncode == 0
