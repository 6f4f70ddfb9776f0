"""OWASP's ten risks of an API: each has a guard, each guard a test that exists; SECURITY.md carries them."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Literal

import pytest

from tests.attacks.owasp import RISKS, Guard, carried, guards, table
from tests.attacks.table import PAGES
from tests.syntax import tree


def test_each_risk_has_its_guard_and_no_guard_is_there_twice() -> None:
    assert {one.risk for one in guards()} == set(RISKS) == set(range(1, 11))
    assert len(set(guards())) == len(guards())


@pytest.mark.parametrize("one", guards(), ids=lambda one: one.test)
def test_the_test_of_a_guard_exists(one: Guard) -> None:
    file, function = one.place
    assert file.name.startswith("test_") and file.is_file(), one.test
    found = {
        node.name
        for node in tree(file.read_text("utf-8")).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert function.startswith("test_") and function in found, one.test


@pytest.mark.parametrize("one", guards(), ids=lambda one: one.test)
def test_a_cell_is_a_cell(one: Guard) -> None:
    for said in (one.guard.en, one.guard.zh):
        assert said.strip() == said != "" and "\n" not in said and "|" not in said


@pytest.mark.parametrize(("language", "page"), PAGES.items())
def test_the_page_carries_the_table(language: Literal["en", "zh"], page: Path) -> None:
    """Made by ``python -m tests.attacks.owasp``."""
    assert carried(page) == table(language)
