"""Complaints in the store: the call they are about, the opt-out they are, the suspension they lead to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from dialpact.compliance.model import Decision, Facts
from dialpact.compliance.reasons import Reason
from dialpact.compliance.registers.complaint import Complaint, Correction
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.filing import Filed, Filing
from dialpact.store.ports.decisions import Undelivered
from dialpact.store.sqlite import Store, create
from dialpact.store.units import decisions
from tests.compliance.store_values import AT, BY, NUMBER, attempt, decision
from tests.compliance.test_store_registers import ACME, RENEWAL, SHOWN
from tests.compliance.world import HUBEI

MINUTE = timedelta(minutes=1)
CALLED = AT - timedelta(hours=2)
OTHER = "+8613900139000"
assert HUBEI.suspension is not None
RULE = msgspec.structs.replace(
    HUBEI.suspension, complaint_days=30, complaints={"agent": 2, "campaign": 3, "caller-id": 3}
)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    create(tmp_path / "a.db")
    async with await Store.open(tmp_path / "a.db") as store:
        await store.businesses.add(ACME, **BY)
        await store.campaigns.add(RENEWAL, **BY)
        await store.caller_ids.put(SHOWN, **BY)
        yield store


def call(at: datetime = CALLED, number: str = NUMBER, *, allowed: bool = True, **changes: Any) -> Decision:
    asked = msgspec.structs.replace(attempt(number), agent="1001", **changes)
    made = decision(asked, allowed=allowed)
    return msgspec.structs.replace(made, decided_at=at, facts=Facts(campaign=RENEWAL))


async def record(store: Store, *made: Decision) -> None:
    await store.transact(lambda connection: decisions.record(connection, list(made)))


def complaint(**changes: Any) -> Complaint:
    base = Complaint(number=NUMBER, called_at=CALLED, source="12321", received_at=AT)
    return msgspec.structs.replace(base, **changes)


async def file(store: Store, new: Complaint | None = None, **changes: Any) -> Filed:
    given = {"within": 30 * MINUTE, "from_all": False, "rules": {}, **BY, **changes}
    act = {name: given.pop(name) for name in BY}
    return await store.complaints.file(new or complaint(), Filing(**given), **act)


@pytest.mark.parametrize(
    ("made", "asked", "matched", "reason"),
    [
        ([call()], complaint(), 0, "at that very time"),
        ([call(CALLED - 30 * MINUTE)], complaint(), 0, "half an hour before"),
        ([call(CALLED + 30 * MINUTE)], complaint(), 0, "half an hour after"),
        ([call(CALLED - 30 * MINUTE - timedelta(seconds=1))], complaint(), None, "a second too early"),
        ([call(CALLED + 30 * MINUTE + timedelta(seconds=1))], complaint(), None, "a second too late"),
        ([call(CALLED - 20 * MINUTE), call(CALLED + 10 * MINUTE)], complaint(), 1, "the nearest"),
        ([call(CALLED - 10 * MINUTE), call(CALLED + 20 * MINUTE)], complaint(), 0, "before as well as after"),
        ([call(number=OTHER)], complaint(), None, "another person's call"),
        ([call(allowed=False)], complaint(), None, "refused: it never rang"),
        ([call()], complaint(caller_id="02787654321"), 0, "over that caller ID"),
        ([call()], complaint(caller_id="95588"), None, "over another caller ID"),
        (
            [call(caller_id="95588"), call(CALLED + 9 * MINUTE)],
            complaint(caller_id="02787654321"),
            1,
            "the caller ID tells the two apart",
        ),
    ],
)
async def test_which_call_it_is_about(
    store: Store, made: list[Decision], asked: Complaint, matched: int | None, reason: str
) -> None:
    await record(store, *made)
    filed = (await file(store, asked)).complaint
    assert filed.decision == ("" if matched is None else made[matched].id), reason
    if matched is not None:
        assert (filed.campaign, filed.agent) == ("renewal", "1001")
        assert filed.caller_id == made[matched].attempt.caller_id
    else:
        assert (filed.campaign, filed.agent, filed.caller_id) == ("", "", asked.caller_id)


async def test_a_call_that_the_pbx_was_never_told_of_did_not_ring(store: Store) -> None:
    made = call()
    await record(store, made)
    await store.decisions.undelivered([Undelivered(made.id, AT, Reason.DEADLINE)])
    assert (await file(store)).complaint.decision == ""


async def test_it_is_a_refusal_of_the_matched_business(store: Store) -> None:
    await record(store, call())
    filed = await file(store)
    (opt_out,) = (await store.dnc.list()).rows
    assert opt_out == filed.opt_out
    assert (opt_out.number, opt_out.scope, opt_out.value) == (NUMBER, "business", "acme")
    assert (opt_out.source, opt_out.requested_at) == (f"complaint 12321 #{filed.complaint.id}", AT)
    assert filed.entered == "added"
    (logged,) = await store.changes.of("dnc", NUMBER)
    assert logged.by == "tester"


@pytest.mark.parametrize(("matched", "from_all"), [(False, False), (True, True), (False, True)])
async def test_it_refuses_everything_when_unmatched_or_so_wished(
    store: Store, matched: bool, from_all: bool
) -> None:
    if matched:
        await record(store, call())
    await file(store, from_all=from_all)
    assert [(entry.scope, entry.value) for entry in (await store.dnc.list()).rows] == [("all", "")]


async def test_the_same_complaint_again(store: Store) -> None:
    await record(store, call())
    first = await file(store)
    again = await file(store)
    assert (again.outcome, again.entered, again.complaint) == ("already", "already", first.complaint)
    wider = await file(store, from_all=True)
    assert (wider.outcome, wider.entered) == ("already", "added"), "a wider opt-out counts all the same"
    assert (await file(store, complaint(caller_id="02787654321"))).outcome == "already"
    assert (await file(store, complaint(source="hotline"))).outcome == "added"
    assert (await file(store, complaint(called_at=CALLED + MINUTE))).outcome == "added"
    assert len((await store.complaints.list()).rows) == 3


async def several(store: Store, count: int, **changes: Any) -> list[Filed]:
    """Complaints of as many people, each about a call by agent 1001, one a minute."""
    filed = []
    for place in range(count):
        number = f"+8613900{place:06}"
        await record(store, call(number=number))
        at = AT + place * MINUTE
        new = complaint(number=number, received_at=at, source=changes.pop("source", "12321"))
        filed.append(await file(store, new, **({"rules": {"hubei": RULE}, "at": at} | changes)))
    return filed


async def test_enough_of_them_suspend(store: Store) -> None:
    filed = await several(store, 3)
    assert [[(found.kind, found.key) for found in one.suspended] for one in filed] == [
        [],
        [("agent", "1001")],
        [("campaign", "renewal"), ("caller-id", "02787654321")],
    ]
    agent, *_ = (await store.suspensions.list()).rows
    assert agent.cause == "2 complaints within 30 days (profile hubei)"
    assert (agent.by, agent.evidence) == ("dialpact", ("1", "2"))
    (change,) = await store.changes.of("suspension", "agent 1001")
    assert (change.action, change.by) == ("add", "dialpact")
    call_now = msgspec.structs.replace(attempt(), agent="1001")
    assert {found.kind for found in await in_force(store, call_now)} == {"agent", "campaign", "caller-id"}


async def in_force(store: Store, asked: Any) -> list[Any]:
    return [
        found
        for found in (await store.suspensions.list()).rows
        if found.key in (asked.agent, asked.campaign, asked.caller_id)
    ]


async def test_a_lifted_suspension_starts_the_count_anew(store: Store) -> None:
    await several(store, 2)
    lifted = AT + timedelta(hours=1)
    await store.suspensions.lift("agent", "1001", reason="retrained", by="chen", at=lifted)
    for place, expected in ((1, []), (2, ["agent"])):
        number = f"+861390013900{place}"
        await record(store, call(number=number))
        at = lifted + place * MINUTE
        filed = await file(store, complaint(number=number, received_at=at), rules={"hubei": RULE}, at=at)
        assert [found.kind for found in filed.suspended if found.kind == "agent"] == expected


@pytest.mark.parametrize(
    ("apart", "suspends", "reason"),
    [
        (timedelta(days=30) - timedelta(seconds=1), True, "within the days"),
        (timedelta(days=30), False, "no longer"),
    ],
)
async def test_old_complaints_do_not_count(
    store: Store, apart: timedelta, suspends: bool, reason: str
) -> None:
    await several(store, 1)
    await record(store, call(number=OTHER))
    at = AT + apart
    filed = await file(store, complaint(number=OTHER, received_at=at), rules={"hubei": RULE}, at=at)
    assert bool(filed.suspended) is suspends, reason


async def test_what_no_rule_binds_suspends_nobody(store: Store) -> None:
    assert not any(filed.suspended for filed in await several(store, 3, rules={}))
    survey = msgspec.structs.replace(RULE, purposes=("survey",))
    await record(store, call(number=OTHER))
    assert not (await file(store, complaint(number=OTHER), rules={"hubei": survey})).suspended


async def test_the_same_complaint_again_is_not_counted_again(store: Store) -> None:
    await record(store, call())
    for _ in range(3):
        assert not (await file(store, rules={"hubei": RULE})).suspended


async def test_a_caller_id_that_is_not_ours_is_not_suspended(store: Store) -> None:
    for place in range(4):
        new = complaint(number=f"+8613900{place:06}", caller_id="95588")
        assert not (await file(store, new, rules={"hubei": RULE})).suspended
    ours = [
        await file(
            store,
            complaint(number=f"+8613901{place:06}", caller_id=SHOWN.number),
            rules={"hubei": RULE},
        )
        for place in range(3)
    ]
    assert [found.kind for found in ours[-1].suspended] == ["caller-id"], "also without a matched call"


async def test_two_profiles_suspend_once(store: Store) -> None:
    filed = await several(store, 2, rules={"one": RULE, "two": RULE})
    assert [found.cause for found in filed[-1].suspended] == ["2 complaints within 30 days (profile one)"]


async def test_an_answer_is_given_once(store: Store) -> None:
    id = (await file(store)).complaint.id
    answered = await store.complaints.answer(id, "apologised", **BY)
    assert (answered.status, answered.answer, answered.answered_at) == ("answered", "apologised", AT)
    assert await store.complaints.answer(id, "apologised", **BY) == answered
    with pytest.raises(Fault, match="answered"):
        await store.complaints.answer(id, "nothing happened", **BY)
    with pytest.raises(Fault, match="not registered"):
        await store.complaints.answer(99, "x", **BY)
    assert [change.action for change in await store.changes.of("complaint", str(id))] == [
        "add",
        "answer",
    ]


async def test_filters(store: Store) -> None:
    first = (await file(store)).complaint
    second = (await file(store, complaint(number=OTHER))).complaint
    await store.complaints.answer(first.id, "apologised", **BY)
    assert [found.id for found in (await store.complaints.list()).rows] == [second.id, first.id]
    assert [found.id for found in (await store.complaints.list(status="open")).rows] == [second.id]
    assert [found.id for found in (await store.complaints.list(number=NUMBER)).rows] == [first.id]
    assert len((await store.complaints.list(most=1)).rows) == 1


async def test_it_is_all_or_nothing(store: Store) -> None:
    await record(store, call())
    broken = "CREATE TRIGGER no BEFORE INSERT ON do_not_call BEGIN SELECT RAISE(ABORT, 'no'); END"
    await store.transact(lambda connection: connection.execute(broken))
    with pytest.raises(Exception, match="no"):
        await file(store)
    assert (await store.complaints.list()).rows == []
    assert await store.changes.of("complaint", "1") == []


async def test_who_speaks_for_some_businesses_is_told_of_their_calls_alone(store: Store) -> None:
    """The nearest of these calls, and no complaint that was matched to another's."""
    nearer = call(CALLED + MINUTE)
    await record(store, call(CALLED + 5 * MINUTE), nearer)
    assert (await file(store)).complaint.decision == nearer.id
    beta = await file(store, businesses=("beta",))
    assert (beta.outcome, beta.complaint.decision, beta.complaint.agent) == ("added", "", "")
    assert beta.complaint.id == 2 and beta.opt_out.scope == "all"
    assert (await file(store, businesses=("beta",))).outcome == "already", "its own, which is nobody's call"
    acme = await file(store, businesses=("acme", "beta"))
    assert (acme.outcome, acme.complaint.id) == ("already", 1)
    third = CALLED + timedelta(hours=1)
    await file(store, complaint(called_at=third), businesses=("beta",))
    await record(store, call(third))
    assert (await file(store, complaint(called_at=third), businesses=("acme",))).complaint.agent == "1001"
    assert (await file(store, complaint(called_at=third))).complaint.id == 3, "who sees all has the first one"
    given = {"within": 30 * MINUTE, "rules": {}}
    change = Correction(called_at=CALLED + 9 * MINUTE)
    await store.complaints.correct(1, change, Filing(**given), reason="x", **BY)  # type: ignore[arg-type]
    assert (await file(store, businesses=("beta",))).complaint.id == 2, "nor what acme's was before"
