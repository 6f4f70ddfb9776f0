"""What a command loads before it does anything: itself, and of the others no more than their names."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from dialpact.cli.app import PLACES, built
from dialpact.store import sqlite, units
from tests.bench.import_bench import PROGRAM
from tests.cli.conftest import Home

ROOT = Path(__file__).parents[2]
WIDE = 1000


@pytest.mark.parametrize("name", PLACES)
def test_the_line_of_help_is_the_commands_own(name: str) -> None:
    assert PLACES[name][1] == built(name).get_short_help_str(WIDE)


def loaded(program: str, *arguments: str) -> set[str]:
    """The modules that are there when the program has ended."""
    tell = "import atexit, sys; atexit.register(lambda: print('\\n'.join(sys.modules), file=sys.stderr)); "
    done = subprocess.run(
        [sys.executable, "-c", tell + program, *arguments], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode in (0, 3), done.stderr
    return set(done.stderr.split("\n"))


HEAVY = {
    "asyncio",
    "cryptography",
    "holidays",
    "jinja2",
    "msgspec",
    "phonenumbers",
    "pydantic",
    "rich",
    "sqlite3",
}
CHECK = ("check", "13800138000", "--campaign", "spring", "--caller-id", "02788880007", "--trunk", "carrier")


@pytest.mark.parametrize(
    ("words", "needed"),
    [
        (("--help",), set()),
        (("--version",), set()),
        (("business", "list", "--json"), {"asyncio", "msgspec", "sqlite3"}),
        (("business", "list"), {"asyncio", "msgspec", "rich", "sqlite3"}),
        ((*CHECK, "--json"), {"asyncio", "msgspec", "phonenumbers", "sqlite3"}),
    ],
)
def test_a_command_loads_what_it_needs(home: Home, words: tuple[str, ...], needed: set[str]) -> None:
    home.run("business", "add", "acme", "--name", "Acme", "--actor", "own-business")
    found = loaded(PROGRAM, "--config", str(home.config), *words)
    assert found & HEAVY == needed
    commands = {f"dialpact.cli.{place.partition('.')[0]}" for place, _ in PLACES.values()}
    assert found & commands == ({f"dialpact.cli.{words[0]}"} if words[0] in PLACES else set())


def test_a_daemon_loads_all_nouns_before_its_first_call() -> None:
    """What is imported later could be of another version, after an upgrade beneath it."""
    found = loaded("from dialpact.store import sqlite; sqlite.warm()")
    for room in (sqlite, units):
        folder = Path(room.__file__).parent
        files = {
            path.relative_to(folder).with_suffix("") for path in folder.rglob("*.py") if path.stem[0] != "_"
        }
        assert {".".join((room.__name__, *file.parts)) for file in files} <= found


def test_nothing_of_another_engine_is_loaded() -> None:
    """Who has no PostgreSQL has not got its driver."""
    found = loaded("from dialpact.store import sqlite; sqlite.warm()")
    assert not found & {"asyncpg", "greenlet", "dialpact.store.postgres"}
