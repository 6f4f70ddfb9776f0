"""How fast the listener of a test is: the fixture ``timings``, and for a single test ``timed``."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from ami_listener.timings import USUAL, Timings


def changed(timings: Timings, **rooms: dict[str, Any]) -> Timings:
    """``timings`` with other values in some rooms: ``changed(QUICK, link={"pong": 0.2})``."""
    return structs.replace(
        timings, **{room: structs.replace(getattr(timings, room), **values) for room, values in rooms.items()}
    )


QUICK = USUAL


def timed(**rooms: dict[str, Any]) -> pytest.MarkDecorator:
    """Of one test: ``QUICK`` with these values, as the listener of its ``scene`` has them."""
    return pytest.mark.parametrize("timings", [changed(QUICK, **rooms)], ids=["timed"])
