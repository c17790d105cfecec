"""A real Chromium before a real server on loopback."""

import shutil
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright
from werkzeug.serving import make_server

from takedown.db import Sessions
from takedown.vault import Vault

sys.path.insert(0, str(Path(__file__).parents[1] / "web"))

from house import House, build

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """Playwright, once for a file: its event loop must not outlive the browser tests."""
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="module")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """Debian's Chromium; a missing one is an error that names it."""
    found = next((path for name in CHROMIUM if (path := shutil.which(name))), None)
    if found is None:
        raise RuntimeError("Chromium is missing: apt-get install chromium")
    browser = playwright.chromium.launch(
        executable_path=found, args=["--no-sandbox", "--disable-gpu"]
    )
    yield browser
    browser.close()


@pytest.fixture
def house(sessions: Sessions, vault: Vault, tmp_path: Path) -> House:
    """A hotline in rehearsal."""
    return build(sessions, vault, facts_dir=tmp_path / "facts")


@pytest.fixture
def address(house: House) -> Iterator[str]:
    """Where the house is served."""
    server = make_server("127.0.0.1", 0, house.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
