"""Batches of leads in the store: looked at before they count, held, released, withdrawn, never deleted."""

from __future__ import annotations

import io
import random
from collections.abc import AsyncIterator, Iterable
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest

from dialpact.application import leads
from dialpact.application.actor import Actor, Door
from dialpact.application.context import Context
from dialpact.application.imports import Imported
from dialpact.application.leads import Looked
from dialpact.compliance.registers import leads as register
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.leads import held
from dialpact.compliance.registers.number import callee
from dialpact.compliance.registers.table import FileRead
from dialpact.store.sqlite import Store, create
from dialpact.testing import FixedClock
from tests.compliance.store_values import AT, BY, NUMBER
from tests.compliance.test_ranges import section
from tests.compliance.test_store_registers import ACME, RENEWAL, but

DELIVERY = register.delivery("renewal", "P", "K-1", "art. 13")
SECTIONS = {"cn-hubei-2018": section()}
HONEST = [f"138{place * 7919 % 10**8:08}" for place in range(60)]
TOGETHER = 7  # where one such batch of rows ends must not matter
SWEPT = [f"1380013{place:04}" for place in range(50)]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    create(tmp_path / "a.db")
    async with await Store.open(tmp_path / "a.db") as store:
        await store.businesses.add(ACME, **BY)
        await store.campaigns.add(RENEWAL, **BY)
        yield store


def content(rows: Iterable[str]) -> bytes:
    return "".join(f"{row}\n" for row in ("number", *rows)).encode()


async def run(
    store: Store,
    rows: Iterable[str],
    *,
    skip_bad: bool = True,
    sections=SECTIONS,
    delivery: register.Delivery = DELIVERY,
) -> Imported[Looked]:
    context = Context(store, Actor(name=BY["by"], door=Door.SHELL), FixedClock(AT))
    file = io.BytesIO(content(rows))
    with await leads.take(
        context, delivery, sections, file, name="a.csv", skip_bad=skip_bad, together=TOGETHER
    ) as done:
        return done


async def actions(store: Store, batch: int) -> list[str]:
    return [change.action for change in await store.changes.of("leads", str(batch))]


async def test_an_honest_list_is_a_batch(store: Store) -> None:
    rows = [*HONEST, HONEST[0], "+86" + HONEST[1]]
    applied = await run(store, rows)
    assert (applied.applied, applied.already, applied.done) == (60, 2, True)
    assert applied.about.held == ""
    (batch,) = (await store.leads.list()).rows
    assert (batch.id, batch.rows, batch.held, batch.withdrawn_at) == (applied.about.batch, 60, "", None)
    assert (batch.partner, batch.contract, batch.basis, batch.file) == ("P", "K-1", "art. 13", "a.csv")
    assert (batch.imported_at, batch.imported_by, batch.sha256) == (
        AT,
        "tester",
        sha256(content(rows)).hexdigest(),
    )
    assert batch.finding["cn-hubei-2018"].numbers == 60
    (line,) = await store.changes.of("leads", str(batch.id))
    assert line.detail["contract"] == "K-1" and line.detail["applied"] == 60


async def test_the_order_of_the_file_does_not_matter(store: Store) -> None:
    rows = HONEST + SWEPT
    first = await run(store, rows)
    random.Random(1).shuffle(rows)
    second = await run(store, rows)
    assert first.about.finding == second.about.finding
    assert first.about.held == second.about.held == "run=50 block=50/100"


async def test_a_sweep_is_held_until_an_officer_releases_it(store: Store) -> None:
    batch = (await run(store, SWEPT)).about.batch
    with pytest.raises(Fault, match="no batch"):
        await store.leads.release(99, reason="looked at", **BY)
    released = await store.leads.release(batch, reason="a hotel's rooms", **BY)
    assert released.held == "" and released.finding["cn-hubei-2018"].flagged, "what was found stays"
    with pytest.raises(Fault, match="not held"):
        await store.leads.release(batch, reason="again", **BY)
    history = await store.changes.of("leads", str(batch))
    assert [change.action for change in history] == ["import", "release"]
    assert history[1].detail == {"held": "run=50 block=50/100", "reason": "a hotel's rooms"}


async def test_a_batch_is_withdrawn_and_stays(store: Store) -> None:
    batch = (await run(store, SWEPT)).about.batch
    assert (await store.leads.withdraw(batch, reason="wrong file", **BY)).withdrawn_at == AT
    for again in (store.leads.withdraw, store.leads.release):
        with pytest.raises(Fault, match="batch withdrawn"):
            await again(batch, reason="x", **BY)
    assert await actions(store, batch) == ["import", "withdraw"]
    found = (await store.leads.list(number="+86" + SWEPT[3])).rows
    assert [entry.id for entry in found] == [batch]


