"""Every row of the verdict table."""

from dataclasses import replace

import pytest

from takedown.checks.attribution import removed_by
from takedown.checks.finding import Dns, Fault, Finding, NameState, Relation
from takedown.checks.verdict import (
    TABLE,
    Calibration,
    Row,
    Verdict,
    calibrate,
    judge,
    note,
    verdict,
)
from takedown.episodes.models import RemovedBy

IMAGE = Finding(
    status=200,
    content_type="image/jpeg",
    content_length=81_234,
    etag='"a"',
    last_modified="Sat, 01 Nov 2025 10:00:00 GMT",
)
KEPT = calibrate(IMAGE, IMAGE)
LOST = Calibration(not_calibrated=True)
UP, DOWN, UNREACHABLE, BLOCKED, CHANGED, UNKNOWN = Verdict


def _to(relation: Relation, status: int = 302) -> Finding:
    return Finding(status=status, location=relation)


Case = tuple[str, Finding, Calibration | None, Finding | None, Verdict]

CASES: list[Case] = [
    ("present", IMAGE, KEPT, None, UP),
    ("present", IMAGE, None, None, UP),
    ("present", replace(IMAGE, status=206), KEPT, None, UP),
    ("present", replace(IMAGE, status=304), KEPT, None, UP),
    ("present", replace(IMAGE, etag='"other"'), KEPT, None, UP),
    ("present", IMAGE, Calibration(), None, UP),
    ("present", IMAGE, KEPT, Finding(status=404), UP),
    ("present", IMAGE, KEPT, replace(IMAGE, content_length=7), UP),
    ("present", IMAGE, KEPT, replace(IMAGE, error=Fault.TIMEOUT), UP),
    ("altered", replace(IMAGE, content_type="text/html"), KEPT, None, CHANGED),
    ("altered", replace(IMAGE, content_length=512), KEPT, None, CHANGED),
    ("altered", replace(IMAGE, content_length=None), KEPT, None, CHANGED),
    ("altered", replace(IMAGE, last_modified="Sun, 02 Nov 2025 10:00 GMT"), KEPT, None, CHANGED),
    ("altered", replace(IMAGE, content_length=5), KEPT, replace(IMAGE, content_length=5), CHANGED),
    ("soft_404_host", IMAGE, KEPT, IMAGE, UNKNOWN),
    ("soft_404_host", IMAGE, KEPT, replace(IMAGE, etag='"z"', last_modified=None), UNKNOWN),
    ("gone", Finding(status=404), KEPT, None, DOWN),
    ("gone", Finding(status=410), KEPT, None, DOWN),
    ("gone", Finding(status=404), KEPT, Finding(status=404), DOWN),
    ("not_calibrated", Finding(status=404), None, None, UNKNOWN),
    ("not_calibrated", Finding(status=410), LOST, None, UNKNOWN),
    ("not_calibrated", IMAGE, LOST, None, UNKNOWN),
    ("legal", Finding(status=451, blocked_by="https://court.example"), KEPT, None, BLOCKED),
    ("closed_now", Finding(status=401), KEPT, None, CHANGED),
    ("closed_now", Finding(status=403), KEPT, None, CHANGED),
    ("closed_now", _to(Relation.LOGIN), KEPT, None, CHANGED),
    ("denied", Finding(status=401), None, None, BLOCKED),
    ("denied", Finding(status=403), LOST, None, BLOCKED),
    ("denied", _to(Relation.LOGIN), None, None, BLOCKED),
    ("overloaded", Finding(status=429), KEPT, None, BLOCKED),
    ("overloaded", Finding(status=503, retry_after_s=120), KEPT, None, BLOCKED),
    ("overloaded", Finding(status=503, retry_after_s=0), KEPT, None, BLOCKED),
    ("challenged", Finding(status=403, cf_mitigated="challenge"), KEPT, None, BLOCKED),
    ("challenged", Finding(status=200, cf_mitigated="challenge"), KEPT, None, BLOCKED),
    ("challenged", Finding(status=404, cf_mitigated="challenge"), KEPT, None, BLOCKED),
    ("head_refused", Finding(status=405), KEPT, None, UNKNOWN),
    ("head_refused", Finding(status=501), KEPT, None, UNKNOWN),
    *[("server_error", Finding(status=s), KEPT, None, UNREACHABLE) for s in (500, 502, 503, 504)],
    *[
        ("origin_down", Finding(status=s), KEPT, None, UNREACHABLE)
        for s in (520, 521, 522, 523, 524, 525, 526, 530)
    ],
    ("to_root", _to(Relation.ROOT), KEPT, None, CHANGED),
    ("to_root", _to(Relation.NOTFOUND), KEPT, Finding(status=404), CHANGED),
    ("to_root", _to(Relation.ROOT), None, _to(Relation.ROOT), CHANGED),
    ("soft_gone", _to(Relation.ROOT), KEPT, _to(Relation.ROOT, 301), DOWN),
    ("soft_gone", _to(Relation.NOTFOUND), KEPT, _to(Relation.NOTFOUND), DOWN),
    ("to_root", _to(Relation.ROOT), KEPT, _to(Relation.NOTFOUND), CHANGED),
    ("elsewhere", _to(Relation.OTHER_DOMAIN), KEPT, None, CHANGED),
    ("other_path", _to(Relation.SAME_DOMAIN), KEPT, None, CHANGED),
    *[
        ("redirect_loop", _to(relation), KEPT, None, UNKNOWN)
        for relation in (Relation.SAME, Relation.HTTPS, Relation.WWW, Relation.SLASH)
    ],
    ("redirect_loop", Finding(status=301), KEPT, None, UNKNOWN),
    ("name_gone", Finding(dns=Dns.NXDOMAIN), KEPT, None, UNREACHABLE),
    ("name_gone", Finding(dns=Dns.NO_DATA), KEPT, None, UNREACHABLE),
    ("client_hold", Finding(dns=Dns.NXDOMAIN, name=NameState.CLIENT_HOLD), KEPT, None, DOWN),
    ("server_hold", Finding(dns=Dns.NXDOMAIN, name=NameState.SERVER_HOLD), KEPT, None, DOWN),
    ("present", replace(IMAGE, name=NameState.CLIENT_HOLD), KEPT, None, UP),
    ("resolver", Finding(dns=Dns.SERVFAIL), KEPT, None, UNKNOWN),
    ("resolver", Finding(dns=Dns.REFUSED), KEPT, None, UNKNOWN),
    ("resolver", Finding(dns=Dns.TIMEOUT), KEPT, None, UNKNOWN),
    *[
        ("no_connection", Finding(error=fault), KEPT, None, UNREACHABLE)
        for fault in (Fault.REFUSED, Fault.RESET, Fault.TIMEOUT, Fault.TLS)
    ],
    ("no_connection", Finding(status=404, error=Fault.TIMEOUT), KEPT, None, UNREACHABLE),
    ("not_http", Finding(error=Fault.NONSENSE), KEPT, None, UNKNOWN),
    ("not_http", Finding(status=404, error=Fault.TOO_LARGE), KEPT, None, UNKNOWN),
    ("parked", replace(IMAGE, name=NameState.PARKED), KEPT, None, CHANGED),
    ("seized", replace(IMAGE, name=NameState.SEIZED), KEPT, None, DOWN),
    ("guarded", Finding(error=Fault.FORBIDDEN_ADDRESS), KEPT, None, UNKNOWN),
    ("ours", Finding(error=Fault.FORBIDDEN_PORT), KEPT, None, UNKNOWN),
    ("ours", Finding(error=Fault.PROXY), KEPT, None, UNKNOWN),
    ("ours", Finding(error=Fault.OURS), KEPT, None, UNKNOWN),
    *[
        ("unlisted", Finding(status=s), KEPT, None, UNKNOWN)
        for s in (100, 400, 408, 418, 505, 511, 599, 999)
    ],
    ("unlisted", Finding(), KEPT, None, UNKNOWN),
]


