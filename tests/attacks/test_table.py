"""The tables of SECURITY.md are whole: each row names a test that exists, each page carries them as made."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.attacks import asvs, owasp, table
from tests.attacks.asvs import NUMBERS, Requirement, requirements
from tests.attacks.owasp import RISKS, Guard, guards
from tests.attacks.table import PAGES, WHO, Attack, Language, Row, Text, attacks, carried
from tests.syntax import tree

ROWS = [pytest.param(one, id=one.id) for one in attacks()] + [
    pytest.param(one, id=one.test) for one in guards()
]
ASKED = [pytest.param(one, id=one.id) for one in requirements()]


def test_each_attacker_has_his_rows_and_each_attack_its_name() -> None:
    assert {one.who for one in attacks()} == set(WHO)
    names = [one.id for one in attacks()]
    assert len(set(names)) == len(names)


def test_each_risk_has_its_guard_and_no_guard_is_there_twice() -> None:
    assert {one.risk for one in guards()} == set(RISKS) == set(range(1, 11))
    assert len(set(guards())) == len(guards())


def test_each_requirement_is_there_once_in_its_order() -> None:
    wanted = [f"{section}.{number}" for section, numbers in NUMBERS.items() for number in numbers]
    assert [one.id for one in requirements()] == wanted


@pytest.mark.parametrize("one", [*ROWS, *(each for each in ASKED if each.values[0].test)])
def test_the_test_of_a_row_exists(one: Row | Requirement) -> None:
    file, function = one.place
    assert file.name.startswith("test_") and file.is_file(), one.test
    found = {
        node.name
        for node in tree(file.read_text("utf-8")).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert function.startswith("test_") and function in found, one.test


@pytest.mark.parametrize("one", [*ROWS, *ASKED])
def test_a_cell_is_a_cell(one: Attack | Guard | Requirement) -> None:
    """No line and no column more than the table has."""
    match one:
        case Attack():
            texts: tuple[Text, ...] = (one.what, one.found_by, one.when)
        case Guard():
            texts = (one.guard,)
        case _:
            texts = (one.asks, one.kept)
    for text in texts:
        for said in (text.en, text.zh):
            assert said.strip() == said != "" and "\n" not in said and "|" not in said


@pytest.mark.parametrize(("language", "page"), PAGES.items())
@pytest.mark.parametrize(
    ("made", "marked"),
    [(table.table, table.MARKED), (owasp.table, owasp.MARKED), (asvs.table, asvs.MARKED)],
    ids=["attacks", "owasp", "asvs"],
)
def test_the_page_carries_the_table(
    language: Language, page: Path, made: Callable[[Language], str], marked: re.Pattern[str]
) -> None:
    """Made by ``python -m tests.attacks.table``, ``.owasp`` and ``.asvs``."""
    assert carried(page, marked) == made(language)
