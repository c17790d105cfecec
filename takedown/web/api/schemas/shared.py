"""What all shapes rest on: times, problems, pages."""

from datetime import UTC
from typing import Any

from marshmallow import Schema, fields
from marshmallow.validate import Range


def moment(**more: Any) -> fields.AwareDateTime:
    """A time in UTC, or null."""
    return fields.AwareDateTime(format="iso", default_timezone=UTC, allow_none=True, **more)


class Problem(Schema):
    """Problem details (RFC 9457)."""

    type = fields.String()
    status = fields.Integer()
    title = fields.String()
    detail = fields.String()
    errors = fields.Dict()


class Paged(Schema):
    """Where a page begins, and how long it is."""

    cursor = fields.String(load_default="")
    limit = fields.Integer(load_default=50, validate=Range(1, 200))
