"""A console over a home of the command line, and whoever opens its pages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cli.conftest import Home, home, stocked
from tests.web.api.furnished import furnish_pages
from tests.web.console.visitor import Visitor, console

__all__ = ["home", "stocked"]


@pytest.fixture
def furnished(home: Home) -> Home:
    """With something of all that pages show: of business ``jianghan``."""
    return furnish_pages(home)


@pytest.fixture
def visitor(furnished: Home) -> Iterator[Visitor]:
    """An officer, at the pages of a furnished home."""
    with console(furnished) as found:
        yield found
