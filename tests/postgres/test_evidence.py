"""What proves and is shown: reports, packages, disposals and the log give the same on both engines.

A leaf has a salt of its own, so the roots of two logs are never the same: compared is what they are of,
and each is held against itself.
"""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

import pytest

from dialpact.compliance.clock import Uptime
from dialpact.compliance.errors import StoreRefused
from dialpact.compliance.ledger import merkle, note, record, rotation
from dialpact.compliance.ledger.checkpoint import Checkpoint
from dialpact.compliance.reasons import Reason
from dialpact.compliance.reconcile.incidents import CdrIncident
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.witness import WitnessState
from dialpact.store.ports.page import Page
from dialpact.store.ports.witnesses import Cosignature, StoredStamp, WitnessIncident
from dialpact.store.units import clocks
from tests.compliance.inspection.world import NUMBER, World, local, number
from tests.compliance.store_values import AT
from tests.compliance.test_store_checkpoints import MINE, signer
from tests.postgres.engines import Engines

T = TypeVar("T")
DAY = "2026-11-24"
BY = {"by": "chen", "at": AT}
KEPT_UNTIL = date(2027, 11, 24)  # as World has it
OVER = datetime.fromisoformat("2027-11-25T12:00:00+00:00")  # when that day is over everywhere
SINCE, UNTIL = local(f"{DAY} 00:00"), local("2026-11-25 00:00")


class Busy(World):
    """A day on which a bit of everything happens, with the same ids each time."""

    def __init__(self, store: Any) -> None:
        serial = itertools.count(1)
        super().__init__(store, name=lambda: f"{next(serial):032x}")

    async def day(self) -> None:
        await self.furnish()
        await self.caller_id("02711111111", business="other", authenticated=False)
        await self.agree(f"{DAY} 08:00", "2026-12-01 08:00")
        await self.agree("2026-11-01 08:00", to=number(2), evidence_sha256="b" * 64, wording="yes")
        self.kept = [await self.answered(f"{DAY} 09:{minute}") for minute in (10, 20, 20)]
        await self.answered(f"{DAY} 09:30", campaign="repair", purpose="service", to=number(2))
        self.short = await self.call(f"{DAY} 10:00", to=number(3))
        await self.recorded(self.short, f"{DAY} 10:00", seconds=10.0)
        self.failed = await self.call(f"{DAY} 10:01", to=number(4), caller_id="02711111111", trunk="a&b")
        await self.recorded(self.failed, f"{DAY} 10:01", state="failed", sha256=None)
        self.running = await self.call(f"{DAY} 10:02", to=number(5))
        await self.recorded(self.running, f"{DAY} 10:02", ended=False)
        await self.call(f"{DAY} 10:03", Reason.DO_NOT_CALL, to=number(6))
        await self.call(f"{DAY} 10:04", Reason.CALLER_ID_EXPIRED, Reason.DO_NOT_CALL, to=number(7))
        await self.call(f"{DAY} 10:05", Reason.DO_NOT_CALL, shadow=True, to=number(8))
        await self.call(f"{DAY} 10:06", undelivered=True, to=number(9))
        await self.opt_out(f"{DAY} 10:30", said=f"{DAY} 10:00")
        await self.opt_out(f"{DAY} 10:30", "business", "acme", to=number(2))
        self.after = await self.call(f"{DAY} 11:00")
        await self.store.dnc.remove(
            number(2), "business", "acme", reason="wrong", by="chen", at=local(f"{DAY} 11:30")
        )
        await self.incident("recording-gap", self.after)
        await self.incident("no-decision")
        await self.incident("foreign-trunk", at=f"{DAY} 12:00")


@pytest.fixture
async def days(engines: Engines) -> dict[Any, Busy]:
    made = {store: Busy(store) for store in engines}
    for world in made.values():
        await world.day()
    return made


Days = dict[Any, Busy]


async def same(days: Days, work: Callable[[Busy], Awaitable[T]]) -> T:
    small, large = [await work(world) for world in days.values()]
    assert large == small
    return small


