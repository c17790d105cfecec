"""What is asked of the figures, and what the measures are."""

from marshmallow import Schema, fields

from takedown.stats.clocks import CLOCKS
from takedown.stats.query import ROLES, ROUTES, UNITS


class FiguresQuery(Schema):
    """What is asked of the figures; the same filters as on the pages, each checked there."""

    from_ = fields.String(data_key="from", attribute="from", metadata={"example": "2026-01-01"})
    to = fields.String(metadata={"description": "a date is its whole day, UTC"})
    clock = fields.String(metadata={"enum": list(CLOCKS)})
    cutoff = fields.String(metadata={"description": "what was seen by then; else as of the facts"})
    country = fields.String(metadata={"description": "hosting country, ISO 3166-1"})
    role = fields.String(metadata={"enum": list(ROLES)})
    class_ = fields.String(data_key="class", attribute="class")
    site_type = fields.String()
    source = fields.String()
    route = fields.String(metadata={"enum": list(ROUTES)})
    where = fields.String(metadata={"enum": ["home", "abroad"]})
    unit = fields.String(metadata={"enum": list(UNITS)})


class StatisticsQuery(FiguresQuery):
    """The same, of all providers or of one."""

    provider = fields.String(metadata={"format": "uuid"})


class SurvivalQuery(FiguresQuery):
    """The same, of one provider."""

    provider = fields.UUID(required=True)


class MeasureOut(Schema):
    """One measure: `path` leads to its figure in a line, `parts` are what it consists of."""

    name = fields.String()
    unit = fields.String()
    label = fields.String()
    definition = fields.String()
    path = fields.List(fields.String())
    parts = fields.List(fields.String())


class Measures(Schema):
    """All measures."""

    items = fields.List(fields.Nested(MeasureOut))
