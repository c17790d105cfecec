"""The folder of a publication: facts, ledger and figures as they were, under one digest.

    facts/current.json, facts/<version>/...   a copy of the immutable files of the facts
    ledger/*.parquet                          what else is counted
    computed.json                             every figure that came out of them
    figures.json                              the same as the edition shows it, and its front
    manifest.json                             the SHA-256 of each of these; its own is the digest
    files/...                                 what was rendered from figures.json

Nothing in it is ever changed: purging, merging and new methods do not reach it.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy.orm import Session

from takedown.errors import TakedownError
from takedown.stats.facts import Facts, open_facts, refresh
from takedown.stats.facts.layout import closed, files
from takedown.stats.facts.writing import POINTER
from takedown.stats.publication import ledger
from takedown.vault import Vault

MANIFEST: Final = "manifest.json"
COMPUTED: Final = "computed.json"
FIGURES: Final = "figures.json"
_BLOCK: Final = 1 << 20


class NotWhole(TakedownError):
    """A publication's folder is not as it was made."""


@dataclass(frozen=True, slots=True)
class Frozen:
    """An open folder: its facts, where its ledger lies, and its figures once they are made."""

    folder: Path
    facts: Facts

    def table(self, name: str) -> str:
        """A table of the ledger as SQL names it."""
        file = str(self.folder / "ledger" / f"{name}.parquet").replace("'", "''")
        return f"'{file}'"

    def episodes(self) -> str:
        """The episodes of its facts, as a relation in SQL."""
        path = self.facts.path
        return files([path / "open.parquet", *closed(path)])

    def figures(self) -> dict[str, Any]:
        """The figures as the edition shows them."""
        found: dict[str, Any] = json.loads((self.folder / FIGURES).read_bytes())
        return found

    def computed(self) -> dict[str, Any]:
        """The figures as they came out of the facts."""
        found: dict[str, Any] = json.loads((self.folder / COMPUTED).read_bytes())
        return found


def freeze(
    session: Session,
    folder: Path,
    facts_dir: Path,
    now: datetime,
    *,
    vault: Vault,
    home: str | None,
) -> Frozen:
    """Copy the facts as of `now` and the ledger into a new folder, both from one snapshot.

    The transaction of `session` should be REPEATABLE READ; the door commits (hosts that come for
    the first time get their numbers). What an attempt that was cut off has left goes.
    """
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True, mode=0o700)
    with refresh(session, facts_dir, now, vault=vault, home=home) as written:
        _copy(facts_dir / written.version, folder / "facts" / written.version)
        (folder / "facts" / POINTER).write_text(json.dumps(written.pointer))
    ledger.write(session, folder / "ledger")
    return open_frozen(folder)


def open_frozen(folder: Path) -> Frozen:
    """The folder of a publication. Raises `NotWhole` where it is gone."""
    if not (folder / "facts" / POINTER).exists():
        raise NotWhole("the publication's files are not there")
    return Frozen(folder, open_facts(folder / "facts"))


def sealed(folder: Path, digest: bytes) -> Frozen:
    """The same, as it was sealed. Raises `NotWhole` where it is not."""
    if broken(folder, digest) is not None:
        raise NotWhole("the publication's files are not as they were sealed")
    return open_frozen(folder)


def seal(frozen: Frozen, computed: Mapping[str, Any], shown: Mapping[str, Any]) -> bytes:
    """Write the figures and the manifest; the digest of all."""
    (frozen.folder / COMPUTED).write_bytes(canonical(computed))
    (frozen.folder / FIGURES).write_bytes(canonical(shown))
    parts = {name: digest_of(frozen.folder / name).hex() for name in _parts(frozen.folder)}
    (frozen.folder / MANIFEST).write_bytes(canonical(parts))
    return digest_of(frozen.folder / MANIFEST)


def broken(folder: Path, digest: bytes) -> str | None:
    """The first part that is not as it was sealed; None: all is."""
    manifest = folder / MANIFEST
    if not manifest.exists() or digest_of(manifest) != digest:
        return MANIFEST
    parts: dict[str, str] = json.loads(manifest.read_bytes())
    if sorted(parts) != sorted(_parts(folder)):
        return MANIFEST
    for name, expected in parts.items():
        if digest_of(folder / name).hex() != expected:
            return name
    return None


def canonical(value: Any) -> bytes:
    """One form of JSON: the same figures are the same bytes."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def _parts(folder: Path) -> Iterator[str]:
    """The files under the digest, by name; what DuckDB spills is none."""
    for file in sorted(folder.rglob("*")):
        name = file.relative_to(folder)
        aside = name.parts[0] == "files" or "spill" in name.parts or name.name == MANIFEST
        if file.is_file() and not aside:
            yield name.as_posix()


def _copy(source: Path, target: Path) -> None:
    """The same immutable files by another name where the disk allows it, else their bytes."""
    for file in sorted(source.rglob("*")):
        if file.is_file() and "spill" not in file.parts:
            to = target / file.relative_to(source)
            to.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            try:
                os.link(file, to)
            except OSError:
                shutil.copyfile(file, to)


def digest_of(file: Path) -> bytes:
    """The SHA-256 of a file."""
    whole = hashlib.sha256()
    with file.open("rb") as content:
        while block := content.read(_BLOCK):
            whole.update(block)
    return whole.digest()
