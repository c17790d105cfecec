"""Where everything is kept: the database, its tables and the vault."""

import sys
from datetime import UTC, datetime

from sqlalchemy import Engine, make_url, text

from config.settings import Settings
from takedown import db, embedded, migrations
from takedown.checks import months
from takedown.errors import TakedownError
from takedown.vault import Vault, parse_master_key


class NotSetUp(TakedownError):
    """`takedown init` has not been run here, or not since the software was renewed."""


def real_clock() -> datetime:
    """The time now, UTC."""
    return datetime.now(UTC)


def open_database(settings: Settings) -> tuple[Engine, Engine, str]:
    """Engines of the owner and of the application, and the application's role.

    Without a URL the embedded server is started or shared, and brought back when it dies.
    """
    given = settings.database.url
    if given is not None:
        app_url = _driver(given.get_secret_value())
        owner = settings.database.owner_url
        owner_url = _driver(owner.get_secret_value()) if owner else app_url
        recover = None
    else:
        home = settings.home
        here = embedded.start(home, announce=_say)
        app_url, owner_url = here.app_url, here.owner_url

        def recover() -> None:
            embedded.start(home, announce=_say)

    app = db.connect(app_url, pool=settings.database.pool, recover=recover)
    role = make_url(app_url).username or "takedown_app"
    return db.connect(owner_url, pool=1, recover=recover), app, role


def migrate(settings: Settings) -> None:
    """Bring the tables to the newest form, and begin the key file of a new installation.

    One that has a log had a key file: where that is missing no new one is made in its stead, for
    it would open nothing. `build_ports` says so.
    """
    owner, app, role = open_database(settings)
    migrations.upgrade(owner, role)
    months.keep(owner, real_clock())
    with app.connect() as connection:
        used = connection.scalar(text("SELECT EXISTS (SELECT FROM audit_entries)"))
    if not used:
        open_vault(settings).begin()
    owner.dispose()
    app.dispose()


def open_vault(settings: Settings) -> Vault:
    """The vault of this installation. Raises `NotSetUp` without a master key."""
    secret = settings.secrets.master_key
    file = settings.home / "keys" / "master.key"
    if secret is not None:
        text_of_key = secret.get_secret_value()
    elif file.exists():
        text_of_key = file.read_text()
    else:
        raise NotSetUp("there is no master key: run `takedown init` first")
    return Vault(parse_master_key(text_of_key), settings.key_file)


def require_tables(engine: Engine) -> None:
    with engine.connect() as connection:
        found = connection.scalar(text("SELECT to_regclass('alembic_version')"))
        version = found and connection.scalar(text("SELECT version_num FROM alembic_version"))
    if version != migrations.head():
        raise NotSetUp("the tables are not as this version needs them: run `takedown init`")


def _driver(url: str) -> str:
    made = make_url(url)
    if made.get_backend_name() not in ("postgresql", "postgres"):
        raise NotSetUp("TAKEDOWN_DATABASE__URL must be a postgresql:// URL")
    return made.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


def _say(line: str) -> None:
    print(line, file=sys.stderr)  # noqa: T201 - the doors are on a terminal
