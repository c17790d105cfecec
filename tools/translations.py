"""`check`: nothing untranslated or new. `update`: new texts into messages.po, then compiled."""

import sys
import tempfile
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.frontend import CommandLineInterface
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

FRENCH = Path("takedown/web/translations") / "fr" / "LC_MESSAGES" / "messages.po"


def main(what: str) -> int:
    """Exit code 0 when the French catalogue is complete."""
    with tempfile.TemporaryDirectory() as folder:
        template = Path(folder) / "messages.pot"
        babel("extract", "-F", "babel.cfg", "-k", "_l", "-o", str(template), ".")
        found = catalogue(template)
    wanted = {str(message.id) for message in found if message.id}
    if what == "update":
        update(found)
    known = list(catalogue(FRENCH))
    missing = wanted - {str(message.id) for message in known}
    unsure = [m for m in known if m.id and (m.fuzzy or not all(texts(m.string)))]
    for text in sorted(missing):
        print(f"not in the catalogue: {text}", file=sys.stderr)  # noqa: T201
    for message in unsure:
        print(f"not translated: {message.id}", file=sys.stderr)  # noqa: T201
    return 1 if missing or unsure else 0


def update(found: Catalog) -> None:
    """New texts are added empty, old ones dropped; what is translated stays as it is."""
    french = catalogue(FRENCH)
    french.update(found, no_fuzzy_matching=True, update_creation_date=False)
    french.obsolete.clear()
    with FRENCH.open("wb") as out:
        write_po(out, french, width=100, no_location=True, sort_output=True)
    with FRENCH.with_suffix(".mo").open("wb") as out:
        write_mo(out, french)


def babel(*arguments: str) -> None:
    CommandLineInterface().run(["pybabel", "-q", *arguments])


def catalogue(file: Path) -> Catalog:
    with file.open("rb") as lines:
        return read_po(lines, locale="fr")


def texts(value: object) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else (str(value),)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
