"""Long imports of each register for tests, and a store that says when a part of one is on disk.

``python -m tests.store.arrivals DATABASE REGISTER STATE`` imports, and kills itself in that state.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sqlite3
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from dialpact.compliance.inspection.period import period
from dialpact.compliance.model import Callee
from dialpact.compliance.registers.formats import REGISTERS
from dialpact.compliance.registers.table import FileRead
from dialpact.store.sqlite import Store
from dialpact.store.units.facts import facts
from tests.compliance.store_values import ASKED, AT, BY, attempt
from tests.compliance.test_store_leads import DELIVERY
from tests.compliance.test_store_registers import ACME, RENEWAL, but

T = TypeVar("T")
ROWS = 9_000  # several slices, however fast the machine is
FIRST = 13_800_000_000
TABLES = {"dnc": "do_not_call", "consent": "consent", "leads": "lead"}
SINGLE = {"dnc": "{},all,,2026-11-01,list", "consent": "{},acme,保险,2026-11-01,2027-11-01,form"}


def number(place: int) -> str:
    return f"+86{FIRST + place}"


def row(register: str, place: int) -> Any:
    text = SINGLE[register].format(FIRST + place)
    return REGISTERS[register].read(text.split(","), AT)


def file(rows: int = ROWS) -> FileRead:
    return FileRead(file="file.csv", sha256="a" * 64, rows=rows, skip_bad=False)


async def ready(store: Store) -> None:
    await store.businesses.add(ACME, **BY)
    await store.campaigns.add(RENEWAL, **BY)


async def bring(store: Store, register: str, places: Sequence[int] = range(ROWS)) -> tuple[int, int]:
    """Applied, and already known."""
    if register == "leads":
        leads = await store.leads.begin(DELIVERY, "a" * 64)
        await leads.stage([(line, number(place)) for line, place in enumerate(places, 2)], [])
        _, count = await leads.apply(file(len(places)), {}, "", bad=0, **BY)
        return count, len(places) - count
    into = await store.imports.begin(register)
    await into.stage([(line, row(register, place)) for line, place in enumerate(places, 2)])
    applied = await into.apply(file(len(places)), bad=0, skip_bad=False, **BY)
    assert applied.done
    return applied.applied, applied.already


class Watched(Store):
    """After each transaction ``then`` is called, and each one's changes are noted."""

    def watch(self, then: Callable[[], Any]) -> None:
        self.then = then
        self.changes: list[int] = []

    async def transact(self, work: Callable[[Any], T]) -> T:
        def counted(connection: sqlite3.Connection) -> T:
            before = connection.total_changes
            found = work(connection)
            if hasattr(self, "then"):
                self.changes.append(connection.total_changes - before)
            return found

        found = await super().transact(counted)
        if hasattr(self, "then") and asyncio.iscoroutine(waits := self.then()):
            await waits
        return found


async def seen(store: Store, register: str, places: Sequence[int] = (0, ROWS // 2, ROWS - 1)) -> list[int]:
    """How many entries each reader finds: a decision of each of three people, the lists, the sums."""

    def decided(connection: sqlite3.Connection) -> list[int]:
        found = []
        for place in places:
            asked = but(attempt(), callee=Callee(given=number(place), e164=number(place)))
            known = facts(connection, asked, ASKED, AT, live=False)
            found.append(
                len({"dnc": known.opt_outs, "consent": known.consents, "leads": known.leads}[register])
            )
        return found

    counts = await store.read(decided)
    if register == "leads":
        batches = (await store.leads.list()).rows
        return [*counts, len(batches), len((await store.leads.list(number=number(places[0]))).rows)]
    listed = store.dnc.list if register == "dnc" else store.consents.list
    assert len((await listed()).rows) == ROWS * counts[0]
    reported = await store.inspections.snapshot(
        period(AT.date(), AT.date(), ZoneInfo("UTC")),
        lambda source: source.do_not_call() if register == "dnc" else source.consents()[:1],
    )
    assert set(reported) == {ROWS * counts[0]}
    return [*counts, len((await listed(number=number(places[0]))).rows), reported[0] // ROWS]


def state(path: Path, register: str) -> str:
    """How far an import is: begun, some, all, counts, moving, moved."""
    with contextlib.closing(sqlite3.connect(path)) as db:
        arrival = db.execute("SELECT counts FROM arriving").fetchone()
        (rows,) = db.execute(f"SELECT count(*) FROM {TABLES[register]}").fetchone()
        beside = rows
        if register != "leads":
            (beside,) = db.execute(f"SELECT count(*) FROM arriving_{register}").fetchone()
    if arrival is None:
        return "moved" if rows else "nothing"
    if arrival[0]:
        return "counts" if beside == ROWS else "moving"
    return {0: "begun", ROWS: "all"}.get(beside, "some")


async def _killed(path: Path, register: str, wanted: str) -> None:
    def then() -> None:
        if state(path, register) == wanted:
            os.kill(os.getpid(), signal.SIGKILL)

    async with await Watched.open(path) as store:
        store.watch(then)
        await bring(store, register)


if __name__ == "__main__":
    asyncio.run(_killed(Path(sys.argv[1]), sys.argv[2], sys.argv[3]))
