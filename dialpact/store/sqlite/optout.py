"""Refusals taken in a call, on the opt-out line or by an officer: each one a row, the first one in force.

1. The refusal (``do_not_call``), the row of who, when, how and where it can be heard (``opt_out``) and the
   line in ``register_change`` are one transaction. When it is on disk, the next attempt is refused.
2. Who is called, and by which business, is the stored decision's word, never that of a channel.
3. A key is heard by the dialplan and by the listener, and some press it twice: one person's one word in one
   call is one row, whoever of them is first.
4. An import writes no ``opt_out`` rows: a million of them would only repeat ``do_not_call.requested_at`` and
   ``source``; the import's line in ``register_change`` says by whom, when and from which file.
"""

from __future__ import annotations

import sqlite3
from datetime import datetime
from pathlib import Path
from typing import Any

import aiosql
import msgspec

from dialpact.compliance.clock import instant, stamp
from dialpact.compliance.model import DncEntry, OptOut, OptOutWay, Scope
from dialpact.compliance.registers import Outcome
from dialpact.compliance.soundtrack import place
from dialpact.store.sqlite.connection import Database, rows
from dialpact.store.sqlite.registers.change import digits, log
from dialpact.store.sqlite.registers.dnc import write_opt_out

SQL = aiosql.from_path(Path(__file__).parent / "sql" / "optout.sql", "sqlite3")


async def from_call(
    store: Database, decision: str, *, how: OptOutWay, scope: Scope, node: str, channel: str, at: datetime
) -> OptOut | None:
    """Takes a refusal in the call of ``decision``; None when this node has no such call.

    ``channel``: of whoever pressed the key, which tells one agent from another. What the same person has said
    before stays as it was, time and all. The call of a campaign that nobody knows has no business to refuse:
    then it is a refusal of all.
    """

    def work(connection: sqlite3.Connection) -> OptOut | None:
        call = SQL.call(connection, id=decision)
        if call is None or call["node"] != node or not call["number"]:
            return None
        value = {"business": call["business"], "industry": call["industry"], "all": ""}[scope]
        new = OptOut(
            at=at,
            number=call["number"],
            scope=scope if value else "all",
            value=value,
            how=how,
            by=_agent(call, channel) if how == "agent-key" else call["number"],
            node=node,
            channel=channel,
            decision=decision,
        )
        said = SQL.said(
            connection,
            number=digits(new.number),
            decision=decision,
            how=how,
            by=new.by,
            scope=new.scope,
            value=new.value,
        )
        if said is not None:
            return msgspec.structs.replace(new, **{**dict(said), "at": instant(said["at"])})
        return _take(connection, new)

    return await store.transact(work)


def _agent(call: sqlite3.Row, channel: str) -> str:
    """Who pressed the agent's key: on the phone that made the call its agent, else that other phone."""
    phone, caller = endpoint_of(channel), endpoint_of(call["channel"])
    own = not phone or not caller or phone == caller
    return (call["agent"] if own else "") or phone


def endpoint_of(channel: str) -> str:
    """``agent1002`` of ``PJSIP/agent1002-0000002a``, as ``CHANNEL(endpoint)`` has it; of a driver without
    endpoints its name as well (``DAHDI/1``).
    """
    technology, _, rest = channel.partition("/")
    name = rest.rpartition("-")[0] or rest
    return name if technology in ("PJSIP", "SIP", "IAX2") else f"{technology}/{name}".rstrip("/")


async def from_line(store: Database, number: str, *, node: str, channel: str, at: datetime) -> OptOut:
    """Takes a refusal of everything from whoever called from ``number`` (E.164)."""
    new = OptOut(at=at, number=number, how="line", by=number, node=node, channel=channel)
    return await store.transact(lambda connection: _take(connection, new))


async def by_command(
    store: Database, new: DncEntry, *, by: str, at: datetime, node: str = "", decision: str = ""
) -> Outcome:
    """Takes one that an officer was told of, in the call ``decision`` if it is known."""

    def work(connection: sqlite3.Connection) -> Outcome:
        said = OptOut(
            at=at,
            number=new.number,
            scope=new.scope,
            value=new.value,
            how="command",
            by=by,
            node=node,
            decision=decision,
        )
        _insert(connection, _heard(connection, said))
        return write_opt_out(connection, new, by=by, at=at)

    return await store.transact(work)


def _take(connection: sqlite3.Connection, new: OptOut) -> OptOut:
    """The row, the refusal unless it is in force already, and the log's line in any case."""
    found = _heard(connection, new)
    _insert(connection, found)
    refusal = DncEntry(
        number=found.number,
        scope=found.scope,
        value=found.value,
        requested_at=found.at,
        source=f"{found.how} {found.decision}".strip(),
    )
    write_opt_out(connection, refusal, by=found.by, at=found.at)
    log(connection, "dnc", "opt-out", found.number, found, by=found.by, at=found.at)
    return found


def _insert(connection: sqlite3.Connection, new: OptOut) -> None:
    fields = msgspec.structs.asdict(new) | {"at": stamp(new.at), "number": digits(new.number)}
    SQL.insert(connection, **fields)


def _heard(connection: sqlite3.Connection, new: OptOut) -> OptOut:
    """With the recording of the call. Where in it, its index of time against file says at its end."""
    row = SQL.recording(connection, decision=new.decision, at=stamp(new.at)) if new.decision else None
    return new if row is None else msgspec.structs.replace(new, recording=row["id"])


async def of_number(store: Database, number: str) -> list[dict[str, Any]]:
    """Every time that this person refused, oldest first; in the file ``path`` between its seconds
    ``position`` and ``position_to``, null as long as the call lasts, and for what was said after it.
    """
    found = await store.transact(lambda connection: rows(SQL.of_number(connection, number=digits(number))))
    return [_placed(row) for row in found]


def _placed(row: dict[str, Any]) -> dict[str, Any]:
    sound, ended = row.pop("sound"), row.pop("ended_at")
    row |= {"at": instant(row["at"]), "position_to": row["position"]}
    if sound and ended and instant(ended) >= row["at"]:
        row["position"], row["position_to"] = place(sound, row["at"]) or (None, None)
    return row
