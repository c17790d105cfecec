"""As whom the server's programs run, and how that user reaches them."""

from __future__ import annotations

import pwd
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from takedown.embedded.errors import EmbeddedError

CLEAN = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"}
LONGEST = 120.0


@dataclass(frozen=True)
class RunAs:
    """A user; `drop` when root has to become them, `capability` when closed folders lie between."""

    uid: int
    gid: int
    drop: bool = False
    capability: str | None = None

    def run(
        self,
        argv: Sequence[str],
        text: str = "",
        stderr: int = subprocess.PIPE,
    ) -> subprocess.CompletedProcess[str]:
        """Run to the end in a session and a clean environment of its own; the exit code is the
        caller's to judge. `text` goes to standard input, `stderr` may be an open file."""
        plain = self.drop and self.capability is None
        return subprocess.run(
            [*self._prefix(), *argv],
            input=text,
            text=True,
            errors="replace",
            stdout=subprocess.PIPE,
            stderr=stderr,
            cwd="/",
            env=CLEAN,
            start_new_session=True,
            timeout=LONGEST,
            check=False,
            user=self.uid if plain else None,
            group=self.gid if plain else None,
            extra_groups=() if plain else None,
        )

    def _prefix(self) -> list[str]:
        if self.capability is None:
            return []
        through = f"+{self.capability}"
        # Without no_setuid_fixup, access(2) judges without capabilities, and PostgreSQL looks for
        # its own programs by access(2).
        return [
            *("setpriv", "--reuid", str(self.uid), "--regid", str(self.gid), "--clear-groups"),
            *("--inh-caps", through, "--ambient-caps", through),
            *("--securebits", "+no_setuid_fixup", "--no-new-privs"),
        ]


def let_through(uid: int, gid: int, programs: Path, home: Path) -> RunAs:
    """The least right with which root's deputy reaches the programs and the home.

    Raises EmbeddedError where no capability may be handed on and the folders are closed.
    """
    probe = 'cd "$1" && cat "$2" && "$0" -s -D "$1/postgres" -U postgres'
    share = programs.parent / "share" / "postgresql" / "postgres.bki"
    for capability in (None, "dac_read_search", "dac_override"):
        attempt = RunAs(uid, gid, drop=True, capability=capability)
        with suppress(OSError):
            command = ["sh", "-c", probe, str(programs / "initdb"), str(home), str(share)]
            if attempt.run(command).returncode == 0:
                return attempt
    raise EmbeddedError(
        f"user {user_name(uid)} cannot reach both {programs} and {home}, and no capability to let "
        "it through may be handed on here: choose a home and an installation outside /root"
    )


def system_user() -> tuple[int, int]:
    """The user and group that serve for root: postgres, else nobody."""
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            user = pwd.getpwnam(name)
            return user.pw_uid, user.pw_gid
    raise EmbeddedError("neither a user postgres nor a user nobody exists, and root cannot serve")


def user_name(uid: int) -> str:
    """The name of a user, or the number where none is known."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
