"""Why a line or an act was refused, in people's words."""

import re

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

REASONS = (
    _l("you wrote this, or had a hand in it: somebody else does it"),
    _l("there is nothing that can be taken back"),
    _l("it was looked at since"),
    _l("somebody has answered for it meanwhile"),
    _l("this is the very address that has moved"),
    _l("a line break, a tab or a control character inside"),
    _l("empty"),
    _l("no host"),
    _l("port 0"),
    _l("the address is cut short: it ends in an ellipsis"),
    _l("the address is cut short: an ellipsis stands inside"),
    _l("the host is not a name that DNS could hold"),
    _l("no scheme: write http:// or https:// before it"),
    _l("only http and https can be registered"),
    _l("not an address that a browser could open"),
    _l("a quotation mark that is not closed"),
    _l("not JSON"),
    _l("not a JSON object"),
    _l("10,000 characters at most"),
    _l("lies in the future"),
    _l("64 printable characters at most"),
    _l("holds a location: put it into the note, which is encrypted"),
    _l("a word or two of letters, digits, space, / + -, 40 at most"),
    _l("yes or no"),
    _l("not a plain value"),
    _l("not an ISO 8601 time, for example 2026-03-01T09:00Z"),
    _l("there is somebody of this name already"),
    _l("an e-mail address is needed"),
    _l("a role is needed"),
    _l("a name and a scope are needed"),
    _l("nobody changes their own roles"),
    _l("nobody ends their own account"),
    _l("an address or a provider is needed"),
    _l("this address must not be asked about"),
    _l("not an IP address"),
    _l("say whose contact it is"),
    _l("not a mail address"),
    _l("this contact lies in the address's own domain: it would be warned"),
    _l("say which unit asked for the hold"),
    _l("nothing of this address is registered: hold its host or its domain"),
    _l("its provider is not known yet: hold its host or its domain"),
    _l("the text names a registered host: say it without, by case number"),
)
"""What the rooms below refuse with: gettext finds them by their English."""


def reason(text: str) -> str:
    """Why a line was refused, in this language; the figures in it stay."""
    for pattern, words in (
        (r"not one of (.+)", _("not one of %(names)s", names="\0")),
        (r"not a field; known are (.+)", _("not a field; known are %(names)s", names="\0")),
        (r"longer than (\d+) characters", _("longer than %(names)s characters", names="\0")),
    ):
        if match := re.fullmatch(pattern, text):
            return words.replace("\0", match[1])
    return str(_(text))
