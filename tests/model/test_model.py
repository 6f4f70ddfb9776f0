"""The model says what there is: its functions, its pages, its runs. ``make model`` explores it."""

from __future__ import annotations

import importlib
import re
from functools import reduce

import pytest

from tests.model import promela, runs, spin
from tests.model.promela import FOLDER, ROOT, Transition

TRANSITIONS = promela.transitions()
PAGES = {"README.md": "to be built: ", "README.zh-CN.md": "待建: "}
OTHERS = ("the database's", "nobody's", "anybody's", "the carrier's")  # doings that are no function's
REPORT = """
State-vector 108 byte, depth reached 38, errors: 0
  2951253 states, stored
 18318766 transitions (= stored+matched)
  353.751	total actual memory usage
pan: elapsed time 22.1 seconds
"""


def rows(page: str) -> dict[str, list[str]]:
    """The table's rows whose first cell is a name: that, and what stands beside it."""
    text = (FOLDER / page).read_text("utf-8")
    cells = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| `")]
    return {first.strip("`"): rest for first, *rest in cells}


def test_no_two_transitions_have_one_name() -> None:
    names = [one.name for one in TRANSITIONS]
    assert len(names) == len(set(names)) > 0
    assert all(one.told for one in TRANSITIONS), "each says when it happens"


@pytest.mark.parametrize("transition", TRANSITIONS, ids=lambda one: one.name)
def test_a_transition_is_a_function_that_exists(transition: Transition) -> None:
    if transition.is_ours:
        module, _, path = transition.function.partition(":")
        assert callable(reduce(getattr, path.split("."), importlib.import_module(module)))
    elif transition.context is not None:
        file, context = transition.context
        assert f"\n{context}\n" in (ROOT / file).read_text("utf-8")
    else:
        assert transition.is_to_be_built or transition.function.startswith(OTHERS)
        assert "(" not in transition.function, "what is to be built names no function"


@pytest.mark.parametrize("page", PAGES)
def test_a_page_has_each_transition_as_the_model_has_it(page: str) -> None:
    found = rows(page)
    for one in TRANSITIONS:
        _, is_what = found.pop(one.name)
        if one.is_ours or one.context:
            assert is_what == f"`{one.function}`", one.name
        else:
            assert is_what.startswith(PAGES[page]) == one.is_to_be_built, one.name
            assert "`" not in is_what, one.name
    assert set(found) == set(runs.BREAKS), "beside them the rules that are left out"
    assert {name: rest[-1] for name, rest in found.items()} == {
        name: ", ".join(broken) for name, (_, broken) in runs.BREAKS.items()
    }


def test_both_pages_have_the_same_tables() -> None:
    texts = [(FOLDER / page).read_text("utf-8") for page in PAGES]
    for mark in ("\n## ", "\n| --- ", "\n|", "```"):
        assert texts[0].count(mark) == texts[1].count(mark), mark
    assert "[中文](README.zh-CN.md)" in texts[0] and "[English](README.md)" in texts[1]
    for page, text in zip(PAGES, texts, strict=True):
        for name in re.findall(r"`(\w+\.pml)`", text):
            assert (FOLDER / name).exists(), (page, name)


def test_each_rule_that_can_be_left_out_is() -> None:
    assert set(runs.BREAKS) == promela.breaks()
    assert {one for _, broken in runs.BREAKS.values() for one in broken} == set(runs.PROPERTIES), (
        "each property is found broken by one at least"
    )
    properties = (FOLDER / "properties.pml").read_text("utf-8")
    assert set(re.findall(r"must\((\w+),", properties)) - {"property"} == set(runs.PROPERTIES)


def test_a_report_is_read() -> None:
    found = spin.read(REPORT)
    assert (found.states, found.depth, found.megabytes, found.seconds) == (2951253, 38, 353.751, 22.1)
    assert found.is_whole


def test_a_report_on_cycles_is_read() -> None:
    """It counts what it has visited twice as well."""
    visited = REPORT.replace("= stored+", "= visited+").replace("stored\n", "stored (4.2e+06 visited)\n")
    assert spin.read(visited) == spin.read(REPORT)


@pytest.mark.parametrize("word", spin.PARTIAL)
def test_what_was_not_looked_at_whole_is_said(word: str) -> None:
    found = spin.read(f"{word}\n{REPORT}")
    assert found.partial == (word,) and not found.is_whole


@pytest.mark.parametrize("said", ["", REPORT.replace("errors", "mistakes"), REPORT.replace("stored", "lost")])
def test_what_is_no_report_is_none(said: str) -> None:
    with pytest.raises(spin.ModelError):
        spin.read(said)


def test_an_error_is_not_whole() -> None:
    assert not spin.read(REPORT.replace("errors: 0", "errors: 1")).is_whole


def test_what_is_printed_is_the_same_of_each_call() -> None:
    assert promela.plain(b"call 2: BLOCK\n") == promela.plain(b"call %d: BLOCK") == b"call N: BLOCK"
