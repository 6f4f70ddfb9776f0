"""Lists as they are brought, each through ``dialpact scrub``: its own corpus, and that of the registers."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Home
from tests.corpus.lists import make
from tests.corpus.lists.test_lists import TABLE as LISTS
from tests.corpus.lists.test_lists import pattern

FOLDER = Path(__file__).parents[1] / "corpus" / "scrub"
TABLE: dict[str, dict[str, Any]] = tomllib.loads((FOLDER / "table.toml").read_text("utf-8"))["scrub"]
CALL = ("--campaign", "renewal", "--caller-id", "02787654321", "--at", "2026-11-24T10:00:00+08:00")


def test_every_file_is_in_the_table() -> None:
    files = {path.name for path in FOLDER.iterdir() if path.suffix in (".csv", ".json", ".jsonl")}
    assert files == set(TABLE) and all(about["what"] for about in TABLE.values())


def scrubbed(home: Home, file: str, about: dict[str, Any]) -> list[dict[str, Any]] | None:
    """The rows; None where it is refused, as it is to be."""
    if "refused" in about:
        answer = home("scrub", file, *CALL, code=1)
        assert pattern(f"fault.{about['refused']}") in answer["error"]
        return None
    found: list[dict[str, Any]] = home("scrub", file, *CALL, code=_code(about))["results"]
    return found


def _code(about: dict[str, Any]) -> int:
    numbers = about["numbers"]
    return 0 if set(numbers) == {"+8613800138000"} and not about.get("bad") else 3


@pytest.mark.parametrize("name", TABLE)
def test_what_comes_out(stocked: Home, name: str) -> None:
    about = TABLE[name]
    rows = scrubbed(stocked, stocked.file(name, (FOLDER / name).read_bytes()), about)
    if rows is not None:
        assert [row["number"] for row in rows] == about["numbers"]
        faults = {str(row["line"]): row["fault"] for row in rows if row["fault"]}
        assert faults == about.get("faults", {})
        assert all(row["verdict"] == "BLOCK" for row in rows if not row["number"])


@pytest.mark.parametrize(
    "name", [name for name, about in LISTS.items() if about.get("command", "dnc") in ("dnc", "leads", "all")]
)
def test_a_list_of_the_registers_corpus(stocked: Home, name: str) -> None:
    """Its good rows have their numbers; what is wrong with a number is wrong here too."""
    about = LISTS[name]
    file = stocked.file(name, make.files()[name])
    if "refused" in about:
        scrubbed(stocked, file, about)
        return
    rows = stocked("scrub", file, *CALL, code=_code(about) if about.get("numbers") else 3)["results"]
    assert {row["number"] for row in rows} >= set(about.get("numbers", []))
    bad = {line.rpartition(":")[2] for line, _ in about.get("bad", [])}
    assert {str(row["line"]) for row in rows if not row["number"]} <= bad
    assert len(rows) == len(about.get("numbers", [])) + len(about.get("bad", [])), "no row is lost"
