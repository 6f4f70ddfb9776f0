"""Disposals in the store: first the row, which the triggers let in only in its time; then the files go."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from dialpact.compliance.clock import stamp
from dialpact.compliance.disposal import Dayless, Due
from dialpact.compliance.recording import FilesOf
from dialpact.store.ports.page import Page
from dialpact.store.units import incidents, ledger
from dialpact.store.units.database import Connection, Database
from dialpact.store.units.files_of import files_of
from dialpact.store.units.retention import ended
from dialpact.store.units.statements import statements
from dialpact.store.units.terms import Terms

SQL = statements("disposals")
PAGE = 200
INCIDENT = "disposal-refused"


class Disposals:
    """:class:`dialpact.store.ports.disposals.Disposals`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def due(self, day: date, after: str = "") -> Page[Due]:
        keep_until, _, id = after.partition("/")
        asked = {"day": day.isoformat(), "keep_until": keep_until, "id": id, "most": PAGE}

        def work(connection: Connection) -> Page[Due]:
            found = list(SQL.due_after(connection, **asked))
            next = f"{found[-1]['keep_until']}/{found[-1]['id']}" if len(found) == PAGE else ""
            terms = Terms(connection)
            return Page([_due(connection, row, terms) for row in found], next)

        return await self._database.read(work)

    async def dayless(self, after: str = "") -> Page[Dayless]:
        def work(connection: Connection) -> Page[Dayless]:
            found = [row["id"] for row in SQL.dayless_after(connection, id=after, most=PAGE)]
            rows = [Dayless(id=id, flaw=_flaw(connection, id)) for id in found]
            return Page(rows, found[-1] if len(found) == PAGE else "")

        return await self._database.read(work)

    async def not_due(self, day: date) -> tuple[int, date | None]:
        def work(connection: Connection) -> tuple[int, date | None]:
            count, first = SQL.count_not_due(connection, day=day.isoformat())
            return count, _day(first)

        return await self._database.read(work)

    async def record(self, recording: str, keep_until: date, *, by: str, at: datetime) -> bool:
        fields = {"recording": recording, "at": stamp(at), "by": by, "keep_until": keep_until.isoformat()}

        def work(connection: Connection) -> bool:
            if SQL.is_held(connection, recording=recording) is not None:
                return False
            SQL.insert_disposal(connection, **fields)
            return True

        return await self._database.transact(work)

    async def finish(self, recording: str, at: datetime) -> None:
        await self._database.transact(
            lambda connection: SQL.finish_disposal(connection, recording=recording, done_at=stamp(at))
        )

    async def unfinished(self) -> Sequence[tuple[FilesOf, date | None]]:
        return await self._database.read(
            lambda connection: [
                (FilesOf(**files_of(row), flaw=_unfinished(connection, row)), _day(row["keep_until"]))
                for row in list(SQL.unfinished(connection))
            ]
        )

    async def refused(self, node: str, decision: str, detail: str, at: datetime) -> None:
        def work(connection: Connection) -> None:
            if SQL.known_incident(connection, kind=INCIDENT, decision=decision, detail=detail) is None:
                incidents.write(connection, at=at, node=node, kind=INCIDENT, decision=decision, detail=detail)

        await self._database.transact(work)


def _due(connection: Connection, row: Any, terms: Terms) -> Due:
    ended_at = ended(row["ended_at"], row["witnessed_us"])
    flaw = _flaw(connection, row["id"]) or ("lowered" if row["is_lowered"] else "")
    promise = row["promise"]
    if promise is not None and ledger.flaw(connection, "decision", row["decision"]):
        flaw = flaw or "promise-changed"
    return Due(
        **files_of(row),
        flaw=flaw,
        ended_at=ended_at,
        keep_until=date.fromisoformat(row["keep_until"]),
        held=bool(row["is_held"]),
        promised=terms.last_day(promise, ended_at) if promise else None,
    )


def _flaw(connection: Connection, id: str) -> str:
    """How a recording fails its leaf; ``day-changed`` where it would fit with another day, or with one."""
    flaw = ledger.flaw(connection, "recording", id)
    return "day-changed" if flaw == "not-its-leaf" and ledger.fits_with_other_day(connection, id) else flaw


def _unfinished(connection: Connection, row: Any) -> str:
    """How the files of one that was disposed of are not those that the log says; erased ones have no leaf
    left.
    """
    flaw = ledger.flaw(connection, "recording", row["id"])
    hashes = (row["sha256"], row["callee_sha256"], row["agent_sha256"])
    return flaw or ("" if hashes == (row["said"], row["said_callee"], row["said_agent"]) else "not-its-leaf")


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
