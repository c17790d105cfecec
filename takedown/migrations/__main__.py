"""`python -m takedown.migrations MESSAGE`: writes the next migration from what the models say."""

import shutil
import sys
import tempfile
from pathlib import Path

from alembic import command
from sqlalchemy import create_engine

from takedown import embedded, migrations


def main(message: str) -> None:
    """Compare the models with the migrated tables of a scratch database; one new file."""
    home = Path(tempfile.mkdtemp(prefix="td-"))
    try:
        engine = create_engine(embedded.start(home).owner_url)
        migrations.upgrade(engine, "takedown_app")
        number = len(list(Path(__file__).parent.glob("versions/[0-9]*.py"))) + 1
        with engine.begin() as connection:
            command.revision(
                migrations.config(connection),
                message,
                autogenerate=True,
                rev_id=f"{number:04d}",
            )
        engine.dispose()
    finally:
        embedded.leave()
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main(" ".join(sys.argv[1:]) or "no message")
