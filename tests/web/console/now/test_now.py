"""The first page: what is going on, and what wants a person."""

from __future__ import annotations

from dialpact.compliance.texts import LANGUAGES
from tests.web.console.visitor import Visitor


def test_it_says_what_wants_a_person_before_anything_else(visitor: Visitor) -> None:
    for language in LANGUAGES:
        opened = visitor.in_(language).get("/")
        assert opened.status == 200
    words = visitor.get("/").text
    order = ["目前不放行任何呼叫", "近 60 分钟拦截率", "最近 100 次呼叫"]
    assert sorted(order, key=words.index) == order
