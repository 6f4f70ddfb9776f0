"""Incidents: what a human has to know. Each has its leaf in the ledger; none is changed or deleted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from dialpact.compliance.clock import instant, stamp
from dialpact.compliance.incidents import Incident, IncidentCount
from dialpact.store.ports.page import ALL, Page
from dialpact.store.units.database import Connection, Database
from dialpact.store.units.paging import NEWEST, page
from dialpact.store.units.statements import statements

SQL = statements("incidents")


def write(
    connection: Connection,
    *,
    at: datetime,
    node: str,
    kind: str,
    decision: str = "",
    channel: str = "",
    detail: str = "",
) -> None:
    """Within a transaction."""
    SQL.insert_incident(
        connection, at=stamp(at), node=node, kind=kind, decision=decision, channel=channel, detail=detail
    )


class Incidents:
    """:class:`dialpact.store.ports.incidents.Incidents`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(
        self,
        *,
        at: datetime,
        node: str,
        kind: str,
        decision: str = "",
        channel: str = "",
        detail: str = "",
        once: bool = False,
    ) -> None:
        told = {"node": node, "kind": kind, "decision": decision, "channel": channel, "detail": detail}

        def work(connection: Connection) -> None:
            if not once or SQL.is_told(connection, **told) is None:
                write(connection, at=at, **told)

        await self._database.transact(work)

    async def list(
        self,
        *,
        kind: str = "",
        since: datetime | None = None,
        until: datetime | None = None,
        after: str = "",
        most: int = ALL,
    ) -> Page[Incident]:
        wanted = {"kind": kind, **_period(since, until)}

        def work(connection: Connection) -> Page[Incident]:
            ask = partial(SQL.list_incidents, connection, **wanted)
            return page(ask, _entry, "seq", after=after, most=most, first=NEWEST)

        return await self._database.read(work)

    async def count(
        self, *, since: datetime | None = None, until: datetime | None = None
    ) -> Sequence[IncidentCount]:
        period = _period(since, until)

        def work(connection: Connection) -> Sequence[IncidentCount]:
            return [_count(dict(row)) for row in SQL.count_incidents(connection, **period)]

        return await self._database.read(work)


def _period(since: datetime | None, until: datetime | None) -> dict[str, str]:
    return {"since": stamp(since) if since else "", "until": stamp(until) if until else ""}


def _entry(row: dict[str, Any]) -> Incident:
    return Incident(**row | {"at": instant(row["at"])})


def _count(row: dict[str, Any]) -> IncidentCount:
    return IncidentCount(**row | {"first": instant(row["first"]), "last": instant(row["last"])})
