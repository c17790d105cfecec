"""Eight commands at once on the embedded database while web and scheduler run, and then the one
that started it and the server itself are killed: each ends well or with one clear line."""

import os
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from signal import SIGKILL

import pytest
from closed_world import House, house
from embedded_homes import new_home, postgres_in, postmaster, postmasters
from free_ports import free_port
from patience import eventually

from sandbox import Running

LONGEST = 120.0  # a command that hangs; ten at once on a busy machine only take long
EIGHT = (
    ("register", "-", "--json"),
    ("register", "-", "--json"),
    ("urls", "--json"),
    ("notices", "--json"),
    ("stats", "overview", "--json"),
    ("stage", "compose", "--json"),
    ("stage", "purge", "--json"),
    ("contacts", "approve", "--all", "--json"),
)


@pytest.fixture
def ours(tmp_path: Path) -> Iterator[House]:
    with ExitStack() as stack:
        home = stack.enter_context(new_home())
        town = stack.enter_context(Running(tmp_path / "town"))
        settings = {"TAKEDOWN_WEB__PORT": str(free_port()), "TAKEDOWN_WEB__WORKERS": "1"}
        yield stack.enter_context(house(home, town, **settings))


def ready(ours: House) -> bool:
    """Whether the pages answer, database included."""
    url = f"http://127.0.0.1:{ours.env['TAKEDOWN_WEB__PORT']}/healthz"
    with suppress(OSError), urllib.request.urlopen(url, timeout=2) as answer:
        return bool(answer.status == 200)
    return False


def beating(ours: House) -> bool:
    """Whether the scheduler has run every stage lately."""
    url = f"http://127.0.0.1:{ours.env['TAKEDOWN_WEB__PORT']}/readyz"
    with suppress(OSError), urllib.request.urlopen(url, timeout=2) as answer:
        return bool(answer.status == 200)
    return False


def scheduler_of(running: subprocess.Popen[str]) -> int:
    """The process that `takedown run` keeps the time with."""
    children = Path(f"/proc/{running.pid}/task/{running.pid}/children").read_text().split()
    found = [c for c in children if b"scheduler" in Path(f"/proc/{c}/cmdline").read_bytes()]
    assert len(found) == 1
    return int(found[0])


def eight(ours: House, folder: Path) -> list[tuple[subprocess.Popen[str], Path, Path]]:
    begun = []
    for nth, words in enumerate(EIGHT):
        told, out, err = (folder / f"{nth}.{kind}" for kind in ("in", "out", "err"))
        told.write_text("\n".join(f"http://h{nth}{i}.example/{i}" for i in range(200)))
        with told.open() as stdin, out.open("w") as stdout, err.open("w") as stderr:
            begun.append(
                (
                    subprocess.Popen(
                        ours.command(*words),
                        env=ours.env,
                        stdin=stdin,
                        stdout=stdout,
                        stderr=stderr,
                        text=True,
                    ),
                    out,
                    err,
                )
            )
    return begun


def end_of(begun: list[tuple[subprocess.Popen[str], Path, Path]]) -> list[tuple[int, str, str]]:
    """How each ended: its code, and what it said."""
    limit = time.monotonic() + LONGEST
    try:
        codes = [child.wait(max(1.0, limit - time.monotonic())) for child, _, _ in begun]
    finally:
        for child, _, _ in begun:
            child.kill()
            child.wait(5)
    told = zip(codes, begun, strict=True)
    return [(code, out.read_text(), err.read_text()) for code, (_, out, err) in told]


def in_order(code: int, out: str, err: str) -> bool:
    """Done, with its answer; or refused, with one line that says why."""
    lines = [line for line in err.splitlines() if not line.startswith("started as root")]
    if code == 0:
        return out.startswith("{") and not lines
    return code == 1 and len(lines) == 1 and "Traceback" not in err


@pytest.mark.timeout(300)
def test_eight_commands_at_once_beside_web_and_scheduler_all_go_well_and_the_two_end_together(
    ours: House, tmp_path: Path
) -> None:
    ours.ask("init")
    running = ours.start(*ours.command("run"))
    ended = end_of(eight(ours, tmp_path))
    assert [(code, err) for code, _, err in ended if code] == []
    assert all(in_order(*each) for each in ended), ended
    eventually(lambda: ready(ours), 30)
    assert len(postmasters(ours.home)) == 1
    assert len(ours.ask("urls")["items"]) == 400
    eventually(lambda: beating(ours), 30)
    clock = scheduler_of(running)
    running.send_signal(SIGKILL)
    eventually(lambda: not Path(f"/proc/{clock}").exists(), 30)


@pytest.mark.timeout(300)
def test_holder_and_server_are_killed_under_them_and_the_next_start_works(
    ours: House, tmp_path: Path
) -> None:
    ours.ask("init")
    web = ours.start(*ours.command("serve"))
    eventually(lambda: ready(ours), 30)
    clock = ours.scheduler()
    alone = len(postgres_in(ours.home))
    begun = eight(ours, tmp_path)
    eventually(  # they are in the midst of it
        lambda: (
            any(child.poll() is not None for child, _, _ in begun)
            or len(postgres_in(ours.home)) > alone + 4
        ),
        LONGEST,
    )
    clock.send_signal(SIGKILL)
    server = postmaster(ours.home)
    assert server is not None
    os.kill(server, SIGKILL)
    ended = end_of(begun)
    assert all(in_order(*each) for each in ended), [each for each in ended if not in_order(*each)]
    assert clock.wait(10) == -SIGKILL
    items = ours.ask("urls")["items"]
    assert len(items) in (0, 200, 400)  # a file is registered as a whole, or not
    assert len(postmasters(ours.home)) == 1
    assert web.poll() is None
    eventually(lambda: ready(ours), 30)
    assert ours.ask("register", "-", feed="http://after.example/1")["registered"] == 1
