"""The recordings, as people ask for them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from dialpact.compliance.clock import instant, stamp
from dialpact.compliance.recording import Recording
from dialpact.compliance.registers.fault import Fault
from dialpact.store.ports.page import ALL, Page
from dialpact.store.units import recordings
from dialpact.store.units.database import Connection, Database, rows

TIMES = ("started_at", "answered_at", "ended_at", "disposed_at")


class RecordingList:
    """:class:`dialpact.store.ports.recording_list.RecordingList`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(
        self,
        *,
        id: str = "",
        number: str = "",
        decision: str = "",
        state: str = "",
        since: datetime | None = None,
        until: datetime | None = None,
        due: date | None = None,
        held: bool = False,
        after: str = "",
        most: int = ALL,
    ) -> Page[Recording]:
        started_at, last = _place(after)

        def work(connection: Connection) -> list[dict[str, Any]]:
            return rows(
                recordings.SQL.list_recordings(
                    connection,
                    id=id,
                    number=number,
                    decision=decision,
                    state=state,
                    since=stamp(since) if since else "",
                    until=stamp(until) if until else "",
                    due=due.isoformat() if due else "",
                    held=held,
                    after_start=started_at,
                    after_id=last,
                    most=most + 1 if most != ALL else -1,
                )
            )

        found = await self._database.read(work)
        left = most != ALL and len(found) > most
        shown = found[:most] if left else found
        next = f"{shown[-1]['started_at']}/{shown[-1]['id']}" if left else ""
        return Page([recording_of(row) for row in shown], next)

    async def ids_beginning(self, start: str, *, most: int) -> Sequence[str]:
        return await self._database.read(
            lambda connection: [
                row["id"] for row in recordings.SQL.ids_beginning(connection, start=start, most=most)
            ]
        )


def _place(after: str) -> tuple[str, str]:
    """A cursor as start and id of the recording that it is behind; Fault for one that is none."""
    if not after:
        return "", ""
    started_at, _, id = after.partition("/")
    try:
        if id and stamp(instant(started_at)) == started_at:
            return started_at, id
    except ValueError:
        pass
    raise Fault("cursor", value=after[:40])


def recording_of(row: dict[str, Any]) -> Recording:
    told = recordings.as_shown(row)
    times = {name: instant(told[name]) if told[name] else None for name in TIMES}
    until = date.fromisoformat(told["keep_until"]) if told["keep_until"] else None
    return Recording(**told | times | {"keep_until": until, "unseen": bool(told["unseen"])})
