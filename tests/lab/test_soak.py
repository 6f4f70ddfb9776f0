"""``make soak`` in short."""

from __future__ import annotations

import pytest

from tests.lab.bootstrap import Installation
from tests.lab.soak import soak

pytestmark = [pytest.mark.lab, pytest.mark.long]


def test_every_call_is_found_everywhere(installation: Installation) -> None:
    assert soak(calls=30, concurrent=10, seed=1).faults == []
