"""What is going on now: a bounded number of rows, of one snapshot."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from dialpact.compliance.calls import CallEntry
from dialpact.compliance.clock import instant, stamp
from dialpact.compliance.incidents import IncidentCount
from dialpact.store.ports.listings import Wanted
from dialpact.store.ports.live import SLICE, Counted, LiveRows, RecordingMark, slice_of
from dialpact.store.units import calls, listings
from dialpact.store.units.database import Connection, Database, rows
from dialpact.store.units.statements import statements

SQL = statements("live")
OPEN = 2_000  # recordings that are not over
COUNTED = 30_000  # entries of an index: 70 ms of a first look; the later ones count what came since
LOOKED_UP = 10_000  # likewise, where each has its row looked up
INCIDENTS = 1_000


class Live:
    """:class:`dialpact.store.ports.live.Live`."""

    def __init__(
        self,
        database: Database,
        counted: int = COUNTED,
        looked_up: int = LOOKED_UP,
        incidents: int = INCIDENTS,
    ) -> None:
        self._database = database
        self._counted, self._looked_up, self._incidents = counted, looked_up, incidents

    async def look(
        self, wanted: Wanted, *, most: int, counted_since: datetime, incidents_since: datetime
    ) -> LiveRows:
        limits = listings.limits(wanted)
        looked = min(self._counted, self._looked_up) if wanted.agents else self._counted

        def work(connection: Connection) -> LiveRows:
            under_way = [row["id"] for row in SQL.under_way(connection, **limits, looked=OPEN)]
            newest = [id for _, id in listings.newest(connection, wanted, self._looked_up, most)]
            found = {one.id: one for one in calls.of_ids(connection, [*under_way[:most], *newest])}
            reach = _reach(connection, counted_since, looked)
            return LiveRows(
                under_way=_in_order(under_way[:most], found),
                all_under_way=len(under_way),
                newest=_in_order(newest, found),
                recordings=tuple(
                    RecordingMark(**dict(row))
                    for row in SQL.states(connection, decisions=json.dumps(list(found)))
                ),
                counted=tuple(
                    map(_counted, rows(SQL.slices(connection, **limits, since=stamp(reach), looked=looked)))
                ),
                counted_since=reach,
                incidents=tuple(
                    IncidentCount(**row | {"first": instant(row["first"]), "last": instant(row["last"])})
                    for row in rows(
                        SQL.incidents(
                            connection, **limits, since=stamp(incidents_since), looked=self._incidents
                        )
                    )
                ),
            )

        return await self._database.read(work)


def _in_order(ids: list[str], found: dict[str, CallEntry]) -> tuple[CallEntry, ...]:
    return tuple(found[id] for id in ids if id in found)


def _reach(connection: Connection, since: datetime, looked: int) -> datetime:
    """From when on all are counted: the first whole slice within reach."""
    end = SQL.slices_end(connection, since=stamp(since), looked=looked)
    if end is None:
        return since
    return slice_of(instant(end["decided_at"])) + SLICE


def _counted(row: dict[str, Any]) -> Counted:
    return Counted(
        at=datetime.fromisoformat(f"{row['slice']}0").replace(tzinfo=UTC),
        verdict=row["verdict"],
        reasons=tuple(json.loads(row["reasons"])),
        count=row["count"],
    )
