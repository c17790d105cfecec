"""Who we are, and what may leave this building."""

import os
import pwd
from typing import Final

from config.settings import Settings
from notices.errors import BadKey
from notices.pgp import Protection
from takedown.errors import TakedownError
from takedown.routes.hotline import Hotline, Leaves, Mode, Preset
from takedown.routes.partner import CodeBook
from takedown.wiring.reference import reference

_NOWHERE: Final = "ZZ"  # ISO 3166-1 user-assigned: no country was given, and rehearsal needs none


class BadSigningKey(TakedownError):
    """The key that mail is signed with can't be used."""


def hotline(settings: Settings) -> Hotline:
    """Who we are; placeholders stand in where rehearsal does without."""
    given = settings.hotline
    return Hotline(
        country=given.country or _NOWHERE,
        preset=Preset(given.preset or "national"),
        name=given.name or "Hotline",
        signature=given.signature,
        capacity=given.capacity,
        email=sender(settings),
        signing=_signing(settings),
        partner=CodeBook.read(reference("iccam.toml")),
        police_agree_probes=given.police_agree_probes,
    )


def leaves(settings: Settings) -> Leaves:
    """What may leave this building."""
    return Leaves(Mode(settings.mode), settings.closed_world())


def operating_system_user() -> str:
    """How the audit log names whoever types commands here."""
    return f"cli:{pwd.getpwuid(os.getuid()).pw_name}"


def sender(settings: Settings) -> str:
    """The address that notices come from."""
    return settings.mail.sender or "notices@hotline.example"


def _signing(settings: Settings) -> Protection | None:
    """Our key, opened. Raises `BadSigningKey`, which names the setting and nothing of the key."""
    key, password = settings.mail.pgp_key, settings.mail.pgp_key_password
    if key is None:
        return None
    try:
        return Protection(
            signing_key=key.get_secret_value().encode(),
            password=password.get_secret_value() if password else None,
        )
    except BadKey as wrong:
        raise BadSigningKey(f"TAKEDOWN_MAIL__PGP_KEY: {wrong.reason}") from None