@pytest.mark.parametrize(("why", "seen", "kept", "control", "expected"), CASES)
def test_the_table_says(
    why: str,
    seen: Finding,
    kept: Calibration | None,
    control: Finding | None,
    expected: Verdict,
) -> None:
    assert verdict(seen, kept, control) is expected
    assert note(seen, kept, control) == why


def test_every_row_of_the_table_has_a_case() -> None:
    decided: set[int] = {id(judge(seen, kept, control)) for _, seen, kept, control, _ in CASES}
    missing: list[Row] = [row for row in TABLE if id(row) not in decided]
    assert missing == []


def test_calibration_keeps_only_what_holds_still() -> None:
    moved = replace(IMAGE, content_length=81_999, etag='"b"')
    kept = calibrate(IMAGE, moved)
    assert kept.content_length is None
    assert kept.content_type == "image/jpeg"
    assert kept.comparable
    assert verdict(replace(IMAGE, content_length=5), kept) is UP


def test_nothing_that_holds_still_cannot_show_that_all_is_as_before() -> None:
    assert not calibrate(Finding(status=200), Finding(status=200)).comparable


@pytest.mark.parametrize(
    "second",
    [
        Finding(status=405),
        Finding(status=404),
        Finding(status=302),
        Finding(status=304),
        Finding(dns=Dns.NXDOMAIN),
        Finding(status=200, error=Fault.TOO_LARGE),
    ],
)
def test_without_two_good_answers_a_url_is_not_calibrated(second: Finding) -> None:
    assert calibrate(IMAGE, second).not_calibrated
    assert calibrate(second, IMAGE).not_calibrated
    assert not calibrate(IMAGE, second).comparable


def test_what_a_host_writes_in_its_headers_is_capped_and_inert() -> None:
    seen = Finding(server="<b>\x1b[31m" + "x" * 500, content_type="é\r\nSet-Cookie: a")
    assert seen.server is not None and len(seen.server) == 60 and "\x1b" not in seen.server
    assert seen.content_type == "???Set-Cookie: a"
    assert Finding(retry_after_s=10**9).retry_after_s == 86_400


def test_a_finding_shows_no_address_in_its_repr() -> None:
    seen = Finding(address="192.0.2.7", etag='"http://media.example.test"')
    assert "192.0.2.7" not in repr(seen) and "example" not in repr(seen)


@pytest.mark.parametrize(
    ("seen", "by"),
    [
        (Finding(status=404), RemovedBy.HOST),
        (Finding(status=410), RemovedBy.HOST),
        (_to(Relation.ROOT), RemovedBy.HOST),
        (Finding(dns=Dns.NXDOMAIN), RemovedBy.REGISTRAR),
        (Finding(dns=Dns.NXDOMAIN, name=NameState.CLIENT_HOLD), RemovedBy.REGISTRAR),
        (Finding(dns=Dns.NXDOMAIN, name=NameState.SERVER_HOLD), RemovedBy.REGISTRY),
        (Finding(status=200, name=NameState.SEIZED), RemovedBy.POLICE),
        (Finding(error=Fault.TIMEOUT), RemovedBy.UNKNOWN),
        (Finding(dns=Dns.NO_DATA), RemovedBy.UNKNOWN),
    ],
)
def test_who_removed_it_is_read_from_how_it_went(seen: Finding, by: RemovedBy) -> None:
    assert removed_by(seen) is by
