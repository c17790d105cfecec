"""The project's own files, for tests that read them."""

import ast
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("config", "notices", "sandbox", "scheduler", "takedown")
_OTHERS = {".git", ".venv", ".stamps", "var", "build", "dist", "__pycache__", "vendor"}
_BINARY = {".png", ".mo", ".woff2", ".ico", ".svg", ".pyc", ".gz"}


@cache
def files() -> tuple[Path, ...]:
    """Every text file of the tree."""
    return tuple(sorted(_walk()))


def _walk() -> Iterator[Path]:
    for folder, inner, names in os.walk(ROOT):
        inner[:] = [
            one
            for one in inner
            if one not in _OTHERS and not one.endswith(("_cache", ".egg-info", ".hypothesis"))
        ]
        yield from (Path(folder, one) for one in names if Path(one).suffix not in _BINARY)


def python(*packages: str) -> list[Path]:
    """Python files of these packages, or of all of ours; migrations apart."""
    wanted = packages or PACKAGES
    return [
        file
        for file in files()
        if file.suffix == ".py"
        and file.relative_to(ROOT).parts[0] in wanted
        and "versions" not in file.parts
    ]


def name(file: Path) -> str:
    return str(file.relative_to(ROOT))


@cache
def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(), str(file))
