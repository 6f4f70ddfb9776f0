"""Four eyes: one officer asks, another account confirms; and nothing that is not as it was asked."""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest

from dialpact.application import approvals, do_not_call, retention, suspensions
from dialpact.application.actor import EVERYTHING, Actor, Door, Right
from dialpact.application.context import Context
from dialpact.application.ledger.audit.bound import bound_registers
from dialpact.application.ledger.audit.found import Findings
from dialpact.compliance.errors import DialpactError, NotPermitted, StoreRefused
from dialpact.compliance.ledger.bound import Act as LoggedAct
from dialpact.compliance.ledger.bound.approvals import APPROVAL
from dialpact.compliance.registers import approval
from dialpact.compliance.registers.account import Role, Wanted, wanted
from dialpact.compliance.registers.approval import (
    LASTS,
    Act,
    Approval,
    Erasure,
    HoldRelease,
    OptOutRemoval,
    SuspensionLift,
)
from dialpact.compliance.registers.factor import Factor, Kind
from dialpact.compliance.registers.fault import Fault
from dialpact.store.sqlite import Store, create
from dialpact.store.sqlite.snapshot import opened
from dialpact.store.units.registers.approval import SQL
from dialpact.testing import FixedClock

OFFICER = EVERYTHING - {Right.ACCESS}
ADMINISTRATOR = frozenset(
    {Right.CHECK, Right.CALLS, Right.OPERATE, Right.ACCESS, Right.WEBHOOKS, Right.LEDGER}
)
SUPERVISOR = frozenset({Right.CHECK, Right.CALLS, Right.OPT_OUT, Right.COMPLAINTS, Right.EVIDENCE})
AUDITOR = frozenset({Right.CHECK, Right.CALLS, Right.EVIDENCE})
NUMBER = "+8613800138000"
WHY = "客户书面要求"


