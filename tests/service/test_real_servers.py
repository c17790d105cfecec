"""nginx, Apache, lighttpd and HAProxy: the verdict table learnt by HEAD, and no content sent."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from takedown.checks.calibration import Calibration, calibrate
from takedown.checks.finding import Finding
from takedown.checks.guard import networks
from takedown.checks.probe import Target, probe
from takedown.checks.verdict import Verdict, judge
from tests.service.real_servers import NAME, SIZE, Said, Served, Site, running

# path, status, fields and the note of the row that decides, where a picture had been seen before
TABLE = [
    *[(str(code), code, (), "present") for code in (200, 204, 304)],
    *[(str(code), code, (), "gone") for code in (404, 410)],
    ("451", 451, ("Link: <https://court.example/order>; rel=blocked-by",), "legal"),
    ("401", 401, ("WWW-Authenticate: Basic",), "closed_now"),
    ("403", 403, (), "closed_now"),
    ("login", 302, ("Location: /login?next=/photo.jpg",), "closed_now"),
    ("429", 429, ("Retry-After: 120",), "overloaded"),
    ("503-later", 503, ("Retry-After: 120",), "overloaded"),
    ("challenge", 403, ("cf-mitigated: challenge",), "challenged"),
    *[(str(code), code, (), "head_refused") for code in (405, 501)],
    *[(str(code), code, (), "server_error") for code in (500, 502, 503, 504)],
    *[(str(code), code, (), "origin_down") for code in (*range(520, 527), 530)],
    *[(f"root-{code}", code, ("Location: /",), "to_root") for code in (301, 302, 303, 307, 308)],
    ("404-page", 302, ("Location: /404.html",), "to_root"),
    ("elsewhere", 302, ("Location: http://other.example/",), "elsewhere"),
    ("other", 301, ("Location: /album/other",), "other_path"),
    ("loop", 302, ("Location: /s/loop",), "redirect_loop"),
]
SAID = [Said(path, status, fields) for path, status, fields, _ in TABLE]
NATURAL = ("/photo.jpg", "/page.html", "/missing.jpg", "/album")
SEEN_UP = Calibration()


@dataclass(frozen=True)
class Asked:
    """Which server was asked, how, and for what."""

    server: str
    scheme: str
    path: str


@dataclass(frozen=True)
class Learnt:
    """What every server was asked, what the probe found, and what each server wrote itself."""

    findings: dict[Asked, Finding]
    logs: dict[str, list[tuple[str, str, int]]]

    def of(self, path: str) -> list[tuple[Asked, Finding]]:
        found = [(asked, seen) for asked, seen in self.findings.items() if asked.path == path]
        assert len(found) >= 8, "four servers, clear and TLS"
        return found


def targets(served: list[Served]) -> Iterator[Target[Asked]]:
    for at in served:
        for scheme, port in (("http", at.clear), ("https", at.tls)):
            for path in (*NATURAL, *(f"/s/{one.path}" for one in SAID)):
                url = f"{scheme}://{NAME}:{port}{path}"
                lane = f"{at.name} {scheme}".encode()
                asked = Asked(at.name, scheme, path)
                yield Target(asked, url, at.address, NAME, port, lane)
    mixed = served[0]  # nginx alone speaks of TLS to whoever speaks none
    url = f"http://{NAME}:{mixed.tls}/photo.jpg"
    yield Target(Asked("nginx", "mixed", "/photo.jpg"), url, mixed.address, NAME, mixed.tls)
    url = f"http://{NAME}:{served[3].clear}/nobody"
    yield Target(Asked("haproxy", "http", "/nobody"), url, served[3].address, NAME, served[3].clear)


@pytest.fixture(scope="module")
def learnt() -> Learnt:
    with TemporaryDirectory(prefix="servers-") as folder:
        with running(Path(folder), SAID) as (site, served):
            findings = dict(look(site, served))
        return Learnt(findings, {at.name: at.lines() for at in served})


def look(site: Site, served: list[Served]) -> Iterator[tuple[Asked, Finding]]:
    open_networks = networks(["127.9.0.0/16"])
    ca_file = str(site.authority)
    yield from probe(targets(served), deadline_s=5.0, open_networks=open_networks, ca_file=ca_file)


@pytest.mark.parametrize(("path", "status", "fields", "note"), TABLE)
def test_every_status_of_the_table_is_learnt(
    learnt: Learnt, path: str, status: int, fields: tuple[str, ...], note: str
) -> None:
    for asked, seen in learnt.of(f"/s/{path}"):
        assert (seen.status, seen.error) == (status, None), asked
        assert judge(seen, SEEN_UP).note == note, asked
        assert seen.tls_ok is (True if asked.scheme == "https" else None), asked
        assert (seen.retry_after_s == 120) is any("Retry" in one for one in fields), asked


def test_a_picture_is_known_again_without_a_byte_of_it(learnt: Learnt) -> None:
    page = dict(learnt.of("/page.html"))
    for asked, seen in learnt.of("/photo.jpg"):
        assert (seen.status, seen.content_type, seen.content_length) == (200, "image/jpeg", SIZE)
        assert judge(seen, calibrate(seen, seen)).verdict is Verdict.UP
        if asked.scheme != "mixed":
            other = page[Asked(asked.server, asked.scheme, "/page.html")]
            assert judge(other, calibrate(seen, seen)).note == "altered"


def test_what_was_never_there_is_a_404_of_the_servers_own(learnt: Learnt) -> None:
    for _, seen in learnt.of("/missing.jpg"):
        assert judge(seen, SEEN_UP).verdict is Verdict.DOWN
        assert judge(seen).note == "not_calibrated"


def test_a_folder_is_followed_to_its_slash(learnt: Learnt) -> None:
    for asked, seen in learnt.of("/album"):
        assert (seen.status, seen.hops) == (200, 1), asked


def test_http_is_followed_to_https(learnt: Learnt) -> None:
    seen = learnt.findings[Asked("nginx", "mixed", "/photo.jpg")]
    assert (seen.status, seen.hops, seen.tls_ok) == (200, 1, True)


def test_a_proxy_with_nobody_behind_it_says_so(learnt: Learnt) -> None:
    seen = learnt.findings[Asked("haproxy", "http", "/nobody")]
    assert judge(seen, SEEN_UP).note == "server_error"


def test_a_front_page_for_all_that_is_gone_is_a_404(learnt: Learnt) -> None:
    for _, seen in learnt.of("/s/root-302"):
        assert judge(seen, SEEN_UP, control=seen).verdict is Verdict.DOWN


def test_the_servers_own_logs_know_of_no_content_sent(learnt: Learnt) -> None:
    for name, lines in learnt.logs.items():
        assert len(lines) >= 2 * (len(TABLE) + len(NATURAL)), name
        assert {method for method, _, _ in lines} == {"HEAD"}, name
        most = max(size for _, _, size in lines)
        assert most < 700 if name == "haproxy" else most == 0, name
