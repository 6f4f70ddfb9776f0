"""What waits to be written: tried again when that can help, set aside when it can not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from ami_listener.outbox import Outbox, Waiting
from ami_listener.timings import OutboxTimings
from dialpact.compliance.errors import StoreBusy, StoreError, StoreGone, StoreRefused
from dialpact.compliance.meters import METERS
from tests.patience import WAIT

AT_ONCE = OutboxTimings(retry=0.001)


class Box:
    """An outbox that runs, and what became of what was put into it."""

    def __init__(self) -> None:
        self.outbox = Outbox(lambda waiting, why: self.refused.append((waiting, why)), AT_ONCE)
        self.written: list[str] = []
        self.tries: list[str] = []
        self.refused: list[tuple[Waiting, str]] = []

    def put(self, what: str, *failures: Exception, **more: str) -> None:
        """One that fails so, and is then written."""
        left = list(failures)

        async def write() -> None:
            self.tries.append(what)
            if left:
                raise left.pop(0)
            self.written.append(what)

        self.outbox.put(what, write, **more)  # type: ignore[arg-type]


@pytest.fixture
async def box() -> AsyncIterator[Box]:
    box = Box()
    running = asyncio.create_task(box.outbox.run())
    yield box
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def drained(box: Box) -> None:
    async with asyncio.timeout(WAIT):
        await box.outbox.drained()


@pytest.mark.parametrize("failure", [StoreBusy(), StoreGone(), StoreError("disk I/O error")], ids=repr)
async def test_what_may_pass_the_next_time_is_tried_again_and_nothing_passes_it(
    box: Box, failure: Exception
) -> None:
    box.put("first", *[failure] * 30)
    box.put("second")
    await drained(box)
    assert box.written == ["first", "second"]
    assert box.tries.count("first") == 31
    assert box.refused == []


async def test_what_is_refused_costs_nobody_his_turn(box: Box) -> None:
    box.put("bad", StoreRefused("a recording that has ended is never changed"), decision="d", channel="c")
    box.put("good")
    await drained(box)
    assert (box.written, box.tries) == (["good"], ["bad", "good"])
    ((waiting, why),) = box.refused
    assert (waiting.what, waiting.decision, waiting.channel) == ("bad", "d", "c")
    assert "never changed" in why


async def test_a_fault_of_ours_is_tried_a_few_times_and_then_set_aside(box: Box) -> None:
    box.put("odd", *[RuntimeError("13800138000 is odd")] * 100)
    box.put("good")
    await drained(box)
    assert box.tries.count("odd") == AT_ONCE.tries
    assert box.written == ["good"]
    assert "13800138000" not in box.refused[0][1]


async def test_a_fault_that_passes_is_written(box: Box) -> None:
    box.put("odd", RuntimeError("can't start new thread"))
    await drained(box)
    assert (box.written, box.refused) == (["odd"], [])


async def test_who_put_it_is_told_that_it_was_set_aside(box: Box) -> None:
    told: list[bool] = []

    async def write() -> None:
        raise StoreRefused

    box.outbox.put("bad", write, dropped=lambda: told.append(True))
    await drained(box)
    assert told == [True]


async def test_how_long_the_oldest_has_waited_and_how_many_wait(box: Box) -> None:
    assert box.outbox.age == 0.0
    let = asyncio.Event()

    async def write() -> None:
        await let.wait()

    box.outbox.put("slow", write)
    box.outbox.put("next", write)
    await asyncio.sleep(0.01)
    assert box.outbox.age >= 0.01
    assert METERS.outbox_waiting == 2
    assert METERS.outbox_since > 0
    let.set()
    await drained(box)
    assert (box.outbox.age, METERS.outbox_waiting, METERS.outbox_since) == (0.0, 0, 0.0)
