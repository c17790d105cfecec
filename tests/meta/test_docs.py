"""What the documents promise is there: commands, settings, links, tests, pictures."""

import re
import struct
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click
import pytest

from takedown.cli import takedown
from takedown.flow import STAGES

ROOT: Final = Path(__file__).parents[2]
PAGES: Final = sorted(
    [
        *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
        *ROOT.glob("docs/**/*.md"),
    ]
)
PICTURES: Final = sorted(ROOT.glob("docs/img/*.png"))
_FENCED: Final = re.compile(r"^[ ]*```.*?^[ ]*```", re.M | re.S)
_INLINE: Final = re.compile(r"`([^`\n]+)`")
_LINK: Final = re.compile(r"\]\(([^()\s]+)\)")
_COMMAND: Final = re.compile(
    r"(?:^|(?<=[\s`/]))(?<!from )takedown((?: [a-z][a-z-]*)+)((?: [^`\n#]*)?)", re.M
)
_NAMES: Final = "|".join(("pypi", "pythonhosted", "npmjs", "crates", "jsdelivr", "unpkg"))
_REGISTRY: Final = re.compile(rf"\b(?:{_NAMES})\.(?:org|com|io|net)\b|\bproxy\.golang\b")
_WORKPLACE: Final = re.compile("/" + r"work\b|\.\./shared")

every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def code(page: Path) -> Iterator[str]:
    """What stands in fences and between backticks."""
    text = page.read_text()
    for block in _FENCED.findall(text):
        yield "\n".join(block.splitlines()[1:-1])
    yield from _INLINE.findall(_FENCED.sub("", text))


def settings() -> set[str]:
    """Every setting, as the environment names it."""
    found = set()
    for name, value in tomllib.loads((ROOT / "config/defaults.toml").read_text()).items():
        inner = [f"{name}__{leaf}" for leaf in value] if isinstance(value, dict) else [name]
        found |= {f"TAKEDOWN_{one}".upper() for one in inner}
    return found


def anchors(page: Path) -> set[str]:
    """The anchors that its headings have."""
    heads = re.findall(r"^#+ (.+)$", _FENCED.sub("", page.read_text()), re.M)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def body(page: Path) -> list[tuple[str, int]]:
    """Its headings' depths and its tables' rows, in order."""
    marks = re.findall(r"^(#+|\||-|\d\.)(?= |-)", page.read_text(), re.M)
    return [(mark[0], len(mark)) for mark in marks]


@every_page
def test_every_make_target_that_is_named_exists(page: Path) -> None:
    phony = re.findall(r"^\.PHONY: (.+)$", (ROOT / "Makefile").read_text(), re.M)
    targets = set(" ".join(phony).split())
    named = {name for text in code(page) for name in re.findall(r"^make ([a-z-]+)", text, re.M)}
    assert named <= targets


@every_page
def test_every_command_that_is_named_exists_with_its_options(page: Path) -> None:
    for text in code(page):
        for words, rest in _COMMAND.findall(text):
            here: click.Command = takedown
            for word in words.split():
                if not isinstance(here, click.Group):
                    break
                found = here.get_command(click.Context(here), word)
                assert found is not None, f"takedown {word}"
                here = found
            known = {name for one in here.params for name in one.opts} | {"--help"}
            assert set(re.findall(r"--[a-z-]+", words + rest)) <= known, f"takedown{words}{rest}"


@every_page
def test_every_setting_that_is_named_exists(page: Path) -> None:
    named = set(re.findall(r"\bTAKEDOWN_[A-Z][A-Z_]*[A-Z]", page.read_text()))
    assert {name.removesuffix("_FILE") for name in named} <= settings()


def test_the_operator_guide_names_every_setting() -> None:
    text = (ROOT / "docs/operating.md").read_text()
    assert [name for name in sorted(settings()) if name not in text] == []


@pytest.mark.parametrize("name", ["architecture.md", "operating.md"])
def test_every_stage_is_told_of(name: str) -> None:
    words = set(re.findall(r"[a-z-]+", (ROOT / "docs" / name).read_text()))
    assert [stage for stage in STAGES if stage not in words] == []


@every_page
def test_every_link_within_the_tree_resolves(page: Path) -> None:
    for target in _LINK.findall(_FENCED.sub("", page.read_text())):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.is_relative_to(ROOT), target
        assert there.exists(), target
        if anchor:
            assert anchor in anchors(there), target


@every_page
def test_every_test_and_file_that_is_cited_exists(page: Path) -> None:
    for text in _INLINE.findall(_FENCED.sub("", page.read_text())):
        cited = re.fullmatch(r"((?:tests|takedown|config|notices|docs)/[\w./-]+)(?:::(\w+))?", text)
        if cited is None or "<" in text:
            continue
        file = ROOT / cited[1]
        assert file.exists(), text
        if cited[2]:
            assert f"def {cited[2]}(" in file.read_text(), text


@every_page
def test_no_page_names_a_registry_or_a_workplace(page: Path) -> None:
    assert _REGISTRY.findall(page.read_text()) == []
    assert _WORKPLACE.findall(page.read_text()) == []


@every_page
def test_every_page_is_within_reach(page: Path) -> None:
    """From the README by links, or a decision that the architecture lists."""
    seen, waiting = set[Path](), [ROOT / "README.md"]
    while waiting:
        here = waiting.pop()
        if here in seen or here.suffix != ".md":
            continue
        seen.add(here)
        for target in _LINK.findall(here.read_text()):
            path = target.partition("#")[0]
            if path and "://" not in path:
                waiting.append((here.parent / path).resolve())
    assert page in seen


def test_the_guides_say_the_same_in_both_languages() -> None:
    assert body(ROOT / "docs/guide.en.md") == body(ROOT / "docs/guide.fr.md")


def test_the_pictures_are_wide_enough_to_read_and_small_enough_to_load() -> None:
    assert {picture.name for picture in PICTURES} >= {"case.png", "compliance.png"}
    for picture in PICTURES:
        data = picture.read_bytes()
        assert data.startswith(b"\x89PNG")
        assert struct.unpack(">I", data[16:20])[0] == 1440, picture.name
        assert len(data) < 250_000, picture.name
