"""Sign-in by Flask-Security: argon2, TOTP, recovery codes; the forms and the sessions are ours."""

import base64
import hmac
from datetime import timedelta
from typing import Any, cast

from flask import Flask, current_app, session
from flask_login import user_logged_out
from flask_security import Security
from flask_security.signals import password_changed, tf_profile_changed, user_authenticated

from takedown import audit
from takedown.db import committing
from takedown.people import attempts, service
from takedown.people.models import WebSession
from takedown.web.people_store import OnceTotp, People, Person, peer
from takedown.web.ports import House, now, ports, second_factor_required
from takedown.web.sign_in_forms import AgainForm, NewPasswordForm, RecoveryForm, SignInForm

_SCHEME = "argon2"
_SHORTEST = 12
_BY_MAIL = False  # the web process sends none
_CODE_PAGE = "/sign-in/code"


def install(app: Flask, given: House) -> Security:
    """Join Flask-Security to the application."""
    app.config.update(_settings(given))
    people = People(given.ports.sessions)
    people.install(app)
    app.extensions["people"] = people
    security = Security(
        app,
        people,
        login_form=SignInForm,
        verify_form=AgainForm,
        change_password_form=NewPasswordForm,
        mf_recovery_form=RecoveryForm,
        totp_cls=OnceTotp,
    )
    # Flask-Security's own token is no way in: it outlives the session and may stand in a URL.
    app.login_manager.request_loader(  # type: ignore[attr-defined]  # Flask-Login sets it
        lambda request: None
    )
    user_authenticated.connect(_signed_in, app)
    user_logged_out.connect(_signed_out, app)
    password_changed.connect(_password_changed, app)
    tf_profile_changed.connect(_second_factor_changed, app)
    return security


def _settings(given: House) -> dict[str, Any]:
    key = given.ports.vault.web_key
    return {
        "SECRET_KEY": key,
        "SECURITY_PASSWORD_SALT": key,  # demanded, though a single hash has none of it
        "SECURITY_PASSWORD_SCHEMES": [_SCHEME],
        "SECURITY_PASSWORD_HASH": _SCHEME,
        "SECURITY_PASSWORD_SINGLE_HASH": {_SCHEME},
        "SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS": {
            "argon2__time_cost": service.HASHER.time_cost,
            "argon2__memory_cost": service.HASHER.memory_cost,
            "argon2__parallelism": service.HASHER.parallelism,
        },
        "SECURITY_PASSWORD_LENGTH_MIN": _SHORTEST,
        "SECURITY_EMAIL_VALIDATOR_ARGS": {"check_deliverability": False},
        "SECURITY_JOIN_USER_ROLES": False,
        "SECURITY_LOGIN_URL": "/sign-in",
        "SECURITY_LOGOUT_URL": "/sign-out",
        "SECURITY_POST_LOGOUT_VIEW": "/sign-in",
        "SECURITY_CHANGEABLE": True,
        "SECURITY_CHANGE_URL": "/account/password",
        "SECURITY_POST_CHANGE_VIEW": "/account",
        "SECURITY_SEND_PASSWORD_CHANGE_EMAIL": _BY_MAIL,
        "SECURITY_VERIFY_URL": "/account/again",
        "SECURITY_FRESHNESS": given.config.fresh,
        "SECURITY_FRESHNESS_GRACE_PERIOD": timedelta(0),
        "SECURITY_TWO_FACTOR": True,
        "SECURITY_TWO_FACTOR_REQUIRED": second_factor_required(given),
        "SECURITY_TWO_FACTOR_ENABLED_METHODS": ["authenticator"],
        "SECURITY_TWO_FACTOR_AUTHENTICATOR_VALIDITY": 60,
        "SECURITY_TWO_FACTOR_RESCUE_EMAIL": False,
        "SECURITY_TWO_FACTOR_SETUP_URL": "/account/second-factor",
        "SECURITY_TWO_FACTOR_TOKEN_VALIDATION_URL": _CODE_PAGE,
        "SECURITY_TWO_FACTOR_POST_SETUP_VIEW": "/account",
        "SECURITY_TOTP_SECRETS": {"1": _derived(key, b"totp").hex()},
        "SECURITY_TOTP_ISSUER": "Takedown",
        "SECURITY_MULTI_FACTOR_RECOVERY_CODES": True,
        "SECURITY_MULTI_FACTOR_RECOVERY_CODES_N": 8,
        "SECURITY_MULTI_FACTOR_RECOVERY_CODES_KEYS": [
            base64.urlsafe_b64encode(_derived(key, b"recovery"))
        ],
        "SECURITY_MULTI_FACTOR_RECOVERY_CODES_URL": "/account/recovery-codes",
        "SECURITY_MULTI_FACTOR_RECOVERY_URL": "/sign-in/recovery",
        "SECURITY_API_ENABLED_METHODS": ["session"],
        "SECURITY_DEFAULT_REMEMBER_ME": False,
        "SECURITY_CSRF_IGNORE_UNAUTH_ENDPOINTS": False,
        "SECURITY_FLASH_MESSAGES": False,
        "WTF_CSRF_TIME_LIMIT": None,  # as long as the session
        "WTF_CSRF_SSL_STRICT": False,  # no Referer is ever sent; the token is what counts
    }


def _derived(key: str, purpose: bytes) -> bytes:
    return hmac.digest(bytes.fromhex(key), purpose, "sha256")


def _people() -> People:
    return cast("People", current_app.extensions["people"])


def _signed_in(app: Flask, user: Person, authn_via: list[str] | None = None, **_: Any) -> None:
    """A new session id, the failures forgotten, an entry in the audit log."""
    session.rotate(user.id)  # type: ignore[attr-defined] # ours: see browser_sessions
    if "change" in (authn_via or ()):
        return
    with committing(ports().sessions) as db:
        attempts.succeeded(db, ports().vault, user.email, peer(), now())
        audit.append(db, ports().vault.audit_key, at=now(), actor=user.actor, action="sign_in")


def _signed_out(app: Flask, **_: Any) -> None:
    """What is left of the session goes on under a new id: the old one opens nothing any more."""
    session.rotate(None)  # type: ignore[attr-defined]


def _password_changed(app: Flask, user: Person, **_: Any) -> None:
    """The one-time password has done its work; other browsers of this person are signed out."""
    user.one_time_password = False
    _end_others(user, "password.change")


def _second_factor_changed(app: Flask, user: Person, **_: Any) -> None:
    _end_others(user, "second_factor.change")


def _end_others(user: Person, action: str) -> None:
    """Other sessions end, this one gets a new id; committed by the view around it."""
    db = _people().scoped()
    db.query(WebSession).filter(
        WebSession.user_id == user.id, WebSession.id != getattr(session, "row", None)
    ).delete(synchronize_session=False)
    session.rotate(user.id)  # type: ignore[attr-defined]
    audit.append(db, ports().vault.audit_key, at=now(), actor=user.actor, action=action)
