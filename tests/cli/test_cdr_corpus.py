"""Every form of call records that PBXs write, and what spreadsheets make of it: ``tests/corpus/cdr``."""

from __future__ import annotations

import tomllib
from pathlib import Path
from string import Formatter
from typing import Any

import pytest

from dialpact.presentation import texts
from tests.cli.conftest import Home

CORPUS = Path(__file__).parents[1] / "corpus" / "cdr"
ROWS: list[dict[str, Any]] = tomllib.loads((CORPUS / "table.toml").read_text("utf-8"))["file"]
READ = [row for row in ROWS if "refused" not in row]
REFUSED = [row for row in ROWS if "refused" in row]
CALLEES = ("13800138000", "13900139000")
by_name = pytest.mark.parametrize("row", READ, ids=[row["name"] for row in READ])


def given(row: dict[str, Any]) -> list[str]:
    zone = ("--timezone", row["zone"]) if "zone" in row else ()
    return ["--cdr", str(CORPUS / row["name"]), *row.get("options", ()), *zone]


def test_the_table_has_every_file() -> None:
    assert sorted(row["name"] for row in ROWS) == sorted(
        path.name for path in CORPUS.iterdir() if path.name != "table.toml"
    )


@by_name
def test_replay_reads_it(home: Home, row: dict[str, Any]) -> None:
    answer = home("replay", *given(row), "--rules", "hours", "--list", code=3)
    lines, attempts = row.get("lines", 3), row.get("attempts", 2)
    (read,) = answer["read"]
    assert (read["form"], read["lines"], read["bad"], answer["errors"]) == (row["form"], lines, 0, [])
    assert read["trunk_lines"] == answer["attempts"] == attempts
    assert answer["others"] == lines - attempts
    assert answer["blocked"] == row.get("blocked", min(attempts, 1))
    assert answer["shift"] == row.get("shift", 0)
    if attempts:
        assert answer["from"][:16] == row.get("first", "2026-11-24T02:00:07Z")[:16]
        assert answer["from"] == row.get("first", "2026-11-24T02:00:07Z")
    if attempts == 2:
        assert answer["calls"][0]["number"] == "+86139****9000"
    assert [peer["peer"] for peer in read["peers"]] == row.get("peers", [p["peer"] for p in read["peers"]])


@by_name
def test_reconcile_reads_it(home: Home, row: dict[str, Any]) -> None:
    answer = home("reconcile", *given(row), code=3)
    attempts = row.get("attempts", 2)
    (read,) = answer["read"]
    assert (read["form"], read["bad"], read["trunk_lines"]) == (row["form"], 0, attempts)
    assert (answer["calls"], answer["answered"]) == (attempts, row.get("answered", min(attempts, 1)))
    # (a call by an endpoint that no trunk lists may be a finding of its own)
    found = {kind: count for kind, count in answer["found"].items() if kind != "unlisted-endpoint"}
    assert found == ({"without-decision": attempts} if attempts else {})
    assert answer["house"] == row.get("lines", 3) - attempts
    assert answer["shift"] == row.get("shift", 0)


@by_name
def test_nobody_who_was_called_is_shown(home: Home, row: dict[str, Any]) -> None:
    for command in (("replay", "--rules", "hours", "--list"), ("reconcile",)):
        for more in ((), ("--json",)):
            shown = home.run(*command, *given(row), *more, code=3).output
            assert not [number for number in CALLEES if number in shown]


@pytest.mark.parametrize("command", ["replay", "reconcile"])
@pytest.mark.parametrize("row", REFUSED, ids=[row["name"] for row in REFUSED])
def test_it_is_refused_with_one_sentence(home: Home, row: dict[str, Any], command: str) -> None:
    said = home(command, *given(row), code=1)["error"]
    text = texts.catalogue("en")[f"fault.{row['refused']}"]
    first = next(literal for literal, *_ in Formatter().parse(text) if literal)
    assert row["name"] in said and first.strip() in said
    assert said.count("\n") == 0
    assert not [number for number in CALLEES if number in said]


def test_each_file_that_is_refused_has_its_sentence(home: Home) -> None:
    names = [str(CORPUS / row["name"]) for row in REFUSED if row["refused"] != "cdr-no-line"]
    said = home("replay", *(word for name in names for word in ("--cdr", name)), code=1)["error"]
    lines = said.split("\n")
    assert [name for name in names if name in said] == names
    assert len(lines) == len(names)
