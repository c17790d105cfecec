"""One unmistakable address goes through everything that can go wrong, and is found nowhere in the
clear afterwards: no dump, no data file, no log, no temporary file, no command line (6-security 5).
"""

import base64
import json
import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from closed_world import House, house
from embedded_homes import new_home
from free_ports import free_port
from patience import eventually
from quoting_servers import Relay, registry, relay
from sqlalchemy import create_engine, select, text

from sandbox import Running
from takedown import embedded, heartbeats
from takedown.checks.models import CheckState
from takedown.db import committing
from takedown.flow.ports import Ports
from takedown.outbox.models import Delivery, DeliveryStatus
from takedown.people import service as people
from takedown.people.models import Scope
from takedown.urls.models import Url

CANARY = "canaryqz7"
HOST = "canaryqz7host.canaryqz7name.test"
PATH = "i/canaryqz7folder/canaryqz7file-0001.jpg"
DEAD = "dead.canaryqz7gone.test"
BROKEN = "broken.canaryqz7mute.test"

# Ten times as fast as in the timetable, and nothing waits for more than five seconds.
HURRIED = """
from dataclasses import replace
from scheduler import main
main.TIMETABLE = tuple(replace(job, every=min(5, -(-job.every // 10))) for job in main.TIMETABLE)
main.main()
"""


