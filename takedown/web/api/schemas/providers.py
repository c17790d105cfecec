"""Providers and how far their contacts can be relied on."""

from marshmallow import Schema, fields

from takedown.web.api.schemas.shared import moment


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
    last_success_at = moment()
    last_bounce_at = moment()
    last_answer_at = moment()


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
