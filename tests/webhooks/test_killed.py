"""A real ``dialpact web`` that is killed (kill -9): nothing half, nothing lost, nothing made twice."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from dialpact.application import complaints
from dialpact.store.sqlite import Store
from tests.cli.conftest import Home
from tests.patience import WAIT
from tests.webhooks.ear import Came, Ear
from tests.webhooks.make_cut import HOOK
from tests.webhooks.office import Office, configured, office

ROOT = Path(__file__).parents[2]

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


async def test_killed_again_and_again(home: Home) -> None:
    """Nothing is lost and nothing made twice: what comes twice comes with the same id and the same bytes."""
    people = [f"1380013{number:04}" for number in range(40)]
    async with Ear().listening() as ear:
        await asyncio.to_thread(told, home, ear)
        entered = asyncio.create_task(asyncio.to_thread(entries, home, people))
        for count in (1, 7, 19):
            async with web(home) as one:
                while len(set(ear.ids)) < count:
                    await ear.next()
                await one.killed()
        await entered
        async with web(home) as last:
            while len(set(ear.ids)) < len(people):
                await ear.next()
            await last.ended()
    assert {number.removeprefix("+86") for number in numbers(ear)} == set(people)
    assert len({(one.id, one.body) for one in ear.came}) == len(set(ear.ids)) == len(people)


def entries(home: Home, people: list[str]) -> None:
    for number in people:
        opt_out(home, number)


async def outbox(folder: Path, database: str, *, make: bool) -> tuple[int, list[str]]:
    """The leaf up to which the log was looked at, and the ids of what is to be told, in their order."""
    async with await Store.open(folder / database) as store:
        here = Office(store, configured(folder, database, crm=HOOK))
        if make:  # as the next process does
            await here.maker().make(await here.state())
        leaf = (await here.state()).next_leaf
        return leaf, [id for (id,) in here.rows("SELECT id FROM webhook_delivery ORDER BY seq")]


async def test_killed_at_every_statement_of_making(tmp_path: Path) -> None:
    """Whatever the moment: what the log says is made whole or not at all, and with the next turn once."""
    async with office(tmp_path, crm=HOOK) as here:
        for number in ("+8613800138000", "+8613900139000"):
            await here.block(number)
        await here.store.incidents.add(at=here.clock.now(), node="pbx1", kind="asterisk-stalled")
        await complaints.add(
            here.context,
            "13600136000",
            here.policy,
            called_at="2026-11-01T10:00+08:00",
            source="12321",
            received_at="2026-11-01T10:00+08:00",
        )
        here.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    before, nothing = await outbox(tmp_path, "d.db", make=False)
    assert nothing == []
    cut = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.webhooks.make_cut", str(tmp_path)),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await asyncio.wait_for(cut.communicate(), 6 * WAIT)
    assert cut.returncode == 0
    killed = [int(number) for number in said.split()]
    assert len(killed) > 20
    whole = await outbox(tmp_path, f"d.{max(killed) + 1}.db", make=False)
    log, clock = whole[1][:4], whole[1][4:]
    assert len(whole[1]) == 6 and whole[0] > before
    seen = set()
    for number in killed:
        leaf, ids = await outbox(tmp_path, f"d.{number}.db", make=False)
        assert (leaf, ids) in [(before, []), (whole[0], log), whole], number
        seen.add(len(ids))
        assert await outbox(tmp_path, f"d.{number}.db", make=True) == whole, number
    assert seen == {0, len(log)}, "killed before and after the first transaction, and never half"
    assert len(clock) == 2
