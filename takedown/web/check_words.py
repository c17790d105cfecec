"""What a check saw, and the verdict on it, in people's words."""

from flask_babel import lazy_gettext as _l

VERDICTS = {
    "up": _l("up"),
    "down": _l("gone"),
    "unreachable": _l("unreachable"),
    "blocked": _l("blocked for us"),
    "changed": _l("changed"),
    "unknown": _l("unclear"),
}
HEADERS = {
    "status": _l("status"),
    "content_type": _l("type"),
    "content_length": _l("length in bytes"),
    "last_modified": _l("last modified"),
    "location": _l("redirect leads to"),
    "error": _l("what stopped the look"),
}
NEXT = {
    "asked": _l("somebody asked for it"),
    "first": _l("it is the first look"),
    "anchor": _l("shares are read at this age"),
    "deadline": _l("the deadline ends then"),
    "calibration": _l("its first answers are compared"),
    "control": _l("a wrong path beside it is asked first"),
    "provisional": _l("it fails, and that is not confirmed yet"),
    "return": _l("it was removed and could come back"),
    "age": _l("at most a quarter of its age after the look before"),
    "retry_after": _l("its host asked to wait so long"),
}
SAID = {"removed": _l("removed"), "up": _l("up")}
HOW = {
    "suspect": _l("asked as a suspect"),
    "moved": _l("it is at another address now"),
    "sample": _l("asked for the sample of the month"),
}
SEEN = {
    "guarded": _l("the name leads to an address that must not be asked"),
    "ours": _l("our own line or settings"),
    "seized": _l("the domain was seized"),
    "client_hold": _l("the registrar holds the domain"),
    "server_hold": _l("the registry holds the domain"),
    "name_gone": _l("the name does not exist"),
    "resolver": _l("the name could not be asked for"),
    "parked": _l("the domain is parked"),
    "no_connection": _l("no connection"),
    "not_http": _l("no answer in HTTP"),
    "challenged": _l("a proxy asks for a proof of being human"),
    "overloaded": _l("too many requests, or overloaded"),
    "legal": _l("withheld for legal reasons here"),
    "closed_now": _l("access closed, it was open before"),
    "denied": _l("access denied"),
    "head_refused": _l("the host does not answer this kind of question"),
    "server_error": _l("error of the server"),
    "origin_down": _l("the host behind the proxy does not answer"),
    "soft_gone": _l("redirected to the front page, as paths that do not exist are"),
    "to_root": _l("redirected to the front page"),
    "elsewhere": _l("redirected to another domain"),
    "other_path": _l("redirected to another path"),
    "redirect_loop": _l("redirected in a circle"),
    "gone": _l("not found, or gone"),
    "not_calibrated": _l("never seen up in a way that could be compared"),
    "altered": _l("size, type or name differ from before"),
    "soft_404_host": _l("the host answers the same for paths that do not exist"),
    "present": _l("there"),
    "unlisted": _l("an answer that tells nothing"),
    "manual": _l("seen by a person"),
}
