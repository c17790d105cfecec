"""The audit log: who did what, and whether its chain holds."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select

from takedown.audit import AuditEntry, verify
from takedown.people.permissions import Permission
from takedown.web.guard import needs
from takedown.web.ports import ports
from takedown.web.reads.people import names_of

pages = Blueprint("log", __name__)
PAGE = 100


@pages.get("/log")
@needs(Permission.SEE_LOG)
def index() -> ResponseReturnValue:
    """The newest entries, a hundred a page."""
    before = request.args.get("before", type=int)
    wanted = select(AuditEntry).order_by(AuditEntry.number.desc()).limit(PAGE)
    if before:
        wanted = wanted.where(AuditEntry.number < before)
    with ports().sessions() as session:
        entries = session.scalars(wanted).all()
        names = names_of(session, {entry.actor for entry in entries})
    return render_template("log.html", entries=entries, names=names, page=PAGE, checked=None)


@pages.post("/log/verify")
@needs(Permission.SEE_LOG)
def check() -> ResponseReturnValue:
    """Walk the whole chain and say whether it holds."""
    with ports().sessions() as session:
        total = session.scalar(select(func.count()).select_from(AuditEntry))
        broken = verify(session, ports().vault.audit_key)
    return render_template(
        "log.html", entries=[], names={}, page=PAGE, checked=True, broken=broken, total=total
    )
