"""A package shows rows whole: what it is typed to show is what the tables have."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import get_type_hints

import pytest

from dialpact.compliance.evidence.rows import TABLES
from dialpact.store.sqlite import create

# A package's form is what it was when the first verifiers were written: what came later is in its acts.
LATER = {"complaint": {"closed_at", "closing"}}
KINDS = {"INTEGER": int, "TEXT": str, "REAL": float}


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("rows") / "a.db"
    create(path)
    return path


@pytest.mark.parametrize("table", TABLES)
def test_every_column_is_there_with_its_kind(database: Path, table: str) -> None:
    with contextlib.closing(sqlite3.connect(database)) as connection:
        columns = list(connection.execute(f"PRAGMA table_info({table})"))
    stored = {
        name: KINDS[kind] if needed or key else KINDS[kind] | None
        for _, name, kind, needed, _, key in columns
        if name not in LATER.get(table, ())
    }
    assert get_type_hints(TABLES[table]) == stored
