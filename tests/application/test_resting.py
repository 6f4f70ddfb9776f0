"""Long work that lets go of the processor."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

from dialpact.application.resting import QUIET_SECONDS, Resting, Written


def test_it_rests_when_it_has_worked_for_so_long_and_then_works_as_long_again() -> None:
    now, rests = [0.0], list[float]()
    resting = Resting(work=1.0, rest=0.25, clock=lambda: now[0], sleep=rests.append)
    for now[0] in (0.5, 0.9, 1.0, 1.5, 1.9, 2.0):
        resting()
    assert rests == [0.25, 0.25]


def test_it_rests_for_somebody() -> None:
    now, rests, needed = [0.0], list[float](), [True]
    resting = Resting(work=1.0, rest=0.25, needed=lambda: needed[0], clock=lambda: now[0], sleep=rests.append)
    for now[0], needed[0] in ((1.0, True), (2.0, False), (3.0, True)):
        resting()
    assert rests == [0.25, 0.25]


def test_a_gate_that_decides_is_seen_by_the_database_alone(tmp_path: Path) -> None:
    database, now = tmp_path / "dialpact.db", [0.0]
    with contextlib.closing(sqlite3.connect(database)) as gate:
        gate.execute("PRAGMA journal_mode = WAL")
        written = Written(database, lambda: now[0])
        assert written(), "nobody has been seen not to write"
        now[0] = QUIET_SECONDS
        assert not written()
        gate.execute("CREATE TABLE decided (id)")
        gate.commit()
        assert written()
        now[0] += QUIET_SECONDS - 0.1
        assert written()
        now[0] += 0.1
        assert not written()
        gate.execute("INSERT INTO decided VALUES (1)")
        gate.commit()
        assert written()
    # Without a journal too: the last who closed has taken it away, and one who opens makes it.
    now[0] += QUIET_SECONDS
    assert written(), "that it went is a change"
    now[0] += QUIET_SECONDS
    assert not written()
