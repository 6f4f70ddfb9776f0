"""A house: a folder with an installation, a clock that only commands move, and what was said there."""

from __future__ import annotations

import contextlib
import pwd
import re
import shlex
import sqlite3
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from dialpact.cli.app import app
from dialpact.cli.command_context import Machine
from dialpact.compliance.registers.fault import Fault
from tests.cli.recorded import Host
from tests.golden.plain import Plain

BEFORE = Path(__file__).parent / "before"
# A Wednesday within the hours of every profile; the database of before was made the day before.
START = datetime.fromisoformat("2026-11-25T02:00:00+00:00")
LANGUAGES = ("en", "zh")
SPACES = re.compile(" {2,}")
# Ports at which nobody listens, whatever runs beside the tests.
PORTS = {"127.0.0.1:4573": "127.0.0.1:1", "port = 5038": "port = 1"}


class House:
    """``say("business list")`` runs it; ``read("business list")`` in both languages and as JSON."""

    def __init__(self, path: Path, host: Host) -> None:
        self.path, self.host = path, host
        self._plain = Plain(path)
        self._said: list[str] = []

    def say(self, line: str) -> str:
        """Runs one command a second later; its stdout, as it was."""
        self.host.runs(timedelta(seconds=1))
        result = CliRunner().invoke(
            app,
            shlex.split(line),
            env={"LC_ALL": "en_GB.UTF-8", "COLUMNS": "80"},
            obj={"machine": Machine(clock=self.host, uptime=self.host.uptime, pdf=_no_pdf)},
        )
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        out, err = self._plain(result.stdout), self._plain(result.stderr)
        heads = [f"$ dialpact {self._plain(line)}", out, *(["! " + e for e in err.splitlines()])]
        self._said.append("\n".join([*filter(None, heads), f"= {result.exit_code}"]))
        return result.stdout

    def read(self, line: str) -> None:
        for language in LANGUAGES:
            self.say(f"{line} --lang {language}")
        self.say(f"{line} --json")

    def tell(self, lines: str) -> None:
        """Each line a command; one with ``*`` before it only reads: in both languages and as JSON."""
        for line in filter(None, map(str.strip, SPACES.sub(" ", lines).splitlines())):
            if line.startswith("*"):
                self.read(line[1:].strip())
            else:
                self.say(line)

    def file(self, name: str, content: str | bytes) -> None:
        (self.path / name).write_bytes(content.encode() if isinstance(content, str) else content)

    def set(self, old: str, new: str) -> None:
        """In its configuration."""
        config = self.path / "dialpact.toml"
        text = config.read_text("utf-8")
        assert old in text
        config.write_text(text.replace(old, new), "utf-8")

    def told(self) -> str:
        """What was said since the last time; its placeholders are counted from 1 again."""
        told, self._said, self._plain = self._said, [], Plain(self.path)
        return "\n\n".join(told) + "\n"


@contextlib.contextmanager
def empty(at: datetime = START) -> Iterator[House]:
    """One without anything; the process is in it, and knows nothing of the machine around."""
    with (
        tempfile.TemporaryDirectory(prefix="golden-", dir="/tmp") as name,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.chdir(name)
        (Path(name) / "bin").mkdir()
        patch.setenv("PATH", f"{name}/bin")
        for variable in ("DIALPACT_CONFIG", "SUDO_USER"):
            patch.delenv(variable, raising=False)
        patch.setattr(pwd, "getpwuid", lambda _: SimpleNamespace(pw_name="operator"))
        yield House(Path(name), Host(at))


def _no_pdf(html: str) -> bytes:
    raise Fault("pdf-extra")


def begin(house: House) -> None:
    """``init``, and a configuration that finds nobody at its ports."""
    house.say("init")
    for old, new in PORTS.items():
        house.set(old, new)


def of_before(house: House) -> None:
    """The installation that the code of before left."""
    for file in BEFORE.rglob("*"):
        if file.is_file() and file.name != "dialpact.sql":
            copy = house.path / file.relative_to(BEFORE)
            copy.parent.mkdir(exist_ok=True)
            copy.write_bytes(file.read_bytes())
    for secret in house.path.glob("ledger.key*"):
        secret.chmod(0o600)
    config = house.path / "dialpact.toml"
    config.write_text(config.read_text("utf-8").replace("HOME", str(house.path)), "utf-8")
    restore((BEFORE / "dialpact.sql").read_text("utf-8"), house.path / "dialpact.db")


def dump(database: Path) -> str:
    """All that is in it, as SQL, with its version."""
    with contextlib.closing(sqlite3.connect(database)) as connection:
        pragmas: list[Any] = [
            f"PRAGMA {name} = {connection.execute(f'PRAGMA {name}').fetchone()[0]};"
            for name in ("user_version", "application_id")
        ]
        return "\n".join([*connection.iterdump(), *pragmas]) + "\n"


def restore(sql: str, database: Path) -> None:
    with contextlib.closing(sqlite3.connect(database)) as connection:
        connection.executescript(sql)
        connection.execute("PRAGMA journal_mode = WAL")
    database.chmod(0o640)
