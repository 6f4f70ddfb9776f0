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


# Patience in hundredths of a second. Calls here hardly speak, so shortness is looked at on request, and what
# they say is in the file at once. What happened is looked for at once, too: nothing waits to be written with
# other things.
QUICK = changed(
    USUAL,
    listener={"look": 0.05},
    outbox={"gather": 0.0},
    recorder={"proof": 0.2, "settle": 0.3},
    measured={"empty": 60.0, "short": 0.0, "silence_matters": 60.0, "untrue": 60.0},
)


def timed(**rooms: dict[str, Any]) -> pytest.MarkDecorator:
    """Of one test: ``QUICK`` with these values, as the listener of its ``scene`` has them."""
    return pytest.mark.parametrize("timings", [changed(QUICK, **rooms)], ids=["timed"])
