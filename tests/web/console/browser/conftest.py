"""A real Chromium at a real ``dialpact web`` over a furnished home, signed in as whoever a test wants."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest
from playwright.sync_api import Browser, Playwright, expect, sync_playwright
from typer.testing import Result

from dialpact.compliance.registers.account import Role
from dialpact.compliance.texts import Language
from tests.cli.conftest import Home
from tests.web.api.client import serving
from tests.web.api.furnished import furnish_pages
from tests.web.console.browser.looked import Looked
from tests.web.console.signed_in import tokens

T = TypeVar("T")
PATIENCE = 60_000  # milliseconds: beside six other tests on two cores a browser is slow
HUNG = 600  # seconds
NAMES = ("chromium", "chromium-browser", "google-chrome")


expect.set_options(timeout=PATIENCE)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.timeout(HUNG))


# (Of a module: while it runs, no other test of this process has a loop of its own.)
@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as found:
        yield found


@pytest.fixture(scope="module")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    browser = launched(playwright)
    yield browser
    browser.close()


def launched(playwright: Playwright) -> Browser:
    found = program()
    polite = Path(__file__).with_name("chromium.sh") if os.geteuid() == 0 else Path(found)
    # (In a container it has no sandbox of its own; what it opens here is ours alone.)
    return playwright.chromium.launch(
        executable_path=polite, args=["--no-sandbox"], env={**os.environ, "CHROMIUM": found}
    )


# (A window left open keeps a process, and a file looks at every page there is: 24 GB were not enough.)
@pytest.fixture(autouse=True)
def _no_window_outlives_its_test(chromium: Browser) -> Iterator[None]:
    assert not chromium.contexts
    yield
    for context in chromium.contexts:
        context.close()


def program() -> str:
    found = next((found for name in NAMES if (found := shutil.which(name))), None)
    assert found, "no Chromium: `make lab` installs it"
    return found


class Apart(Home):
    """Commands run on a thread of their own: Playwright has a loop on this one, and they have theirs."""

    def run(self, *arguments: str, code: int = 0) -> Result:
        return apart(partial(super().run, *arguments, code=code))


def apart(call: Callable[[], T]) -> T:
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(call).result()


class At:
    """``at(role)``: a page of the console, as somebody of that role sees it."""

    def __init__(
        self,
        chromium: Browser,
        home: Home,
        port: int,
        stack: ExitStack,
        roles: Collection[Role] = tuple(Role),
    ) -> None:
        self.chromium, self.home, self.stack = chromium, home, stack
        self.address = f"http://127.0.0.1:{port}"
        self.cookies = apart(partial(tokens, home, roles))

    def __call__(
        self, role: Role | None = Role.OFFICER, language: Language = "zh", width: int = 1280
    ) -> Looked:
        context = self.chromium.new_context(
            viewport={"width": width, "height": 900},
            locale={"zh": "zh-CN", "en": "en-GB"}[language],
            timezone_id="Asia/Shanghai",
            accept_downloads=True,
            is_mobile=width < 800,
            has_touch=width < 800,
        )
        context.set_default_timeout(PATIENCE)
        if role is not None:
            name, value = self.cookies[role]
            context.add_cookies([{"name": name, "value": value, "url": self.address}])
        context.add_cookies([{"name": "dialpact_language", "value": language, "url": self.address}])
        return Looked(context.new_page(), self.address)


@pytest.fixture
def own(chromium: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[At]:
    """As ``site``, for one test that changes something."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DIALPACT_CONFIG", raising=False)
    with ExitStack() as stack:
        yield _at(tmp_path, chromium, stack)


def _at(folder: Path, chromium: Browser, stack: ExitStack) -> At:
    home = Apart(folder)
    home.run("init")
    apart(partial(furnish_pages, home))
    return At(chromium, home, stack.enter_context(serving(home)), stack)


@pytest.fixture(scope="module")
def site(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[At]:
    """At a furnished home, which the tests of a file share: none changes what another looks at."""
    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        folder = tmp_path_factory.mktemp("console")
        patch.chdir(folder)
        patch.delenv("DIALPACT_CONFIG", raising=False)
        yield _at(folder, chromium, stack)
