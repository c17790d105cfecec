"""What goes in and comes out; times are ISO 8601 in UTC, `null` where not known."""

from datetime import UTC
from typing import Any

from marshmallow import Schema, fields
from marshmallow.validate import Length, OneOf, Range

from takedown.stats.clocks import CLOCKS
from takedown.stats.query import ROLES, ROUTES, UNITS
from takedown.urls.models import UrlStatus, Withdrawal


def _time(**more: Any) -> fields.AwareDateTime:
    return fields.AwareDateTime(format="iso", default_timezone=UTC, allow_none=True, **more)


class Problem(Schema):
    """Problem details (RFC 9457)."""

    type = fields.String()
    status = fields.Integer()
    title = fields.String()
    detail = fields.String()
    errors = fields.Dict()


class Items(Schema):
    """Up to 10,000 objects with the fields of the command line's CSV, each checked on its own."""

    urls = fields.List(fields.Raw(), required=True, validate=Length(min=1, max=10_000))


class Answer(Schema):
    """What became of one item. `accepted` stands for new and known alike."""

    status = fields.String(validate=OneOf(["registered", "repeated", "accepted", "refused"]))
    id = fields.UUID()
    field = fields.String()
    reason = fields.String()


class Answers(Schema):
    """The items in their order."""

    registered = fields.Integer()
    repeated = fields.Integer()
    accepted = fields.Integer()
    refused = fields.Integer()
    items = fields.List(fields.Nested(Answer))


class TraceOut(Schema):
    """The newest finding about the host."""

    at = _time()
    asn = fields.Integer(allow_none=True)
    country = fields.String(allow_none=True)
    provider = fields.String(allow_none=True)
    proxy = fields.Boolean()


class RouteOut(Schema):
    """How one may act."""

    kind = fields.String()
    deadline_hours = fields.Integer(allow_none=True)
    binding = fields.Boolean()
    status = fields.String()


class SpellOut(Schema):
    """A run of checks with the same verdict."""

    verdict = fields.String()
    first = _time()
    last = _time()
    checks = fields.Integer()


class EpisodeOut(Schema):
    """A Url and the provider responsible for it."""

    provider = fields.String(allow_none=True)
    role = fields.String()
    notified_at = _time()
    accepted_by = fields.String(allow_none=True)
    last_up_at = _time()
    first_down_at = _time()
    confirmed_at = _time()
    outcome = fields.String()
    removed_by = fields.String(allow_none=True)
    seen_from = fields.Integer(allow_none=True)


class NoticeLine(Schema):
    """A notice that a Url stands in."""

    number = fields.String()
    kind = fields.String()
    status = fields.String()
    accepted_at = _time()


class HoldOut(Schema):
    """A hold that stands on a Url, its host, domain or provider."""

    id = fields.UUID()
    subject = fields.String()
    asked_by = fields.String()
    reference = fields.String(allow_none=True)
    placed_at = _time()
    review_at = _time()
    probes_go_on = fields.Boolean()


class Case(Schema):
    """A Url with what is known of it; no location."""

    id = fields.UUID()
    number = fields.String()
    reference = fields.String(allow_none=True)
    status = fields.String()
    held = fields.Boolean()
    holds = fields.List(fields.Nested(HoldOut))
    provisional = fields.Boolean()
    one_vantage = fields.Boolean()
    not_checkable = fields.Boolean()
    priority = fields.Boolean()
    registered_at = _time()
    trace = fields.Nested(TraceOut, allow_none=True)
    route = fields.Nested(RouteOut, allow_none=True)
    calibration = fields.String()
    verdict = fields.String(allow_none=True)
    spells = fields.List(fields.Nested(SpellOut))
    episodes = fields.List(fields.Nested(EpisodeOut))
    notices = fields.List(fields.Nested(NoticeLine))
    next_check_at = _time()
    next_check_why = fields.String(allow_none=True)


class Cases(Schema):
    """A page of cases."""

    items = fields.List(fields.Nested(Case))
    next = fields.String(allow_none=True)


class Paged(Schema):
    """Where a page begins, and how long it is."""

    cursor = fields.String(load_default="")
    limit = fields.Integer(load_default=50, validate=Range(1, 200))


class CaseQuery(Paged):
    """What a list of cases is narrowed to."""

    status = fields.String(validate=OneOf([str(one) for one in UrlStatus]))
    provider = fields.UUID()
    country = fields.String(validate=Length(equal=2))
    since = fields.AwareDateTime(format="iso", default_timezone=UTC)


class WithdrawIn(Schema):
    """Why it is withdrawn."""

    why = fields.String(required=True, validate=OneOf([str(one) for one in Withdrawal]))


class HoldIn(Schema):
    """A stop. `asked_by` is a unit, never a private person."""

    subject = fields.String(
        load_default="url", validate=OneOf(["url", "host", "domain", "provider"])
    )
    asked_by = fields.String(required=True, validate=Length(1, 200))
    reason = fields.String(load_default="", validate=Length(max=2000))
    reference = fields.String(load_default=None, allow_none=True, validate=Length(max=64))
    probes_go_on = fields.Boolean(required=True)
    review_at = _time(load_default=None)


class FindingIn(Schema):
    """What a person saw."""

    verdict = fields.String(required=True, validate=OneOf(["up", "down"]))
    seen_at = fields.AwareDateTime(format="iso", default_timezone=UTC, required=True)
    how = fields.String(load_default="", validate=Length(max=500))


class NoticeOut(Schema):
    """A notice; its text is for people."""

    id = fields.UUID()
    number = fields.String()
    kind = fields.String()
    step = fields.Integer()
    recipient = fields.String()
    provider = fields.UUID()
    medium = fields.String()
    status = fields.String()
    mode = fields.String()
    urls = fields.List(fields.UUID())
    composed_at = _time()
    approved_at = _time()
    accepted_at = _time()
    accepted_by = fields.String(allow_none=True)


class Notices(Schema):
    """A page of notices."""

    items = fields.List(fields.Nested(NoticeOut))
    next = fields.String(allow_none=True)


class NoticeQuery(Paged):
    """What a list of notices is narrowed to."""

    status = fields.String()


class ContactOut(Schema):
    """How far a contact can be relied on; its address is for people."""

    id = fields.UUID()
    medium = fields.String()
    language = fields.String(allow_none=True)
    source = fields.String()
    approved = fields.Boolean()
    inhibited = fields.Boolean()
    vouched_on = fields.Date(allow_none=True)
    expired = fields.Boolean()
    bounces = fields.Integer()
    answers = fields.Integer()
    last_success_at = _time()
    last_bounce_at = _time()
    last_answer_at = _time()


class ProviderOut(Schema):
    """An organisation that can act; its name once a person has reviewed it."""

    id = fields.UUID()
    name = fields.String(allow_none=True)
    reviewed = fields.Boolean()
    kind = fields.String()
    country = fields.String(allow_none=True)
    standing = fields.String()
    proxy = fields.Boolean()
    merged_into = fields.UUID(allow_none=True)
    open_cases = fields.Integer()
    contacts = fields.List(fields.Nested(ContactOut))


class Providers(Schema):
    """A page of providers."""

    items = fields.List(fields.Nested(ProviderOut))
    next = fields.String(allow_none=True)


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
