"""DuckDB as we run it: bounded memory, its temporary files in our folder, no extensions."""

from pathlib import Path
from typing import Final

import duckdb

from takedown.stats.facts.layout import quoted

MEMORY: Final = "384MB"
THREADS: Final = 2


def connect(folder: Path) -> duckdb.DuckDBPyConnection:
    """A connection over files in `folder` alone; it installs and loads no extension."""
    spill = folder / "spill"
    spill.mkdir(parents=True, exist_ok=True, mode=0o700)
    made = duckdb.connect(
        ":memory:",
        config={
            "memory_limit": MEMORY,
            "threads": THREADS,
            "temp_directory": str(spill),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
            "preserve_insertion_order": False,
        },
    )
    made.execute("SET parquet_metadata_cache = true")
    made.execute(f"SET allowed_directories = [{quoted(folder / '_')[:-2]}']")
    made.execute("SET enable_external_access = false")
    made.execute("SET lock_configuration = true")
    return made
