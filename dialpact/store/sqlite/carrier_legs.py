"""Carrier legs as Asterisk told of them: what the listener writes, and evidence is joined by."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path

import aiosql
import msgspec

from dialpact.compliance.clock import stamp
from dialpact.store.sqlite.connection import Database

SQL = aiosql.from_path(Path(__file__).parent / "sql" / "carrier_legs.sql", "sqlite3")


class CarrierLeg(msgspec.Struct, frozen=True, kw_only=True):
    """``hangup_cause``: Q.850, from Asterisk's Hangup event; None while it is up, or when that was missed."""

    decision: str
    node: str
    channel: str
    uniqueid: str
    linkedid: str
    dialled_at: datetime
    sip_call_id: str = ""
    ringing_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    dial_status: str = ""
    hangup_cause: int | None = None
    sent_from: str = ""  # the caller number as it left for the carrier; empty: not known
    interlock: str = ""  # through | refused; empty: it did not run, or was not seen
    supervision: str = "{}"  # JSON: who listened to it or spoke into it, without being in its bridge


def id_of(decision: str, node: str, uniqueid: str) -> str:
    """32 hex digits: the same leg has the same row, whichever listener writes it."""
    return hashlib.sha256(f"{decision} {node} {uniqueid}".encode()).hexdigest()[:32]


async def write(store: Database, leg: CarrierLeg) -> None:
    """Writes what is known so far; with ``ended_at`` for the last time."""
    fields = {
        name: stamp(value) if isinstance(value, datetime) else value
        for name, value in msgspec.structs.asdict(leg).items()
    }
    id = id_of(leg.decision, leg.node, leg.uniqueid)
    await store.transact(lambda connection: SQL.write(connection, id=id, **fields))


async def end_unseen(store: Database, decision: str, node: str, uniqueid: str, at: datetime) -> None:
    """Closes the row of a leg whose end nobody saw: it was gone at ``at``."""
    id = id_of(decision, node, uniqueid)
    await store.transact(lambda connection: SQL.end_unseen(connection, id=id, ended_at=stamp(at)))
