"""Incidents: what a human has to know. Each has its leaf in the ledger; none is changed or deleted."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from pathlib import Path
from typing import Any

import aiosql

from dialpact.compliance.clock import stamp
from dialpact.store.sqlite.connection import Database, rows

SQL = aiosql.from_path(Path(__file__).parent / "sql" / "incidents.sql", "sqlite3")


def write(
    connection: sqlite3.Connection,
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


class IncidentLog:
    """:class:`dialpact.store.ports.incident_log.IncidentLog` on SQLite."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def write(
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

        def work(connection: sqlite3.Connection) -> None:
            if not once or SQL.is_told(connection, **told) is None:
                write(connection, at=at, **told)

        await self._database.transact(work)


async def list_incidents(
    store: Database,
    *,
    kind: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    most: int = 100,
) -> list[dict[str, Any]]:
    """Newest first."""

    def work(connection: sqlite3.Connection) -> list[dict[str, Any]]:
        return rows(
            SQL.list_incidents(
                connection,
                kind=kind,
                since=stamp(since) if since else "",
                until=stamp(until) if until else "",
                most=most,
            )
        )

    return await store.transact(work)


async def count_incidents(
    store: Database, *, since: datetime | None = None, until: datetime | None = None
) -> list[dict[str, Any]]:
    """``kind``, ``count``, ``first`` and ``last``, the most frequent first."""

    def work(connection: sqlite3.Connection) -> list[dict[str, Any]]:
        return rows(
            SQL.count_incidents(
                connection, since=stamp(since) if since else "", until=stamp(until) if until else ""
            )
        )

    return await store.transact(work)
