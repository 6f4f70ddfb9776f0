"""The recorder's lease and recordings: what the listener writes and the gate reads."""

from __future__ import annotations

import time
from datetime import date, datetime
from typing import Any

import msgspec

from dialpact.compliance.clock import boot_id, instant, stamp
from dialpact.compliance.errors import StoreRefused
from dialpact.compliance.recorded import Finished, NewRecording, OpenRecording
from dialpact.store.units.database import Connection, Database, rows
from dialpact.store.units.statements import statements

SQL = statements("recordings")


class RecorderLeases:
    """:class:`dialpact.store.ports.recorder_leases.RecorderLeases`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def renew(self, node: str, *, ready: bool, why: str, seconds: float, at: datetime) -> None:
        fields = {
            "node": node,
            "boot_id": boot_id(),
            "expires_ns": time.monotonic_ns() + int(seconds * 1e9),
            "ready": int(ready),
            "why": why,
            "renewed_at": stamp(at),
        }
        await self._database.transact(lambda connection: SQL.renew_lease(connection, **fields))

    async def renewed_at(self, node: str) -> datetime | None:
        row = await self._database.read(lambda connection: SQL.last_renewal(connection, node=node))
        return instant(row["renewed_at"]) if row else None


class Recordings:
    """:class:`dialpact.store.ports.recordings.Recordings`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def start(self, new: NewRecording) -> None:
        fields = msgspec.structs.asdict(new)
        fields["started_at"] = stamp(new.started_at)
        fields["answered_at"] = stamp(new.answered_at) if new.answered_at else None

        def work(connection: Connection) -> None:
            if not SQL.insert_recording(connection, state="starting", **fields):
                raise StoreRefused(f"decision {new.decision} was taken back")

        await self._database.share(work)

    async def running(self, recording: str, started_at: datetime, answered_at: datetime | None) -> None:
        at = stamp(answered_at) if answered_at else None
        await self._database.transact(
            lambda connection: SQL.set_running(
                connection, id=recording, started_at=stamp(started_at), answered_at=at
            )
        )

    async def answered(self, node: str, uniqueid: str, at: datetime) -> None:
        fields = {"node": node, "uniqueid": uniqueid, "answered_at": stamp(at)}
        await self._database.transact(lambda connection: SQL.set_answered(connection, **fields))

    async def finish(self, end: Finished) -> bool:
        fields = msgspec.structs.asdict(end)
        fields["ended_at"] = stamp(end.ended_at)
        fields["unseen"] = int(end.unseen)
        fields["keep_until"] = end.keep_until.isoformat() if end.keep_until else None
        del fields["waveforms"]

        def work(connection: Connection) -> bool:
            if not SQL.finish_recording(connection, **fields):
                return False
            for side, drawn in end.waveforms.items():
                SQL.insert_waveform(connection, recording=end.id, side=side, **drawn._asdict())
            return True

        return await self._database.transact(work)

    async def unfinished(self, node: str) -> list[OpenRecording]:
        return await self._database.read(
            lambda connection: [_open(dict(row)) for row in SQL.open_recordings(connection, node=node)]
        )


def _open(row: dict[str, Any]) -> OpenRecording:
    fields = {name: row[name] for name in OpenRecording.__struct_fields__}
    fields["started_at"] = instant(row["started_at"])
    fields["answered_at"] = instant(row["answered_at"]) if row["answered_at"] else None
    return OpenRecording(**fields)


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

    def work(connection: Connection) -> list[dict[str, Any]]:
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
