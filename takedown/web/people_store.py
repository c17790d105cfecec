# mypy: disallow-subclassing-any=False
"""The people of `takedown.people`, as Flask-Security asks for them."""

from ipaddress import ip_address, ip_network

from flask import Flask, request
from flask_security import RoleMixin, SQLAlchemySessionUserDatastore, UserMixin
from flask_security.totp import Totp
from passlib.totp import TotpMatch
from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import scoped_session

from takedown.db import Sessions, committing
from takedown.people import attempts
from takedown.people.models import User
from takedown.web.ports import now, ports


class Person(UserMixin, User):
    """A User who can sign in."""

    def track_failed_authn(self, auth_type: str, tfa: bool = False) -> None:
        """Count a failure of the password or of the second factor."""
        with committing(ports().sessions) as session:
            attempts.failed(session, ports().vault, self.email, peer(), now())
        super().track_failed_authn(auth_type, tfa)


class _NoRole(RoleMixin):
    """Flask-Security wants a model of roles; ours are a column of the User."""


class People(SQLAlchemySessionUserDatastore):
    """Flask-Security's store on a session of its own, closed at the end of each request."""

    def __init__(self, sessions: Sessions) -> None:
        self.scoped = scoped_session(sessions)
        super().__init__(self.scoped, Person, _NoRole)

    def by_name(self, name: str) -> Person | None:
        """A person by e-mail address or user name."""
        wanted = name.strip().lower()
        is_named: ColumnElement[bool] = or_(Person.email == wanted, Person.username == wanted)
        return self.scoped.scalar(select(Person).where(is_named))

    def install(self, app: Flask) -> None:
        """Give the connection back when a request is over."""
        app.teardown_appcontext(lambda _: self.scoped.remove())


class OnceTotp(Totp):
    """A code works once: the step that it belongs to is used up in the database (RFC 6238, 5.2)."""

    def get_last_counter(self, user: Person) -> int | None:
        """The last step that this person used."""
        return user.totp_counter

    def set_last_counter(self, user: Person, tmatch: TotpMatch) -> None:
        """Use up the step; of two requests with the same code one wins.

        Raises `UsedCode` in the other, which `verify_totp` answers as a wrong code.
        """
        counter = int(tmatch.counter)
        with committing(ports().sessions) as session:
            used = session.execute(
                update(User)
                .where(
                    User.id == user.id,
                    or_(User.totp_counter.is_(None), User.totp_counter < counter),
                )
                .values(totp_counter=counter)
            )
        if not used.rowcount:  # type: ignore[attr-defined] # a CursorResult
            raise UsedCode

    def verify_totp(self, token: str, totp_secret: str, user: Person, window: int = 0) -> bool:
        """Whether the code is right and new, and the account is not being slowed."""
        with ports().sessions() as session:
            if attempts.wait(session, ports().vault, user.email, peer(), now()):
                return False
        try:
            return bool(super().verify_totp(token, totp_secret, user, window))
        except UsedCode:
            return False


class UsedCode(Exception):
    """The step of this code is used up."""


def peer() -> str:
    """The network address that failures are counted by; an IPv6 one by its /64."""
    text = request.remote_addr or ""
    try:
        address = ip_address(text)
    except ValueError:
        return text
    if address.version == 4 or address.ipv4_mapped is not None:
        return text
    return str(ip_network((int(address), 64), strict=False))
