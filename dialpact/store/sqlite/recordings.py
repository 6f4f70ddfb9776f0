"""The recorder's lease and recordings: what the listener writes and the gate reads."""

from __future__ import annotations

import json
import sqlite3
import time
from datetime import date, datetime
from pathlib import Path
from typing import Any

import aiosql
import msgspec

from dialpact.compliance.clock import boot_id, instant, stamp
from dialpact.store.sqlite.connection import Database, rows

SQL = aiosql.from_path(Path(__file__).parent / "sql" / "recordings.sql", "sqlite3")


class Allowed(msgspec.Struct, frozen=True, kw_only=True):
    """What a decision id stands for, as the listener needs it to check a carrier leg."""

    id: str
    node: str
    decided_at: datetime
    dial: str  # what the trunk was to dial
    number: str
    caller_id: str
    campaign: str
    trunk: str
    delivered: bool
    allowed: bool
    legs: int  # recordings that already belong to it
    sent_as: tuple[str, ...] = ()  # the forms in which the caller ID leaves; empty: exactly as it is


class NewRecording(msgspec.Struct, frozen=True, kw_only=True):
    id: str  # 32 hex digits
    decision: str
    node: str
    channel: str
    uniqueid: str
    number: str
    caller_id: str
    campaign: str
    started_at: datetime
    answered_at: datetime | None = None  # set when a running call's recording is continued in a new file
    format: str
    path: str
    callee_path: str
    agent_path: str
    part: str = "carrier"  # whose channel: carrier | joined | supervisor


class Finished(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a recording at its end. ``dbfs``: level relative to full scale, None for silence."""

    id: str
    state: str  # kept | unanswered | failed
    ended_at: datetime
    bytes: int | None = None
    seconds: float | None = None
    talk_seconds: float | None = None
    sha256: str | None = None
    callee_sha256: str | None = None
    callee_dbfs: float | None = None
    agent_sha256: str | None = None
    agent_dbfs: float | None = None
    keep_until: date | None = None
    sound: str = ""  # JSON: time against file, silence and packets on each side
    unseen: bool = False  # nobody saw the end, so it may have been answered


async def renew_lease(
    store: Database, node: str, *, ready: bool, why: str, seconds: float, at: datetime
) -> None:
    """Says for ``seconds`` from now that ``node`` could record, or (``ready=False``) why it could not."""
    expires = time.monotonic_ns() + int(seconds * 1e9)
    await store.transact(
        lambda connection: SQL.renew_lease(
            connection,
            node=node,
            boot_id=boot_id(),
            expires_ns=expires,
            ready=int(ready),
            why=why,
            renewed_at=stamp(at),
        )
    )


async def allowed(store: Database, decision: str) -> Allowed | None:
    """None for an id that no decision has."""
    row = await store.transact(lambda connection: SQL.allowed(connection, id=decision))
    if row is None:
        return None
    return Allowed(
        id=decision,
        node=row["node"],
        decided_at=instant(row["decided_at"]),
        dial=row["dial"],
        number=row["number"],
        caller_id=row["caller_id"],
        campaign=row["campaign"],
        trunk=row["trunk"],
        delivered=row["undelivered"] is None,
        allowed=row["verdict"] == "ALLOW" or row["mode"] == "shadow",
        legs=row["legs"],
        sent_as=tuple(json.loads(row["sent_as"] or "[]")),
    )


async def start(store: Database, new: NewRecording) -> None:
    """The row is there before the file, while the call rings: a crash in between leaves a row to look into,
    never a lost file.
    """
    fields = msgspec.structs.asdict(new)
    fields["started_at"] = stamp(new.started_at)
    fields["answered_at"] = stamp(new.answered_at) if new.answered_at else None
    await store.transact(lambda connection: SQL.insert_recording(connection, state="starting", **fields))


async def running(
    store: Database, recording: str, started_at: datetime, answered_at: datetime | None
) -> None:
    """The facts say that it records, since then: its row was made while the call rang."""
    at = stamp(answered_at) if answered_at else None
    await store.transact(
        lambda connection: SQL.set_running(
            connection, id=recording, started_at=stamp(started_at), answered_at=at
        )
    )


async def answered(store: Database, node: str, uniqueid: str, at: datetime) -> None:
    await store.transact(
        lambda connection: SQL.set_answered(connection, node=node, uniqueid=uniqueid, answered_at=stamp(at))
    )


async def finish(store: Database, end: Finished) -> bool:
    """False when it had ended already: what was written first stays."""
    fields = msgspec.structs.asdict(end)
    fields["ended_at"] = stamp(end.ended_at)
    fields["unseen"] = int(end.unseen)
    fields["keep_until"] = end.keep_until.isoformat() if end.keep_until else None
    changed: int = await store.transact(lambda connection: SQL.finish_recording(connection, **fields))
    return changed > 0


async def unfinished(store: Database, node: str) -> list[dict[str, Any]]:
    """Recordings that were being made when the listener last knew; after a restart each is looked into."""
    return await store.transact(lambda connection: rows(SQL.open_recordings(connection, node=node)))


async def last_renewal(store: Database, node: str) -> datetime | None:
    """When the recorder of ``node`` last gave word; None when it never did."""
    row = await store.transact(lambda connection: SQL.last_renewal(connection, node=node))
    return instant(row["renewed_at"]) if row else None


async def unseen(
    store: Database, node: str, since: datetime, until: datetime, reported: str, together: str
) -> list[dict[str, Any]]:
    """``id`` and ``channel`` (the caller's) of what was let out in between and has neither a recording nor an
    incident of the kind ``reported``, nor is named by one of the kind ``together``.
    """
    period = {"since": stamp(since), "until": stamp(until)}
    return await store.transact(
        lambda connection: rows(SQL.unseen(connection, node=node, kind=reported, together=together, **period))
    )


async def list_recordings(
    store: Database,
    *,
    id: str = "",
    number: str = "",
    decision: str = "",
    state: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    due: date | None = None,
    held: bool = False,
    most: int = 100,
) -> list[dict[str, Any]]:
    """Newest first; every column of the table, how many ``holds`` there are on it, and how its call was
    ``settled`` (``answered``, ``unanswered``), if nobody saw its end. Paths are empty where there is no file.

    ``state``: one of the table's; ``unseen`` until that is settled; ``disposed``, whatever it was before.
    ``since``, ``until``: started from then on, before then. ``due``: only those that may go on that day.
    """

    def work(connection: sqlite3.Connection) -> list[dict[str, Any]]:
        return rows(
            SQL.list_recordings(
                connection,
                id=id,
                number=number,
                decision=decision,
                state=state,
                since=stamp(since) if since else "",
                until=stamp(until) if until else "",
                due=due.isoformat() if due else "",
                held=held,
                after_start="",
                after_id="",
                most=most,
            )
        )

    return [as_shown(row) for row in await store.read(work)]


def as_shown(row: dict[str, Any]) -> dict[str, Any]:
    """A row of ``list_recordings`` with its state as it is told, and without names of files that are none."""
    row["state"] = row.pop("shown")
    if row["ended_at"]:  # a file that was never there, or was removed as it held nothing, is not named
        for side in ("", "callee_", "agent_"):
            row[f"{side}path"] = row[f"{side}path"] if row[f"{side}sha256"] else ""
    row["settled"] = {None: "", 0: "unanswered", 1: "answered"}[row["settled"]]
    return row
