"""How far a hand-over had come when a server answered, or broke off."""

from flask_babel import lazy_gettext as _l

PHASES = {
    "name": _l("when its name was looked up"),
    "address": _l("its address is not one that may be asked"),
    "connect": _l("on connecting"),
    "ehlo": _l("at the greeting"),
    "starttls": _l("on encrypting"),
    "tls": _l("on encrypting"),
    "login": _l("on signing in"),
    "mail": _l("when the sender was named"),
    "rcpt": _l("when the recipient was named"),
    "data": _l("before the text"),
    "text": _l("within the text"),
    "arm": _l("not tried: its turn had ended"),
    "dot": _l("after the text"),
    "answer": _l("after the request"),
    "rate": _l("put off: enough for now"),
    "connector": _l("no connector for it"),
    "secret": _l("the connector's secret is missing"),
    "refused": _l("it could not be written"),
}
TABLES = {"phase": PHASES}
