"""A long import holds the lock for moments, and counts as one, whatever becomes of it on its way."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from dialpact.application import housekeeping
from dialpact.application.actor import Actor, Door
from dialpact.application.context import Context
from dialpact.application.ledger.heads import Signed
from dialpact.compliance.clock import Uptime, boot_id
from dialpact.compliance.errors import StoreBusy, StoreRefused
from dialpact.compliance.registers.fault import Fault
from dialpact.store.sqlite import Store, create, migrate
from dialpact.store.units import process
from dialpact.testing import FixedClock
from tests.compliance.store_values import AT, BY
from tests.compliance.test_store_registers import REFUSED, but
from tests.store import arrivals
from tests.store.arrivals import ROWS, TABLES, Watched, bring, number, row, seen, state

REGISTERS = ("dnc", "consent", "leads")
NOTHING, ALL = [0] * 5, [1] * 5
LATER = AT + timedelta(hours=1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    create(tmp_path / "a.db")
    return tmp_path / "a.db"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[Watched]:
    async with await Watched.open(path, 10_000) as store:
        await arrivals.ready(store)
        yield store


@pytest.fixture
async def other(store: Watched, path: Path) -> AsyncIterator[Store]:
    """Another process's, as it were."""
    async with await Store.open(path, 10_000) as other:
        yield other


async def logged(store: Store, register: str) -> tuple[int, int]:
    """Lines of the log that tell of an import of it, and leaves that are bound to them."""

    def work(connection: sqlite3.Connection) -> tuple[int, int]:
        lines = "SELECT seq FROM register_change WHERE register = ? AND action = 'import'"
        leaves = f"SELECT count(*) FROM ledger WHERE kind = 'register-change' AND key IN ({lines})"
        return (
            len(connection.execute(lines, (register,)).fetchall()),
            connection.execute(leaves, (register,)).fetchone()[0],
        )

    return await store.read(work)


async def left(store: Store) -> list[int]:
    """What lies about of imports: arrivals, their rows, batches that are not all in, and their leads."""
    questions = (
        "SELECT count(*) FROM arriving",
        "SELECT count(*) FROM arriving_dnc",
        "SELECT count(*) FROM arriving_consent",
        "SELECT count(*) FROM batch WHERE withdrawn_at = ''",
        "SELECT count(*) FROM lead WHERE batch NOT IN (SELECT id FROM batch WHERE withdrawn_at IS NULL)",
    )
    return await store.read(lambda connection: [connection.execute(one).fetchone()[0] for one in questions])


@pytest.mark.parametrize("register", REGISTERS)
async def test_no_transaction_brings_in_all(store: Watched, register: str) -> None:
    store.watch(lambda: None)
    assert await bring(store, register) == (ROWS, 0)
    assert len(store.changes) > 4
    assert max(store.changes) < 2 * ROWS  # moved into the register, and gone from where it was
    assert await seen(store, register) == ALL
    assert await left(store) == [0] * 5


@pytest.mark.parametrize("register", REGISTERS)
async def test_who_reads_between_two_slices_sees_nothing_or_all(
    store: Watched, other: Store, register: str
) -> None:
    found: list[tuple[str, list[int], tuple[int, int]]] = []

    async def look() -> None:
        state_now = state(store.path, register)
        found.append((state_now, await seen(other, register), await logged(other, register)))

    store.watch(look)
    await bring(store, register)
    for state_now, counts, lines in found:
        expected = (ALL, (1, 1)) if state_now in ("counts", "moving", "moved") else (NOTHING, (0, 0))
        assert (counts, lines) == expected, state_now
    states = [each[0] for each in found]
    wanted = ("begun", "some", "all", "moved")
    assert set(states) >= set(wanted if register == "leads" else (*wanted, "counts", "moving"))


@pytest.mark.parametrize(
    ("register", "when"),
    [(register, when) for register in REGISTERS for when in ("begun", "some", "all")]
    + [(register, when) for register in ("dnc", "consent") for when in ("counts", "moving", "moved")],
)
async def test_killed_in_the_middle_it_counts_whole_or_not_at_all(
    store: Watched, path: Path, register: str, when: str
) -> None:
    await store.close()
    arguments = [sys.executable, "-m", "tests.store.arrivals", str(path), register, when]
    ended = subprocess.run(arguments, cwd=Path(__file__).parents[2], timeout=120, check=False)
    assert ended.returncode == -signal.SIGKILL
    assert state(path, register) == when
    counts = when in ("counts", "moving", "moved")
    expected = (ALL, (1, 1)) if counts else (NOTHING, (0, 0))
    async with await Store.open(path) as reader:
        assert (await seen(reader, register), await logged(reader, register)) == expected
        await reader.imports.begin("caller-id")  # whichever import is the next
        assert (await seen(reader, register), await logged(reader, register)) == expected
        assert await left(reader) == [0] * 5
        (rows,) = await reader.read(
            lambda connection: connection.execute(f"SELECT count(*) FROM {TABLES[register]}").fetchone()
        )
        assert rows == (ROWS if counts else 0)
        assert await bring(reader, register, range(ROWS)) if not counts else True
        assert await seen(reader, register) == ALL


