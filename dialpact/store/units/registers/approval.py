"""What takes two officers. Every check is made in the transaction that closes a request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Any

import msgspec

from dialpact.compliance.clock import instant, stamp
from dialpact.compliance.ledger.bound import MALFORMED, Act
from dialpact.compliance.ledger.bound.accounts import ACCOUNT, ACCOUNT_FACTOR
from dialpact.compliance.ledger.bound.approvals import APPROVAL
from dialpact.compliance.registers.account import Role
from dialpact.compliance.registers.approval import (
    REGISTER,
    About,
    Approval,
    Ended,
    Erasure,
    HoldRelease,
    OptOutRemoval,
    SuspensionLift,
)
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.suspension import entry_key
from dialpact.store.ports.page import ALL, Page
from dialpact.store.units.arriving import settle
from dialpact.store.units.database import Connection, Database
from dialpact.store.units.paging import NEWEST, page
from dialpact.store.units.registers import account_rows
from dialpact.store.units.registers.change import digits, log
from dialpact.store.units.statements import statements

SQL = statements("approvals")


class Approvals:
    """:class:`dialpact.store.ports.approvals.Approvals`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ask(self, about: About, *, reason: str, by: str, at: datetime, lapses_at: datetime) -> Approval:
        def work(connection: Connection) -> Approval:
            seen = _seen(connection, about)
            if seen is None:
                raise _not_in_force(about)
            for before in _open_about(connection, about, at):
                if before.seen == seen:
                    raise Fault("approval-asked", entry=str(before.id), by=before.asked_by)
            row = {"about": _json(about), "seen": _json(seen), "reason": reason}
            times = {"asked_at": stamp(at), "lapses_at": stamp(lapses_at)}
            id = SQL.insert_approval(connection, **row, asked_by=by, **times)
            detail = {"about": about, "seen": seen, "reason": reason, "lapses_at": lapses_at}
            log(connection, REGISTER, "ask", str(id), detail, by=by, at=at)
            return _get(connection, id)

        return await self._database.transact(work)

    async def confirm(self, asked: Approval, *, by: str, at: datetime) -> None:
        id = asked.id

        def work(connection: Connection) -> None:
            found = _open(connection, id, at)
            if msgspec.structs.replace(asked, changed=found.changed) != found:
                raise Fault("approval-unproven", entry=str(id))
            if found.asked_by == by:
                raise Fault("approval-own", entry=str(id))
            _need_officer(connection, found.asked_by, at)
            _need_officer(connection, by, at)
            if _is_new(connection, by, found.asked_at):
                raise Fault("approval-new-account", entry=by)
            if _seen(connection, found.about) != found.seen:
                raise Fault("approval-changed", entry=str(id))
            _close(connection, found, "confirmed", "", by, at)
            detail = {"asked_by": found.asked_by, "reason": found.reason}
            log(connection, REGISTER, "confirm", str(id), detail, by=by, at=at)

        await self._database.transact(work)

    async def close(self, id: int, how: Ended, *, reason: str, by: str, at: datetime) -> Approval:
        def work(connection: Connection) -> Approval:
            found = _open(connection, id, at)
            if how == "declined" and found.asked_by == by:
                raise Fault("approval-own", entry=str(id))
            if how == "withdrawn" and found.asked_by != by:
                raise Fault("approval-anothers", entry=str(id))
            note = reason if how == "declined" else ""
            _close(connection, found, how, note, by, at)
            detail = {"asked_by": found.asked_by, "reason": reason}
            action = "decline" if how == "declined" else "withdraw"
            log(connection, REGISTER, action, str(id), detail, by=by, at=at)
            return _get(connection, id)

        return await self._database.transact(work)

    async def done(self, id: int, came: Mapping[str, int], *, by: str, at: datetime) -> None:
        def work(connection: Connection) -> None:
            found = _get(connection, id)
            if found.state != "confirmed" or not isinstance(found.about, Erasure):
                raise Fault("approval-closed", entry=str(id))
            if not SQL.end_approval(connection, id=id, came=_json(came)):
                raise Fault("approval-closed", entry=str(id))
            log(connection, REGISTER, "done", str(id), came, by=by, at=at)

        await self._database.transact(work)

    async def get(self, id: int) -> Approval:
        def work(connection: Connection) -> Approval:
            found = _get(connection, id)
            return _held_against(connection, found) if found.state == "open" else found

        return await self._database.read(work)

    async def waiting(self, now: datetime, *, after: str = "", most: int = ALL) -> Page[Approval]:
        def work(connection: Connection) -> Page[Approval]:
            ask = partial(SQL.list_open, connection, now=stamp(now))
            found = page(ask, _approval, "id", after=after, most=most)
            return Page([_held_against(connection, one) for one in found.rows], found.next)

        return await self._database.read(work)

    async def list(self, *, after: str = "", most: int = ALL) -> Page[Approval]:
        def work(connection: Connection) -> Page[Approval]:
            def ask(after: int, most: int) -> Any:
                return SQL.list_approvals(connection, before=after, most=most)

            return page(ask, _approval, "id", after=after, most=most, first=NEWEST)

        return await self._database.read(work)

    async def count(self, now: datetime, besides: str) -> int:
        def work(connection: Connection) -> int:
            return int(SQL.count_open(connection, now=stamp(now), besides=besides)[0])

        return await self._database.read(work)


