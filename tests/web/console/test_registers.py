"""The registers' pages: each shows what is there, and does what the command line does."""

from __future__ import annotations

import pytest

from tests.web.console.visitor import Visitor

NOUNS = ("dnc", "consent", "leads", "business", "campaign", "caller-id", "script", "suspension")
NOUNS = (*NOUNS, "registration", "mapping")


@pytest.mark.parametrize("noun", NOUNS)
def test_each_register_has_its_list(visitor: Visitor, noun: str) -> None:
    opened = visitor.get(f"/registers/{noun}")
    assert opened.status == 200, opened.text
    assert len(opened.page.headings) >= 1
    assert f"/registers/{noun}" in visitor.get("/registers").page.links