async def test_the_housekeeping_ends_what_was_killed(
    store: Watched, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def signed(*_: object) -> Signed:
        return Signed("")

    killed = [sys.executable, "-m", "tests.store.arrivals", str(path), "dnc", "some"]
    subprocess.run(killed, cwd=Path(__file__).parents[2], timeout=120, check=False)
    assert (await left(store))[0] == 1
    monkeypatch.setattr(housekeeping.signing, "checkpoint", signed)  # (no key here)
    context = Context(
        store, Actor(name="x", door=Door.DAEMON), FixedClock(AT), lambda: Uptime("boot", timedelta(hours=1))
    )

    class Nowhere:
        class ledger:
            checkpoints = ""

    assert await housekeeping.keep(context, Nowhere())  # type: ignore[arg-type]
    assert await left(store) == [0] * 5


async def test_an_import_that_lives_is_not_swept(store: Watched, other: Store) -> None:
    async def look() -> None:
        await other.imports.tidy()

    store.watch(look)
    assert await bring(store, "leads") == (ROWS, 0)
    assert await bring(store, "dnc") == (ROWS, 0)
    assert await seen(other, "dnc") == ALL


@pytest.mark.parametrize("register", REGISTERS)
async def test_what_was_swept_all_the_same_is_not_half_applied(
    store: Watched, other: Store, register: str
) -> None:
    def taken() -> None:
        if state(store.path, register) == "some":
            with contextlib.closing(sqlite3.connect(store.path)) as db, db:
                db.execute("UPDATE arriving SET owner = ''")

    store.watch(taken)
    with pytest.raises(StoreBusy, match="swept"):
        await bring(store, register)
    assert await seen(other, register) == NOTHING
    await other.imports.tidy()
    assert await left(other) == [0] * 5


async def test_a_no_that_is_said_meanwhile_is_in_force_at_once_and_stays_as_it_was_said(
    store: Watched, other: Store
) -> None:
    said = but(REFUSED, number=number(7), scope="all", value="", source="hotline")

    async def say() -> None:
        if state(store.path, "dnc") == "some":
            await other.dnc.add(said, **BY)
            assert (await other.dnc.list(number=number(7))).rows == [said]

    store.watch(say)
    assert await bring(store, "dnc") == (ROWS - 1, 1)
    assert (await other.dnc.list(number=number(7))).rows == [said]
    assert await seen(other, "dnc") == ALL


@pytest.mark.parametrize("when", ["counts", "moving"])
async def test_one_that_counts_already_is_in_force_for_who_registers_or_removes_it(
    store: Watched, other: Store, when: str
) -> None:
    last = ROWS - 1
    said = but(REFUSED, number=number(last), scope="all", value="", source="hotline")
    outcomes: list[str] = []

    async def act() -> None:
        if not outcomes and state(store.path, "dnc") == when:
            outcomes.append(await other.dnc.add(said, **BY))
            assert (await other.dnc.list(number=number(last))).rows == [row("dnc", last)]
            await other.dnc.remove(number(last - 1), "all", "", reason="x", **BY)
            assert (await other.dnc.list(number=number(last - 1))).rows == []
            with pytest.raises(Fault, match="no refusal"):
                await other.dnc.remove(number(last - 1), "all", "", reason="x", **BY)

    store.watch(act)
    await bring(store, "dnc")
    assert outcomes == ["already"]
    assert (await other.dnc.list(number=number(last))).rows == [row("dnc", last)]
    assert (await other.dnc.list(number=number(last - 1))).rows == []
    assert len((await other.dnc.list()).rows) == ROWS - 1


async def test_what_is_removed_while_the_file_comes_in_comes_in_again(store: Watched, other: Store) -> None:
    known = but(REFUSED, number=number(3), scope="all", value="", source="hotline")
    await store.dnc.add(known, **BY)
    removed: list[str] = []

    async def remove() -> None:
        if not removed and state(store.path, "dnc") == "all":
            removed.append(number(3))
            await other.dnc.remove(number(3), "all", "", reason="x", **BY)

    store.watch(remove)
    await bring(store, "dnc", range(ROWS + 1))  # "all" are without the one that is known
    assert removed
    assert (await other.dnc.list(number=number(3))).rows == [row("dnc", 3)]
    assert await left(other) == [0] * 5


@pytest.mark.parametrize("when", ["some", "all", "counts", "moving"])
async def test_a_consent_that_is_withdrawn_meanwhile_is_withdrawn(
    store: Watched, other: Store, when: str
) -> None:
    """Also one that only the file knows: it is older than the withdrawal in its scope."""
    last = ROWS - 1
    before = but(row("consent", last), granted_at=AT - timedelta(days=90), evidence="older")
    await store.consents.add(before, **BY)
    withdrawn: list[int] = []

    async def withdraw() -> None:
        if not withdrawn and state(store.path, "consent") == when:
            withdrawn.append(await other.consents.withdraw(number(last), "acme", **BY))
            found = (await other.consents.list(number=number(last))).rows
            assert [entry.withdrawn_at for entry in found] == [AT] * len(found)
            if when in ("counts", "moving"):  # one that nothing else is known of
                assert await other.consents.withdraw(number(last - 1), "acme", **BY) == 1
                (entry,) = (await other.consents.list(number=number(last - 1))).rows
                assert entry.withdrawn_at == AT

    store.watch(withdraw)
    await bring(store, "consent")
    assert withdrawn
    found = (await other.consents.list(number=number(last))).rows
    assert [entry.withdrawn_at for entry in found] == [AT, AT]
    assert await left(other) == [0] * 5


async def test_consents_are_shortened_at_one_instant(store: Watched, other: Store) -> None:
    await bring(store, "consent")
    new = [but(row("consent", place), expires_at=LATER) for place in range(ROWS)]
    into = await store.imports.begin("consent")
    await into.stage(list(enumerate(new, 2)))
    ends: list[set[object]] = []

    async def look() -> None:
        found = [(await other.consents.list(number=number(place))).rows for place in (0, 4_000, ROWS - 1)]
        ends.append({entry.expires_at for rows in found for entry in rows})

    store.watch(look)
    applied = await into.apply(arrivals.file(), bad=0, skip_bad=False, **BY)
    assert (applied.applied, applied.already) == (ROWS, 0)
    assert all(len(each) == 1 for each in ends)
    assert ends[0] != ends[-1] == {LATER}


async def test_two_long_lists_at_once_are_both_in(store: Watched, other: Store) -> None:
    done: list[tuple[int, int]] = []

    async def second() -> None:
        if not done and state(store.path, "dnc") == "some":
            done.append((0, 0))
            done[0] = await bring(other, "dnc", range(ROWS // 2, ROWS + ROWS // 2))

    store.watch(second)
    first = await bring(store, "dnc")
    assert (done, first) == ([(ROWS, 0)], (ROWS // 2, ROWS // 2))
    assert len((await other.dnc.list()).rows) == ROWS + ROWS // 2
    assert await logged(other, "dnc") == (2, 2)
    assert await left(other) == [0] * 5


def test_which_process_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    boot, namespace, pid, began = process.this().split()
    assert process.lives(process.this())
    assert boot == boot_id()
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    assert child.stdin is not None
    theirs = f"{boot} {namespace} {child.pid} {process._began(child.pid)}"
    assert process.lives(theirs)
    child.stdin.close()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert not process.lives(theirs)  # ended, and nobody has asked how
    child.wait()
    assert not process.lives(theirs)
    assert not process.lives("")
    assert not process.lives(f"another-boot {namespace} {pid} {began}")
    assert not process.lives(f"{boot} {namespace} {pid} 1")  # its number went to us
    assert process.lives(f"{boot} pid:[1] 1 1")  # of a container: it can not be seen from here


def test_no_row_of_before_is_rewritten_for_it(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    old = [script for script in migrate.scripts() if script[0] < 15]
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        migrate.migrate(db, old)
        rows = "WITH RECURSIVE n (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM n WHERE n < 50000)"
        db.execute(f"{rows} INSERT INTO do_not_call SELECT n, 'all', '', 'x', 'x', 'x' FROM n")
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        migrate.migrate(db)
        written = (tmp_path / "old.db-wal").stat().st_size
        assert db.execute("SELECT count(*) FROM dnc_now").fetchone() == (50_000,)
    # (each writes the schema anew, some 20 kB and a page for each table; the rows are 2 MB)
    assert written < 50_000 * len([number for number, _ in migrate.scripts() if number >= 15])


async def test_a_row_that_the_register_would_refuse_is_refused_before_any_counts(
    store: Watched, other: Store
) -> None:
    """Else every import after it would have it to move, and fail."""
    into = await store.imports.begin("consent")
    rows = [row("consent", place) for place in range(ROWS - 1)]
    await into.stage(list(enumerate([*rows, but(row("consent", ROWS - 1), evidence="")], 2)))
    with pytest.raises(StoreRefused, match="evidence"):
        await into.apply(arrivals.file(), bad=0, skip_bad=False, **BY)
    assert await seen(other, "consent") == NOTHING
    assert await bring(store, "consent") == (ROWS, 0)
