"""Register: paste anything, see what each line becomes, save; what is refused comes back."""

from collections.abc import Iterator
from dataclasses import dataclass

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from takedown.people.permissions import Permission
from takedown.urls.entry import Entry, Refusal
from takedown.urls.reading import read
from takedown.urls.service import preview as foresee
from takedown.urls.service import register
from takedown.web.guard import actor, needs
from takedown.web.ports import now, ports
from takedown.web.reads.registering import Foreseen, Saved, foreseen, saved

pages = Blueprint("register", __name__, url_prefix="/register")

DEFAULTS = (
    "classification",
    "site_type",
    "media_type",
    "reference",
    "priority",
    "victim_at_risk",
    "note",
)


@dataclass(frozen=True, slots=True)
class Typed:
    """What stands in the form: handed back as it came, whatever happens."""

    text: str
    source: str
    defaults: dict[str, str]

    def entries(self) -> Iterator[Entry | Refusal]:
        """Every line that says something, read with the fields of the form as defaults."""
        return read(
            self.text.splitlines(),
            now=now(),
            schemes=ports().schemes,
            source=self.source or "analyst",
            defaults={name: value for name, value in self.defaults.items() if value},
        )


@pages.get("")
@needs(Permission.REGISTER)
def index() -> ResponseReturnValue:
    """An empty box."""
    return _page(Typed("", "", {}))


@pages.post("/preview")
@needs(Permission.REGISTER)
def preview() -> ResponseReturnValue:
    """What each line would become; nothing is saved."""
    typed = _typed()
    with ports().sessions() as session:
        shown = foreseen(foresee(session, ports().vault, list(typed.entries())))
    if "HX-Request" in request.headers:
        return render_template("parts/preview.html", foreseen=shown)
    return _page(typed, foreseen=shown)


@pages.post("")
@needs(Permission.REGISTER)
def save() -> ResponseReturnValue:
    """Register what can be; the refused lines stand in the box again, with their reasons."""
    typed = _typed()
    made = register(ports().sessions, ports().vault, typed.entries(), now=now(), actor=actor())
    with ports().sessions() as session:
        result = saved(session, ports().vault, made)
    back = Typed("\n".join(one.text for one in made.refused), typed.source, typed.defaults)
    return _page(back, result=result)


def _typed() -> Typed:
    form = request.form
    defaults = {name: form.get(name, "").strip() for name in DEFAULTS}
    return Typed(form.get("text", ""), form.get("source", "").strip(), defaults)


def _page(
    typed: Typed, foreseen: Foreseen | None = None, result: Saved | None = None
) -> ResponseReturnValue:
    schemes = ports().schemes
    codes = [(name, sorted(schemes.codes[name])) for name in schemes.codes]
    return render_template(
        "register.html", typed=typed, foreseen=foreseen, result=result, codes=codes
    )
