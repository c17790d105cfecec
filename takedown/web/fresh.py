"""What needs a fresh sign-in: an older one is asked for the password again."""

import time

from flask import redirect, session, url_for
from flask.typing import ResponseReturnValue

from takedown.web.ports import house


def again(back_to: str) -> ResponseReturnValue | None:
    """Where to sign in again first, on the way to `back_to` (a path); None: fresh enough."""
    if time.time() - session.get("fs_paa", 0) <= house().config.fresh.total_seconds():
        return None
    return redirect(url_for("security.verify", next=back_to), 303)
