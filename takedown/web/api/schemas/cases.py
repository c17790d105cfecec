"""Urls: what is registered, what is known of each, and what people enter."""

from datetime import UTC

from marshmallow import Schema, fields
from marshmallow.validate import Length, OneOf

from takedown.urls.models import UrlStatus, Withdrawal
from takedown.web.api.schemas.shared import Paged, moment


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

    at = moment()
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
    first = moment()
    last = moment()
    checks = fields.Integer()


class EpisodeOut(Schema):
    """A Url and the provider responsible for it."""

    provider = fields.String(allow_none=True)
    role = fields.String()
    notified_at = moment()
    accepted_by = fields.String(allow_none=True)
    last_up_at = moment()
    first_down_at = moment()
    confirmed_at = moment()
    outcome = fields.String()
    removed_by = fields.String(allow_none=True)
    seen_from = fields.Integer(allow_none=True)


class NoticeLine(Schema):
    """A notice that a Url stands in."""

    number = fields.String()
    kind = fields.String()
    status = fields.String()
    accepted_at = moment()


class HoldOut(Schema):
    """A hold that stands on a Url, its host, domain or provider."""

    id = fields.UUID()
    subject = fields.String()
    asked_by = fields.String()
    reference = fields.String(allow_none=True)
    placed_at = moment()
    review_at = moment()
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
    registered_at = moment()
    trace = fields.Nested(TraceOut, allow_none=True)
    route = fields.Nested(RouteOut, allow_none=True)
    calibration = fields.String()
    verdict = fields.String(allow_none=True)
    spells = fields.List(fields.Nested(SpellOut))
    episodes = fields.List(fields.Nested(EpisodeOut))
    notices = fields.List(fields.Nested(NoticeLine))
    next_check_at = moment()
    next_check_why = fields.String(allow_none=True)


class Cases(Schema):
    """A page of cases."""

    items = fields.List(fields.Nested(Case))
    next = fields.String(allow_none=True)


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
    review_at = moment(load_default=None)


class FindingIn(Schema):
    """What a person saw."""

    verdict = fields.String(required=True, validate=OneOf(["up", "down"]))
    seen_at = fields.AwareDateTime(format="iso", default_timezone=UTC, required=True)
    how = fields.String(load_default="", validate=Length(max=500))
