"""What a command loads before it does anything: itself, and of the others no more than their names."""

from __future__ import annotations

import pytest

from dialpact.cli.app import PLACES, built

WIDE = 1000


@pytest.mark.parametrize("name", PLACES)
def test_the_line_of_help_is_the_commands_own(name: str) -> None:
    assert PLACES[name][1] == built(name).get_short_help_str(WIDE)
