"""A report over a year looks at a million decisions through one index, and never at their rows."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from pathlib import Path

import pytest

from dialpact.store.sqlite import create
from dialpact.store.units.inspections import SQL

OVER_A_PERIOD = (
    *("minutes", "purposes_in_minutes", "reasons", "caller_uses", "by_campaign", "by_others"),
    *("clock_marks", "answered", "calls_without_consent", "calls_after_opt_out"),
)


@pytest.mark.parametrize("name", OVER_A_PERIOD)
def test_only_the_index_is_read(tmp_path: Path, name: str) -> None:
    create(tmp_path / "a.db")
    sql = getattr(SQL, name).sql
    with contextlib.closing(sqlite3.connect(tmp_path / "a.db")) as db:
        values = dict.fromkeys(re.findall(r":(\w+)", sql), "[]")
        plan = [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {sql}", values)]
    assert any("decision USING COVERING INDEX decision_in_report" in step for step in plan), plan
    assert not [step for step in plan if step.startswith("SCAN decision")], plan


def test_no_other_statement_walks_the_decisions(tmp_path: Path) -> None:
    create(tmp_path / "a.db")
    with contextlib.closing(sqlite3.connect(tmp_path / "a.db")) as db:
        for name in SQL.available_queries:
            if name.endswith("_cursor"):
                continue
            sql = getattr(SQL, name).sql
            values = dict.fromkeys(re.findall(r":(\w+)", sql), "[]")
            plan = [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {sql}", values)]
            assert not [step for step in plan if re.match(r"SCAN decision\b", step)], (name, plan)
