"""Housekeeping: a reading and a checkpoint every ten minutes; nothing that fails in it stops a daemon."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal, get_args

import pytest
import structlog
from structlog.testing import capture_logs

from dialpact.application.daemon_registry import Role
from dialpact.cli import daemons, housekeeping
from dialpact.cli.command_context import CommandContext, Machine
from dialpact.compliance.clock import Uptime
from dialpact.compliance.ledger import keys, note
from dialpact.compliance.ledger.checkpoint import Checkpoint
from dialpact.store.sqlite import Store
from dialpact.store.units import checkpoints, ledger
from tests.cli.conftest import Home
from tests.patience import WAIT

NOW = datetime(2026, 11, 25, 2, tzinfo=UTC)


class Hands:
    """A wall clock and an uptime that are set by hand."""

    def __init__(self) -> None:
        self.minutes, self.boot = 0.0, "b1"

    def now(self) -> datetime:
        return NOW + timedelta(minutes=self.minutes)

    def uptime(self) -> Uptime:
        return Uptime(self.boot, timedelta(minutes=self.minutes + 5))

    @property
    def machine(self) -> Machine:
        return Machine(clock=self, uptime=self.uptime)


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def session(home: Home, hands: Hands) -> CommandContext:
    return CommandContext(home.config, False, "en", hands.machine)


@pytest.fixture(autouse=True)
def plain_logs() -> Iterator[None]:
    structlog.reset_defaults()
    yield
    structlog.reset_defaults()


def rows(home: Home, sql: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(home.path / "dialpact.db")
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def configure(home: Home, old: str, new: str) -> None:
    text = home.config.read_text("utf-8")
    assert old in text
    home.config.write_text(text.replace(old, new), "utf-8")


async def test_a_reading_and_a_checkpoint_that_contains_it(
    home: Home, session: CommandContext, hands: Hands
) -> None:
    assert await housekeeping.once(session)
    assert rows(home, "SELECT at, boot_id, uptime_us, by FROM clock_reading") == [
        ("2026-11-25T02:00:00.000000Z", "b1", 300_000_000, "keeper")
    ]
    ((text,),) = rows(home, "SELECT note FROM checkpoint")
    body = note.verify(str(text), [keys.load_public(home.path / "ledger.pub")])
    assert Checkpoint.parse(body).size == 1


@pytest.mark.parametrize(
    ("minutes", "boot", "turn"),
    [
        (0, "b1", False),
        (8.99, "b1", False),
        (9, "b1", True),
        (1, "b2", True),  # the host has started anew
        (-1, "b1", True),  # an uptime that goes back is another host's
    ],
)
async def test_two_daemons_do_it_once(
    home: Home, session: CommandContext, hands: Hands, minutes: float, boot: str, turn: bool
) -> None:
    assert await housekeeping.once(session)
    hands.minutes, hands.boot = minutes, boot
    assert await housekeeping.once(session) is turn
    assert rows(home, "SELECT count(*) FROM clock_reading") == [(1 + turn,)]
    assert rows(home, "SELECT count(*) FROM checkpoint") == [(1 + turn,)]


async def test_a_daemon_that_starts_anew_signs_what_was_logged(home: Home, hands: Hands) -> None:
    session = CommandContext(home.config, False, "en", hands.machine)
    await housekeeping.once(session, start=True)
    assert not await housekeeping.once(session, start=True)
    assert rows(home, "SELECT size FROM checkpoint") == [(1,)]
    await asyncio.to_thread(home.run, "dnc", "add", "13800138000", "--scope", "all", "--source", "x")
    assert not await housekeeping.once(session)
    assert not await housekeeping.once(session, start=True)
    assert rows(home, "SELECT size FROM checkpoint") == [(1,), (3,)]


async def test_a_wall_clock_that_is_set_changes_no_turn(
    home: Home, session: CommandContext, hands: Hands
) -> None:
    await housekeeping.once(session)
    up = hands.uptime()
    hands.minutes = 60 * 24 * 365
    set_ahead = CommandContext(home.config, False, "en", Machine(clock=hands, uptime=lambda: up))
    assert not await housekeeping.once(set_ahead)


async def test_checkpoints_are_copied_and_made_up_for(
    home: Home, session: CommandContext, hands: Hands
) -> None:
    await housekeeping.once(session)
    configure(home, 'checkpoints = ""', 'checkpoints = "out"')
    (home.path / "out").mkdir()
    for _ in range(2):
        hands.minutes += 10
        await housekeeping.once(CommandContext(home.config, False, "en", hands.machine))
    found = sorted((home.path / "out").iterdir())
    assert [file.name for file in found] == [f"pbx1-{size:012}.note" for size in (1, 2, 3)]
    stored = [text for (text,) in rows(home, "SELECT note FROM checkpoint ORDER BY size")]
    assert [file.read_text("utf-8") for file in found] == stored
    verified = await asyncio.to_thread(home, "ledger", "verify", "--checkpoint", str(found[0]))
    assert verified["findings"] == 0


@pytest.mark.parametrize("broken", ["key", "mode", "folder", "database", "fault"])
async def test_what_fails_is_said_and_tried_again(home: Home, hands: Hands, broken: str) -> None:
    key, machine = home.path / "ledger.key", hands.machine
    match broken:
        case "key":
            key.write_text("no key")
        case "mode":
            key.chmod(0o644)
        case "folder":
            configure(home, 'checkpoints = ""', 'checkpoints = "nowhere"')
        case "database":
            (home.path / "dialpact.db").unlink()
        case "fault":
            machine = Machine(clock=hands, uptime=lambda: 1 / 0)  # type: ignore[arg-type,return-value]

    class Third(asyncio.Event):
        """Set when it is waited for the third time; ten minutes go by before each."""

        turns = 0

        async def wait(self) -> Literal[True]:
            self.turns += 1
            hands.minutes += 10
            if self.turns == 3:
                self.set()
            return await super().wait()

    session = CommandContext(home.config, False, "en", machine)
    with capture_logs() as logs:
        async with asyncio.timeout(WAIT):
            await housekeeping.keep(session, Third(), timedelta(milliseconds=1))
    assert [entry["log_level"] for entry in logs] == ["error"] * 3 + ["warning"]
    assert all(entry["event"] == "the ledger is not kept" for entry in logs[:3])
    assert logs[3]["event"] == "the ledger is not signed at the end"


async def test_it_ends_when_it_is_told(session: CommandContext, hands: Hands) -> None:
    stop = asyncio.Event()
    stop.set()
    async with asyncio.timeout(WAIT):
        await housekeeping.keep(session, stop)


async def test_what_was_logged_before_the_end_is_signed(
    home: Home, session: CommandContext, hands: Hands
) -> None:
    stop = asyncio.Event()
    running = asyncio.create_task(housekeeping.keep(session, stop))
    async with await Store.open(session.config.database) as store:

        def sizes(connection: sqlite3.Connection) -> tuple[int, int]:
            newest = checkpoints.newest(connection, 1)
            return newest[0]["size"] if newest else 0, ledger.size(connection)

        async with asyncio.timeout(WAIT):
            while (await store.transact(sizes))[0] == 0:
                await asyncio.sleep(0.01)
            await store.incidents.add(
                at=NOW, node="pbx1", kind="k", decision="", channel="", detail="in the last minute"
            )
            stop.set()
            await running
        signed, size = await store.transact(sizes)
    assert signed == size


@pytest.mark.parametrize("role", sorted(set(get_args(Role)) - {"web"}))
def test_all_daemons_have_it_but_the_one_that_no_call_needs(role: Role) -> None:
    assert housekeeping.keep in daemons.PARTS[role]


async def test_a_half_written_copy_is_written_anew(home: Home, hands: Hands) -> None:
    configure(home, 'checkpoints = ""', 'checkpoints = "out"')
    (home.path / "out").mkdir()
    half: Path = home.path / "out" / f".pbx1-{1:012}.note"
    half.write_text("dialp")
    await housekeeping.once(CommandContext(home.config, False, "en", hands.machine))
    assert [file.name for file in (home.path / "out").iterdir()] == [f"pbx1-{1:012}.note"]
