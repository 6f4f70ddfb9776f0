"""The thread of a connection: a unit in one hop, and an end whatever the disk does."""

from __future__ import annotations

import asyncio
import sqlite3
import threading

import pytest

from dialpact.store.sqlite.thread import Thread, Units


def connect() -> Units:
    return sqlite3.connect(":memory:", isolation_level=None, factory=Units)


def others() -> set[threading.Thread]:
    return set(threading.enumerate()) - {threading.main_thread()}


async def test_a_unit_runs_whole_on_the_connection_and_its_thread() -> None:
    seen: list[threading.Thread] = []

    def work(connection: sqlite3.Connection) -> tuple[int, ...]:
        seen.append(threading.current_thread())
        connection.execute("BEGIN")
        connection.execute("CREATE TABLE number (n)")
        connection.executemany("INSERT INTO number VALUES (?)", [(1,), (2,)])
        connection.execute("COMMIT")
        return tuple(n for (n,) in connection.execute("SELECT n FROM number WHERE n > ? ", (0,)))

    thread = await Thread.start(connect)
    assert await thread.run(work) == (1, 2)
    assert seen[0] is not threading.current_thread()
    await thread.close()
    await asyncio.to_thread(seen[0].join, 5)  # closing does not wait for it
    assert not seen[0].is_alive()


async def test_what_a_unit_raises_comes_back_and_the_next_one_runs() -> None:
    def fails(connection: sqlite3.Connection) -> None:
        raise LookupError("nothing there")

    thread = await Thread.start(connect)
    with pytest.raises(LookupError, match="nothing there"):
        await thread.run(fails)
    assert await thread.run(lambda _: None) is None
    await thread.close()
    with pytest.raises(ValueError, match="closed"):
        await thread.run(lambda _: None)


async def test_a_disk_that_hangs_does_not_keep_the_process() -> None:
    hangs, answers = threading.Event(), threading.Event()

    def hanging() -> Units:
        hangs.set()
        answers.wait(10)
        return connect()

    before = others()
    starting = asyncio.create_task(Thread.start(hanging))
    while not hangs.is_set():
        await asyncio.sleep(0)
    (mine,) = others() - before
    assert mine.daemon
    answers.set()
    await (await starting).close()


async def test_whoever_gives_up_opening_leaves_no_thread_behind() -> None:
    own: list[threading.Thread] = []
    answers = threading.Event()

    def hanging() -> Units:
        own.append(threading.current_thread())
        answers.wait(10)
        raise OSError("no disk")

    starting = asyncio.create_task(Thread.start(hanging))
    while not own:
        await asyncio.sleep(0.001)
    (mine,) = own
    starting.cancel()
    asyncio.get_running_loop().call_later(0.05, answers.set)
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert not mine.is_alive()
