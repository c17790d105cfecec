"""What the pages are given: the ports of the house and their own settings; no global state."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from flask import current_app

from takedown.flow.ports import Ports
from takedown.routes.hotline import Mode

KEY = "takedown"


@dataclass(frozen=True, slots=True)
class WebConfig:
    """How the pages are served. `secure` is false only for http on loopback."""

    second_factor: str = "required"  # required | optional
    secure: bool = False
    language: str = "en"  # where a browser asks for none of ours
    time_zone: str = "UTC"  # in which times are shown
    idle: timedelta = timedelta(hours=2)
    absolute: timedelta = timedelta(hours=12)
    fresh: timedelta = timedelta(minutes=15)
    max_body: int = 32 * 1024 * 1024
    testing: bool = False


@dataclass(frozen=True, slots=True)
class House:
    """What one application was made of."""

    ports: Ports
    config: WebConfig


def house() -> House:
    """What the running application was made of."""
    return cast("House", current_app.extensions[KEY])


def ports() -> Ports:
    """The ports of the running application."""
    return house().ports


def now() -> datetime:
    """The time of this request."""
    return house().ports.clock()


def practising(given: House) -> bool:
    """Nothing can leave for the world outside: a rehearsal, or a closed world."""
    leaves = given.ports.leaves
    return leaves.closed or leaves.mode is Mode.REHEARSAL


def second_factor_required(given: House) -> bool:
    """Mandatory for people as soon as anything can leave for the world outside."""
    return given.config.second_factor == "required" and not practising(given)
