"""Long work off the event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest

from dialpact.application.aside import aside


async def test_the_parts_in_order_and_none_of_them_on_the_loops_thread() -> None:
    threads = set()

    def work() -> Iterator[int]:
        for part in range(3):
            threads.add(threading.get_ident())
            yield part

    assert [part async for part in aside(work())] == [0, 1, 2]
    assert threading.get_ident() not in threads


async def test_what_fails_is_told_where_it_is_waited_for() -> None:
    def work() -> Iterator[int]:
        yield 1
        raise ValueError("the second part")

    seen = []
    with pytest.raises(ValueError, match="the second part"):
        async for part in aside(work()):
            seen.append(part)
    assert seen == [1]


async def test_whoever_is_cancelled_waits_for_no_part() -> None:
    under_way, go_on, parts = asyncio.Event(), threading.Event(), []
    loop = asyncio.get_running_loop()

    def work() -> Iterator[int]:
        loop.call_soon_threadsafe(under_way.set)
        go_on.wait(10)
        parts.append(1)
        yield 1
        parts.append(2)

    async def all_of_it() -> None:
        async for _ in aside(work()):
            pass

    task = asyncio.create_task(all_of_it())
    await under_way.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert parts == []
    go_on.set()
    await asyncio.get_running_loop().run_in_executor(None, lambda: None)
    assert 2 not in parts
