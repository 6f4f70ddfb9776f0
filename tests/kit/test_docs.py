"""The page's examples are tests: every Python block is run in a project with the page's own settings."""

from __future__ import annotations

import re
import sys

import pytest

import dialpact.testing
import dialpact.testing.callers
import dialpact.testing.fixtures
import dialpact.testing.story
from dialpact.testing.registers import Registers
from tests.kit import pages

PAGES = ("testing.md", "testing.zh-CN.md")


@pytest.mark.parametrize("page", PAGES)
def test_examples(pytester: pytest.Pytester, page: str) -> None:
    found = pages.code(page)
    for number, text in enumerate(found, 1):
        pytester.makepyfile(**{f"test_example_{number}": text})
    (settings,) = [text for language, text in pages.blocks(page) if language == "ini"]
    pytester.makeini(settings)
    result = pytester.runpytest_inprocess(
        "-p", "dialpact.testing.plugin", "-p", "no:cacheprovider", "--tb=native"
    )
    count = sum(len(re.findall(r"^(?:async )?def test_", text, re.MULTILINE)) for text in found)
    assert count >= len(found) >= 7
    result.assert_outcomes(passed=count)


def test_in_a_project_that_marks_its_async_tests(pytester: pytest.Pytester) -> None:
    """pytest-asyncio's strict mode, which is its default."""
    pytester.makepyfile(f"import pytest\n\n\n@pytest.mark.asyncio\n{pages.code('testing.md')[0]}")
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    result = pytester.runpytest_inprocess(
        "-p", "dialpact.testing.plugin", "-p", "no:cacheprovider", "--tb=native"
    )
    result.assert_outcomes(passed=1)


def test_without_pytest_asyncio(monkeypatch: pytest.MonkeyPatch) -> None:
    """The plugin is in every pytest run beside Dialpact; only who uses it needs more."""
    monkeypatch.setitem(sys.modules, "pytest_asyncio", None)  # Python's own word for: there is none
    fixture = dialpact.testing.fixtures.async_fixture(test_without_pytest_asyncio)
    assert fixture.name == "test_without_pytest_asyncio"
    with pytest.raises(pytest.fail.Exception, match="needs pytest-asyncio: pip install"):
        fixture.__wrapped__()


def test_both_languages_have_the_same_code() -> None:
    english, chinese = (pages.blocks(page) for page in PAGES)
    assert english == chinese
    headings = [len(re.findall(r"^## ", (pages.FOLDER / page).read_text("utf-8"), re.M)) for page in PAGES]
    assert headings[0] == headings[1]


@pytest.mark.parametrize("page", PAGES)
def test_page_names_every_fixture_and_every_register(page: str) -> None:
    text = (pages.FOLDER / page).read_text("utf-8")
    fixtures = [
        name
        for name, found in vars(dialpact.testing.fixtures).items()
        if type(found).__name__ == "FixtureFunctionDefinition"
    ]
    assert len(fixtures) == 10
    for name in fixtures:
        assert f"`{name}`" in text, name
    for name in vars(Registers):
        if not name.startswith("_") and name != "fill":
            assert f"`{name}(" in text, name


def test_public_names() -> None:
    for name in dialpact.testing.__all__:
        assert getattr(dialpact.testing, name).__doc__, name
    assert sorted(dialpact.testing.__all__) == sorted(dialpact.testing._HOME)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        dialpact.testing.nothing  # noqa: B018
