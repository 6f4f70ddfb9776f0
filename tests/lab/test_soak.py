"""The two long proofs in short: ``make soak`` and ``make chaos`` make many more calls."""

from __future__ import annotations

from tests.lab.bootstrap import Installation
from tests.lab.chaos import chaos
from tests.lab.soak import soak


def test_every_call_is_found_everywhere(installation: Installation) -> None:
    assert soak(calls=30, concurrent=10, seed=1).faults == []


def test_no_answered_call_is_lost_when_all_is_killed(installation: Installation) -> None:
    findings = chaos(calls=30, concurrent=10, seed=1)
    assert findings.faults == []
    assert any(what == "struck" for what, _, _ in findings.figures)
