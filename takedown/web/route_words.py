"""The words of the routes' pages, and why a change of them is refused."""

from flask_babel import lazy_gettext as _l

KINDS = {
    "direct": _l("notice to the host"),
    "police": _l("by way of the police"),
    "hotline": _l("by way of the partner hotline"),
    "regulator": _l("by way of the regulator"),
    "none": _l("no route: a person looks"),
}
BINDS = {
    "notice": _l("binds on our notice"),
    "signatories": _l("binds those who signed the code"),
    "authority_order": _l("binds on an authority's order, not on our notice"),
    "asked": _l("asked for, binds nobody"),
}
DIRECTIONS = {
    "home": _l("for what is hosted there"),
    "abroad": _l("for a hotline there, about what is abroad"),
}
RECEIVES = {
    "provider": _l("the provider"),
    "hotline": _l("the partner hotline"),
    "police": _l("the police"),
    "regulator": _l("the regulator"),
    "nobody": _l("nobody"),
}
DECIDED = {
    "home": _l("the row of our own country"),
    "hosting_country": _l("the row of the hosting country"),
    "global_preset": _l("no row of its own: the global preset"),
    "partner_hotline": _l("abroad, and INHOPE has a member there"),
    "own_police": _l("abroad, and INHOPE has no member there: our own police"),
    "agreement": _l("an agreement with this country"),
    "country_unknown": _l("the hosting country is not known"),
    "do_not_forward": _l("on the do-not-forward list"),
    "no_row_at_home": _l("our own country has no row"),
    "no_row_abroad": _l("no row fits"),
}
PLACES = {
    "*INHOPE": _l("Members of INHOPE"),
    "*": _l("Every other country"),
    "*GLOBAL": _l("Everywhere (global preset)"),
}
FIELDS = {
    "country": _l("Country"),
    "direction": _l("Direction"),
    "kind": _l("Route"),
    "via": _l("By way of"),
    "deadline_hours": _l("Deadline in hours"),
    "binds_on": _l("What the deadline binds on"),
    "languages": _l("Languages"),
    "basis": _l("Basis"),
    "source": _l("Source"),
    "checked_on": _l("Source read on"),
    "checked_by": _l("Checked by"),
    "status": _l("State"),
    "note": _l("Note"),
    "police_first": _l("Police first"),
    "why": _l("Why"),
    "signed_on": _l("Signed on"),
    "ends_on": _l("Ends on"),
    "reason": _l("Reason"),
    "name": _l("Name"),
}
TABLES = {
    "route": KINDS,
    "binds": BINDS,
    "direction": DIRECTIONS,
    "receives": RECEIVES,
    "decided": DECIDED,
    "place": PLACES,
    "field": FIELDS,
}
REASONS = (
    _l("is missing"),
    _l("is not a date"),
    _l("is not a number of hours within a year"),
    _l("is missing beside a deadline"),
    _l("is one line of at most 500 characters"),
    _l("begins as a formula of a spreadsheet does"),
    _l("are codes such as en or fr, parted by ;"),
    _l("is neither yes nor no"),
    _l("is abroad for all that begins with *"),
    _l("is no ISO 3166-1 code of two capital letters"),
    _l("stands there already with this direction"),
    _l("stands there already"),
    _l("does not stand there"),
    _l("lies in the future"),
    _l("lies in the past"),
    _l("nothing was changed"),
    _l("it is unverified already"),
    _l("it is verified already"),
    _l("it has left already"),
    _l("no such route"),
    _l("no such member"),
    _l("no such agreement stands"),
    _l("an organisation of another kind bears this name"),
    _l("somebody else has changed it meanwhile: look again"),
    _l("the text names a registered host: say it without, by case number"),
)
"""What the routes' services refuse with: gettext finds them by their English."""


def decided(why: str) -> str:
    """Why a route was decided on; what follows a colon is the row, which is shown beside."""
    head = why.partition(":")[0]
    return str(DECIDED.get(head, why))
