"""Recordings and holds as a page or an API asks for them: a part at a time, by whoever may."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest

from dialpact.application import custody, disposal, recordings, retention
from dialpact.application.actor import Actor, Door, Right
from dialpact.application.context import Context
from dialpact.application.ledger import entries, verification
from dialpact.compliance import calendars, profile
from dialpact.compliance.errors import LedgerError, NotPermitted
from dialpact.compliance.recorded import Finished, NewRecording
from dialpact.compliance.registers.fault import Fault
from dialpact.store.sqlite import Store, create
from dialpact.store.units import decisions
from tests.cli.recorded import Host
from tests.compliance.store_values import AT, NUMBER, decision

WHO = Actor(name="chen", door=Door.SHELL)
POLICY = profile.Policy((profile.load("cn-hubei-2018"),), calendars.load())
SECONDS = (0, 1, 1, 1, 2)  # three began at once


@pytest.fixture
async def context(tmp_path: Path) -> AsyncIterator[Context]:
    create(tmp_path / "a.db")
    async with await Store.open(tmp_path / "a.db") as store:
        made = decision()
        await store.transact(lambda connection: decisions.record(connection, [made]))
        for place, second in enumerate(SECONDS):
            await store.recordings.start(
                NewRecording(
                    id=f"r{place}",
                    decision=made.id,
                    node="n",
                    channel="c",
                    uniqueid=f"{place}",
                    number=NUMBER,
                    caller_id="1",
                    campaign="x",
                    started_at=AT + timedelta(seconds=second),
                    format="wav",
                    path=str(tmp_path / f"{place}"),
                    callee_path="",
                    agent_path="",
                ),
            )
        for place in range(3):
            end = Finished(
                id=f"r{place}", state="kept", ended_at=AT, sha256="x", keep_until=date(2026, 12, 24)
            )
            await store.recordings.finish(end)
        yield Context(store, WHO, Host())


@pytest.mark.parametrize("most", [1, 2, 3, 4, 5, 6])
async def test_recordings_a_part_at_a_time(context: Context, most: int) -> None:
    whole = [one.id for one in (await recordings.listed(context)).rows]
    assert whole == ["r4", "r1", "r2", "r3", "r0"]  # the newest first, by id where they began at once
    seen: list[str] = []
    after = ""
    while True:
        page = await recordings.listed(context, after=after, most=most)
        seen += [one.id for one in page.rows]
        assert len(page.rows) == most or not page.next
        if not (after := page.next):
            break
    assert seen == whole


@pytest.mark.parametrize(
    "cursor", ["x", "7", "2026-11-24T02:00:00Z/r1", "2026-11-24T02:00:00.000000Z/", "/r1"]
)
async def test_what_is_no_cursor_is_refused(context: Context, cursor: str) -> None:
    with pytest.raises(Fault, match="cursor"):
        await recordings.listed(context, after=cursor)


async def test_holds_a_part_at_a_time(context: Context) -> None:
    for place in range(3):
        await retention.hold(context, {"recording": f"r{place}"}, reason="court")
    first = await retention.holds(context, most=2)
    rest = await retention.holds(context, most=2, after=first.next)
    assert [hold.key for page in (first, rest) for hold in page.rows] == ["r0", "r1", "r2"]
    assert rest.next == ""


async def test_the_log_a_part_at_a_time(context: Context) -> None:
    whole = [leaf.leaf for leaf in (await entries.listed(context)).rows]
    assert whole == [0, 1, 2, 3]
    newest = await entries.listed(context, most=3)
    assert ([leaf.leaf for leaf in newest.rows], newest.next) == ([1, 2, 3], "")
    first = await entries.listed(context, 0, most=3)
    rest = await entries.listed(context, after=first.next, most=3)
    assert [leaf.leaf for page in (first, rest) for leaf in page.rows] == whole
    with pytest.raises(Fault, match="cursor"):
        await entries.listed(context, after="-1")
    with pytest.raises(LedgerError, match="numbered from 0"):
        await entries.show(context, 4)


async def test_progress_is_told(context: Context, tmp_path: Path) -> None:
    told: list[tuple[int, int | None]] = []
    done = await custody.verify(context, tmp_path, progress=lambda *far: told.append(far))
    assert (done.checked, told) == (3, [(0, 3), (1, 3), (2, 3), (3, 3)])
    told.clear()
    audited = await verification.verify(context, [], progress=lambda *far: told.append(far))
    assert (audited.findings, told[0], set(told)) == (0, (0, 4), {(0, 4), (4, 4)})


@pytest.mark.parametrize("right", [Right.CALLS, Right.RETENTION, Right.LEDGER])
async def test_nothing_without_the_right(context: Context, tmp_path: Path, right: Right) -> None:
    """Each of them asks for one of these rights; with the other two alone it is refused."""
    others = frozenset({Right.CALLS, Right.RETENTION, Right.LEDGER} - {right})
    actor = msgspec.structs.replace(WHO, rights=others)
    poor = Context(context.store, actor, context.clock)
    work = {
        Right.CALLS: [
            recordings.listed(poor),
            recordings.show(poor, "r0"),
            retention.holds(poor),
            custody.verify(poor, tmp_path),
        ],
        Right.RETENTION: [
            recordings.settle(poor, "r0", True, reason="x"),
            retention.apply_policy(poor, POLICY),
            retention.keep(poor, "r0", date(2030, 1, 1), reason="x"),
            retention.hold(poor, {"recording": "r0"}, reason="x"),
            retention.release(poor, "1", reason="x"),
            disposal.purge(poor, tmp_path, "n", POLICY, dispose=True),
        ],
        Right.LEDGER: [verification.verify(poor, [])],
    }
    for each in work[right]:
        with pytest.raises(NotPermitted):
            await each
    for unused in (one for other in others for one in work[other]):
        unused.close()


async def test_the_log_is_read_by_who_keeps_it_and_by_who_sees_calls(context: Context) -> None:
    for right in (Right.LEDGER, Right.CALLS):
        actor = msgspec.structs.replace(WHO, rights=frozenset({right}))
        assert (await entries.listed(Context(context.store, actor, context.clock))).rows
    actor = msgspec.structs.replace(WHO, rights=frozenset({Right.RETENTION, Right.EVIDENCE}))
    poor = Context(context.store, actor, context.clock)
    for refused in (entries.listed(poor), entries.show(poor, 0)):
        with pytest.raises(NotPermitted):
            await refused
