"""Opt-outs taken in a call, on the opt-out line, by an officer or a program: each a row, the first in force.

1. The entry (``do_not_call``), the row of who, when, how and where it can be heard (``opt_out``) and the
   line in ``register_change`` are one transaction. When it is on disk, the next attempt is blocked.
2. Who is called, and by which business, is the stored decision's word, never that of a channel.
3. A key is heard by the dialplan and by the listener, and some press it twice: one person's one word in one
   call is one row, whoever of them is first.
4. An import writes no ``opt_out`` rows: a million of them would only repeat ``do_not_call.requested_at`` and
   ``source``; the import's line in ``register_change`` says by whom, when and from which file.
5. Programs say everything again and again: what one says of a no that stands is a row once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from dialpact.compliance.clock import instant, stamp
from dialpact.compliance.model import DncEntry, OptOut, OptOutWay, Scope
from dialpact.compliance.opt_out import Called
from dialpact.compliance.registers import Outcome
from dialpact.compliance.soundtrack import place
from dialpact.store.units.database import Connection, Database, Row, rows
from dialpact.store.units.registers.change import digits, log
from dialpact.store.units.registers.dnc import in_force, write_opt_out
from dialpact.store.units.statements import statements

SQL = statements("optout")


class OptOuts:
    """:class:`dialpact.store.ports.opt_outs.OptOuts`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def from_call(
        self, decision: str, *, how: OptOutWay, scope: Scope, node: str, channel: str, at: datetime
    ) -> OptOut | None:
        def work(connection: Connection) -> OptOut | None:
            row = SQL.call(connection, id=decision)
            if row is None or row["node"] != node or not row["number"]:
                return None
            new = Called(decision=decision, **dict(row)).opt_out(how=how, scope=scope, channel=channel, at=at)
            said = _said(connection, new)
            if said is not None:
                return msgspec.structs.replace(new, **{**dict(said), "at": instant(said["at"])})
            return _take(connection, new)

        return await self._database.transact(work)

    async def from_line(self, number: str, *, node: str, channel: str, at: datetime) -> OptOut:
        new = OptOut(at=at, number=number, how="line", by=number, node=node, channel=channel)
        return await self._database.transact(lambda connection: _take(connection, new))


async def told(
    store: Database,
    news: Sequence[tuple[DncEntry, str]],
    *,
    how: OptOutWay,
    by: str,
    at: datetime,
    node: str = "",
) -> list[tuple[Outcome, DncEntry]]:
    """Takes those that an officer or a program was told of, each with the decision of the call in which it
    was said, or none. What is in force of each then. All or none.
    """

    def work(connection: Connection) -> list[tuple[Outcome, DncEntry]]:
        return [_told(connection, new, how, by, at, node, decision) for new, decision in news]

    return await store.transact(work)


def _told(
    connection: Connection,
    new: DncEntry,
    how: OptOutWay,
    by: str,
    at: datetime,
    node: str,
    decision: str,
) -> tuple[Outcome, DncEntry]:
    said = OptOut(
        at=at,
        number=new.number,
        scope=new.scope,
        value=new.value,
        how=how,
        by=by,
        node=node,
        decision=decision,
    )
    before = in_force(connection, new)
    if before is None or how != "api" or _said(connection, said) is None:
        _insert(connection, _heard(connection, said))
    if before is not None:
        return "already", before
    return write_opt_out(connection, new, by=by, at=at), new


def _said(connection: Connection, new: OptOut) -> Row | None:
    """The same word of the same one in the same call, or outside of any."""
    found: Row | None = SQL.said(
        connection,
        number=digits(new.number),
        decision=new.decision,
        how=new.how,
        by=new.by,
        scope=new.scope,
        value=new.value,
    )
    return found


def _take(connection: Connection, new: OptOut) -> OptOut:
    """The row, the entry unless it is in force already, and the log's line in any case."""
    found = _heard(connection, new)
    _insert(connection, found)
    entry = DncEntry(
        number=found.number,
        scope=found.scope,
        value=found.value,
        requested_at=found.at,
        source=f"{found.how} {found.decision}".strip(),
    )
    write_opt_out(connection, entry, by=found.by, at=found.at)
    log(connection, "dnc", "opt-out", found.number, found, by=found.by, at=found.at)
    return found


def _insert(connection: Connection, new: OptOut) -> None:
    fields = msgspec.structs.asdict(new) | {"at": stamp(new.at), "number": digits(new.number)}
    SQL.insert(connection, **fields)


def _heard(connection: Connection, new: OptOut) -> OptOut:
    """With the recording of the call. Where in it, its index of time against file says at its end."""
    row = SQL.recording(connection, decision=new.decision, at=stamp(new.at)) if new.decision else None
    return new if row is None else msgspec.structs.replace(new, recording=row["id"])


async def of_number(store: Database, number: str) -> list[dict[str, Any]]:
    """Every time that this person opted out, oldest first; in the file ``path`` between its seconds
    ``position`` and ``position_to``, null as long as the call lasts, and for what was said after it.
    """
    found = await store.read(lambda connection: rows(SQL.of_number(connection, number=digits(number))))
    return [_placed(row) for row in found]


def _placed(row: dict[str, Any]) -> dict[str, Any]:
    sound, ended = row.pop("sound"), row.pop("ended_at")
    row |= {"at": instant(row["at"]), "position_to": row["position"]}
    if sound and ended and instant(ended) >= row["at"]:
        row["position"], row["position_to"] = place(sound, row["at"]) or (None, None)
    return row
