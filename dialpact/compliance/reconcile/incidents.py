"""What a reconciliation found, kept as incidents: also what happened while the listener was down.

The time of an incident is that of the call, so each report of that day has it. A finding is written once,
however often its file is read, and not at all where the listener saw the same call itself.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import aiosql

from dialpact.compliance.clock import stamp
from dialpact.compliance.reconcile import KINDS, NOTES, Found
from dialpact.store.sqlite import incidents
from dialpact.store.sqlite.connection import Database

SQL = aiosql.from_path(Path(__file__).parents[2] / "store" / "sqlite" / "sql" / "reconcile.sql", "sqlite3")
TOGETHER = 200
PREFIX = "cdr-"
# Not of a call that was made: a caller who gave up leaves the same trace where cdr.conf leaves him out.
# That nobody saw a call's end was an incident when it happened.
LEFT_OUT = NOTES | {"decision-without-call", "unseen-open"}
WRITTEN = tuple(PREFIX + kind for kind in KINDS if kind not in LEFT_OUT)
# What the listener says of the same thing (ami_listener.bypass), when it was there.
LISTENER = {
    "without-decision": ("no-decision", "malformed-decision", "unknown-decision"),
    "despite-refusal": ("refused-decision", "undelivered-decision"),
    "number-differs": ("foreign-number",),
    "trunk-differs": ("foreign-trunk",),
    "other-node": ("foreign-node",),
    "used-twice": ("reused-decision",),
    "answered-refused": ("recording-not-started", "recording-lost"),
}
NEAR = timedelta(minutes=5)  # between the start of a CDR and the leg: the caller may have waited


class Written(NamedTuple):
    written: int
    known: int  # written before, or seen by the listener


async def write_incidents(store: Database, found: Iterable[Found], node: str) -> Written:
    """StoreError; what was written until then stays, and the next run goes on from there."""
    waiting = (one for one in found if one.kind not in LEFT_OUT)
    written = known = 0
    while batch := list(islice(waiting, TOGETHER)):
        new = await store.transact(partial(_write, batch=batch, node=node))
        written += new
        known += len(batch) - new
    return Written(written, known)


def _write(connection: sqlite3.Connection, *, batch: list[Found], node: str) -> int:
    new = 0
    for one in batch:
        at = datetime.fromtimestamp(one.at, UTC)
        kind = PREFIX + one.kind
        same = {"node": node, "channel": one.channel, "at": stamp(at), "decision": one.decision}
        if SQL.is_known(connection, kind=kind, **same) or _seen(connection, one, node, at):
            continue
        incidents.write(
            connection,
            at=at,
            node=node,
            kind=kind,
            decision=one.decision,
            channel=one.channel,
            detail=_detail(one),
        )
        new += 1
    return new


def _seen(connection: sqlite3.Connection, one: Found, node: str, at: datetime) -> bool:
    return any(
        SQL.was_seen(
            connection,
            kind=kind,
            node=node,
            channel=one.channel,
            since=stamp(at - NEAR),
            until=stamp(at + NEAR),
        )
        for kind in LISTENER.get(one.kind, ())
    )


def _detail(one: Found) -> str:
    facts = {"dialled": one.number, "caller ID": one.caller_id, "trunk": one.trunk, **one.detail}
    said = ", ".join(f"{name} {value}" for name, value in facts.items() if value)
    return f"{said}; {one.file} line {one.line}" if one.line else said
