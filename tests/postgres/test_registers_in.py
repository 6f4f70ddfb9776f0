"""What comes into the registers from files: the same from both engines, at once and in slices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest

from dialpact.compliance.clock import stamp
from dialpact.compliance.errors import StoreBusy
from dialpact.compliance.registers.formats import REGISTERS
from dialpact.compliance.registers.table import FileRead
from dialpact.store.ports.imports import Applied
from dialpact.store.units import arriving
from tests.compliance.store_values import AT, BY, NUMBER
from tests.compliance.test_store_leads import HONEST, SWEPT
from tests.compliance.test_store_leads import run as batch_of
from tests.compliance.test_store_registers import ACME, AGREED, RENEWAL, SHOWN, but
from tests.postgres.engines import Engines
from tests.store import arrivals

MANY = 2_500  # more than go in at once
CALLERS = (
    "02787654321,acme,L-2,电信,no,a;b,survey,2026-01-01,2026-12-31",
    "95588,nobody,L,C,yes,*,*,2026-01-01,",
    "95589,acme,L,C,yes,*,*,2026-01-01,",
    "95589,acme,L,C,no,*,*,2026-01-01,",
)
CONSENTS = (
    f"13800138000,acme,保险,{AT.isoformat()},,form 7",  # already
    f"13800138000,acme,保险,{AGREED.granted_at.isoformat()},,form 7",  # prolongs
    "13800138001,acme,保险,2026-11-01,,form 8",
    "13800138001,acme,保险,2026-11-01,,form 9",  # twice
    "13800138001,acme,保险,2026-11-01,,form 8",
    "13800138001,acne,保健,2026-11-02,2027-11-02,form 9",
)
REFUSALS = (
    "13800138000,all,,2026-11-01,x",
    "13800138000,industry,保健,,",
    "13800138001,business,acme,,",
    "13800138000,all,,2026-10-01,y",  # the same again, in another batch
)


@pytest.fixture(autouse=True)
async def registered(engines: Engines) -> None:
    for store in engines:
        await store.businesses.add(ACME, **BY)
        await store.campaigns.add(RENEWAL, **BY)


async def bring(
    store: Any, register: str, rows: Sequence[str], *, bad: int = 0, skip_bad: bool = False
) -> dict[str, Any]:
    into = await store.imports.begin(register)
    for line, row in enumerate(rows, 2):  # one batch a row: batches must not matter
        await into.stage([(line, REGISTERS[register].read(row.split(","), AT))])
    file = FileRead(file="file.csv", sha256="a" * 64, rows=len(rows), skip_bad=skip_bad)
    return plain(await into.apply(file, bad=bad, skip_bad=skip_bad, **BY))


def plain(applied: Applied) -> dict[str, Any]:
    """With its faults as texts: an exception is equal to itself alone."""
    clashes = [(line, str(fault)) for line, fault in applied.clashes]
    return msgspec.structs.asdict(applied) | {"clashes": clashes}


async def told(store: Any, register: str) -> Any:
    """What it says, and what the log says of the file."""
    nouns = {"dnc": store.dnc, "consent": store.consents, "caller-id": store.caller_ids}
    return (await nouns[register].list()).rows, await store.changes.of(register, "file.csv")


@pytest.mark.parametrize(
    ("register", "rows"), [("dnc", REFUSALS), ("consent", CONSENTS), ("caller-id", CALLERS)]
)
async def test_a_file_twice(engines: Engines, register: str, rows: Sequence[str]) -> None:
    async def work(store: Any) -> Any:
        await store.consents.add(but(AGREED, granted_at=AT, expires_at=None), **BY)
        await store.consents.add(AGREED, **BY)
        await store.caller_ids.put(SHOWN, **BY)
        said = [await bring(store, register, rows, bad=1), await told(store, register)]
        for _ in range(2):
            said += [await bring(store, register, rows, bad=1, skip_bad=True), await told(store, register)]
        return said

    refused, nothing, first, (entries, log), again, _ = await engines.same(work)
    assert (refused["done"], nothing[1]) == (False, [])
    assert first["done"] and first["applied"] and entries and log
    assert (again["applied"], again["done"]) == (0, True)


@pytest.mark.parametrize(
    ("register", "rows"), [("dnc", REFUSALS), ("consent", CONSENTS), ("caller-id", CALLERS)]
)
async def test_a_look_leaves_all_as_it_is(engines: Engines, register: str, rows: Sequence[str]) -> None:
    async def work(store: Any) -> Any:
        into = await store.imports.begin(register, to_look=True)
        await into.stage(
            [(line, REGISTERS[register].read(row.split(","), AT)) for line, row in enumerate(rows, 2)]
        )
        return plain(await into.look()), await told(store, register)

    found, (entries, log) = await engines.same(work)
    assert found["applied"] and not found["done"]
    assert (list(entries), log) == ([], [])


async def test_a_consent_is_shortened_and_what_was_withdrawn_stays_so(engines: Engines) -> None:
    async def work(store: Any) -> Any:
        await bring(store, "consent", ["13800138000,acme,保险,2026-11-01,,form"])
        await bring(store, "consent", ["13800138000,acme,保险,2026-11-01,2026-12-01,form"])
        shortened = await told(store, "consent")
        await store.consents.withdraw(NUMBER, "acme", **BY)
        await bring(store, "consent", ["13800138000,acme,保险,2026-10-01,,older"])
        return shortened, await told(store, "consent")

    (_, log), (entries, _) = await engines.same(work)
    assert [len(line.detail["replaced"]) for line in log] == [0, 1]
    assert [entry.withdrawn_at for entry in entries] == [AT, AT]


async def test_who_begins_later_has_the_place(engines: Engines) -> None:
    for store in engines:
        first = await store.imports.begin("dnc")
        await store.imports.begin("dnc")
        with pytest.raises(StoreBusy):
            await first.stage([])


@pytest.mark.parametrize("register", ["dnc", "consent", "leads"])
async def test_many_come_in_slices(engines: Engines, register: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrivals, "ROWS", MANY)

    async def work(store: Any) -> Any:
        brought = await arrivals.bring(store, register, range(MANY))
        seen = await arrivals.seen(store, register, (0, MANY // 2, MANY - 1))
        return brought, seen, await store.changes.of(register, "file.csv")

    (applied, already), seen, _ = await engines.same(work)
    assert (applied, already) == (MANY, 0)
    assert set(seen) == {1}
    assert [await left(store, register) for store in engines] == [0, 0]


@dataclass
class Half:
    """An import of ``register`` that has arrived and was then left."""

    store: Any
    register: str

    async def arrive(self, *, counts: bool) -> None:
        into = await self.store.imports.begin(self.register)
        await into.stage([(line, arrivals.row(self.register, line)) for line in range(5)])
        await into.look()  # sorts what is staged
        arrival = await arriving.Arrival.begin(self.store, self.register, AT)
        assert await arrival.fill(lambda: None) == 5
        if counts:
            await self.store.transact(lambda connection: arrival.count(connection, stamp(AT)))
        else:
            await arrival.give_up()


async def left(store: Any, register: str) -> int:
    """Imports that are on their way in."""
    found = await store.read(lambda connection: list(arriving.SQL.arrivals(connection)))
    return len([row for row in found if row["register"] == register])


@pytest.mark.parametrize("register", ["dnc", "consent"])
async def test_what_was_given_up_is_swept(engines: Engines, register: str) -> None:
    async def work(store: Any) -> Any:
        await Half(store, register).arrive(counts=False)
        before = await left(store, register)
        await store.imports.tidy()
        return before, await left(store, register), await told(store, register)

    before, after, (entries, _) = await engines.same(work)
    assert (before, after, entries) == (1, 0, [])


@pytest.mark.parametrize("register", ["dnc", "consent"])
async def test_what_counts_is_there_before_it_is_moved_and_after(engines: Engines, register: str) -> None:
    async def work(store: Any) -> Any:
        await Half(store, register).arrive(counts=True)
        said = [await told(store, register)]
        if register == "dnc":  # a number of which something is said meanwhile is moved first
            await store.dnc.remove(arrivals.number(1), "all", "", reason="wrong", **BY)
        else:
            await store.consents.withdraw(arrivals.number(1), "acme", **BY)
        said.append(await told(store, register))
        await store.imports.tidy()
        return [*said, await told(store, register), await left(store, register)]

    (before, _), (meanwhile, _), (after, _), none = await engines.same(work)
    assert len(before) == 5 and meanwhile == after and none == 0
    assert meanwhile != before


async def test_leads_are_a_batch_that_may_be_held(engines: Engines) -> None:
    async def work(store: Any) -> Any:
        made = []
        for rows in ([*HONEST, HONEST[0]], SWEPT):
            done = await batch_of(store, rows)
            made.append((done.applied, done.already, done.done, done.about))
        listed = (await store.leads.list()).rows
        return made, listed, [await store.changes.of("leads", str(batch.id)) for batch in listed]

    made, listed, _ = await engines.same(work)
    assert sorted(bool(batch.held) for batch in listed) == [False, True]
    assert [applied for applied, *_ in made] == [len(HONEST), len(SWEPT)]
