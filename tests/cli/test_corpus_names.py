"""Files whose columns have the names that people give them: ``tests/corpus/names``, by its table."""

from __future__ import annotations

import sqlite3
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Home

FOLDER = Path(__file__).parents[1] / "corpus" / "names"
TABLE: list[dict[str, Any]] = tomllib.loads((FOLDER / "table.toml").read_text("utf-8"))["file"]
BATCH = ("--campaign", "renewal", "--partner", "p", "--contract", "k", "--basis", "consent")
COMMANDS = {
    "dnc": ("dnc", "import"),
    "consent": ("consent", "import"),
    "caller-id": ("caller-id", "import"),
    "leads": ("leads", "import", *BATCH),
    "carrier-list": ("caller-id", "reconcile", "--carrier-list"),
}
# The numbers that came by the file: ``stocked`` has others.
NUMBERS = {
    "dnc": "SELECT '+' || number FROM do_not_call",
    "consent": "SELECT '+' || number FROM consent WHERE evidence <> 'form 7'",
    "caller-id": "SELECT number FROM caller_id WHERE number <> '02787654321'",
    "leads": "SELECT '+' || number FROM lead WHERE batch > 1",
}


def runs() -> Iterator[Any]:
    for number, row in enumerate(TABLE):
        for command in row["commands"]:
            yield pytest.param(row, command, id=f"{number}-{row['name']}-{command}")


def copied(home: Home, name: str) -> str:
    """Bad rows are written beside it."""
    return home.file(name, (FOLDER / name).read_bytes())


@pytest.mark.parametrize(("row", "command"), list(runs()))
def test_what_comes_out(stocked: Home, row: dict[str, Any], command: str) -> None:
    more = row.get("arguments", {}).get(command, [])
    answer = stocked(*COMMANDS[command], copied(stocked, row["name"]), *more, code=1 if "error" in row else 0)
    if "error" in row:
        assert row["error"] in answer["error"]
        return
    assert (answer["rows"] - answer["bad"], answer["bad"]) == (row["good"], row.get("bad", 0))
    if command == "carrier-list":
        assert answer["differences"] == []
    left_out = row.get("left_out", [])
    assert answer.get("left_out", []) == left_out
    assert row.get("remark", "") in " ".join(answer["remarks"])
    if "numbers" in row:
        with sqlite3.connect(stocked.path / "dialpact.db") as database:
            found = [number for (number,) in database.execute(NUMBERS[command])]
        database.close()
        assert sorted(found) == row["numbers"]


def test_the_table_has_every_file() -> None:
    assert {row["name"] for row in TABLE} == {file.name for file in FOLDER.iterdir()} - {"table.toml"}


def test_every_row_says_what_it_is() -> None:
    assert all(row["what"] and ("error" in row or "good" in row) for row in TABLE)


@pytest.mark.parametrize(("language", "says"), [("en", "Left out: "), ("zh", "未采用的列：")])
def test_people_are_told(stocked: Home, language: str, says: str) -> None:
    done = stocked.run("dnc", "import", copied(stocked, "dnc-chinese.csv"), "--lang", language)
    (told,) = [line for line in done.stderr.splitlines() if says in line]
    assert "'备注'" in told
    assert "number = '手机号'" in done.stderr


def test_the_log_says_what_was_read_from_where(stocked: Home) -> None:
    stocked(
        "dnc",
        "import",
        copied(stocked, "own-word.csv"),
        "--map",
        "number=回拨专线",
        "--scope",
        "all",
        "--source",
        "S",
    )
    with sqlite3.connect(stocked.path / "dialpact.db") as database:
        ((columns, left_out),) = database.execute(
            "SELECT detail ->> 'columns', detail ->> 'left_out' FROM register_change "
            "WHERE register = 'dnc' AND action = 'import'"
        )
    database.close()
    assert columns == '{"number":"回拨专线","scope":"= all","source":"= S"}'
    assert left_out == '["业务员"]'
