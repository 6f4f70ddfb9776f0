"""Every table says what binds its rows; every register that is bound by acts is replayed."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import get_args

import pytest

from dialpact.application.ledger.audit.bound import PARTS, SMALL
from dialpact.compliance.ledger.bound.tables import TABLES, How
from dialpact.store.sqlite import migrate
from dialpact.store.units import ledger

ROOT = Path(__file__).parents[2]


def schema() -> set[str]:
    connection = sqlite3.connect(":memory:")
    migrate.migrate(connection)
    found = connection.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    )
    return {name for (name,) in found}


def test_every_table_says_what_binds_it() -> None:
    assert set(TABLES) == schema()
    assert all(bound.why for bound in TABLES.values())


def test_what_is_bound_by_a_leaf_is_a_kind_of_record() -> None:
    named = {bound.why.partition(",")[0] for bound in TABLES.values() if bound.how == "leaf"}
    assert named == set(ledger.KINDS)


def test_what_is_replayed_is_bound_by_acts() -> None:
    for register in SMALL:
        assert TABLES[register.table].how == "acts", register.name
    assert len({name for part in PARTS for name in part.registers}) == sum(
        len(part.registers) for part in PARTS
    )


@pytest.mark.parametrize("page", ["ledger.md", "ledger.zh-CN.md"])
def test_the_page_names_every_table(page: str) -> None:
    text = (ROOT / "docs" / page).read_text("utf-8")
    for how in get_args(How):
        names = [f"`{name}`" for name, bound in TABLES.items() if bound.how == how]
        row = next(
            (line for line in text.splitlines() if line.startswith(f"| {how} |") or f"| `{how}` |" in line),
            "",
        )
        assert [name for name in names if name not in row] == [], (page, how)
