"""Words for what is wrong in a connector's settings: the reasons of `BadConnector`."""

import re
from typing import Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

REASONS: Final = {
    "is named if and only if there is one": _l("is named if and only if there is a login"),
    "belongs to basic alone": _l('belongs to the login "basic" alone'),
    "belongs to header alone": _l('belongs to the login "header" alone'),
    "can't be a user's name": _l("can't be a user's name"),
    "are not between 200 and 299": _l("are not between 200 and 299"),
    "has nothing to be compared with": _l("has nothing to be compared with"),
    "does not hold {reference} once": _l("does not hold {reference} once"),
    "is missing": _l("is missing"),
    "are missing": _l("are missing"),
    "are not those for none, anonymous and named": _l("need one each for none, anonymous, named"),
    "is at a host that is not on the list": _l("is at a host that is not on the list of hosts"),
    "is what polling asks by, and missing": _l("is missing: polling asks by it"),
    "is no JSON document": _l("is no JSON document"),
    "is no JSON": _l("is no JSON"),
    "is no table of names and values": _l("is no table of names and values"),
    "is no table": _l("is no table"),
    "is no text": _l("is no text"),
    "is too long": _l("is too long"),
    "is too deep": _l("is nested too deep"),
    "holds tables within a form": _l("holds a table: a form takes plain values"),
    "is no XML without declarations": _l("is no XML without declarations"),
    "is no well-formed XML": _l("is no well-formed XML"),
    "holds no location": _l("names no address of a case: one placeholder must"),
    "is more than the one that the body has room for": _l(
        "is more than 1, and the body has room for one"
    ),
    "lets hosts mix where the body names one": _l("lets hosts mix, and the body names one"),
    "can't be joined to this body": _l("can't be joined to this body"),
    "is not described: this interface can't be tried": _l("is not described"),
    "can't be read": _l("can't be read"),
    "does not begin with https://": _l("does not begin with https://"),
    "holds a user, a secret or a fragment": _l("holds a user, a secret or a fragment"),
    "holds what can't stand in an address": _l("holds what can't stand in an address"),
    "is a header of the transport": _l("is a header that we set ourselves"),
    "is another connector's": _l("is another connector's"),
    "leave out the contact's own": _l("leave out the contact's own"),
    "holds an unknown placeholder": _l("holds an unknown placeholder"),
    "is neither text, number, list nor object": _l("is neither text, number, list nor table"),
    "is neither a pointer nor a regex": _l("is neither a pointer nor a regular expression"),
    "is empty or too long": _l("is empty or too long"),
    "is no JSON pointer": _l("is no JSON pointer (such as /a/b)"),
    "is no regular expression": _l("is no regular expression"),
    "is no list of texts": _l("is no list of texts"),
    "is not of the right shape": _l("is not of the right shape"),
    "holds an unknown field": _l("holds an unknown field"),
    "lacks a field, or one is of a wrong kind": _l("lacks a field, or one is of a wrong kind"),
}
_LIST: Final = re.compile(r"is none of (.+)")
_RANGE: Final = re.compile(r"is no whole number from (\d+) to (\d+)")


def words(reason: str) -> str:
    """What is wrong, in the reader's language."""
    if found := _LIST.fullmatch(reason):
        return _("is none of %(these)s", these=found[1])
    if found := _RANGE.fullmatch(reason):
        return _("is no whole number from %(least)s to %(most)s", least=found[1], most=found[2])
    return str(REASONS.get(reason, reason))