class Office(NamedTuple):
    """``li`` and ``wang`` are officers at a page; ``root`` sits at a shell."""

    path: Path
    clock: FixedClock
    li: Context
    wang: Context
    root: Context

    def as_(self, name: str, rights: frozenset[Right], door: Door = Door.PAGE) -> Context:
        actor = Actor(name=name, door=door, rights=rights)
        return msgspec.structs.replace(self.li, actor=actor)

    def sql(self, statement: str) -> None:
        """By somebody who has the file, guards dropped first."""
        with closing(sqlite3.connect(self.path)) as db, db:
            names = [row[0] for row in db.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'")]
            for name in names:
                db.execute(f"DROP TRIGGER {name}")
            db.execute(statement)


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    create(tmp_path / "a.db")
    clock = FixedClock("2026-06-01T10:00+08:00")
    async with await Store.open(tmp_path / "a.db") as store:

        def context(name: str, door: Door) -> Context:
            return Context(store, Actor(name=name, door=door, rights=OFFICER), clock)

        root = context("root", Door.SHELL)
        await retention.hold(root, {"callee": NUMBER}, reason="诉讼")
        await suspensions.suspend(root, "agent", "1001", reason="投诉")
        await do_not_call.add(root, NUMBER, node="pbx1")
        for id in ("li", "wang", "zhao"):
            new = wanted(name=id, role="officer")
            await store.accounts.add(id, new, (), by="root", at=clock.now() - timedelta(days=1))
        yield Office(tmp_path / "a.db", clock, context("li", Door.PAGE), context("wang", Door.PAGE), root)


ABOUT: dict[str, Act] = {
    "hold": HoldRelease(hold=1),
    "suspension": SuspensionLift(of="agent", key="1001"),
    "opt-out": OptOutRemoval(number="138 0013 8000"),
}
every_act = pytest.mark.parametrize("about", ABOUT.values(), ids=ABOUT)


async def in_force(office: Office) -> tuple[int, int, int]:
    """Holds, suspensions, opt-outs."""
    store = office.root.store
    found = (await store.holds.list(), await store.suspensions.list(), await store.dnc.list())
    return len(found[0].rows), len(found[1].rows), len(found[2].rows)


async def logged(office: Office, made: Approval) -> list[tuple[str, str]]:
    return [(one.action, one.by) for one in await office.root.store.changes.of("approval", str(made.id))]


@every_act
async def test_done_by_two(office: Office, about: Act) -> None:
    made = await approvals.ask(office.li, about, reason=WHY)
    assert await in_force(office) == (1, 1, 1), "asking does nothing"
    done = await approvals.confirm(office.wang, made.id)
    assert (done.state, done.asked_by, done.closed_by) == ("confirmed", "li", "wang")
    assert sum(await in_force(office)) == 2
    assert await logged(office, made) == [("ask", "li"), ("confirm", "wang")]
    store = office.root.store
    acts = {
        "hold-release": await store.changes.of("recording", NUMBER),
        "suspension-lift": await store.changes.of("suspension", "agent 1001"),
        "opt-out-removal": await store.changes.of("dnc", NUMBER),
    }[made.what]
    assert acts[-1].by == "li + wang" and acts[-1].detail["reason"] == WHY


@every_act
async def test_never_by_one(office: Office, about: Act) -> None:
    """Nor by two sessions at the same time, nor under another right, nor with another name shown."""
    made = await approvals.ask(office.li, about, reason=WHY)
    again = office.as_("li", EVERYTHING)
    for session in (office.li, again):
        with pytest.raises(Fault, match="approval own"):
            await approvals.confirm(session, made.id)
        with pytest.raises(Fault, match="approval own"):
            await approvals.decline(session, made.id, reason="x")
    assert await in_force(office) == (1, 1, 1)
    assert await logged(office, made) == [("ask", "li")]


@every_act
async def test_two_confirm_at_once(office: Office, about: Act) -> None:
    made = await approvals.ask(office.li, about, reason=WHY)
    zhao = office.as_("zhao", OFFICER)
    both = await asyncio.gather(
        approvals.confirm(office.wang, made.id), approvals.confirm(zhao, made.id), return_exceptions=True
    )
    assert sum(isinstance(one, Approval) for one in both) == 1
    assert sum(await in_force(office)) == 2
    assert len(await logged(office, made)) == 2


WHO = [
    ("administrator", ADMINISTRATOR, Door.PAGE),
    ("supervisor", SUPERVISOR, Door.PAGE),
    ("auditor", AUDITOR, Door.PAGE),
    ("shell", EVERYTHING, Door.SHELL),
    ("program", EVERYTHING, Door.API),
    ("daemon", EVERYTHING, Door.DAEMON),
]


@pytest.mark.parametrize(("name", "rights", "door"), WHO, ids=[name for name, _, _ in WHO])
@every_act
async def test_who_is_no_officer(
    office: Office, about: Act, name: str, rights: frozenset[Right], door: Door
) -> None:
    made = await approvals.ask(office.li, about, reason=WHY)
    other = office.as_(name, rights, door)
    tries: list[Callable[[], Awaitable[object]]] = [
        lambda: approvals.ask(other, about, reason=WHY),
        lambda: approvals.confirm(other, made.id),
        lambda: approvals.decline(other, made.id, reason="x"),
        lambda: approvals.withdraw(other, made.id, reason="x"),
    ]
    for one in tries:
        with pytest.raises(NotPermitted):
            await one()
    assert await logged(office, made) == [("ask", "li")]
    assert await in_force(office) == (1, 1, 1)


async def test_a_page_does_none_of_it_by_itself(office: Office) -> None:
    tries: list[Callable[[Context], Awaitable[object]]] = [
        lambda context: retention.release(context, "1", reason=WHY),
        lambda context: suspensions.lift(context, "agent", "1001", reason=WHY),
        lambda context: do_not_call.remove(context, NUMBER, scope="all", reason=WHY),
    ]
    for one in tries:
        with pytest.raises(NotPermitted, match="another officer"):
            await one(office.li)
    assert await in_force(office) == (1, 1, 1)
    for one in tries:  # root has it anyway
        await one(office.root)
    assert await in_force(office) == (0, 0, 0)


@every_act
@pytest.mark.parametrize(
    ("seconds", "holds"),
    [(-1, False), (0, True), (LASTS.total_seconds() - 1, True), (LASTS.total_seconds(), False)],
)
async def test_it_lapses(office: Office, about: Act, seconds: float, holds: bool) -> None:
    """A clock that was set back makes it last no longer."""
    made = await approvals.ask(office.li, about, reason=WHY)
    assert made.lapses_at - made.asked_at == LASTS
    office.clock.set(made.asked_at + timedelta(seconds=seconds))
    assert await approvals.count(office.wang) == int(holds)
    assert len((await approvals.waiting(office.wang)).rows) == int(holds)
    if holds:
        await approvals.confirm(office.wang, made.id)
    else:
        for one in (
            lambda: approvals.confirm(office.wang, made.id),
            lambda: approvals.decline(office.wang, made.id, reason="x"),
        ):
            with pytest.raises(Fault, match="approval lapsed"):
                await one()
        assert await in_force(office) == (1, 1, 1)
        assert (await approvals.show(office.wang, made.id)).shown(office.clock.now()) == "lapsed"


async def released(office: Office) -> None:
    await retention.release(office.root, "1", reason="x")


async def lifted_and_suspended_again(office: Office) -> None:
    await suspensions.lift(office.root, "agent", "1001", reason="x")
    office.clock.set(office.clock.now() + timedelta(minutes=1))
    await suspensions.suspend(office.root, "agent", "1001", reason="另一宗投诉")


async def removed_and_added_again(office: Office) -> None:
    await do_not_call.remove(office.root, NUMBER, scope="all", reason="x")
    office.clock.set(office.clock.now() + timedelta(minutes=1))
    await do_not_call.add(office.root, NUMBER, node="pbx1")


async def said_again(office: Office) -> None:
    """The entry stays as it was first recorded: the second no, in the same instant, counts as well."""
    await office.root.store.opt_outs.from_line(NUMBER, node="pbx1", channel="c", at=office.clock.now())


MEANWHILE = [
    ("hold", released),
    ("suspension", lifted_and_suspended_again),
    ("opt-out", removed_and_added_again),
    ("opt-out", said_again),
]


@pytest.mark.parametrize(("kind", "meanwhile"), MEANWHILE, ids=[each.__name__ for _, each in MEANWHILE])
async def test_what_has_changed_meanwhile(
    office: Office, kind: str, meanwhile: Callable[[Office], Awaitable[None]]
) -> None:
    made = await approvals.ask(office.li, ABOUT[kind], reason=WHY)
    assert [one.changed for one in (await approvals.waiting(office.wang)).rows] == [False]
    await meanwhile(office)
    before = await in_force(office)
    assert [one.changed for one in (await approvals.waiting(office.wang)).rows] == [True]
    with pytest.raises(Fault, match="approval changed"):
        await approvals.confirm(office.wang, made.id)
    assert await in_force(office) == before
    assert await logged(office, made) == [("ask", "li")]
    if kind != "hold":  # it can be asked anew at once
        anew = await approvals.ask(office.li, ABOUT[kind], reason=WHY)
        await approvals.confirm(office.wang, anew.id)


@every_act
async def test_declined_or_taken_back(office: Office, about: Act) -> None:
    made = await approvals.ask(office.li, about, reason=WHY)
    with pytest.raises(Fault, match="approval asked"):
        await approvals.ask(office.wang, about, reason="x")
    with pytest.raises(Fault, match="empty"):
        await approvals.decline(office.wang, made.id, reason=" ")
    with pytest.raises(Fault, match="approval anothers"):
        await approvals.withdraw(office.wang, made.id, reason="x")
    closed = await approvals.decline(office.wang, made.id, reason="证据不足")
    assert (closed.state, closed.closed_by, closed.note) == ("declined", "wang", "证据不足")
    with pytest.raises(Fault, match="approval closed"):
        await approvals.confirm(office.wang, made.id)
    second = await approvals.ask(office.li, about, reason=WHY)
    back = await approvals.withdraw(office.li, second.id, reason="写错了")
    assert (back.state, back.closed_by) == ("withdrawn", "li")
    assert await logged(office, second) == [("ask", "li"), ("withdraw", "li")]
    assert await in_force(office) == (1, 1, 1)
    assert [one.id for one in (await approvals.listed(office.li)).rows] == [second.id, made.id]


@pytest.mark.parametrize(
    ("about", "why"),
    [
        (HoldRelease(hold=9), "no hold"),
        (SuspensionLift(of="agent", key="1002"), "not suspended"),
        (OptOutRemoval(number="13800138001"), "no refusal"),
        (OptOutRemoval(number=NUMBER, scope="business", value="acme"), "no refusal"),
    ],
)
async def test_what_is_not_in_force_is_not_asked_for(office: Office, about: Act, why: str) -> None:
    with pytest.raises(Fault, match=why):
        await approvals.ask(office.li, about, reason=WHY)
    with pytest.raises(Fault):
        await approvals.ask(office.li, ABOUT["hold"], reason="")
    assert (await approvals.listed(office.li)).rows == []


async def test_who_is_told_of_it(office: Office) -> None:
    """The count is of what waits for this account."""
    await approvals.ask(office.li, ABOUT["hold"], reason=WHY)
    await approvals.ask(office.wang, ABOUT["opt-out"], reason=WHY)
    assert (await approvals.count(office.li), await approvals.count(office.wang)) == (1, 1)
    assert await approvals.count(office.as_("zhao", OFFICER)) == 2
    assert await approvals.count(office.as_("sun", SUPERVISOR)) == 0
    assert len((await approvals.waiting(office.as_("qian", AUDITOR))).rows) == 2


async def test_an_erasure_is_not_confirmed_so(office: Office) -> None:
    about = Erasure(today=office.clock.now().date(), decisions=1, recordings=0)
    made = await approvals.asked(office.li, about, reason=WHY)
    with pytest.raises(Fault, match="approval erasure"):
        await approvals.confirm(office.wang, made.id)
    assert await logged(office, made) == [("ask", "li")]


async def disabled(office: Office, id: str) -> None:
    await office.root.store.accounts.disable(id, reason="离职", by="admin", at=office.clock.now())


async def demoted(office: Office, id: str) -> None:
    new = wanted(name=id, role="supervisor", agents=["1001"])
    await office.root.store.accounts.change(id, new, by="admin", at=office.clock.now())


async def ended(office: Office, id: str) -> None:
    office.clock.set(office.clock.now() + timedelta(days=1))
    new = Wanted(name=id, role=Role.OFFICER, until=(office.clock.now() - timedelta(days=2)).date())
    await office.root.store.accounts.change(id, new, by=id, at=office.clock.now() - timedelta(hours=30))


async def demoted_by_sql(office: Office, id: str) -> None:
    await office.root.store.close()
    office.sql(f"UPDATE account SET role = 'administrator' WHERE id = '{id}'")


GONE = (disabled, demoted, ended, demoted_by_sql)


@pytest.mark.parametrize("who", ["li", "wang"])
@pytest.mark.parametrize("gone", GONE, ids=[each.__name__ for each in GONE])
async def test_both_are_officers_still(
    office: Office, who: str, gone: Callable[[Office, str], Awaitable[None]]
) -> None:
    """By their accounts in the same transaction, whatever rights a session of before has."""
    made = await approvals.ask(office.li, ABOUT["hold"], reason=WHY)
    await gone(office, who)
    with pytest.raises(Fault, match=f"approval no officer: entry {who}"):
        await approvals.confirm(office.wang, made.id)
    assert await in_force(office) == (1, 1, 1)


async def test_nobody_confirms_with_an_account_that_was_made_for_it(office: Office) -> None:
    """An administrator makes an officer, or lets himself into an officer's account; or shows another name."""
    made = await approvals.ask(office.li, ABOUT["hold"], reason=WHY)
    office.clock.set(office.clock.now() + timedelta(minutes=1))
    store, at = office.root.store, office.clock.now()
    await store.accounts.add("new", wanted(name="new", role="officer"), (), by="admin", at=at)
    link = Factor(kind=Kind.LINK, data="x")
    await store.accounts.refactor("wang", new=[link], reason="reset", by="admin", at=at)
    await store.accounts.change("zhao", wanted(name="li", role="officer"), by="admin", at=at)
    for id in ("new", "wang", "zhao"):
        with pytest.raises(Fault, match="approval new account"):
            await approvals.confirm(office.as_(id, OFFICER), made.id)
    assert await in_force(office) == (1, 1, 1)
    await approvals.withdraw(office.li, made.id, reason="x")
    anew = await approvals.ask(office.li, ABOUT["hold"], reason=WHY)
    with pytest.raises(Fault, match="approval new account"):  # (in the same second)
        await approvals.confirm(office.wang, anew.id)


async def test_an_officer_by_sql_alone_is_none(office: Office) -> None:
    store, before = office.root.store, office.clock.now() - timedelta(days=1)
    new = wanted(name="sun", role="supervisor", agents=["1001"])
    await store.accounts.add("sun", new, (), by="root", at=before)
    made = await approvals.ask(office.li, ABOUT["hold"], reason=WHY)
    await store.close()
    office.sql("UPDATE account SET role = 'officer', agents = '[]' WHERE id = 'sun'")
    with pytest.raises(Fault, match="approval no officer: entry sun"):
        await approvals.confirm(office.as_("sun", OFFICER), made.id)
    assert await in_force(office) == (1, 1, 1)


async def test_a_new_name_is_no_other_account(office: Office) -> None:
    made = await approvals.ask(office.li, ABOUT["hold"], reason=WHY)
    at = office.clock.now()
    await office.root.store.accounts.change("li", wanted(name="王芳", role="officer"), by="li", at=at)
    with pytest.raises(Fault, match="approval own"):
        await approvals.confirm(office.li, made.id)
    await approvals.confirm(office.wang, made.id)


FORGED = {
    "a request of nobody": "INSERT INTO approval (about, seen, reason, asked_by, asked_at, lapses_at, state)"
    " SELECT about, seen, reason, asked_by, asked_at, lapses_at, state FROM approval",
    "another asked": "UPDATE approval SET asked_by = 'zhao'",
    "about another": "UPDATE approval SET about = replace(about, '1001', '1002')",
    "as it stands now": "UPDATE approval SET seen = replace(seen, 'root', 'li')",
    "it lasts longer": "UPDATE approval SET lapses_at = '2036-01-01T00:00:00.000000Z'",
    "confirmed": "UPDATE approval SET state = 'confirmed', closed_by = 'wang', closed_at = asked_at",
    "gone": "DELETE FROM approval",
}


@pytest.mark.parametrize("statement", FORGED.values(), ids=FORGED)
async def test_what_sql_has_made_lets_nothing_pass_and_is_found(office: Office, statement: str) -> None:
    made = await approvals.ask(office.li, ABOUT["suspension"], reason=WHY)
    await office.root.store.close()
    office.sql(statement)
    for id in (made.id, made.id + 1):
        for who in ("li", "wang", "zhao"):
            if id == made.id and who != "li" and statement == FORGED["a request of nobody"]:
                continue  # (the first one is as it was)
            with pytest.raises(DialpactError):
                await approvals.confirm(office.as_(who, OFFICER), id)
    assert await in_force(office) == (1, 1, 1)
    findings = Findings()
    with opened(office.path) as snapshot:
        for _ in bound_registers(snapshot, findings):
            pass
    assert [one for one in findings.listed if one.kind == approval.REGISTER]


@pytest.mark.parametrize(
    ("action", "by", "state"),
    [
        ("confirm", "li", "open"),
        ("confirm", "wang", "confirmed"),
        ("decline", "li", "open"),
        ("decline", "wang", "declined"),
        ("withdraw", "li", "withdrawn"),
        ("withdraw", "wang", "open"),
    ],
)
def test_what_the_acts_make_of_a_request(action: str, by: str, state: str) -> None:
    """An act of the wrong one of the two makes nothing of it, whoever has put it into the log."""
    at = "2026-06-01T02:00:00.000000Z"
    asked = {"about": {}, "seen": {}, "reason": "x", "lapses_at": at}
    acts = [
        LoggedAct(1, at, "li", "ask", "7", json.dumps(asked)),
        LoggedAct(2, at, by, action, "7", json.dumps({"asked_by": "li", "reason": "y"})),
    ]
    ((row, _),) = APPROVAL.replay("7", acts)
    assert row["state"] == state


async def test_nothing_else_is_done_than_was_read(office: Office) -> None:
    """A row that was another for the moment in which it was read."""
    made = await approvals.ask(office.li, ABOUT["hold"], reason=WHY)
    read = msgspec.structs.replace(made, about=HoldRelease(hold=7))
    with pytest.raises(Fault, match="approval unproven"):
        await office.root.store.approvals.confirm(read, by="wang", at=office.clock.now())


async def test_a_closed_one_stays_closed(office: Office) -> None:
    """By the table itself, whoever writes."""
    made = await approvals.ask(office.li, ABOUT["hold"], reason=WHY)
    await approvals.decline(office.wang, made.id, reason="x")
    for statement in (
        "UPDATE approval SET state = 'open', closed_by = '', closed_at = NULL",
        "UPDATE approval SET reason = 'y'",
        "DELETE FROM approval",
    ):
        with pytest.raises(StoreRefused):
            await office.root.store.transact(lambda connection, sql=statement: connection.execute(sql))


@pytest.mark.parametrize("name", ["open_about", "list_open", "count_open"])
async def test_what_waits_is_found_by_its_own_index(office: Office, name: str) -> None:
    """However many requests were closed before."""
    sql = getattr(SQL, name).sql
    with closing(sqlite3.connect(office.path)) as db:
        values = dict.fromkeys(re.findall(r":(\w+)", sql), 1)
        first = db.execute(f"EXPLAIN QUERY PLAN {sql}", values).fetchone()
    assert first[3] == "SEARCH approval USING INDEX approval_open (lapses_at>?)"
