"""The table of attacks is whole: each names a test that exists, and SECURITY.md carries it as it is made."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Literal

import pytest

from tests.attacks.table import PAGES, WHO, Attack, attacks, carried, table
from tests.syntax import tree


def test_each_attacker_has_his_rows_and_each_attack_its_name() -> None:
    assert {one.who for one in attacks()} == set(WHO)
    names = [one.id for one in attacks()]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("one", attacks(), ids=lambda one: one.id)
def test_the_test_of_an_attack_exists(one: Attack) -> None:
    file, function = one.place
    assert file.name.startswith("test_") and file.is_file(), one.test
    found = {
        node.name
        for node in tree(file.read_text("utf-8")).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert function.startswith("test_") and function in found, one.test


@pytest.mark.parametrize("one", attacks(), ids=lambda one: one.id)
def test_a_cell_is_a_cell(one: Attack) -> None:
    """No line and no column more than the table has."""
    for text in (one.what, one.found_by, one.when):
        for said in (text.en, text.zh):
            assert said.strip() == said != "" and "\n" not in said and "|" not in said


@pytest.mark.parametrize(("language", "page"), PAGES.items())
def test_the_page_carries_the_table(language: Literal["en", "zh"], page: Path) -> None:
    """Made by ``python -m tests.attacks.table``."""
    assert carried(page) == table(language)
