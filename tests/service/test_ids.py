"""Arrays of ids on their way to the database and back."""

import uuid
from typing import Any

import pytest
from sqlalchemy import text

from takedown.db import Sessions, new_id

SOME = [new_id() for _ in range(3)]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (SOME, "uuid[]"),
        ([], "uuid[]"),
        ([uuid.UUID(int=0), uuid.UUID(int=2**128 - 1)], "uuid[]"),
        ([SOME[0], None], "uuid[]"),
        (['a "b"', "{c,d}", "\\", ""], "text[]"),
        ([b"\x00'", b'"\\'], "bytea[]"),
        ([1, 2**40], "bigint[]"),
    ],
)
def test_a_list_comes_back_as_it_went(sessions: Sessions, values: list[Any], kind: str) -> None:
    with sessions() as session:
        asked = text(f"SELECT CAST(:values AS {kind})")
        assert session.scalar(asked, {"values": values}) == values
