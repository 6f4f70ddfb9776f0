"""The first page: what is going on, and what wants a person."""

from __future__ import annotations

from tests.web.console.visitor import Visitor


def test_page(visitor: Visitor) -> None:
    for language in ("zh", "en"):
        opened = visitor.in_(language).get("/")  # type: ignore[arg-type]
        assert opened.status == 200, opened.text
        print(opened.text)
    assert 0