async def test_the_same_file_counts_once_for_a_campaign(store: Store) -> None:
    await store.campaigns.add(but(RENEWAL, id="summer"), **BY)
    first = (await run(store, HONEST)).about.batch
    with pytest.raises(Fault, match=f"batch exists: entry {first}"):
        await store.leads.begin(DELIVERY, sha256(content(HONEST)).hexdigest())  # before a row is read
    other = await run(store, HONEST, delivery=but(DELIVERY, campaign="summer"))
    assert other.done, "another campaign, another batch"
    await store.leads.withdraw(first, reason="x", **BY)
    assert (await run(store, HONEST)).done, "withdrawn, so it may come again"
    assert [batch.campaign for batch in (await store.leads.list()).rows] == ["renewal", "summer", "renewal"]
    assert len((await store.leads.list(campaign="summer")).rows) == 1
    assert len((await store.leads.list(most=2)).rows) == 2


async def test_two_imports_of_one_file_at_once_make_one_batch(store: Store) -> None:
    digest = sha256(content(HONEST)).hexdigest()
    into = await store.leads.begin(DELIVERY, digest)
    await into.stage([(2, NUMBER)], [])
    assert (await run(store, HONEST)).done
    with pytest.raises(Fault, match="batch exists"):
        file = FileRead(file="a.csv", sha256=digest, rows=1, skip_bad=False)
        await into.apply(file, {}, "", bad=0, **BY)
    assert len((await store.leads.list()).rows) == 1


async def test_a_campaign_must_be_registered(store: Store) -> None:
    with pytest.raises(Fault, match="unknown campaign"):
        await store.leads.begin(but(DELIVERY, campaign="autumn"), "a" * 64)


async def test_with_bad_rows_nothing_is_stored_unless_they_are_skipped(store: Store) -> None:
    refused = await run(store, [*SWEPT, "110"], skip_bad=False)
    assert (refused.done, refused.about.batch) == (False, None)
    assert refused.about.held, "what would be found is said"
    assert (await store.leads.list()).rows == []
    assert (await run(store, [*SWEPT, "110"])).applied == 50


async def test_a_file_without_a_number_is_no_batch(store: Store) -> None:
    assert not (await run(store, ["110"])).done
    assert (await store.leads.list()).rows == []
    assert not (await run(store, ["110"], skip_bad=False)).done


async def test_unassigned_numbers_count_once_each_and_are_never_leads(store: Store) -> None:
    nobodys = [f"141{place:08}" for place in range(0, 25 * 997, 997)]
    rows = [*HONEST, *nobodys, *("+86" + number for number in nobodys), "110", "13800138OOO"]
    applied = await run(store, rows)
    report = applied.about.finding["cn-hubei-2018"]
    assert (report.numbers, report.unassigned) == (60, 25)
    assert (applied.applied, applied.about.held) == (60, "unassigned=29%")


async def test_without_thresholds_nothing_is_looked_for(store: Store) -> None:
    applied = await run(store, SWEPT, sections={})
    assert (applied.done, applied.about.held, applied.about.finding) == (True, "", {})
    assert (await store.leads.get(applied.about.batch)).finding == {}


async def test_what_any_profile_flags_is_held(store: Store) -> None:
    sections = {"lax": section(least=60, step=1, block_share=90), "strict": section()}
    applied = await run(store, SWEPT, sections=sections)
    reports = applied.about.finding
    assert (reports["lax"].flagged, reports["strict"].flagged) == (False, True)
    assert applied.about.held == "run=50 block=50/100"
    assert held({"one": reports["strict"], "two": reports["strict"]}) == "run=50 block=50/100"


async def test_an_import_begins_empty(store: Store) -> None:
    abandoned = await store.leads.begin(DELIVERY, "a" * 64)
    await abandoned.stage([(2, NUMBER)], [14100000000])
    assert (await run(store, ["13800138001"])).applied == 1
    assert (await store.leads.list(number=NUMBER)).rows == []


@pytest.mark.parametrize("id", [0, -1, 1 << 63])
async def test_no_batch_of_an_impossible_id(store: Store, id: int) -> None:
    with pytest.raises(Fault, match="no batch"):
        await store.leads.get(id)


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
