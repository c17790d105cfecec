# mypy: disallow-subclassing-any=False
"""What is asked for at the door and of whoever is inside; each guess counts, and many are slow."""

from typing import Any, cast

from flask import current_app
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_security.forms import ChangePasswordForm, LoginForm, VerifyForm
from flask_security.recovery_codes import MfRecoveryForm
from flask_security.utils import get_message
from wtforms import HiddenField, PasswordField, StringField, SubmitField
from wtforms.validators import InputRequired

from takedown.db import committing
from takedown.people import attempts
from takedown.web.people_store import People, peer
from takedown.web.ports import now, ports

_REFUSED = _l("This name and password do not fit together, or the account is closed.")
_SLOWED = _l("Too many attempts. Wait a moment, then try again.")


class SignInForm(LoginForm):
    """One field for the name, whichever it is; one message whatever was wrong."""

    email = StringField(_l("E-mail address or user name"), validators=[InputRequired()])
    password = PasswordField(_l("Password"), validators=[InputRequired()])
    submit = SubmitField(_l("Sign in"))
    remember = None
    next = HiddenField()

    def validate(self, **kwargs: Any) -> bool:
        """Right name, right password, open account, and not too many failures before."""
        name = (self.email.data or "").strip()
        people = cast("People", current_app.extensions["people"])
        self.ifield, self.user = self.email, people.by_name(name)
        account = self.user.email if self.user else name
        if _slowed(self, account):
            return False
        if super().validate(**kwargs):
            return True
        if name and (self.user is None or self.user_authenticated):  # else it counted itself
            with committing(ports().sessions) as db:
                attempts.failed(db, ports().vault, account, peer(), now())
        self.email.errors, self.password.errors = [], []
        self.form_errors = [_REFUSED]
        return False


class AgainForm(VerifyForm):
    """The password of whoever is signed in, once more."""

    def validate(self, **kwargs: Any) -> bool:
        """The right password, and not too many failures before."""
        return not _slowed(self, self.user.email) and super().validate(**kwargs)


class NewPasswordForm(ChangePasswordForm):
    """The present password, and twice the new one."""

    password = PasswordField(_l("Present password"), validators=[InputRequired()])
    new_password = PasswordField(_l("New password"), validators=[InputRequired()])
    new_password_confirm = PasswordField(_l("New password again"), validators=[InputRequired()])
    submit = SubmitField(_l("Change the password"))

    def validate(self, **kwargs: Any) -> bool:
        """The right password, a new one that will do, and not too many failures before."""
        if _slowed(self, current_user.email):
            return False
        if super().validate(**kwargs):
            return True
        if get_message("INVALID_PASSWORD")[0] in self.password.errors:
            current_user.track_failed_authn("password")
        return False


class RecoveryForm(MfRecoveryForm):
    """One of the codes that were printed, in place of the second factor."""

    def validate(self, **kwargs: Any) -> bool:
        """A code that is left, and not too many failures before."""
        if _slowed(self, self.user.email):
            return False
        if super().validate(**kwargs):
            return True
        self.user.track_failed_authn("code", True)
        return False


def _slowed(form: Any, account: str) -> bool:
    """Whether this account has to wait, at this address; says so on the form."""
    with ports().sessions() as db:
        waiting = attempts.wait(db, ports().vault, account, peer(), now())
    if waiting:
        form.form_errors = [_SLOWED]
    return bool(waiting)