def _get(connection: Connection, id: int) -> Approval:
    if (row := SQL.get_approval(connection, id=id)) is None:
        raise Fault("not-registered", entry=str(id))
    return _approval(dict(row))


def _open(connection: Connection, id: int, at: datetime) -> Approval:
    """As the log has it: one that SQL alone has put in or changed lets nothing pass."""
    found = _get(connection, id)
    if found.state != "open":
        raise Fault("approval-closed", entry=str(id))
    if not found.is_open(at):
        raise Fault("approval-lapsed", entry=str(id))
    row = dict(SQL.get_approval(connection, id=id))
    acts = [Act(*each) for each in SQL.acts_of_approval(connection, id=str(id))]
    try:
        expected = APPROVAL.replay(str(id), acts)
    except MALFORMED:
        expected = []
    if len(expected) != 1 or dict(expected[0].row) != row:
        raise Fault("approval-unproven", entry=str(id))
    return found


def _need_officer(connection: Connection, id: str, at: datetime) -> None:
    """By the account as it is now, and as the log has it."""
    found = account_rows.kept(connection, id)
    if found is None or not found.bound or not found.account.holds(at):
        raise Fault("approval-no-officer", entry=id)
    if found.account.role is not Role.OFFICER:
        raise Fault("approval-no-officer", entry=id)


def _is_new(connection: Connection, id: str, since: datetime) -> bool:
    """Whether anybody else has made, changed or given a new sign-in to the account since then: who it is in
    whose hands now is for him to say.
    """
    return any(
        instant(act["at"]) >= since and act["actor"] != id
        for register in (ACCOUNT.name, ACCOUNT_FACTOR.name)
        for act in account_rows.SQL.acts_of_account(connection, id=id, register=register)
    )


def _open_about(connection: Connection, about: About, at: datetime) -> Iterator[Approval]:
    for row in SQL.open_about(connection, about=_json(about), now=stamp(at)):
        found = _approval(dict(row))
        if found.is_open(at):
            yield found


def _close(connection: Connection, found: Approval, state: str, note: str, by: str, at: datetime) -> None:
    fields = {"state": state, "closed_by": by, "closed_at": stamp(at), "note": note}
    if not SQL.close_approval(connection, id=found.id, **fields):  # another node was faster
        raise Fault("approval-closed", entry=str(found.id))


def _held_against(connection: Connection, found: Approval) -> Approval:
    changed = _seen(connection, found.about, settled=False) != found.seen
    return msgspec.structs.replace(found, changed=changed)


def _seen(connection: Connection, about: About, *, settled: bool = True) -> dict[str, str] | None:
    """How it stands; None: it is not in force. ``settled``: what an import has brought is put in first."""
    match about:
        case HoldRelease():
            row = SQL.hold_as_seen(connection, id=about.hold)
        case SuspensionLift():
            row = SQL.suspension_as_seen(connection, kind=about.of, key=about.key)
        case OptOutRemoval():
            number = digits(about.number)
            if settled:
                settle(connection, "dnc", number)
            row = SQL.opt_out_as_seen(connection, number=number, scope=about.scope, value=about.value)
        case Erasure():
            return {}  # what is over is looked at by who erases
    return dict(row) if row is not None else None


def _not_in_force(about: About) -> Fault:
    match about:
        case HoldRelease():
            return Fault("no-hold", entry=str(about.hold))
        case SuspensionLift():
            return Fault("not-suspended", entry=entry_key(about.of, about.key))
        case OptOutRemoval():
            return Fault("no-refusal", entry=about.number, scope=f"{about.scope} {about.value}".rstrip())
        case Erasure():
            return Fault("not-registered", entry=str(about.today))


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _approval(row: dict[str, Any]) -> Approval:
    times = {name: instant(row[name]) for name in ("asked_at", "lapses_at")}
    return Approval(
        **{
            **row,
            **times,
            "about": msgspec.json.decode(row["about"], type=About),
            "seen": msgspec.json.decode(row["seen"], type=dict[str, str]),
            "closed_at": instant(row["closed_at"]) if row["closed_at"] else None,
            "came": msgspec.json.decode(row["came"], type=dict[str, int]) if row["came"] else None,
        }
    )
