"""Receivers outside, and the outbox of what they are told.

1. A delivery and the place in the log up to which it was looked for are one transaction: whoever is killed
   leaves both or neither.
2. Whoever looks says where it began (``before``); when another has been there meanwhile, nothing is written.
3. A mark counts for what still waits: the second of two for one sending does nothing.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from dialpact.compliance.clock import instant, stamp
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.webhooks.delivery import (
    KEPT_DELIVERED,
    SICK,
    DeliveryEntry,
    HookState,
    Mark,
    NewDelivery,
    Sending,
    ShownDelivery,
    Waiting,
)
from dialpact.compliance.webhooks.retry import ATTEMPTS
from dialpact.compliance.webhooks.settings import EventType
from dialpact.store.ports.page import ALL, Page
from dialpact.store.ports.webhooks import DayFigures, OpenComplaint, Tail
from dialpact.store.units import incidents, webhook_tail
from dialpact.store.units.database import Connection, Database
from dialpact.store.units.paging import NEWEST, page
from dialpact.store.units.registers.change import log
from dialpact.store.units.statements import statements

SQL = statements("webhooks")
REGISTER = "webhook"
TIMES = ("failing_since", "paused_until", "disabled_at", "delivered_at", "oldest")


class Webhooks:
    """:class:`dialpact.store.ports.webhooks.Webhooks`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, names: Sequence[str], at: datetime) -> Sequence[HookState]:
        def work(connection: Connection) -> list[HookState]:
            for name in names:
                SQL.begin(connection, name=name, at=stamp(at))
            known = {state.name: state for state in states(connection)}
            return [known[name] for name in names]

        return await self._database.transact(work)

    async def states(self) -> Sequence[HookState]:
        return await self._database.read(states)

    async def tail(self, first: int, most: int, events: Collection[EventType]) -> Tail:
        return await self._database.read(
            lambda connection: webhook_tail.tail(connection, first, most, events)
        )

    async def make(
        self, name: str, before: int, next_leaf: int, new: Sequence[NewDelivery], at: datetime
    ) -> bool:
        def work(connection: Connection) -> bool:
            if not SQL.move(connection, name=name, before=before, next_leaf=next_leaf, at=stamp(at)):
                return False
            for one in new:
                if not one.key or SQL.insert_told(connection, hook=name, key=one.key, at=stamp(at)):
                    SQL.insert_delivery(
                        connection,
                        hook=name,
                        id=one.id,
                        type=one.type,
                        subjects=json.dumps(one.subjects),
                        body=one.body,
                        happened_at=stamp(one.at),
                        at=stamp(at),
                    )
            return True

        return await self._database.transact(work)

    async def told(self, name: str, keys: Sequence[str]) -> frozenset[str]:
        wanted = json.dumps(list(keys))
        return await self._database.read(
            lambda connection: frozenset(row["key"] for row in SQL.told(connection, hook=name, keys=wanted))
        )

    async def waiting(self, name: str) -> Sequence[Waiting]:
        return await self._database.read(
            lambda connection: [
                Waiting(seq, tuple(json.loads(subjects)), instant(next_at))
                for seq, subjects, next_at in SQL.waiting(connection, hook=name)
            ]
        )

    async def sending(self, seqs: Sequence[int]) -> Sequence[Sending]:
        wanted = json.dumps(list(seqs))
        return await self._database.read(
            lambda connection: [
                Sending(**{**dict(row), "made_at": instant(row["made_at"])})
                for row in SQL.sending(connection, seqs=wanted)
            ]
        )

    async def mark(
        self, name: str, marks: Sequence[Mark], at: datetime, *, pause: datetime | None = None, node: str = ""
    ) -> None:
        def work(connection: Connection) -> None:
            row = SQL.state(connection, name=name)
            if row is None:  # it was forgotten meanwhile, and what it was told with it
                return
            state = dict(row)
            for mark in marks:
                _mark(connection, mark)
                _count(state, mark)
            if pause is not None:
                state["paused_until"] = stamp(pause)
            if any(mark.state == "delivered" for mark in marks) and row["failures"] >= SICK:
                SQL.wake(connection, hook=name, at=stamp(at))
            if any(mark.state == "dead" for mark in marks) and not state["told"]:
                state["told"] = 1
                why = next(mark.why for mark in marks if mark.state == "dead")
                detail = f"{name}: given up after {ATTEMPTS} attempts: {why}"
                incidents.write(connection, at=at, node=node, kind="webhook-dead", detail=detail)
            names = ("name", "failures", "failing_since", "why", "paused_until")
            SQL.put_state(
                connection, **{key: state[key] for key in (*names, "delivered", "delivered_at", "told")}
            )

        await self._database.transact(work)

    async def unsent(self, name: str, why: str, at: datetime) -> None:
        await self._database.transact(
            lambda connection: SQL.unsent(connection, name=name, why=why, at=stamp(at), sick=SICK)
        )

    async def gone(self, name: str, why: str, at: datetime, *, node: str) -> None:
        def work(connection: Connection) -> None:
            if SQL.disable(connection, name=name, at=stamp(at), why=why):
                detail = f"{name}: {why}"
                incidents.write(connection, at=at, node=node, kind="webhook-gone", detail=detail)

        await self._database.transact(work)

    async def expire(self, name: str, made_before: datetime, told_before: datetime) -> None:
        def work(connection: Connection) -> None:
            SQL.drop_old(connection, hook=name, made_before=stamp(made_before))
            SQL.drop_delivered(connection, hook=name, kept=KEPT_DELIVERED)
            SQL.drop_told(connection, hook=name, told_before=stamp(told_before))
            SQL.untell(connection, name=name)

        await self._database.transact(work)

    async def list(
        self, *, names: Collection[str] | None = None, state: str = "", after: str = "", most: int = ALL
    ) -> Page[DeliveryEntry]:
        def work(connection: Connection) -> Page[DeliveryEntry]:
            ask = partial(SQL.list_deliveries, connection, hooks=_named(names), state=state)
            return page(ask, _entry, "seq", after=after, most=most, first=NEWEST)

        return await self._database.read(work)

    async def get(self, id: str) -> ShownDelivery | None:
        row = await self._database.read(lambda connection: SQL.get_delivery(connection, id=id))
        if row is None:
            return None
        fields = dict(row)
        body = fields.pop("body")
        return ShownDelivery(entry=_entry(fields), body=None if body is None else bytes(body).decode())

    async def replay(self, names: Collection[str] | None, id: str, *, by: str, at: datetime) -> int:
        def work(connection: Connection) -> int:
            total = 0
            for row in list(SQL.dead_of(connection, hooks=_named(names), id=id)):
                hook = row["hook"]
                count = int(SQL.replay(connection, hook=hook, id=id, at=stamp(at)))
                SQL.untell(connection, name=hook)
                log(connection, REGISTER, "replay", hook, {"count": count, "id": id}, by=by, at=at)
                total += count
            return total

        return await self._database.transact(work)

    async def resume(self, name: str, *, skip: bool, by: str, at: datetime) -> int:
        def work(connection: Connection) -> int:
            _need(connection, name)
            SQL.enable(connection, name=name)
            dropped = 0
            if skip:
                dropped = int(SQL.drop_waiting(connection, hook=name))
                SQL.skip(connection, name=name)
            else:
                SQL.due_now(connection, hook=name, at=stamp(at))
            log(connection, REGISTER, "resume", name, {"skip": skip, "dropped": dropped}, by=by, at=at)
            return dropped

        return await self._database.transact(work)

    async def forget(self, name: str, *, by: str, at: datetime) -> int:
        def work(connection: Connection) -> int:
            _need(connection, name)
            dropped = int(SQL.drop_all(connection, hook=name))
            SQL.drop_all_told(connection, hook=name)
            SQL.drop_hook(connection, name=name)
            log(connection, REGISTER, "forget", name, {"dropped": dropped}, by=by, at=at)
            return dropped

        return await self._database.transact(work)

    async def open_complaints(self) -> Sequence[OpenComplaint]:
        return await self._database.read(webhook_tail.open_complaints)

    async def figures(self, since: datetime, until: datetime, business: str) -> DayFigures:
        return await self._database.read(
            lambda connection: webhook_tail.figures(connection, since, until, business)
        )