class Scene:
    """An installation of its own, with web and scheduler as processes, and all that they write."""

    def __init__(self, ours: House, town: Running, said: Relay, folder: Path) -> None:
        self.ours, self.town, self.relay, self.folder = ours, town, said, folder
        self.home = ours.home
        self.web_err, self.clock_err = folder / "web.err", folder / "scheduler.err"
        self.spoken: list[str] = []
        self.port = int(ours.env["TAKEDOWN_WEB__PORT"])
        self.token = ""

    def run(self, *words: str, feed: str | None = None) -> subprocess.CompletedProcess[str]:
        """A command; what it says on stderr is kept."""
        done = self.ours.run(*words, feed=feed)
        self.spoken.append(done.stderr)
        return done

    def post(self, path: str, document: object) -> tuple[int, Any]:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/api/v1{path}",
            data=json.dumps(document).encode(),
            headers={
                "Authorization": f"Bearer {self.token}",
                "Content-Type": "application/json",
                "Idempotency-Key": f"{CANARY}-{path}-{len(str(document))}",
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)

    def shout(self, line: str) -> bytes:
        """Bytes that are no request, to the web server."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as door:
            door.sendall(line.encode())
            return door.recv(1000)

    def locations(self) -> dict[str, str]:
        port = self.town.endpoints["web_port"]
        return {name: f"http://{name}:{port}/{PATH}" for name in (HOST, DEAD, BROKEN)}

    def answers_to_readyz(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return True
        except OSError:
            return False


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with ExitStack() as stack:
        home = stack.enter_context(new_home())
        town = stack.enter_context(Running(tmp_path / "town"))
        smtp, said = stack.enter_context(
            relay(
                f"{HOST}/{PATH}",
                refused="abuse@eastserve.example",
                filtered="abuse@southrack.example",
            )
        )
        temporary = tmp_path / "tmp"
        temporary.mkdir(mode=0o777)
        settings = {
            "TAKEDOWN_MAIL__SMTP_URL": smtp,
            "TAKEDOWN_LOOKUP__RDAP_URL": stack.enter_context(
                registry(f"{HOST}/{PATH}", town.endpoints["rdap"])
            ),
            "TAKEDOWN_WEB__PORT": str(free_port()),
            "TAKEDOWN_WEB__WORKERS": "1",
            "TMPDIR": str(temporary),
        }
        ours = stack.enter_context(house(home, town, **settings))
        yield Scene(ours, town, said, tmp_path)


@pytest.mark.timeout(300)
def test_a_canary_goes_through_everything_and_stands_nowhere_in_the_clear(scene: Scene) -> None:
    three_hosts_and_two_more_that_fail(scene)
    assert scene.run("init").returncode == 0
    with scene.ours.ports(lambda: datetime.now(UTC)) as ports:
        scene.token = token(ports)
        web = scene.ours.start(*scene.ours.command("serve"), stderr=scene.web_err)
        clock = scene.ours.start(sys.executable, "-c", HURRIED, stderr=scene.clock_err)
        eventually(scene.answers_to_readyz, 30)
        it_is_registered_by_command_and_by_program(scene, ports)
        what_is_wrong_is_handed_back(scene)
        eventually(lambda: all_looked_at(ports), 40)
        its_notices_are_refused_filtered_and_queued(scene, ports)
        free_text_that_names_it_is_refused(scene, ports)
        the_web_server_fails_and_is_shouted_at(scene)
        titles = [Path(f"/proc/{child.pid}/cmdline").read_bytes() for child in (web, clock)]
        dump = pg_dump(scene.home)
    scene.ours.end()
    embedded.leave(scene.home)
    assert traces_of(CANARY, dump) == 0
    assert [traces_of(CANARY, title) for title in titles] == [0, 0]
    assert [traces_of(CANARY, said.encode()) for said in scene.spoken] == [0] * len(scene.spoken)
    logs = [scene.web_err, scene.clock_err, scene.home / "postgres.log"]
    assert {log.name: traces_of(CANARY, log.read_bytes()) for log in logs} == dict.fromkeys(
        [log.name for log in logs], 0
    )
    kept = [*files_in(scene.home), *files_in(scene.folder / "tmp")]
    assert [file.name for file in kept if traces_of(CANARY, file.read_bytes())] == []
    assert (scene.home / "postgres" / "PG_VERSION") in kept
    assert traces_of(CANARY, (scene.folder / "town" / "seen").read_bytes()) > 0  # the hunt hunts


def three_hosts_and_two_more_that_fail(scene: Scene) -> None:
    for name, provider in ((HOST, "northhost"), (DEAD, "eastserve"), (BROKEN, "southrack")):
        scene.town.script({"host": name, "provider": provider})
    for location in scene.locations().values():
        scene.town.script({"url": location})
    scene.town.script({"host": DEAD, "outage": ["2020-01-01", None], "status": "refused"})
    scene.town.script({"host": f"mute.{HOST}", "provider": "northhost", "dns": "servfail"})
    seen = scene.folder / "town" / "seen"
    seen.write_text("\n".join(scene.locations().values()))


def token(ports: Ports) -> str:
    with committing(ports.sessions) as session:
        made = people.create_token(
            session,
            ports.vault,
            name="a program",
            scopes=[Scope.REGISTER, Scope.READ, Scope.WORK],
            now=datetime.now(UTC),
            by="cli:test",
        )
        return made.text


def it_is_registered_by_command_and_by_program(scene: Scene, ports: Ports) -> None:
    row = {
        "url": scene.locations()[HOST],
        "parent": f"http://{HOST}/{CANARY}-parent",
        "referrer": f"http://{HOST}/{CANARY}-referrer",
        "note": f"seen at {HOST}",
    }
    done = scene.run("register", "-", feed=json.dumps(row) + f"\nhttp://mute.{HOST}/{PATH}")
    assert done.returncode == 0, done.stderr
    status, answer = scene.post(
        "/urls",
        {"urls": [{"url": scene.locations()[name]} for name in (HOST, DEAD, BROKEN)]},
    )
    assert status == 200
    assert [item["status"] for item in answer["items"]] == ["repeated", "registered", "registered"]


def what_is_wrong_is_handed_back(scene: Scene) -> None:
    wrong: list[dict[str, str]] = [
        {"url": f"http://{HOST}:99999/{PATH}"},
        {"url": scene.locations()[HOST], CANARY: "unknown field"},
        {"url": scene.locations()[HOST], "reference": HOST.replace(".", "[.]")},
        {"url": scene.locations()[HOST], "reference": "canaryqz7file-0001.jpg"},
        {"url": scene.locations()[HOST], "source": "canaryqz7folder"},
        {"url": scene.locations()[HOST], "site_type": "i/canaryqz7folder"},
    ]
    status, answer = scene.post("/urls", {"urls": wrong})
    assert status in (200, 422)
    if status == 200:
        assert [item["status"] for item in answer["items"]] == ["refused"] * len(wrong)
    lines = "\n".join(json.dumps(line) for line in wrong)
    assert scene.run("register", "-", feed=lines).returncode == 1


def all_looked_at(ports: Ports) -> bool:
    with ports.sessions() as session:
        states = session.scalars(select(CheckState.verdict)).all()
        beats = session.scalars(select(heartbeats.Heartbeat.error)).all()
    assert not any(beats)
    return len(states) == 3 and all(states)


def its_notices_are_refused_filtered_and_queued(scene: Scene, ports: Ports) -> None:
    assert scene.run("contacts", "approve", "--all").returncode == 0
    assert scene.run("stage", "compose").returncode == 0
    assert scene.run("notices", "approve", "--all").returncode == 0
    eventually(lambda: sorted(statuses(ports)) == ["dead", "dead", "sent"], 40)
    assert len(scene.relay.answers) == 3
    assert all(CANARY in answer for answer in scene.relay.answers)


def statuses(ports: Ports) -> list[DeliveryStatus]:
    with ports.sessions() as session:
        return list(session.scalars(select(Delivery.status)))


def free_text_that_names_it_is_refused(scene: Scene, ports: Ports) -> None:
    with ports.sessions() as session:
        url_id = session.scalar(select(Url.id).order_by(Url.serial))
    said = [
        f"the owner of {HOST}",
        f"the owner of www.{HOST.upper()}",
        f"see hxxp://{HOST.replace('.', '[.]')}/x",
        f"http://elsewhere.example/{CANARY}",
    ]
    for words in said:
        hold = {"asked_by": "a unit", "reason": words, "reference": "1", "probes_go_on": True}
        finding = {"verdict": "up", "seen_at": "2026-03-04T12:00:00Z", "how": words}
        assert scene.post(f"/urls/{url_id}/hold", hold)[0] == 409, words
        assert scene.post(f"/urls/{url_id}/finding", finding)[0] == 409, words


def the_web_server_fails_and_is_shouted_at(scene: Scene) -> None:
    owner = create_engine(embedded.start(scene.home).owner_url)
    with owner.begin() as connection:
        connection.execute(text("ALTER TABLE urls RENAME TO elsewhere"))
    status, answer = scene.post("/urls", {"urls": [{"url": f"http://{HOST}/{CANARY}-new"}]})
    with owner.begin() as connection:
        connection.execute(text("ALTER TABLE elsewhere RENAME TO urls"))
    owner.dispose()
    assert status == 500
    assert CANARY not in json.dumps(answer)
    for line in (
        f"GET http://{HOST}/{PATH} is no request\r\n\r\n",
        f"GET /{CANARY} HTTP/9.9\r\n\r\n",
        f"GET / HTTP/1.1\r\n{CANARY} {HOST}: {PATH}\r\n\r\n",
        f"{CANARY} http://{HOST}/{PATH} HTTP/1.1\r\nHost: {HOST}\r\n\r\n",
    ):
        scene.shout(line)


def pg_dump(home: Path) -> bytes:
    here = embedded.start(home)
    command = [str(here.bin / "pg_dump"), "-h", str(here.data), "-U", "takedown_owner", "takedown"]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return subprocess.run(command, capture_output=True, check=True, env=clean).stdout


def files_in(folder: Path) -> list[Path]:
    return [file for file in folder.rglob("*") if file.is_file() and not file.is_symlink()]


def traces_of(word: str, raw: bytes) -> int:
    """How often a word stands in bytes: as it is, in hex, in base64 at any offset, in UTF-16."""
    lower = raw.lower()
    plain = word.encode()
    forms = [plain, plain.hex().encode(), word.encode("utf-16-le")]
    # The middle of a base64 text, without what its neighbours change.
    inner = [base64.b64encode(b"\0" * pad + plain)[(0, 2, 3)[pad] : -4] for pad in range(3)]
    return sum(lower.count(form) for form in forms) + sum(raw.count(form) for form in inner)
