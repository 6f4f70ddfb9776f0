"""Imports: all or nothing, nothing weakened, every clash with its line."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from dialpact.compliance.registers.formats import REGISTERS
from dialpact.compliance.registers.table import FileRead
from dialpact.store.ports.imports import Applied
from dialpact.store.sqlite import Store, create
from dialpact.store.sqlite.connection import Database, Work
from dialpact.store.units.imports import STAGED
from tests.compliance.store_values import AT, BY, NUMBER
from tests.compliance.test_store_registers import ACME, AGREED, RENEWAL, SHOWN, but

READ = {register: form.read for register, form in REGISTERS.items()}


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    create(tmp_path / "a.db")
    async with await Store.open(tmp_path / "a.db") as store:
        await store.businesses.add(ACME, **BY)
        await store.campaigns.add(RENEWAL, **BY)
        yield store


async def run(store: Store, register: str, *rows: str, bad: int = 0, skip_bad: bool = False) -> Applied:
    into = await store.imports.begin(register)
    for line, row in enumerate(rows, 2):  # one batch a row: batches must not matter
        await into.stage([(line, READ[register](row.split(","), AT))])
    file = FileRead(file="file.csv", sha256="a" * 64, rows=len(rows), skip_bad=skip_bad)
    return await into.apply(file, bad=bad, skip_bad=skip_bad, **BY)


def clashes(applied: Applied) -> list[tuple[int, str]]:
    return [(line, fault.key) for line, fault in applied.clashes]


def test_every_import_format_has_its_staging() -> None:
    assert set(STAGED) == set(READ)  # leads have one of their own: test_store_leads


async def test_refusals_once_and_again(store: Store) -> None:
    rows = ("13800138000,all,,2026-11-01,x", "13800138000,industry,保险,,", "13800138001,business,acme,,")
    first = await run(store, "dnc", *rows, rows[0])
    assert (first.applied, first.already, first.done) == (3, 1, True)
    again = await run(store, "dnc", *rows)
    assert (again.applied, again.already) == (0, 3)
    assert len((await store.dnc.list()).rows) == 3
    log = await store.changes.of("dnc", "file.csv")
    assert [entry.detail["applied"] for entry in log] == [3, 0]


async def test_a_reimport_neither_weakens_nor_rewrites_an_opt_out(store: Store) -> None:
    await run(store, "dnc", "13800138000,all,,2026-11-01,hotline")
    before = (await store.dnc.list()).rows
    await run(store, "dnc", "13800138000,all,,2026-11-20,other", "13800138000,industry,保险,,")
    assert before[0] in (await store.dnc.list()).rows


@pytest.mark.parametrize("register", ["dnc", "consent", "caller-id"])
async def test_with_bad_rows_nothing_is_applied_unless_they_are_skipped(store: Store, register: str) -> None:
    row = {
        "dnc": "13800138000,all,,,",
        "consent": "13800138000,acme,保险,2026-11-01,,form",
        "caller-id": "95588,acme,L,C,yes,*,*,2026-01-01,",
    }[register]
    refused = await run(store, register, row, bad=1)
    assert (refused.applied, refused.done) == (0, False)
    assert await store.changes.of(register, "file.csv") == []
    applied = await run(store, register, row, bad=1, skip_bad=True)
    assert (applied.applied, applied.done) == (1, True)
    assert (await store.changes.of(register, "file.csv"))[0].detail["bad"] == 1


async def test_names_that_nobody_registered_are_reported(store: Store) -> None:
    applied = await run(store, "dnc", "13800138000,industry,保健,,", "13800138000,business,acme,,")
    assert applied.unknown == ("保健",)
    applied = await run(store, "consent", "13800138000,acne,保险,2026-11-01,,form")
    assert applied.unknown == ("acne",)


async def test_consents_that_contradict_the_file_or_the_register(store: Store) -> None:
    await store.consents.add(but(AGREED, granted_at=AT, expires_at=None), **BY)
    await store.consents.add(AGREED, **BY)
    granted, other = AT.isoformat(), AGREED.granted_at.isoformat()
    rows = (
        f"13800138000,acme,保险,{granted},,form 7",  # 2: already
        f"13800138000,acme,保险,{other},,form 7",  # 3: prolongs
        "13800138001,acme,保险,2026-11-01,,form 8",  # 4: new
        "13800138001,acme,保险,2026-11-01,,form 9",  # 5: twice
        "13800138001,acme,保险,2026-11-01,,form 8",  # 6: the same as 4
        "13800138001,acme,保险,2026-11-02,,form 9",  # 7: new
    )
    refused = await run(store, "consent", *rows)
    assert clashes(refused) == [(3, "consent-differs"), (5, "given-twice")]
    assert not refused.done
    applied = await run(store, "consent", *rows, skip_bad=True)
    assert (applied.applied, applied.already) == (2, 2)
    evidence = {entry.evidence for entry in (await store.consents.list(number="+8613800138001")).rows}
    assert evidence == {"form 8", "form 9"}


async def test_another_evidence_for_a_registered_consent_is_a_clash(store: Store) -> None:
    await run(store, "consent", "13800138000,acme,保险,2026-11-01,,form")
    refused = await run(store, "consent", "13800138000,acme,保险,2026-11-01,,another")
    assert clashes(refused) == [(2, "consent-differs")]


async def test_a_consent_is_shortened_by_import(store: Store) -> None:
    await run(store, "consent", "13800138000,acme,保险,2026-11-01,,form")
    applied = await run(store, "consent", "13800138000,acme,保险,2026-11-01,2026-12-01,form")
    assert applied.applied == 1
    (entry,) = (await store.consents.list()).rows
    assert entry.expires_at is not None
    assert (await run(store, "consent", "13800138000,acme,保险,2026-11-01,2026-12-01,form")).already == 1


async def test_an_import_never_clears_a_withdrawal(store: Store) -> None:
    await run(store, "consent", "13800138000,acme,保险,2026-11-01,,form")
    await store.consents.withdraw(NUMBER, "acme", **BY)
    await run(
        store,
        "consent",
        "13800138000,acme,保险,2026-11-01,,form",
        "13800138000,acme,保险,2026-10-01,,older",
        "13800138000,acme,保险,2026-11-25,,newer",
    )
    found = (await store.consents.list()).rows
    assert {entry.evidence: entry.withdrawn_at for entry in found} == {"form": AT, "older": AT, "newer": None}


async def test_caller_ids_are_updated_and_clashes_named(store: Store) -> None:
    await store.caller_ids.put(SHOWN, **BY)
    rows = (
        "02787654321,acme,L-2,电信,no,a;b,survey,2026-01-01,2026-12-31",
        "95588,nobody,L,C,yes,*,*,2026-01-01,",
        "95589,acme,L,C,yes,*,*,2026-01-01,",
        "95589,acme,L,C,no,*,*,2026-01-01,",
    )
    refused = await run(store, "caller-id", *rows)
    assert clashes(refused) == [(3, "unknown-business"), (5, "given-twice")]
    assert (await store.caller_ids.list()).rows == [SHOWN]
    applied = await run(store, "caller-id", *rows, skip_bad=True)
    assert (applied.applied, applied.already) == (2, 0)
    entries = {entry.number: entry for entry in (await store.caller_ids.list()).rows}
    assert entries["02787654321"].trunks == ("a", "b")
    assert entries["02787654321"].authenticated is False
    assert entries["95589"].authenticated is True
    (log,) = await store.changes.of("caller-id", "file.csv")
    assert [row["licence"] for row in log.detail["replaced"]] == ["L-1"]
    assert (await run(store, "caller-id", *rows[:1])).already == 1
    assert (await run(store, "caller-id", f"{rows[0]},+862787654321")).applied == 1
    (entry,) = (await store.caller_ids.list(number="02787654321")).rows
    assert entry.sent_as == ("+862787654321",)
    (log, *_) = await store.changes.of("caller-id", "file.csv")
    assert log.detail["replaced"][0]["sent_as"] == []
    assert (await run(store, "caller-id", f"{rows[0]},+862787654321")).already == 1


async def test_of_an_opt_out_twice_the_first_batch_counts_and_in_it_the_earliest(store: Store) -> None:
    into = await store.imports.begin("dnc")
    for batch in (("2026-11-20", "2026-11-10"), ("2026-11-01",)):
        rows = [f"13800138000,all,,{day},{day}" for day in batch]
        await into.stage([(2, READ["dnc"](row.split(","), AT)) for row in rows])
    file = FileRead(file="file.csv", sha256="a" * 64, rows=3, skip_bad=False)
    applied = await into.apply(file, bad=0, skip_bad=False, **BY)
    assert (applied.applied, applied.already) == (1, 2)
    assert [entry.source for entry in (await store.dnc.list()).rows] == ["2026-11-10"]


@pytest.mark.parametrize(("scope", "value"), [("some", "acme"), ("all", "acme"), ("business", "")])
async def test_no_opt_out_comes_in_that_the_register_would_not_take(
    store: Store, scope: Any, value: str
) -> None:
    wrong = but(READ["dnc"]([NUMBER, "all", "", "", ""], AT), scope=scope, value=value)
    into = await store.imports.begin("dnc")
    right = READ["dnc"](["13800138001", "all", "", "", ""], AT)
    await into.stage([(2, wrong), (3, right)])
    file = FileRead(file="file.csv", sha256="a" * 64, rows=2, skip_bad=False)
    assert (await into.apply(file, bad=0, skip_bad=False, **BY)).applied == 1
    assert (await store.dnc.list()).rows == [right]
    await store.dnc.add(wrong, **BY)  # and the checks are made again after the import
    assert (await store.dnc.list()).rows == [right]


@pytest.mark.parametrize("register", sorted(STAGED))
async def test_staging_neither_takes_nor_awaits_the_lock(store: Store, tmp_path: Path, register: str) -> None:
    refusal = READ["dnc"]([NUMBER, "all", "", "", ""], AT)
    value = {"dnc": refusal, "consent": AGREED, "caller-id": SHOWN}[register]
    with contextlib.closing(sqlite3.connect(tmp_path / "a.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        into = await store.imports.begin(register)
        await into.stage([(2, value)])
        other.execute("ROLLBACK")
    file = FileRead(file="file.csv", sha256="a" * 64, rows=1, skip_bad=False)
    assert (await into.apply(file, bad=0, skip_bad=False, **BY)).applied == 1


async def test_an_opt_out_that_is_removed_while_the_file_is_sorted_comes_in_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    await run(store, "dnc", f"{NUMBER},all,,2026-11-01,x")
    into = await store.imports.begin("dnc")
    await into.stage([(2, READ["dnc"]([NUMBER, "all", "", "", "again"], AT))])
    sort = Database.aside

    async def sorted_and_removed(database: Database, work: Work[Any]) -> Any:
        found = await sort(database, work)
        await store.dnc.remove(NUMBER, "all", "", reason="x", **BY)
        return found

    monkeypatch.setattr(Database, "aside", sorted_and_removed)
    file = FileRead(file="file.csv", sha256="a" * 64, rows=1, skip_bad=False)
    applied = await into.apply(file, bad=0, skip_bad=False, **BY)
    assert (applied.applied, applied.already) == (1, 0)
    assert [entry.source for entry in (await store.dnc.list()).rows] == ["again"]


async def test_an_import_begins_empty(store: Store) -> None:
    abandoned = await store.imports.begin("dnc")
    await abandoned.stage([(2, READ["dnc"](["13800138000", "all", "", "", ""], AT))])
    assert (await run(store, "dnc", "13800138001,all,,,")).applied == 1
    assert [entry.number for entry in (await store.dnc.list()).rows] == ["+8613800138001"]
