"""A small internet in a process of its own, for tests and demonstrations."""

import json
import os
import select

# starts this package, nothing else
import subprocess  # nosec B404
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode
from urllib.request import ProxyHandler, Request, build_opener

START_SECONDS = 30.0


class NotStarted(Exception):
    """The process ended, or stayed silent, before it was ready."""


class Running:
    """`with Running(directory, seed=1) as s:` then `s.endpoints`, `s.clock(...)`, `s.truth()`.

    `world`: scripts to begin with (see `/script`), such as hosts to add.
    `ports`, `web_port`: as on the command line. The process dies with the one that started it.
    """

    def __init__(
        self,
        state: Path | str,
        seed: int = 1,
        world: Sequence[Mapping[str, object]] | None = None,
        ports: int = 0,
        web_port: int = 0,
    ) -> None:
        self.state = Path(state)
        self.endpoints: dict[str, Any] = {}
        self._world = list(world or ())
        self._options = ["--seed", str(seed), "--ports", str(ports), "--web-port", str(web_port)]
        self._process: subprocess.Popen[bytes] | None = None
        self._opener = build_opener(ProxyHandler({}))

    def start(self) -> Self:
        """Returns when every server answers. Raises NotStarted."""
        home = str(Path(__file__).resolve().parent.parent)
        paths = [home, *filter(None, [os.environ.get("PYTHONPATH")])]
        command = [sys.executable, "-m", "sandbox", "--state", str(self.state)]
        # a fixed command
        self._process = subprocess.Popen(  # nosec B603
            [*command, *self._options, "--stop-with-stdin"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        )
        stdout = self._process.stdout
        ready = stdout is not None and select.select([stdout], [], [], START_SECONDS)[0]
        line = stdout.readline() if ready and stdout is not None else b""
        if not line:
            self.stop()
            raise NotStarted("the sandbox did not start")
        self.endpoints = json.loads(line)
        if self._world:
            self.script(*self._world)
        return self

    def stop(self) -> None:
        """Ends the process and waits for it."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def ask(self, method: str, path: str, document: object = None, **query: object) -> Any:
        """One request to the control endpoint. Raises urllib.error.HTTPError."""
        location = f"{self.endpoints['control']}{path}" + (f"?{urlencode(query)}" if query else "")
        body = None if document is None else json.dumps(document).encode()
        request = Request(location, data=body, method=method)
        with self._opener.open(request, timeout=60) as answer:
            return json.load(answer)

    def clock(self, now: datetime | None) -> None:
        """Set the simulated time (aware); None goes back to the real one."""
        self.ask("PUT", "/clock", {"now": now.isoformat() if now else None})

    def world(self) -> dict[str, Any]:
        return dict(self.ask("GET", "/world"))

    def urls(self, count: int = 500, seed: int = 1, **choice: str) -> list[dict[str, Any]]:
        """Rows to register; `provider`, `character`, `from`, `to` choose (see `--help`)."""
        return list(self.ask("GET", "/urls", count=count, seed=seed, **choice)["items"])

    def truth(self, url: str | None = None) -> dict[str, Any]:
        """Of every Url by its location, or of one."""
        return dict(self.ask("GET", "/truth", **({"url": url} if url else {})))

    def script(self, *words: Mapping[str, object]) -> None:
        self.ask("POST", "/script", list(words))

    def ledger(self) -> list[dict[str, Any]]:
        return list(self.ask("GET", "/ledger")["items"])

    def questions(self) -> list[dict[str, Any]]:
        """What DNS and the registries were asked: `registry`, `kind`, `what`, `status`."""
        return list(self.ask("GET", "/questions")["items"])

    def connections(self) -> dict[str, int]:
        """How often each service was spoken to; `control` counts its own askers."""
        return dict(self.ask("GET", "/connections"))
