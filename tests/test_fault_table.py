"""The matrix of faults is whole, and its pages carry it."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest

from tests.lab.matrix.faults import FAULTS
from tests.lab.matrix.row import Row, matrix
from tests.lab.matrix.table import PAGES, carried, table


def test_every_row_has_its_fault_and_every_fault_its_row() -> None:
    assert [row.id for row in matrix().row] == list(FAULTS)


def test_every_cell_is_a_row_or_says_why_not() -> None:
    rows = {matrix().cell(row) for row in matrix().row}
    none = [(group.component, fault) for group in matrix().none for fault in group.faults]
    assert len(set(none)) == len(none)
    assert not rows & set(none)
    assert rows | set(none) == {(part, fault) for part in matrix().components for fault in matrix().faults}
    assert all(group.why for group in matrix().none)


@pytest.mark.parametrize("row", matrix().row, ids=lambda row: row.id)
def test_a_row_says_all_that_its_kind_has(row: Row) -> None:
    assert row.recovery in matrix().recovery
    assert row.emergency != bool(row.why)
    assert (row.call == "refused") == bool(row.reason) == bool(row.where) == bool(row.within)
    assert (row.call in ("refused", "unbridged")) == bool(row.status)


@pytest.mark.parametrize(("language", "page"), PAGES.items())
def test_the_page_carries_the_table(language: Literal["en", "zh"], page: Path) -> None:
    """Made by ``python -m tests.lab.matrix.table``."""
    assert carried(page) == table(language)
