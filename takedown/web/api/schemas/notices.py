"""Notices; their text is for people."""

from marshmallow import Schema, fields

from takedown.web.api.schemas.shared import Paged, moment


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
    composed_at = moment()
    approved_at = moment()
    accepted_at = moment()
    accepted_by = fields.String(allow_none=True)


class Notices(Schema):
    """A page of notices."""

    items = fields.List(fields.Nested(NoticeOut))
    next = fields.String(allow_none=True)


class NoticeQuery(Paged):
    """What a list of notices is narrowed to."""

    status = fields.String()
