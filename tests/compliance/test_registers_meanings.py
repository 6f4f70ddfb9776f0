"""The words that people write for the values of a column that has only some."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dialpact.compliance.model import PURPOSES, SCOPES
from dialpact.compliance.registers import caller_id, dnc, meanings
from dialpact.compliance.registers.cell import yes_or_no
from dialpact.compliance.registers.fault import Fault

NOW = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.mark.parametrize(
    ("word", "scope"),
    [
        *[("全部", "all"), ("所有", "all"), ("不限", "all"), (" ALL ", "all"), ("ａｌｌ", "all")],
        *[("行业", "industry"), ("按行业", "industry"), ("企业", "business"), ("公司", "business")],
        ("业务", "business"),
    ],
)
def test_scopes(word: str, scope: str) -> None:
    value = "" if scope == "all" else "loans"
    assert dnc.read(["13800138000", word, value, "", ""], NOW).scope == scope


@pytest.mark.parametrize("value", ["全部", "*", "不限", " "])
def test_everything_may_be_said_twice(value: str) -> None:
    assert dnc.read(["13800138000", "全部", value, "", ""], NOW).value == ""


@pytest.mark.parametrize("word", ["回访", "通知", "其他", "部分", ""])
def test_what_could_be_two_things_is_asked_about(word: str) -> None:
    with pytest.raises(Fault):
        dnc.read(["13800138000", word, "", "", ""], NOW)
    with pytest.raises(Fault):
        caller_id.read(["95588", "a", "L", "C", "是", "*", word, "2026-01-01", ""], NOW)


def test_trunks_and_purposes() -> None:
    cells = ["95588", "a", "L", "C", "已鉴权", "不限", "营销；客服,催收；marketing", "2026-01-01", ""]
    entry = caller_id.read(cells, NOW)
    assert (entry.authenticated, entry.trunks) == (True, ("*",))
    assert entry.purposes == ("marketing", "service", "collection")
    assert caller_id.read([*cells[:6], "全部", *cells[7:]], NOW).purposes == ("*",)


@pytest.mark.parametrize(
    ("word", "means"),
    [("√", True), ("未认证", False), ("×", False), ("通过", True), ("Y", True), ("n", False)],
)
def test_yes_and_no(word: str, means: bool) -> None:
    assert yes_or_no(word, "authenticated") is means


def test_a_word_means_one_value_and_that_is_one() -> None:
    assert not meanings.YES & meanings.NO
    for column, known in (("scope", SCOPES), ("purposes", PURPOSES)):
        words = meanings.VALUES[column]
        assert set(words.values()) <= set(known)
        assert not set(words) & set(known)
