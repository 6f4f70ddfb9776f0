"""A home with configuration and database, and the command line in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from dialpact.cli.app import app
from dialpact.cli.command_context import Machine
from tests.cli.recorded import Host, Shelf

NUMBER = "13800138000"


class Home:
    """``home(...)`` runs a command with JSON output; ``home.run(...)`` gives the whole result."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.config = path / "dialpact.toml"
        self.machine = Machine()

    def run(self, *arguments: str, code: int = 0) -> Result:
        environment = {"LC_ALL": "en_GB.UTF-8", "COLUMNS": "80"}
        result = CliRunner().invoke(app, [*arguments], env=environment, obj={"machine": self.machine})
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == code, result.output
        return result

    def __call__(self, *arguments: str, code: int = 0) -> Any:
        return json.loads(self.run(*arguments, "--json", code=code).stdout)

    def file(self, name: str, content: str | bytes) -> str:
        data = content.encode() if isinstance(content, str) else content
        (self.path / name).write_bytes(data)
        return str(self.path / name)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DIALPACT_CONFIG", raising=False)
    place = Home(tmp_path)
    place.run("init")
    return place


def stock(home: Home) -> Home:
    """With everything that a call needs: NUMBER may be called on a working day."""
    home.run("business", "add", "acme", "--name", "某某公司", "--actor", "own-business")
    home.run("script", "add", "pitch", "--file", home.file("pitch.txt", "您好，这里是某某公司。"))
    home.run("script", "approve", "pitch", "--by", "chen")
    purpose = ("--industry", "保险", "--purpose", "marketing", "--script", "pitch")
    home.run("campaign", "add", "renewal", "--business", "acme", *purpose)
    issued = ("--licence", "L-1", "--carrier", "电信", "--authenticated", "--valid-from", "2026-01-01")
    home.run(
        *("caller-id", "add", "02787654321", "--business", "acme", *issued),
        *("--trunk", "carrier", "--purpose", "marketing"),
    )
    provenance = ("--campaign", "renewal", "--partner", "某某银行", "--contract", "K-1", "--basis", "consent")
    home.run("leads", "import", home.file("leads.csv", f"number\n{NUMBER}\n"), *provenance)
    agreed = ("--evidence", "form 7", "--granted-at", "2026-01-05")
    home.run("consent", "add", NUMBER, "--business", "acme", "--industry", "保险", *agreed)
    return home


@pytest.fixture
def stocked(home: Home) -> Home:
    return stock(home)


@pytest.fixture
def shelf(home: Home) -> Shelf:
    host = Host()
    home.machine = host.machine
    return Shelf(home, host)