def states(connection: Connection) -> list[HookState]:
    """Within a transaction."""
    return [_state(dict(row)) for row in SQL.states(connection)]


def _state(row: dict[str, Any]) -> HookState:
    times = {name: instant(row[name]) if row[name] else None for name in TIMES}
    fixed = {name: instant(row[name]) for name in ("since", "looked_at")}
    return HookState(**row | times | fixed | {"told": bool(row["told"])})


def _entry(row: dict[str, Any]) -> DeliveryEntry:
    return DeliveryEntry(
        id=row["id"],
        webhook=row["hook"],
        type=row["type"],
        state=row["state"],
        made_at=instant(row["made_at"]),
        attempts=row["attempts"],
        last_at=instant(row["last_at"]) if row["last_at"] else None,
        next_at=instant(row["next_at"]) if row["next_at"] else None,
        why=row["why"],
    )


def _mark(connection: Connection, mark: Mark) -> None:
    SQL.mark(
        connection,
        seq=mark.seq,
        state=mark.state,
        at=stamp(mark.at),
        why=mark.why,
        away=int(mark.away),
        next_at=stamp(mark.next_at) if mark.next_at else None,
    )


def _count(state: dict[str, Any], mark: Mark) -> None:
    """How it stands with the receiver after one more sending."""
    if mark.state == "delivered":
        state |= {"failures": 0, "failing_since": None, "why": "", "paused_until": None}
        state |= {"delivered": state["delivered"] + 1, "delivered_at": stamp(mark.at)}
    else:
        state |= {"failures": state["failures"] + 1, "why": mark.why}
        state["failing_since"] = state["failing_since"] or stamp(mark.at)


def _named(names: Collection[str] | None) -> str | None:
    """As a statement takes them."""
    return None if names is None else json.dumps(sorted(names))


def _need(connection: Connection, name: str) -> None:
    if SQL.state(connection, name=name) is None:
        raise Fault("not-registered", entry=name)
