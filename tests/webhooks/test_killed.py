"""A real ``dialpact web`` that is killed (kill -9): nothing half, nothing lost, nothing made twice."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.cli.conftest import Home
from tests.webhooks.ear import WAIT, Came, Ear

PROGRAM = "from dialpact.cli.app import main; main()"


class Web:
    """The process."""

    def __init__(self, child: asyncio.subprocess.Process) -> None:
        self.child = child

    async def killed(self) -> None:
        self.child.kill()
        assert await asyncio.wait_for(self.child.wait(), WAIT) == -signal.SIGKILL

    async def ended(self) -> str:
        """In order; what it has logged."""
        self.child.send_signal(signal.SIGTERM)
        _, log = await asyncio.wait_for(self.child.communicate(), WAIT)
        assert self.child.returncode == 0, log
        return log.decode()


@asynccontextmanager
async def web(home: Home) -> AsyncIterator[Web]:
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PROGRAM, "--config", str(home.config), "web"),
        env=os.environ,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield Web(child)
    finally:
        if child.returncode is None:
            child.kill()
            await child.communicate()


def told(home: Home, ear: Ear, events: str = '["opt_out.added"]') -> None:
    """Configured, with its keys: so it is told what happens from now on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    text = home.config.read_text("utf-8").replace("127.0.0.1:9080", f"127.0.0.1:{port}")
    home.config.write_text(f'{text}\n[webhooks.crm]\nurl = "{ear.url}"\nevents = {events}\nnumbers = true\n')
    home("webhook", "key", "crm")


def opt_out(home: Home, number: str) -> None:
    home("dnc", "add", number, "--scope", "all", "--source", "letter")


def numbers(ear: Ear) -> list[str]:
    return [one.data["number"] for one in ear.came]


async def test_killed_between_the_answer_and_its_mark(home: Home) -> None:
    """The receiver has it, and the process never knew: the same bytes come once more, under the same id."""
    async with Ear().listening() as ear:
        await asyncio.to_thread(told, home, ear)
        async with web(home) as first:

            async def kill(_: Came) -> str:
                await first.killed()
                return "200 OK"

            ear.answer = kill
            await asyncio.to_thread(opt_out, home, "13800138000")
            before = await ear.next()
            assert await asyncio.wait_for(first.child.wait(), WAIT) == -signal.SIGKILL
        ear.answer = Ear().answer
        async with web(home) as second:
            again = await ear.next()
            assert (again.id, again.body) == (before.id, before.body)
            await asyncio.to_thread(opt_out, home, "13900139000")
            await ear.next()  # behind it nothing of the first one comes
            log = await second.ended()
        assert numbers(ear) == ["+8613800138000", "+8613800138000", "+8613900139000"]
        assert "138001380" not in log and "whs" not in log
    shown = await asyncio.to_thread(home, "webhook", "show", "crm")
    assert [one["state"] for one in shown["deliveries"]] == ["delivered", "delivered"]


def rows(home: Home, statement: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(home.path / "dialpact.db")
    try:
        return connection.execute(statement).fetchall()
    finally:
        connection.close()
