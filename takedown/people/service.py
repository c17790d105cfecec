"""People and tokens: made, ended, found. Callers commit; each act stands in the audit log."""

import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from takedown import audit
from takedown.db import new_id
from takedown.errors import TakedownError
from takedown.people.models import ApiToken, Scope, StaffRole, User, WebSession
from takedown.vault import Vault, token_hash

FIRST = (StaffRole.SUPERVISOR, StaffRole.ADMINISTRATOR)
# So that secret scanners find a leaked token.
TOKEN_PREFIX = "td_"  # nosec B105
TOKEN_LASTS = timedelta(days=365)
HASHER = PasswordHasher()  # its cost is the pages' too


class PeopleError(TakedownError):
    """An account or a token that cannot be made or found; `reason` says why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class NewPerson:
    """A person just made, and the password that is said once."""

    user: User
    password: str


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token just made; `text` is said once and stored nowhere."""

    token: ApiToken
    text: str


def create_first_administrator(
    session: Session,
    vault: Vault,
    *,
    email: str = "admin@example.test",
    username: str = "admin",
    now: datetime,
    by: str = audit.MACHINE,
) -> NewPerson | None:
    """The first person, supervisor and administrator, so that one can try everything at once.

    An administrator alone sees no location; a hotline gives the two roles to two people before it
    goes live. None where somebody exists already.
    """
    if session.scalar(select(User.id).limit(1)) is not None:
        return None
    return add(session, vault, email=email, username=username, roles=FIRST, now=now, by=by)


def add(
    session: Session,
    vault: Vault,
    *,
    email: str,
    roles: Sequence[StaffRole],
    username: str | None = None,
    now: datetime,
    by: str,
) -> NewPerson:
    """Make an account with a one-time password; `PeopleError` where the name is taken."""
    email, username = email.strip().lower(), (username or "").strip().lower() or None
    if "@" not in email:
        raise PeopleError("an e-mail address is needed")
    if not roles:
        raise PeopleError("a role is needed")
    if find(session, email) or (username and find(session, username)):
        raise PeopleError("there is somebody of this name already")
    password = one_time_password()
    user = User(
        id=new_id(),
        email=email,
        username=username,
        roles=list(roles),
        created_at=now,
        password=hashed(password),
        one_time_password=True,
        fs_uniquifier=secrets.token_hex(32),
    )
    session.add(user)
    _audit(session, vault, now, by, "person.add", user.id, roles=[str(role) for role in roles])
    return NewPerson(user, password)


def disable(session: Session, vault: Vault, user: User, *, now: datetime, by: str) -> None:
    """End an account and all its sessions at once."""
    user.active, user.disabled_at = False, now
    end_sessions(session, user)
    _audit(session, vault, now, by, "person.disable", user.id)


def reset(session: Session, vault: Vault, user: User, *, now: datetime, by: str) -> str:
    """A new one-time password, no second factor, no session; answers the password."""
    password = one_time_password()
    user.password, user.one_time_password = hashed(password), True
    user.tf_primary_method = user.tf_totp_secret = user.mf_recovery_codes = None
    user.active, user.disabled_at = True, None
    end_sessions(session, user)
    _audit(session, vault, now, by, "person.reset", user.id)
    return password


def give_roles(
    session: Session,
    vault: Vault,
    user: User,
    roles: Sequence[StaffRole],
    *,
    now: datetime,
    by: str,
) -> None:
    """Change what a person may do; whoever is signed in signs in anew."""
    if not roles:
        raise PeopleError("a role is needed")
    before, user.roles = [str(role) for role in user.roles], list(roles)
    end_sessions(session, user)
    after = [str(role) for role in roles]
    _audit(session, vault, now, by, "person.roles", user.id, before=before, after=after)


def end_sessions(session: Session, user: User) -> None:
    """No browser stays signed in as this person."""
    user.fs_uniquifier = secrets.token_hex(32)
    session.execute(delete(WebSession).where(WebSession.user_id == user.id))


def find(session: Session, name: str) -> User | None:
    """A person by e-mail address or user name, in any case."""
    wanted = name.strip().lower()
    return session.scalar(select(User).where(or_(User.email == wanted, User.username == wanted)))


def create_token(
    session: Session,
    vault: Vault,
    *,
    name: str,
    scopes: Sequence[Scope],
    now: datetime,
    by: str,
    lasts: timedelta = TOKEN_LASTS,
) -> NewToken:
    """A bearer token for a program: random, kept as a hash, expiring, shown once."""
    if not scopes or not name.strip():
        raise PeopleError("a name and a scope are needed")
    text = TOKEN_PREFIX + secrets.token_urlsafe(32)
    token = ApiToken(
        id=new_id(),
        name=name.strip(),
        token_hash=token_hash(text),
        scopes=[str(scope) for scope in scopes],
        created_at=now,
        created_by=by,
        expires_at=now + lasts,
    )
    session.add(token)
    _audit(session, vault, now, by, "token.create", token.id, scopes=token.scopes)
    return NewToken(token, text)


def revoke_token(
    session: Session, vault: Vault, token: ApiToken, *, now: datetime, by: str
) -> None:
    """End a token; a second time does nothing."""
    if token.revoked_at is None:
        token.revoked_at = now
        _audit(session, vault, now, by, "token.revoke", token.id)


def verify_token(session: Session, text: str, now: datetime) -> ApiToken | None:
    """The living token of this text, or None; notes when it was last used, by the minute."""
    token = session.scalar(select(ApiToken).where(ApiToken.token_hash == token_hash(text)))
    if token is None or token.revoked_at is not None or token.expires_at <= now:
        return None
    if token.used_at is None or now - token.used_at > timedelta(minutes=1):
        token.used_at = now
    return token


def one_time_password() -> str:
    """Sixteen characters that can be read aloud: 79 bits."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    text = "".join(secrets.choice(letters) for _ in range(16))
    return "-".join(text[at : at + 4] for at in range(0, 16, 4))


def hashed(password: str) -> str:
    """Argon2id, in the form that Flask-Security reads (its single hash, no pepper)."""
    return HASHER.hash(password)


def _audit(
    session: Session,
    vault: Vault,
    now: datetime,
    by: str,
    action: str,
    subject: uuid.UUID,
    **detail: object,
) -> None:
    audit.append(
        session,
        vault.audit_key,
        at=now,
        actor=by,
        action=action,
        subject=str(subject),
        detail=detail,
    )
