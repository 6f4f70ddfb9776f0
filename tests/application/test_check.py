"""What ``check`` finds in the store for how long its answer holds."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from dialpact.application.actor import Actor, Door
from dialpact.application.check import check
from dialpact.application.context import Context
from dialpact.compliance.reasons import Reason
from tests.agi.office import CALLER_ID, NUMBER, Office, soon

CALL = {"campaign": "spring", "caller_id": CALLER_ID, "trunk": "carrier"}


async def test_a_sweep_is_none_when_enough_of_it_is_a_day_old(tmp_path: Path) -> None:
    """Thirty numbers next to the callee, one a minute from ten o'clock on; the days between do not matter."""
    office = Office(tmp_path)
    async with office.gate() as gate, office.store() as store:
        for minute in range(30):
            office.clock.set(f"2026-11-24 10:{minute:02}:00")
            await gate.decide(office.attempt(str(int(NUMBER) - 30 + minute)), soon())
        context = Context(store, Actor(name="x", door=Door.SHELL), office.clock)
        office.clock.set("2026-11-25 09:00:00")
        checked = await check(context, office.judge, NUMBER, **CALL)
        assert Reason.RANGE_DIALLING in checked.decision.reasons
        # Eleven of them are gone by 10:10; with the nineteen that are left the callee makes twenty.
        until = checked.holds_until
        assert until is not None and f"{until + timedelta(hours=8):%d %H:%M:%S}" == "25 10:11:00"
        for second, there in ((-1, True), (0, False)):
            office.clock.set(f"{until + timedelta(hours=8, seconds=second):%Y-%m-%d %H:%M:%S}")
            again = await check(context, office.judge, NUMBER, **CALL)
            assert (Reason.RANGE_DIALLING in again.decision.reasons) is there
