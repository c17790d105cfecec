"""The verdict table: what one finding says of a Url. Pure; the only place that decides it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from takedown.checks.calibration import Calibration, calibrate
from takedown.checks.finding import Dns, Fault, Finding, NameState, Relation

__all__ = ["Calibration", "Row", "Verdict", "calibrate", "judge", "note", "verdict"]


class Verdict(StrEnum):
    """`down` is explicit; `blocked` is for us only; `changed` means that a person must look."""

    UP = "up"
    DOWN = "down"
    UNREACHABLE = "unreachable"
    BLOCKED = "blocked"
    CHANGED = "changed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Seen:
    """A finding beside what it is compared with: the calibration, and a sibling that cannot be."""

    finding: Finding
    calibration: Calibration | None
    control: Finding | None

    @property
    def calibrated(self) -> bool:
        """A 2xx was seen twice before: only then does an answer other than 2xx say something."""
        return self.calibration is not None and not self.calibration.not_calibrated

    @property
    def altered(self) -> bool:
        """A validator that held still at calibration is another now, or missing."""
        kept, now = self.calibration, self.finding
        return kept is not None and (
            (kept.content_type is not None and kept.content_type != now.content_type)
            or (kept.content_length is not None and kept.content_length != now.content_length)
            or (kept.last_modified is not None and kept.last_modified != now.last_modified)
        )

    @property
    def control_alike(self) -> bool:
        """The host says the same of a path that does not exist."""
        now, other = self.finding, self.control
        return (
            other is not None
            and other.error is None
            and (other.status, other.content_type, other.content_length, other.location)
            == (now.status, now.content_type, now.content_length, now.location)
        )

    @property
    def control_redirected_alike(self) -> bool:
        other = self.control
        return other is not None and _redirect(other) and other.location == self.finding.location


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. `note` is a stable key: pages translate it, tests name it."""

    note: str
    when: Callable[[Seen], bool]
    verdict: Verdict


_OURS: Final = frozenset({Fault.FORBIDDEN_PORT, Fault.PROXY, Fault.OURS})
_NO_NAME: Final = frozenset({Dns.NXDOMAIN, Dns.NO_DATA})
_NO_RESOLVER: Final = frozenset({Dns.SERVFAIL, Dns.REFUSED, Dns.TIMEOUT})
_UNREACHED: Final = frozenset({Fault.REFUSED, Fault.RESET, Fault.TIMEOUT, Fault.TLS})
_ORIGIN_DOWN: Final = frozenset({*range(520, 527), 530})
_REDIRECTS: Final = frozenset({300, 301, 302, 303, 307, 308})
_GONE: Final = frozenset({404, 410})


def _redirect(finding: Finding) -> bool:
    return finding.status in _REDIRECTS


def _leads_to(*relations: Relation) -> Callable[[Seen], bool]:
    return lambda s: _redirect(s.finding) and s.finding.location in relations


def _status(*codes: int) -> Callable[[Seen], bool]:
    return lambda s: s.finding.status in codes


def _name_gone(state: NameState) -> Callable[[Seen], bool]:
    return lambda s: s.finding.dns in _NO_NAME and s.finding.name is state


def _present(seen: Seen) -> bool:
    status = seen.finding.status
    return status is not None and (200 <= status < 300 or status == 304)


def _denied(seen: Seen) -> bool:
    to_login = _redirect(seen.finding) and seen.finding.location is Relation.LOGIN
    return seen.finding.status in (401, 403) or to_login


_TO_404 = _leads_to(Relation.ROOT, Relation.NOTFOUND)

