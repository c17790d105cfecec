"""Where it was read who stands in a role, in people's words."""

from flask_babel import lazy_gettext as _l

KNOWN_BY = {
    "book": _l("in our contact book"),
    "reference": _l("among the well-known providers"),
    "table": _l("from the table of networks"),
    "rdap": _l("from the registry (RDAP)"),
    "whois": _l("from the registry (WHOIS)"),
    "cname": _l("the name is an alias of its names"),
    "header": _l("its answers name it"),
    "reply": _l("told by the proxy"),
    "api": _l("told through an interface"),
    "person": _l("told to one of us"),
}