async def test_the_inspection_report(days: Days) -> None:
    holders = {"carrier": "", "a": "third", "b": ""}
    report = await same(days, lambda world: world.report(holders=holders))
    assert report.calls.decisions == 12
    assert report.conduct.opt_outs.after == 1, "a call after an opt-out is among them"
    assert report.control.recordings.gaps
    empty = await same(days, lambda world: world.report("2026-10-01", "2026-10-31"))
    assert empty.calls.decisions == 0


async def test_when_it_all_began(days: Days) -> None:
    assert await same(days, lambda world: world.store.inspections.begun())


async def test_what_belongs_to_a_call(days: Days) -> None:
    async def work(world: Busy) -> Any:
        evidence = world.store.evidence
        ids = await evidence.calls_of(NUMBER)
        some = await evidence.calls_of(NUMBER, since=SINCE, until=UNTIL, businesses=["acme"], most=2)
        none = await evidence.calls_of(NUMBER, businesses=["other"])
        acts = await evidence.log("package", [("evidence", id) for id in ids], {"a": 1}, **BY)
        again = await evidence.log("package", [("evidence", ids[0])], {"a": 1}, **BY)
        gathered = await evidence.gather([*ids, "nobody"])
        return ids, some, none, await evidence.businesses_of(ids), acts, again, gathered

    ids, some, none, businesses, acts, again, gathered = await same(days, work)
    assert (len(ids), some, none, businesses) == (4, ids[:2], [], {"acme"})
    assert (
        len(gathered.dossiers) == 4 and gathered.dossiers[0].recordings and gathered.dossiers[0].do_not_call
    )
    assert int(again[0]) > int(acts[-1])


async def test_each_record_is_in_the_tree(days: Days) -> None:
    async def work(world: Busy) -> Any:
        store = world.store
        keys = [("decision", world.kept[0]), ("recording", f"{1:032x}"), ("decision", "nobody")]
        size = (await store.checkpoints.log()).size
        await store.checkpoints.sign(MINE, AT)
        await world.incident("recorder-gone")
        await store.checkpoints.sign(MINE, AT + timedelta(hours=1))
        root, proofs = await store.checkpoints.root_of(size + 1), await store.evidence.prove(keys, size + 1)
        for one in proofs.records:
            assert one.salt and one.content and record.leaf(one.salt, one.content) == one.leaf
            assert merkle.verify_inclusion(one.leaf, one.index, size + 1, one.proof, root)
            assert await store.checkpoints.inclusion(one.index, size + 1) == one.proof
        (older,) = proofs.older
        before = await store.checkpoints.root_of(older.size)
        assert merkle.verify_consistency(older.size, size + 1, before, root, older.proof)
        shown = [(one.index, one.kind, one.key, one.version, one.content) for one in proofs.records]
        return size, older.size, shown

    size, older, shown = await same(days, work)
    assert (older, len(shown)) == (size, 2)


async def test_checkpoints_are_listed_and_the_key_is_changed(engines: Engines) -> None:
    new = signer(2)

    async def work(store: Any) -> Any:
        for hour in range(3):
            await store.incidents.add(at=AT, node="pbx1", kind=str(hour))
            text = await store.checkpoints.sign(MINE, AT + timedelta(hours=hour))
            found = Checkpoint.parse(note.verify(text, [MINE.verifier]))
            assert found.root == await store.checkpoints.root_of(found.size)
        done = rotation.rotation(MINE, new, "yearly")
        await store.checkpoints.rotate(MINE, done, "k", **BY)
        log = await store.checkpoints.log()
        pages = await all_of(lambda after: store.checkpoints.list(after=after, most=2))
        heads = [(head.size, head.at) for head in pages]
        one = await store.checkpoints.one(*heads[-1])
        newest = [stored.size for stored in await store.checkpoints.newest(2)]
        sizes = [stored.size for stored in await store.checkpoints.of_sizes([1, 2, 9])]
        changes = [index for index, _ in log.links]
        return heads, one is not None, newest, sizes, changes, log.size, log.signed, log.forked

    heads, *_, size, sizes, forked = await engines.same(work)
    assert (len(heads), size, forked) == (3, 4, "") and sizes == {1, 2, 3}


