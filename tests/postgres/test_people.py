"""Accounts, sessions, keys, approvals, complaints: both engines say the same of whoever works here."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import Any

from msgspec.structs import replace

from dialpact.compliance.registers.account import Role, Wanted
from dialpact.compliance.registers.api_key import Scope
from dialpact.compliance.registers.approval import Erasure, HoldRelease, OptOutRemoval, SuspensionLift
from dialpact.compliance.registers.complaint import Correction
from dialpact.compliance.registers.factor import Factor, Kind
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.filing import Filing
from dialpact.compliance.registers.session import Session, Way
from dialpact.store.ports.complaints import EVERYBODY, InboxWanted, Theirs
from dialpact.store.postgres.engine import Store
from tests.compliance.store_values import AT, BY, NUMBER
from tests.compliance.test_store_complaints import (
    CALLED,
    MINUTE,
    RENEWAL,
    RULE,
    call,
    complaint,
    file,
    record,
)
from tests.compliance.test_store_registers import ACME, SHOWN
from tests.postgres.engines import PATIENT, Engines
from tests.postgres.said import same
from tests.postgres.server import Database

LATER = AT + timedelta(minutes=1)
FOREVER = AT + timedelta(days=3)
OFFICER = Wanted(name="李", role=Role.OFFICER)
ROOT = Wanted(name="root", role=Role.ADMINISTRATOR)
PASSWORD = Factor(kind=Kind.PASSWORD, data="x")
PASSKEY = Factor(kind=Kind.PASSKEY, id="key", data="y")


def session(id: str, account: str = "li", minute: int = 0) -> Session:
    opened = AT + timedelta(minutes=minute)
    return Session(
        id=id,
        account=account,
        way=Way.PASSWORD,
        opened_at=opened,
        ends_at=opened + timedelta(hours=8),
        seen_at=opened,
        address="10.0.0.1",
        browser="b",
    )


def opening(new: Session) -> Any:
    return lambda store: store.sessions.open(new, "mac")


async def furnished(store: Any) -> None:
    await store.businesses.add(ACME, **BY)
    await store.campaigns.add(RENEWAL, **BY)
    await store.caller_ids.put(SHOWN, **BY)


async def test_accounts_and_what_they_sign_in_by(engines: Engines) -> None:
    theirs = Wanted(
        name="王", role=Role.SUPERVISOR, businesses=("acme",), campaigns=("renewal",), subject="w@x"
    )
    kept = await same(
        engines,
        furnished,
        lambda store: store.accounts.any(),
        lambda store: store.accounts.add("root", ROOT, [PASSWORD], first=True, **BY),
        lambda store: store.accounts.add("two", ROOT, [], first=True, **BY),
        lambda store: store.accounts.any(),
        lambda store: store.accounts.add("li", OFFICER, [PASSWORD, PASSKEY], **BY),
        lambda store: store.accounts.add("li", OFFICER, [], **BY),
        lambda store: store.accounts.add("wang", theirs, [], **BY),
        lambda store: store.accounts.find("li"),
        lambda store: store.accounts.find_subject("w@x"),
        lambda store: store.accounts.find_subject(""),
        lambda store: store.accounts.find_passkey("key"),
        lambda store: store.accounts.refactor("wang", new=[PASSKEY], reason="mine", **BY),
        lambda store: store.accounts.refactor("li", gone=[(Kind.PASSKEY, "key")], reason="lost", **BY),
        lambda store: store.accounts.change("root", OFFICER, **BY),
        lambda store: store.accounts.disable("root", reason="leaves", **BY),
        lambda store: store.accounts.disable("li", reason="leaves", by="root", at=LATER),
        lambda store: store.accounts.enable("li", reason="back", by="root", at=LATER),
        lambda store: store.accounts.use_step("li", 7),
        lambda store: store.accounts.use_step("li", 7),
        lambda store: store.accounts.use_step("li", 8),
        lambda store: store.accounts.list(),
        lambda store: store.accounts.list(most=2),
        lambda store: store.accounts.list(id="li"),
        lambda store: store.accounts.history("li"),
        lambda store: store.accounts.history("li", most=2),
    )
    assert kept[8].bound and kept[11].account.id == "li" and kept[9].account.id == "wang"
    assert isinstance(kept[14], str) and isinstance(kept[15], str), "somebody has to be left"
    assert kept[18:21] == [True, False, True], "a code is good for once"
    assert [one.account.id for one in kept[21].rows] == ["li", "root", "wang"]


async def test_sessions(engines: Engines) -> None:
    await same(engines, furnished, lambda store: store.accounts.add("li", OFFICER, [PASSWORD], **BY))
    for place in range(12):
        await same(engines, opening(session(f"s{place:02}", minute=place)))
    now = AT + timedelta(hours=1)
    kept = await same(
        engines,
        lambda store: store.sessions.running("li", now),
        lambda store: store.sessions.running("", now),
        lambda store: store.sessions.find("s11"),
        lambda store: store.sessions.find("none"),
        lambda store: store.sessions.seen("s11", now),
        lambda store: store.sessions.end("li", ["s10"], reason="out", by="li", at=now),
        lambda store: store.sessions.end("li", but="s11", reason="out", by="li", at=now),
        lambda store: store.sessions.running("li", now),
        lambda store: store.sessions.note("li", "refused", {"why": "code"}, by="li", at=now),
        lambda store: store.accounts.list(),
    )
    assert [one.id for one in kept[0]] == [f"s{place:02}" for place in range(11, 1, -1)], "ten at a time"
    assert (kept[5], kept[6]) == (1, 8)
    assert [(one.id, one.seen_at) for one in kept[7]] == [("s11", now)]


async def test_keys_of_the_api(engines: Engines) -> None:
    given = {"scopes": tuple(Scope)[:2], "businesses": ("acme",), "expires": date(2027, 1, 1), "mac": "m"}
    kept = await same(
        engines,
        furnished,
        lambda store: store.api_keys.add("crm", **given, **BY),
        lambda store: store.api_keys.add("crm", **given, **BY),
        lambda store: store.api_keys.add("other", **given | {"businesses": ("none",)}, **BY),
        lambda store: store.api_keys.add("sms", **given, **BY),
        lambda store: store.api_keys.find("crm"),
        lambda store: store.api_keys.used("crm", at=LATER),
        lambda store: store.api_keys.used("crm", at=LATER + MINUTE),
        lambda store: store.api_keys.rotate("crm", mac="n", by="chen", at=LATER),
        lambda store: store.api_keys.revoke("sms", reason="gone", by="chen", at=LATER),
        lambda store: store.api_keys.revoke("sms", reason="gone", by="chen", at=LATER),
        lambda store: store.api_keys.list(),
        lambda store: store.api_keys.list(most=1),
        lambda store: store.api_keys.list(id="sms"),
        lambda store: store.api_keys.find("sms"),
    )
    assert kept[5].bound and kept[14].bound
    assert kept[11].rows[0].used_at == LATER + MINUTE


async def officers(store: Any) -> None:
    await furnished(store)
    for id in ("li", "wang"):
        await store.accounts.add(id, OFFICER, [PASSWORD], by="root", at=AT - MINUTE)


async def test_what_takes_two_officers(engines: Engines) -> None:
    def ask(about: Any, by: str = "li") -> Any:
        return lambda store: store.approvals.ask(about, reason="客户要求", by=by, at=AT, lapses_at=FOREVER)

    async def confirmed(store: Any, id: int, by: str) -> None:
        await store.approvals.confirm(await store.approvals.get(id), by=by, at=LATER)

    erasure = Erasure(today=date(2026, 11, 24), decisions=3, recordings=0)
    removal = OptOutRemoval(number=NUMBER, scope="business", value="acme")
    kept = await same(
        engines,
        officers,
        lambda store: record(store, ONE),
        lambda store: file(store),
        lambda store: store.holds.add("call", ONE.id, reason="court", **BY),
        lambda store: store.suspensions.add("campaign", "renewal", cause="c", **BY),
        ask(HoldRelease(hold=1)),
        ask(HoldRelease(hold=1)),
        ask(SuspensionLift(of="campaign", key="renewal")),
        ask(removal),
        ask(OptOutRemoval(number=NUMBER)),
        ask(erasure),
        lambda store: store.approvals.waiting(LATER),
        lambda store: store.approvals.waiting(LATER, most=1),
        lambda store: store.approvals.count(LATER, "wang"),
        lambda store: store.approvals.count(LATER, "li"),
        lambda store: confirmed(store, 1, "li"),
        lambda store: confirmed(store, 1, "wang"),
        lambda store: store.approvals.close(2, "declined", reason="no", by="wang", at=LATER),
        lambda store: confirmed(store, 2, "wang"),
        lambda store: confirmed(store, 4, "wang"),
        lambda store: store.approvals.done(4, {"decisions": 3}, by="wang", at=LATER),
        lambda store: store.approvals.done(4, {"decisions": 3}, by="wang", at=LATER),
        lambda store: store.approvals.list(),
        lambda store: store.approvals.list(most=2),
    )
    assert (kept[13], kept[14]) == (4, 0)
    assert [one.state for one in kept[22].rows] == ["done", "open", "declined", "confirmed"]


ONE = call()


async def test_of_two_nodes_one_confirms(postgres_migrated: Database) -> None:
    async with (
        await Store.open(postgres_migrated.url, "pbx1", seconds=PATIENT) as one,
        await Store.open(postgres_migrated.url, "pbx2", seconds=PATIENT) as other,
    ):
        await officers(one)
        for day in range(1, 5):
            about = Erasure(today=date(2026, 11, day), decisions=day, recordings=0)
            asked = await one.approvals.ask(about, reason="r", by="li", at=AT, lapses_at=FOREVER)
            came = await asyncio.gather(
                *(store.approvals.confirm(asked, by="wang", at=LATER) for store in (one, other)),
                return_exceptions=True,
            )
            assert sorted(type(each).__name__ for each in came) == [Fault.__name__, "NoneType"]


async def test_complaints_from_filing_to_closing(engines: Engines) -> None:
    made = [call(CALLED - 20 * MINUTE), call(CALLED + 10 * MINUTE), call(CALLED, allowed=False)]
    rules = {"hubei": RULE}
    filing = Filing(within=30 * MINUTE)
    later = complaint(called_at=CALLED + timedelta(minutes=3), source="other")
    kept = await same(
        engines,
        furnished,
        lambda store: record(store, *made),
        lambda store: file(store, complaint(due=date(2026, 12, 1)), rules=rules),
        lambda store: file(store, rules=rules),
        lambda store: file(store, later, rules=rules),
        lambda store: file(store, complaint(number="+8613900139000"), businesses=("rival",)),
        lambda store: store.complaints.correct(
            3, Correction(called_at=CALLED - MINUTE), filing, reason="typo", by="chen", at=LATER
        ),
        lambda store: file(store, complaint(number="+8613900139000"), businesses=("rival",)),
        lambda store: store.complaints.waiting(date(2026, 12, 1), EVERYBODY),
        lambda store: store.complaints.waiting(date(2026, 12, 2), Theirs(businesses=("acme",))),
        lambda store: store.complaints.waiting(date(2026, 12, 2), Theirs(agents=("none",))),
        lambda store: store.complaints.inbox(InboxWanted()),
        lambda store: store.complaints.inbox(InboxWanted(stage="open"), most=1),
        lambda store: store.complaints.inbox(InboxWanted(unmatched=True)),
        lambda store: store.complaints.inbox(InboxWanted(theirs=Theirs(campaigns=("renewal",)))),
        lambda store: store.complaints.answer(1, "sorry", **BY),
        lambda store: store.complaints.answer(1, "no", **BY),
        lambda store: store.complaints.inbox(InboxWanted(stage="answered")),
        lambda store: store.complaints.close(1, "founded", **BY),
        lambda store: store.complaints.inbox(InboxWanted(stage="closed", number=NUMBER)),
        lambda store: store.complaints.list(),
        lambda store: store.complaints.list(id=2),
        lambda store: store.complaints.list(number=NUMBER, status="open", most=1),
        lambda store: store.complaints.list(after="2"),
        lambda store: store.complaints.one_of(1, Theirs(businesses=("acme",))),
        lambda store: store.complaints.one_of(1, Theirs(businesses=("rival",))),
    )
    assert kept[2].complaint.decision == made[1].id, "the nearest that rang"
    assert [one.outcome for one in kept[2:6]] == ["added", "already", "added", "added"]
    assert [one.kind for one in kept[4].suspended] == ["agent"]
    assert (kept[6].outcome, kept[7].outcome) == ("updated", "already")
    assert kept[24] is not None and kept[25] is None


async def test_complaints_on_two_nodes_are_counted_together(postgres_migrated: Database) -> None:
    """Two suspend an agent, whoever of the nodes is told of which, and at whatever time."""
    async with (
        await Store.open(postgres_migrated.url, "pbx1", seconds=PATIENT) as one,
        await Store.open(postgres_migrated.url, "pbx2", seconds=PATIENT) as other,
    ):
        await furnished(one)
        for place in range(6):
            calls = [call(number=f"+86139111{node}{place:04}") for node in (1, 2)]
            calls = [replace(made, attempt=replace(made.attempt, agent=f"20{place}")) for made in calls]
            await record(one, *calls)
            about = [complaint(number=made.attempt.callee.e164) for made in calls]
            filed = await asyncio.gather(
                file(one, about[0], rules={"hubei": RULE}), file(other, about[1], rules={"hubei": RULE})
            )
            suspended = [each.key for each in filed[0].suspended + filed[1].suspended if each.kind == "agent"]
            assert suspended == [f"20{place}"]
