"""A page parses, asks a use case, and shows: what it is about is somebody else's to know."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from dialpact.web import console

FOLDER = Path(console.__file__).parent


def asks_the_store(code: str) -> Iterator[str]:
    """``context.store.jobs.get``: each place that goes on from a store."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Attribute) and ast.unparse(node.value).endswith((".store", ".reads")):
            yield ast.unparse(node)


def test_it_is_found() -> None:
    assert list(asks_the_store("await asked.context.store.jobs.get(id)")) == ["asked.context.store.jobs"]
    assert list(asks_the_store("await jobs.get(asked.context)")) == []


@pytest.mark.parametrize("file", sorted(FOLDER.rglob("*.py")), ids=lambda file: str(file.relative_to(FOLDER)))
def test_no_page_asks_the_store_itself(file: Path) -> None:
    """Every read and every act is a use case's, which says by which right."""
    found = [each for each in asks_the_store(file.read_text("utf-8")) if not each.endswith(".looking")]
    assert found == []


@pytest.mark.parametrize("file", sorted((FOLDER / "templates").rglob("*.html")), ids=lambda file: file.name)
def test_what_a_page_asks_by_itself_says_so(file: Path) -> None:
    """Else it keeps somebody signed in who has left: ``watch`` of parts.html does it. A page without scripts
    is loaded anew by who looks at it.
    """
    text = file.read_text("utf-8")
    tags = [tag for tag in re.findall(r"<[^>]*|{%[^>]*", text) if "every " in tag and "hx-trigger" in tag]
    assert [tag for tag in tags if "HX-Alone" not in tag] == []
    assert 'http-equiv="refresh"' not in text
