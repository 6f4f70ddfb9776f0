"""docs/api.md is true: its lines are run against a real ``dialpact web``, which answers as the page shows."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from contextlib import ExitStack
from pathlib import Path

import pytest

from dialpact.client import Client
from dialpact.web.api.endpoint import ANY_KEY
from dialpact.web.api.routing import endpoints
from tests.cli.conftest import Home
from tests.cli.recorded import Host, Shelf
from tests.kit import pages
from tests.lab.site import SAMPLES
from tests.web.api.ready import recorder
from tests.web.program import ENVIRONMENT, free_address, program, web
from tests.web.walked import Step, differs, steps, unlike

ROOT = Path(__file__).parents[2]
TEXTS = ROOT / "dialpact"
OF_THE_FRAME = set(tomllib.loads((TEXTS / "web/api/texts/en.toml").read_text("utf-8"))["problem"])
CODES = {
    *OF_THE_FRAME,
    *tomllib.loads((TEXTS / "compliance/texts/fault.en.toml").read_text("utf-8"))["fault"],
}
PAGES = ("api.md", "api.zh-CN.md")
DOCUMENTED = "127.0.0.1:9080"
SERVES = "dialpact web"


def page(name: str) -> list[Step]:
    return steps((ROOT / "docs" / name).read_text("utf-8"))


@pytest.fixture
def installed(home: Home) -> Path:
    """As docs/install.md leaves it, and a call that was recorded."""
    for command in (
        ("business", "add", "jianghan", "--name", "江汉金融服务", "--actor", "own-business"),
        ("script", "add", "loans-7", "--file", str(SAMPLES / "script.txt")),
        ("script", "approve", "loans-7", "--by", "chen"),
        (
            *("campaign", "add", "autumn-loans", "--business", "jianghan", "--industry", "loans"),
            *("--purpose", "marketing", "--script", "loans-7"),
        ),
        ("caller-id", "import", str(SAMPLES / "caller-id.csv")),
        ("consent", "import", str(SAMPLES / "consent.csv")),
        ("dnc", "import", str(SAMPLES / "dnc.csv")),
        (
            *("leads", "import", str(SAMPLES / "leads.csv"), "--campaign", "autumn-loans"),
            *("--partner", "江汉银行", "--contract", "JH-2026-04", "--basis", "consent"),
        ),
    ):
        home.run(*command)
    Shelf(home, Host()).put()
    recorder(home, ready=True)
    (home.path / "bin").mkdir()
    program(home.path / "bin")
    return home.path


class Walk:
    """One shell after the other in ``folder``; ``dialpact web`` runs beside them from its line on."""

    def __init__(self, folder: Path, beside: ExitStack) -> None:
        self._folder, self._beside = folder, beside
        self._address = free_address()
        self.url = f"http://{self._address}"
        config = folder / "dialpact.toml"
        config.write_text(config.read_text("utf-8").replace(DOCUMENTED, self._address), "utf-8")

    def go(self, step: Step) -> None:
        command = step.command.replace(DOCUMENTED, self._address)
        if command.split("#")[0].strip() == SERVES:
            self._beside.enter_context(web(self._folder / "bin" / "dialpact", self._folder))
            return
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command],
            cwd=self._folder,
            env={**ENVIRONMENT, "PATH": f"{self._folder / 'bin'}:{ENVIRONMENT['PATH']}"},
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        wrong = differs(step, done.stdout.replace(self._address, DOCUMENTED))
        assert not wrong, f"{command}\n{wrong}\n{done.stdout}"


def test_the_page_is_walked(installed: Path) -> None:
    assert shutil.which("curl"), "curl is needed"
    found = page("api.md")
    assert any(step.command.strip().startswith(SERVES) for step in found)
    (program,) = pages.code("api.md")
    dialled: list[tuple[str, str]] = []
    with ExitStack() as beside:
        walk = Walk(installed, beside)
        for step in found:
            walk.go(step)
        token = (installed / "crm.key").read_text("ascii").split()[-1]
        known = {"token": token, "dial": lambda number, decision: dialled.append((number, decision))}
        exec(program.replace("https://calls.example", walk.url), known)
    ((number, decision),) = dialled
    assert number == "13800138000" and len(decision) == 32


@pytest.mark.parametrize(
    ("name", "any_key", "no_key"), [(PAGES[0], "any", "no key"), (PAGES[1], "任意", "无须密钥")]
)
def test_the_page_has_every_address_and_no_other(name: str, any_key: str, no_key: str) -> None:
    text = (ROOT / "docs" / name).read_text("utf-8")
    told = re.findall(r"^\| `([A-Z]+ /v1/\S+)` \| ([^|]+) \| [^|]+ \|$", text, re.MULTILINE)
    scopes = {any_key: set(ANY_KEY), no_key: set[str]()}
    assert {address: scopes.get(said, set(re.findall(r"`([^`]+)`", said))) for address, said in told} == {
        endpoint.name: set(endpoint.scopes) for endpoint in endpoints()
    }
    assert len(told) == len(endpoints())


@pytest.mark.parametrize("name", PAGES)
def test_the_page_names_what_the_client_can(name: str) -> None:
    text = (ROOT / "docs" / name).read_text("utf-8")
    for method in dir(Client):
        if not method.startswith("_"):
            assert f"`{method}" in text, method


@pytest.mark.parametrize("name", PAGES)
def test_a_code_on_the_page_is_one(name: str) -> None:
    """Of problems that the frame has, all of them, or of faults."""
    text = (ROOT / "docs" / name).read_text("utf-8")
    rows = re.findall(r"^\| [0-9, 、]+ \| (.*?) \|", text, re.MULTILINE)
    said = {code for row in rows for code in re.findall(r"`([a-z-]+)`", row)} - {"errors"}
    assert said <= CODES
    assert OF_THE_FRAME - said == set()


def test_both_languages_run_and_show_the_same() -> None:
    english, chinese = map(page, PAGES)
    assert english == chinese
    assert pages.code(PAGES[0]) == pages.code(PAGES[1])


@pytest.mark.parametrize(
    ("shown", "came", "same"),
    [
        ({"a": 1}, {"a": 1}, True),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        ({"a": 1, "…": "…"}, {"a": 1, "b": 2}, True),
        ({"a": "…"}, {"a": [1]}, True),
        ({"a": "x…z"}, {"a": "xyz"}, True),
        ({"a": "x…z"}, {"a": "xy"}, False),
        ([1, "…"], [1, 2, 3], True),
        ([1, "…"], [2, 3], False),
        ([1], [1, 2], False),
        (1, True, False),
        ("1", 1, False),
    ],
)
def test_what_is_held_against_what(shown: object, came: object, same: bool) -> None:
    assert (unlike(shown, came, "$") == "") is same