# First match wins: what says nothing of the host, then the name, the line, the host's refusals,
# its redirects, and last what it says of this very path.
TABLE: Final[tuple[Row, ...]] = (
    Row("guarded", lambda s: s.finding.error is Fault.FORBIDDEN_ADDRESS, Verdict.UNKNOWN),
    Row("ours", lambda s: s.finding.error in _OURS, Verdict.UNKNOWN),
    Row("seized", lambda s: s.finding.name is NameState.SEIZED, Verdict.DOWN),
    Row("client_hold", _name_gone(NameState.CLIENT_HOLD), Verdict.DOWN),
    Row("server_hold", _name_gone(NameState.SERVER_HOLD), Verdict.DOWN),
    Row("name_gone", lambda s: s.finding.dns in _NO_NAME, Verdict.UNREACHABLE),
    Row("resolver", lambda s: s.finding.dns in _NO_RESOLVER, Verdict.UNKNOWN),
    Row("parked", lambda s: s.finding.name is NameState.PARKED, Verdict.CHANGED),
    Row("no_connection", lambda s: s.finding.error in _UNREACHED, Verdict.UNREACHABLE),
    Row("not_http", lambda s: s.finding.error is not None, Verdict.UNKNOWN),
    Row("challenged", lambda s: s.finding.cf_mitigated is not None, Verdict.BLOCKED),
    Row("overloaded", _status(429), Verdict.BLOCKED),
    Row(
        "overloaded",
        lambda s: s.finding.status == 503 and s.finding.retry_after_s is not None,
        Verdict.BLOCKED,
    ),
    Row("legal", _status(451), Verdict.BLOCKED),
    Row("closed_now", lambda s: _denied(s) and s.calibrated, Verdict.CHANGED),
    Row("denied", _denied, Verdict.BLOCKED),
    Row("head_refused", _status(405, 501), Verdict.UNKNOWN),
    Row("server_error", _status(500, 502, 503, 504), Verdict.UNREACHABLE),
    Row("origin_down", lambda s: s.finding.status in _ORIGIN_DOWN, Verdict.UNREACHABLE),
    Row(
        "soft_gone",
        lambda s: _TO_404(s) and s.control_redirected_alike and s.calibrated,
        Verdict.DOWN,
    ),
    Row("to_root", _TO_404, Verdict.CHANGED),
    Row("elsewhere", _leads_to(Relation.OTHER_DOMAIN), Verdict.CHANGED),
    Row("other_path", _leads_to(Relation.SAME_DOMAIN), Verdict.CHANGED),
    Row("redirect_loop", lambda s: _redirect(s.finding), Verdict.UNKNOWN),
    Row("gone", lambda s: s.finding.status in _GONE and s.calibrated, Verdict.DOWN),
    Row("not_calibrated", lambda s: s.finding.status in _GONE, Verdict.UNKNOWN),
    Row(
        "not_calibrated",
        lambda s: s.calibration is not None and s.calibration.not_calibrated,
        Verdict.UNKNOWN,
    ),
    Row("altered", lambda s: _present(s) and s.altered, Verdict.CHANGED),
    Row("soft_404_host", lambda s: _present(s) and s.control_alike, Verdict.UNKNOWN),
    Row("present", _present, Verdict.UP),
    Row("unlisted", lambda _: True, Verdict.UNKNOWN),
)


# Nearly all findings are plain: no row above fits them, so they begin where the path is judged.
_OF_THE_PATH: Final = TABLE[[row.note for row in TABLE].index("gone") :]


def _plain(finding: Finding) -> bool:
    status = finding.status
    return (
        status is not None
        and (200 <= status < 300 or status in (304, 404, 410))
        and finding.error is None
        and finding.dns is Dns.OK
        and finding.name is None
        and finding.cf_mitigated is None
    )


def judge(
    finding: Finding, calibration: Calibration | None = None, control: Finding | None = None
) -> Row:
    """The first row of the table that fits."""
    seen = Seen(finding, calibration, control)
    for row in _OF_THE_PATH if _plain(finding) else TABLE:
        if row.when(seen):
            return row
    raise AssertionError("the last row fits always")


def verdict(
    finding: Finding, calibration: Calibration | None = None, control: Finding | None = None
) -> Verdict:
    """What this finding says. Without a calibration a 404 is unknown: it may never have been up."""
    return judge(finding, calibration, control).verdict


def note(
    finding: Finding, calibration: Calibration | None = None, control: Finding | None = None
) -> str:
    """Why, as the stable key of the row that decided."""
    return judge(finding, calibration, control).note
