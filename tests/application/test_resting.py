"""Long work that lets go of the processor."""

from __future__ import annotations

from dialpact.application.resting import Resting


def test_it_rests_when_it_has_worked_for_so_long_and_then_works_as_long_again() -> None:
    now, rests = [0.0], list[float]()
    resting = Resting(work=1.0, rest=0.25, clock=lambda: now[0], sleep=rests.append)
    for now[0] in (0.5, 0.9, 1.0, 1.5, 1.9, 2.0):
        resting()
    assert rests == [0.25, 0.25]
