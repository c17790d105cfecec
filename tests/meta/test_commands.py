"""Each command is found in the room that the table of the command line names."""

from importlib import import_module

import pytest

from takedown.cli import ROOMS


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_has_the_commands_that_are_told_of_it(room: str) -> None:
    assert tuple(one.name for one in import_module(f"takedown.cli.{room}").COMMANDS) == ROOMS[room]
