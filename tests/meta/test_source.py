"""What the source must not hold, and what it must: read, not run."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel
from source import PACKAGES, ROOT, files, name, python, tree

from config.settings import Settings

LONGEST = 400
COMFORTABLE = 250


def test_files_are_short() -> None:
    lengths = {name(file): len(file.read_text().splitlines()) for file in python()}
    assert {one: length for one, length in lengths.items() if length > LONGEST} == {}
    long = [one for one, length in lengths.items() if length > COMFORTABLE]
    assert len(long) <= len(lengths) / 10, long


# Written in halves, so that this file does not hold them.
FOREIGN = {
    "this workplace": re.compile(r"(?<![\w.])/wo" + r"rk(?!\w)"),
    "a folder beside the tree": re.compile(r"\.\./sha" + r"red"),
    "a registry": re.compile(r"(?:extra-)?index-" + r"url[ =]+http|(?:extra-)?index_" + r"url"),
}


@pytest.mark.parametrize("what", FOREIGN)
def test_the_tree_speaks_of_the_project_alone(what: str) -> None:
    found = []
    for file in files():
        parts = file.relative_to(ROOT).parts
        if parts[0] == "tests" and what == "a folder beside the tree":
            continue  # tests may read it where it is there
        text = file.read_text(errors="replace")
        found += [name(file)] if FOREIGN[what].search(text) else []
    assert found == []


LOGGERS = {"log", "_log", "logger", "logging"}
LEVELS = {"debug", "info", "warning", "error", "exception", "critical", "log"}
TELLING = re.compile(r"url|host|location|domain|address|name$|text|exact|error$|failed$|exc")


def test_no_log_line_is_given_what_could_be_a_location() -> None:
    found = []
    for file in python():
        for call in _log_calls(tree(file)):
            if call.func.attr == "exception":  # type: ignore[attr-defined]  # see _log_calls
                found.append(f"{name(file)}:{call.lineno}: exception() prints the text")
            found += [
                f"{name(file)}:{call.lineno}: {ast.unparse(one)}"
                for one in [*call.args, *(keyword.value for keyword in call.keywords)]
                if isinstance(one, ast.JoinedStr | ast.BinOp) or _tells(one)
            ]
    assert found == []


def _log_calls(module: ast.Module) -> Iterator[ast.Call]:
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            if isinstance(owner, ast.Name) and owner.id in LOGGERS and node.func.attr in LEVELS:
                yield node


def _tells(node: ast.expr) -> bool:
    """A plain variable by a telling name; `type(error).__name__` is a kind and tells nothing."""
    if isinstance(node, ast.Attribute):
        return node.attr != "__name__" and bool(TELLING.search(node.attr))
    return isinstance(node, ast.Name) and bool(TELLING.search(node.id))


def test_the_check_of_log_lines_finds_what_it_looks_for() -> None:
    bad = ast.parse("log.error('x %s', url)\n_log.warning(f'{host}')\nlog.info('x', self.address)")
    good = ast.parse("log.error('%s', type(error).__name__)\nlog.info('%s', url_count)")
    for call in _log_calls(bad):
        assert any(isinstance(one, ast.JoinedStr) or _tells(one) for one in call.args)
    assert [ast.unparse(call.args[1]) for call in _log_calls(good) if _tells(call.args[1])] == [
        "url_count"
    ]


def test_nothing_is_printed_but_by_the_doors() -> None:
    doors = ("takedown/cli/", "takedown/wiring/", "sandbox/main.py", "takedown/migrations/")
    found = [
        f"{name(file)}:{node.lineno}"
        for file in python()
        if not name(file).startswith(doors)
        for node in ast.walk(tree(file))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("print", "breakpoint", "pprint")
    ]
    assert found == []


CLOCKS = {"now", "utcnow", "today", "time"}
WALL = {
    "takedown/wiring/database.py",
    "takedown/web/fresh.py",  # compares with what Flask-Security stamps by time.time()
    "sandbox/clock.py",
    "sandbox/service.py",
}


def test_the_wall_clock_is_read_in_one_place() -> None:
    """House rule 2: `now` is an argument; `monotonic` measures spans and tells no time."""
    found = [
        f"{name(file)}:{node.lineno}"
        for file in python("notices", "takedown", "scheduler", "sandbox")
        if name(file) not in WALL
        for node in ast.walk(tree(file))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in CLOCKS
        and ast.unparse(node.func.value) in ("datetime", "datetime.datetime", "date", "time")
    ]
    assert found == []


PURE = [
    *(ROOT / "notices").rglob("*.py"),
    *(
        ROOT / "takedown" / one
        for one in (
            "urls/normalise.py",
            "urls/refang.py",
            "urls/entry.py",
            "checks/verdict.py",
            "checks/cadence.py",
            "checks/removal.py",
            "checks/calibration.py",
            "checks/calibrating.py",
            "checks/guard.py",
            "routes/policy.py",
            "routes/gate.py",
            "outbox/policy.py",
            "stats/survival.py",
            "stats/envelope.py",
            "stats/definitions.py",
        )
    ),
]


@pytest.mark.parametrize("file", PURE, ids=name)
def test_every_public_function_of_a_pure_module_says_what_it_is_for(file: Path) -> None:
    silent = [
        node.name
        for node in tree(file).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]
    assert silent == []


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        name(file)
        for file in python()
        if file.read_text().strip() and not ast.get_docstring(tree(file))
    ]
    assert silent == []


def test_every_setting_stands_in_the_defaults_and_the_other_way_round() -> None:
    defaults = tomllib.loads((ROOT / "config" / "defaults.toml").read_text())
    assert dict(_shape(Settings)) == {
        key: set(value) if isinstance(value, dict) else None for key, value in defaults.items()
    }


def _shape(model: type[BaseModel]) -> Iterator[tuple[str, set[str] | None]]:
    for key, field in model.model_fields.items():
        part = field.annotation
        if isinstance(part, type) and issubclass(part, BaseModel):
            yield key, {one.alias or inner for inner, one in part.model_fields.items()}
        else:
            yield key, None


def test_every_default_has_a_line_on_it() -> None:
    lines = (ROOT / "config" / "defaults.toml").read_text().splitlines()
    settings = [line for line in lines if re.match(r"\w+ = ", line)]
    assert settings
    assert [line for line in settings if " # " not in line] == []


def test_what_is_asked_for_is_what_is_locked() -> None:
    import configparser

    from packaging.requirements import Requirement

    read = configparser.ConfigParser()
    read.read(ROOT / "setup.cfg")
    asked = {
        "app": read["options"]["install_requires"],
        "test": read["options.extras_require"]["test"],
        "lint": read["options.extras_require"]["lint"],
    }
    for kind, wanted in asked.items():
        text = (ROOT / "requirements" / f"{kind}.txt").read_text()
        locked = {
            _plain(match[1]): match[2]
            for match in re.finditer(r"^([\w.-]+)(?:\[[\w,]+\])?==([\w.!+-]+)", text, re.MULTILINE)
        }
        for line in filter(None, wanted.splitlines()):
            requirement = Requirement(line)
            assert _plain(requirement.name) in locked, f"{line} is not in {kind}.txt"
            assert locked[_plain(requirement.name)] in requirement.specifier, (
                f"{line} in {kind}.txt"
            )


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_packages_are_those_that_are_named() -> None:
    found = {
        file.relative_to(ROOT).parts[0] for file in python(*PACKAGES) if file.name == "__init__.py"
    }
    assert found == set(PACKAGES)