async def test_what_witnesses_said(engines: Engines) -> None:
    state = WitnessState(
        vkey="w",
        url="u",
        word="cosigned",
        detail="",
        size=1,
        asked_at=AT,
        failing_since=None,
        cosigned_at=AT,
        told=False,
    )

    async def work(store: Any) -> Any:
        witnesses, said = store.witnesses, Cosignature(1, "w", 5, "line")
        await store.incidents.add(at=AT, node="pbx1", kind="x")
        for _ in range(2):
            await witnesses.heard(state, AT, said, WitnessIncident("pbx1", "witness", "late"))
            await witnesses.keep_stamp(StoredStamp(1, "note", b"answer"), AT)
        return (
            await witnesses.states(),
            await witnesses.cosignatures(1),
            await witnesses.cosignatures_of([0, 1]),
            await witnesses.stamps_of([1]),
            await witnesses.newest_stamps(5),
            await witnesses.stamp(1, AT),
            await witnesses.last_stamp(),
        )

    states, cosigned, *_, last = await engines.same(work)
    assert (states, len(cosigned), last) == ([state], 1, AT)


async def test_holds(days: Days) -> None:
    async def work(world: Busy) -> Any:
        holds = world.store.holds
        made = [
            await holds.add("recording", f"{1:032x}", reason="court", **BY),
            await holds.add("call", world.kept[1], reason="court", **BY),
            await holds.add("callee", NUMBER, reason="court", **BY),
        ]
        for scope, key in (("recording", "nobody"), ("call", "nobody")):
            with pytest.raises(Fault):
                await holds.add(scope, key, reason="court", **BY)
        gone = await holds.release(made[1].id, reason="over", **BY)
        with pytest.raises(Fault):
            await holds.release(made[1].id, reason="over", **BY)
        first = await holds.list(most=1)
        rest = await holds.list(after=first.next, most=1)
        return (
            made,
            gone,
            first,
            rest,
            await holds.list(released=True),
            await holds.list(recording=f"{1:032x}"),
        )

    made, _, first, rest, released, of_one = await same(days, work)
    kept = next(iter(days.values())).kept
    assert [hold.recordings for hold in made] == [1, 1, len(kept)]
    assert [hold.id for hold in first.rows + rest.rows] == [made[0].id, made[2].id]
    assert len(released.rows) == 3 and of_one.rows == [made[0], made[2]]


async def test_a_recording_goes_in_its_time(days: Days) -> None:
    async def work(world: Busy) -> Any:
        store, one = world.store, f"{1:032x}"
        said: list[Any] = [await store.disposals.not_due(KEPT_UNTIL), await store.disposals.due(OVER.date())]
        with pytest.raises(StoreRefused, match="witnessed time"):
            await store.disposals.record(one, KEPT_UNTIL, by="chen", at=OVER)

        def take(connection: Any) -> None:
            clocks.take(connection, AT, Uptime("boot", timedelta()), "test")
            clocks.take(connection, OVER, Uptime("boot", OVER - AT), "test")

        await store.transact(take)
        hold = await store.holds.add("recording", f"{2:032x}", reason="court", **BY)
        said += [hold, await store.disposals.record(f"{2:032x}", KEPT_UNTIL, by="chen", at=OVER)]
        said += [
            await store.disposals.record(one, KEPT_UNTIL, by="chen", at=OVER),
            await store.disposals.unfinished(),
        ]
        await store.disposals.finish(one, OVER)
        said += [await store.disposals.unfinished(), await store.disposals.due(OVER.date())]
        for _ in range(2):
            await store.disposals.refused("pbx1", world.kept[0], "why", OVER)
        said += [await store.custody.disposed(None, None), await store.disposals.dayless()]
        return [*said, await store.changes.of("recording", one), await world.report()]

    _, due, _, held, gone, unfinished, finished, later, disposed, _, acts, _ = await same(days, work)
    assert (held, gone, len(unfinished), len(finished)) == (False, True, 1, 0)
    assert not due.rows[0].flaw and len(later.rows) == len(due.rows) - 1
    assert [row.proven for row in disposed.rows] == [True]
    assert [act.action for act in acts] == ["dispose", "disposed"]


