"""The `message/feedback-report` part (RFC 5965, 3): what a desk's program reads first.

The type is `xarf`, as the XARF project's mails have it: RFC 5965 knows complaints about mail alone,
and has a third part for the mail that is complained of; here that part is the XARF file itself.
"""

from typing import Final

from notices.attachments import XARF_CAP
from notices.defang import uri
from notices.facts import TO_PROVIDERS, Facts
from notices.xarf import is_domain

#: A field can't be folded within a URI, and a line holds 998 characters (RFC 5322, 2.1.1).
_LONGEST: Final = 950


def report(facts: Facts) -> bytes:
    """The part's fields, ASCII with CRLF lines; empty for a letter that asks no provider.

    Locations stand in it exactly (as URIs), up to the cap of XARF files and where they fit.
    """
    if facts.kind not in TO_PROVIDERS:
        return b""
    fields = [("Feedback-Type", "xarf"), ("User-Agent", "takedown"), ("Version", "1")]
    addresses = {url.address for url in facts.urls}
    if len(addresses) == 1 and None not in addresses:
        fields.append(("Source-IP", uri(str(addresses.pop()))))
    if len(facts.urls) > 1:
        fields.append(("Incidents", str(len(facts.urls))))
    if len(facts.urls) <= XARF_CAP:
        hosts = dict.fromkeys(url.host for url in facts.urls if is_domain(url.host))
        fields += [("Reported-Domain", host) for host in hosts]
        fields += [("Reported-URI", uri(url.location)) for url in facts.urls]
    lines = [f"{name}: {value}\r\n" for name, value in fields if len(value) <= _LONGEST]
    return "".join(lines).encode("ascii")
