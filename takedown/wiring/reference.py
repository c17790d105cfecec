"""The reference data as it comes with the software: classification, routes, partner hotlines."""

import tomllib
from pathlib import Path
from typing import Any, Final

import config
from takedown.routes import members, table
from takedown.urls.entry import Schemes

_DATA: Final = Path(config.__file__).parent


def reference(name: str) -> dict[str, Any]:
    """A file of reference data as it comes with the software."""
    return tomllib.loads((_DATA / name).read_text())


def schemes() -> Schemes:
    """The classification schemes of the reference data."""
    data = reference("classification.toml")
    default = str(data.pop("default"))
    return Schemes(default, {name: frozenset(one["codes"]) for name, one in data.items()})


def route_rows() -> tuple[table.RouteRow, ...]:
    """The routes that a new installation starts with."""
    return table.read(reference("jurisdictions.toml"))


def member_facts() -> tuple[members.MemberFact, ...]:
    """The partner hotlines that a new installation starts with."""
    return members.read(reference("hotlines.toml"))
