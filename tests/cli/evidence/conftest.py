from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from dialpact.cli.app import app
from dialpact.cli.command_context import Machine
from dialpact.compliance.registers.fault import Fault
from tests.cli.conftest import Home
from tests.cli.evidence.packages import called, export, recorded, signer


def no_pdf(html: str) -> bytes:
    raise Fault("pdf-extra")


class Packaged:
    """A package that is valid, its key, and a place for what is made of it."""

    def __init__(self, home: Home, call: str, package: Path) -> None:
        self.home, self.call, self.package = home, call, package
        self.data, self.key, self.signer = package.read_bytes(), signer(home).vkey, signer(home)

    def file(self, data: bytes) -> Path:
        made = self.home.path / "made.zip"
        made.write_bytes(data)
        return made


@pytest.fixture(scope="module")
def packaged(tmp_path_factory: pytest.TempPathFactory) -> Packaged:
    """Made once: nothing changes its home."""
    with pytest.MonkeyPatch.context() as patch:
        path = tmp_path_factory.mktemp("packaged")
        patch.chdir(path)
        patch.delenv("DIALPACT_CONFIG", raising=False)
        home = Home(path)
        home.machine = Machine(pdf=no_pdf)
        assert CliRunner().invoke(app, ["init"]).exit_code == 0
        call = called(home)
        recorded(home, call, "a")
        home.run("ledger", "checkpoint", "-o", "older.note")
        recorded(home, call, "b", after=5)
        return Packaged(home, call, export(home, "--call", call, "--reason", "12321"))
