"""Code and profiles permit exactly the minutes that are on file."""

from __future__ import annotations

import tomllib

import pytest

from tests.compliance.snapshots import CALLEES, FOLDER, render


@pytest.mark.parametrize("name", CALLEES)
def test_the_permitted_minutes_of_the_year_are_those_on_file(name: str) -> None:
    on_file = (FOLDER / f"{name}.toml").read_text(encoding="utf-8")
    assert render(name) == on_file, "if this is meant: python -m tests.compliance.snapshots"


def test_the_files_are_these_and_can_be_read() -> None:
    assert {file.stem for file in FOLDER.glob("*.toml")} == set(CALLEES)
    for name, callees in CALLEES.items():
        tables = tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
        assert list(tables) == [callee for callee, _, _ in callees]
        for table in tables.values():
            assert [len(month) for month in table["days"]] == [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
