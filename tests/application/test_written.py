"""What a spreadsheet takes for a formula is a text in what we write, and is read back as it was."""

from __future__ import annotations

import pytest

from dialpact.application.sheets.written import guarded
from dialpact.compliance.registers.cell import free_text


@pytest.mark.parametrize("cell", ["=1+1", "@x", "+x", "-x", "＝1+1", "＠x", "＋x", "－x"])
def test_a_formula_is_a_text_and_comes_back(cell: str) -> None:
    assert guarded(cell) == f"'{cell}"
    assert free_text(guarded(cell), "note") == cell


@pytest.mark.parametrize("cell", [" =1+1", "\t=1+1", "\r\n@x"])
def test_blanks_before_it_hide_none(cell: str) -> None:
    assert guarded(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "+8613800138000", "＋8613800138000", "13800138000", "名", "a=b", " "])
def test_what_is_none_stays_as_it_is(cell: str) -> None:
    assert guarded(cell) == cell
