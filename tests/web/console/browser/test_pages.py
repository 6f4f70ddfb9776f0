"""Every page that can be opened, in a real browser: both languages, a desk and a telephone."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from dialpact.compliance.registers.account import Role
from dialpact.compliance.texts import LANGUAGES, Language
from dialpact.web.console.page import AnyPage
from dialpact.web.console.routing import pages
from tests.web.console.browser.conftest import At

ADDRESSES = tomllib.loads(Path(__file__).with_name("addresses.toml").read_text("utf-8"))
WIDTHS = (1280, 390)


def opened() -> Iterator[AnyPage]:
    """Whatever is a page and not a file or a stream."""
    for page in pages():
        if page.method == "GET" and ADDRESSES.get(page.action) != "":
            yield page


def role_of(page: AnyPage) -> Role | None:
    """Who sees most of it."""
    if page.roles is None:
        return None
    return Role.OFFICER if Role.OFFICER in page.roles else sorted(page.roles)[0]


def test_every_page_with_a_parameter_has_an_address() -> None:
    wanted = {page.action for page in pages() if page.method == "GET" and "{" in page.path}
    assert wanted <= set(ADDRESSES)
    assert set(ADDRESSES) <= {page.action for page in pages() if page.method == "GET"}


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", list(opened()), ids=lambda page: page.action)
def test_a_page_as_people_see_it(site: At, page: AnyPage, language: Language, width: int) -> None:
    looked = site(role_of(page), language, width)
    shown = looked.open(ADDRESSES.get(page.action) or page.path)
    assert shown.locator("h1").count() == 1
    assert shown.locator("html").get_attribute("lang") == {"zh": "zh-CN", "en": "en"}[language]
    assert shown.locator("#main").inner_text().strip()
    looked.fits()
    looked.accessible()
    looked.well()
