"""Batches of leads in the store: looked at before they count, held, released, withdrawn, never deleted."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import msgspec
import pytest

from dialpact.compliance.registers import leads as register
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.number import callee
from dialpact.store.sqlite import Store, create, registers
from dialpact.store.sqlite.imports import Applied
from dialpact.store.sqlite.lead_import import LeadImport, held
from dialpact.store.sqlite.registers import leads
from tests.compliance.store_values import AT, BY, NUMBER
from tests.compliance.test_ranges import section
from tests.compliance.test_store_registers import ACME, RENEWAL, but

DELIVERY = register.delivery("renewal", "P", "K-1", "art. 13")
SECTIONS = {"cn-hubei-2018": section()}
HONEST = [f"138{place * 7919 % 10**8:08}" for place in range(60)]
SWEPT = [f"1380013{place:04}" for place in range(50)]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    create(tmp_path / "a.db")
    async with await Store.open(tmp_path / "a.db") as store:
        await registers.add_business(store, ACME, **BY)
        await registers.add_campaign(store, RENEWAL, **BY)
        yield store


async def run(
    store: Store,
    rows: Iterable[str],
    *,
    sha256: str = "a" * 64,
    skip_bad: bool = True,
    sections=SECTIONS,
    delivery: register.Delivery = DELIVERY,
) -> Applied:
    into = LeadImport(store, delivery, sha256, sections)
    await into.begin()
    bad = 0
    for line, row in enumerate(rows, 2):  # one batch a row: batches must not matter
        try:
            await into.stage([(line, register.read([row], AT))])
        except Fault as fault:
            bad += 1
            into.refuse(fault)
    await into.stage([])
    return await into.apply(bad=bad, skip_bad=skip_bad, detail={"rows": line - 1}, key="a.csv", **BY)


async def actions(store: Store, batch: int) -> list[str]:
    return [change.action for change in await store.changes.of("leads", str(batch))]


async def test_an_honest_list_is_a_batch(store: Store) -> None:
    applied = await run(store, [*HONEST, HONEST[0], "+86" + HONEST[1]])
    assert (applied.applied, applied.already, applied.done) == (60, 2, True)
    assert applied.about["held"] == ""
    (batch,) = await leads.list_batches(store)
    assert (batch.id, batch.rows, batch.held, batch.withdrawn_at) == (applied.about["batch"], 60, "", None)
    assert (batch.partner, batch.contract, batch.basis, batch.file) == ("P", "K-1", "art. 13", "a.csv")
    assert (batch.imported_at, batch.imported_by, batch.sha256) == (AT, "tester", "a" * 64)
    assert batch.finding["cn-hubei-2018"].numbers == 60
    (line,) = await store.changes.of("leads", str(batch.id))
    assert line.detail["contract"] == "K-1" and line.detail["applied"] == 60


async def test_the_order_of_the_file_does_not_matter(store: Store) -> None:
    rows = HONEST + SWEPT
    first = await run(store, rows, sha256="a" * 64)
    random.Random(1).shuffle(rows)
    second = await run(store, rows, sha256="b" * 64)
    assert first.about["finding"] == second.about["finding"]
    assert first.about["held"] == second.about["held"] == "run=50 block=50/100"


async def test_a_sweep_is_held_until_an_officer_releases_it(store: Store) -> None:
    batch = (await run(store, SWEPT)).about["batch"]
    with pytest.raises(Fault, match="no batch"):
        await leads.release_batch(store, 99, reason="looked at", **BY)
    released = await leads.release_batch(store, batch, reason="a hotel's rooms", **BY)
    assert released.held == "" and released.finding["cn-hubei-2018"].flagged, "what was found stays"
    with pytest.raises(Fault, match="not held"):
        await leads.release_batch(store, batch, reason="again", **BY)
    history = await store.changes.of("leads", str(batch))
    assert [change.action for change in history] == ["import", "release"]
    assert history[1].detail == {"held": "run=50 block=50/100", "reason": "a hotel's rooms"}


async def test_a_batch_is_withdrawn_and_stays(store: Store) -> None:
    batch = (await run(store, SWEPT)).about["batch"]
    assert (await leads.withdraw_batch(store, batch, reason="wrong file", **BY)).withdrawn_at == AT
    for again in (leads.withdraw_batch, leads.release_batch):
        with pytest.raises(Fault, match="batch withdrawn"):
            await again(store, batch, reason="x", **BY)
    assert await actions(store, batch) == ["import", "withdraw"]
    found = await leads.list_batches(store, number="+86" + SWEPT[3])
    assert [entry.id for entry in found] == [batch]


async def test_the_same_file_counts_once_for_a_campaign(store: Store) -> None:
    await registers.add_campaign(store, but(RENEWAL, id="summer"), **BY)
    first = (await run(store, HONEST)).about["batch"]
    with pytest.raises(Fault, match=f"batch exists: entry {first}"):
        await LeadImport(store, DELIVERY, "a" * 64, SECTIONS).begin()  # before a row of it is read
    other = await run(store, HONEST, delivery=but(DELIVERY, campaign="summer"))
    assert other.done, "another campaign, another batch"
    await leads.withdraw_batch(store, first, reason="x", **BY)
    assert (await run(store, HONEST)).done, "withdrawn, so it may come again"
    assert [batch.campaign for batch in await leads.list_batches(store)] == ["renewal", "summer", "renewal"]
    assert len(await leads.list_batches(store, campaign="summer")) == 1
    assert len(await leads.list_batches(store, most=2)) == 2


async def test_two_imports_of_one_file_at_once_make_one_batch(store: Store) -> None:
    into = LeadImport(store, DELIVERY, "a" * 64, SECTIONS)
    await into.begin()
    await into.stage([(2, NUMBER)])
    await store.transact(
        lambda connection: leads.insert(
            connection,
            DELIVERY,
            file="a.csv",
            sha256="a" * 64,
            finding="",
            held="",
            by="other",
            at="2026-11-24T02:00:00.000000Z",
        )
    )
    with pytest.raises(Fault, match="batch exists"):
        await into.apply(bad=0, skip_bad=False, detail={}, key="a.csv", **BY)


async def test_a_campaign_must_be_registered(store: Store) -> None:
    with pytest.raises(Fault, match="unknown campaign"):
        await LeadImport(store, but(DELIVERY, campaign="autumn"), "a" * 64, SECTIONS).begin()


async def test_with_bad_rows_nothing_is_stored_unless_they_are_skipped(store: Store) -> None:
    refused = await run(store, [*SWEPT, "110"], skip_bad=False)
    assert (refused.done, refused.about["batch"]) == (False, None)
    assert refused.about["held"], "what would be found is said"
    assert await leads.list_batches(store) == []
    assert (await run(store, [*SWEPT, "110"])).applied == 50


async def test_a_file_without_a_number_is_no_batch(store: Store) -> None:
    with pytest.raises(Fault, match="no leads"):
        await run(store, ["110"])
    assert await leads.list_batches(store) == []
    assert not (await run(store, ["110"], skip_bad=False)).done


async def test_unassigned_numbers_count_once_each_and_are_never_leads(store: Store) -> None:
    nobodys = [f"141{place:08}" for place in range(0, 25 * 997, 997)]
    rows = [*HONEST, *nobodys, *("+86" + number for number in nobodys), "110", "13800138OOO"]
    applied = await run(store, rows)
    report = applied.about["finding"]["cn-hubei-2018"]
    assert (report.numbers, report.unassigned) == (60, 25)
    assert (applied.applied, applied.about["held"]) == (60, "unassigned=29%")


async def test_without_thresholds_nothing_is_looked_for(store: Store) -> None:
    applied = await run(store, SWEPT, sections={})
    assert (applied.done, applied.about["held"], applied.about["finding"]) == (True, "", {})
    assert (await leads.get_batch(store, applied.about["batch"])).finding == {}


async def test_what_any_profile_flags_is_held(store: Store) -> None:
    sections = {"lax": section(least=60, step=1, block_share=90), "strict": section()}
    applied = await run(store, SWEPT, sections=sections)
    reports = applied.about["finding"]
    assert (reports["lax"].flagged, reports["strict"].flagged) == (False, True)
    assert applied.about["held"] == "run=50 block=50/100"
    assert held({"one": reports["strict"], "two": reports["strict"]}) == "run=50 block=50/100"


async def test_an_import_begins_empty(store: Store) -> None:
    abandoned = LeadImport(store, DELIVERY, "a" * 64, SECTIONS)
    await abandoned.begin()
    await abandoned.stage([(2, NUMBER)])
    assert (await run(store, ["13800138001"])).applied == 1
    assert await leads.list_batches(store, number=NUMBER) == []


@pytest.mark.parametrize("id", [0, -1, 1 << 63])
async def test_no_batch_of_an_impossible_id(store: Store, id: int) -> None:
    with pytest.raises(Fault, match="no batch"):
        await leads.get_batch(store, id)


# the register's own reading


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("14100000000", 14100000000),
        ("+8614100000000", 14100000000),
        ("014100000000", 14100000000),
        ("110", 0),
        ("letters", 0),
        ("1.38E+10", 0),
    ],
)
def test_unassigned(text: str, number: int) -> None:
    with pytest.raises(Fault) as raised:
        callee(text)
    assert register.unassigned(raised.value) == number


@pytest.mark.parametrize("place", range(4))
def test_a_delivery_names_everything(place: int) -> None:
    given = ["renewal", "P", "K", "art. 13"]
    given[place] = " "
    with pytest.raises(Fault, match="empty"):
        register.delivery(*given)


def test_a_delivery_is_taken_down_as_it_is() -> None:
    assert msgspec.structs.astuple(register.delivery(" renewal ", " 某某公司 ", "K-1", "art. 13")) == (
        "renewal",
        "某某公司",
        "K-1",
        "art. 13",
    )