async def test_kept_for_longer(days: Days) -> None:
    async def work(world: Busy) -> Any:
        retention, one = world.store.retention, f"{1:032x}"
        said = [await retention.keep(one, date(2028, 1, 1), reason="contract", **BY) for _ in range(2)]
        with pytest.raises(Fault, match="2028-01-01"):
            await retention.keep(one, date(2027, 1, 1), reason="x", **BY)
        raised = await retention.raise_to(lambda ended: date(2030, 1, 1), ["p"], after="", **BY)
        with pytest.raises(Fault):
            await retention.settle(one, True, reason="x", **BY)
        return said, raised, (await world.store.disposals.due(date(2040, 1, 1))).rows

    said, raised, due = await same(days, work)
    assert (said, raised.count) == (["updated", "already"], len(due))


async def test_files_on_disk(days: Days) -> None:
    async def work(world: Busy) -> Any:
        custody = world.store.custody
        found = [f"/r/{1:032x}.wav", f"/r/{1:032x}c.wav", "/r/nobody.wav", "/r/nobody.wav"]
        some = await custody.kept(SINCE, UNTIL)
        sample = await custody.sample(SINCE, UNTIL, 99)
        bounds = [
            await custody.count_kept(since, until)
            for since in (None, SINCE)
            for until in (None, UNTIL, SINCE)
        ]
        others = await custody.others(None, None)
        await custody.heard(f"{1:032x}", {"seconds": 3}, **BY)
        return (
            await custody.foreign(iter(found)),
            some,
            sorted(sample),
            bounds,
            others,
            await custody.one(f"{1:032x}"),
        )

    foreign, kept, sample, bounds, others, _ = await same(days, work)
    assert foreign == ["/r/nobody.wav"]
    assert len(kept.rows) == len(sample) == bounds[0] and bounds[2] == 0
    assert [row.flaw for row in [*kept.rows, *others.rows]] == [""] * (bounds[0] + 1)


async def test_a_reconciliation_reads_pages(days: Days) -> None:
    async def work(world: Busy) -> Any:
        store = world.store.reconciliations
        asked = await all_of(lambda after: store.decisions(SINCE, UNTIL, after=after, most=3))
        wrong = CdrIncident(
            kind="unknown-call",
            node="pbx1",
            at=AT,
            channel="c",
            decision="",
            detail="d",
            seen_as=("no-decision",),
        )
        written = [await store.write([wrong, wrong]), await store.write([wrong])]
        legs = await all_of(lambda after: store.seen_legs("pbx1", SINCE, UNTIL, after=after, most=1))
        voices = await store.voices("pbx1", SINCE, UNTIL, most=5)
        with pytest.raises(Fault):
            await store.decisions(SINCE, UNTIL, after="x", most=3)
        return await store.own_numbers(), asked, legs, voices, written

    _, asked, _, _, written = await same(days, work)
    assert len(asked) == len({one.id for one in asked}) == 12
    assert written == [1, 0]


async def test_each_node_has_a_log_of_its_own(engines: Engines) -> None:
    async def work(store: Any) -> int:
        await store.incidents.add(at=AT, node=store.node, kind="x")
        text = await store.checkpoints.sign(signer(name=f"dialpact/{store.node}"), AT)
        return Checkpoint.parse(note.verify(text, [signer(name=f"dialpact/{store.node}").verifier])).size

    mine = engines.postgres
    async with await type(mine).open(mine.url, "pbx2", seconds=30) as other:
        assert [await work(store) for store in (mine, mine, other, mine)] == [1, 2, 1, 3]
        assert (await mine.checkpoints.log()).signed == {1, 2, 3}
        assert (await other.checkpoints.log()).signed == {1}
        assert [head.size for head in (await other.checkpoints.list(most=9)).rows] == [1]


async def all_of(ask: Callable[[str], Awaitable[Page[T]]]) -> list[T]:
    page = await ask("")
    found = list(page.rows)
    while page.next:
        page = await ask(page.next)
        found += page.rows
    return found
