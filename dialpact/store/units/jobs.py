"""Long work that programs have asked for. No leaf is made of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import msgspec

from dialpact.compliance.clock import instant, stamp
from dialpact.compliance.errors import StoreRefused
from dialpact.compliance.jobs import Job, JobError, JobKind, JobState, JobsWaiting
from dialpact.store.ports.page import ALL, Page
from dialpact.store.ports.receipts import Receipt
from dialpact.store.units.database import Connection, Database, Row
from dialpact.store.units.paging import NEWEST, page
from dialpact.store.units.statements import statements

SQL = statements("jobs")
REGISTER_CHANGE = "register-change"  # kind of a leaf


class Jobs:
    """:class:`dialpact.store.ports.jobs.Jobs`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, job: Job) -> None:
        row = {
            **{name: getattr(job, name) for name in ("id", "kind", "state", "by", "key", "bytes")},
            "businesses": _json(job.businesses),
            "detail": _json(job.detail),
            "created_at": stamp(job.created_at),
        }
        await self._database.transact(lambda connection: SQL.insert_job(connection, **row))

    async def get(self, id: str) -> Job | None:
        return await self._database.read(lambda connection: _one(connection, id))

    async def list(
        self, kind: JobKind, *, businesses: Sequence[str] = (), after: str = "", most: int = ALL
    ) -> Page[Job]:
        def work(connection: Connection) -> Page[Job]:
            ask = partial(SQL.list_jobs, connection, kind=kind, businesses=_json(list(businesses)))
            return page(ask, _job, "seq", after=after, most=most, first=NEWEST)

        return await self._database.read(work)

    async def count_waiting(self, key: str) -> int:
        return await self._database.read(lambda connection: int(SQL.count_waiting(connection, key=key)[0]))

    async def waiting(self) -> JobsWaiting:
        def work(connection: Connection) -> JobsWaiting:
            of = {row["state"]: row for row in SQL.waiting(connection)}
            queued, running = of.get("queued"), of.get("running")
            return JobsWaiting(
                queued=queued["many"] if queued else 0,
                running=running["many"] if running else 0,
                oldest=instant(queued["oldest"]) if queued else None,
            )

        return await self._database.read(work)

    async def states(self, ids: Iterable[str]) -> Mapping[str, JobState]:
        asked = _json(list(ids))
        return await self._database.read(
            lambda connection: {row["id"]: row["state"] for row in SQL.states(connection, ids=asked)}
        )

    async def take(self, at: datetime) -> Job | None:
        if not await self._database.read(lambda connection: SQL.oldest_queued(connection)):
            return None  # (asked all the time, and no lock is taken for it)

        def work(connection: Connection) -> Job | None:
            while row := SQL.oldest_queued(connection):
                if SQL.begin_job(connection, id=row["id"], at=stamp(at)):  # (else another node has)
                    return _one(connection, row["id"])
            return None

        return await self._database.transact(work)

    async def progress(self, id: str, rows: int, of: int | None) -> bool:
        return await self._database.transact(
            lambda connection: bool(SQL.progress(connection, id=id, rows=rows, of=of))
        )

    def receipt(self, id: str) -> Receipt:
        def note(connection: Connection) -> None:
            if (row := SQL.job(connection, id=id)) is None or row["state"] != "running":
                raise StoreRefused(f"job {id} does not run any more")
            if acts := [int(key) for kind, key in SQL.put_in(connection) if kind == REGISTER_CHANGE]:
                before = msgspec.json.decode(row["result"])["acts"] if row["result"] else []
                SQL.note_acts(connection, id=id, result=_json({"acts": [*before, *acts]}))

        return note

    async def finish(self, id: str, result: Mapping[str, Any], at: datetime) -> None:
        def work(connection: Connection) -> None:
            if not SQL.finish(connection, id=id, result=_json(result), at=stamp(at)):
                raise StoreRefused(f"job {id} does not run any more")

        await self._database.transact(work)

    async def fail(self, id: str, error: JobError, at: datetime) -> None:
        row = {"error": error.code, "error_detail": _json(error.detail), "at": stamp(at)}
        await self._database.transact(lambda connection: SQL.fail(connection, id=id, **row))

    async def cancel(self, id: str, at: datetime) -> Job | None:
        def work(connection: Connection) -> Job | None:
            SQL.cancel(connection, id=id, at=stamp(at))
            return _one(connection, id)

        return await self._database.transact(work)

    async def put_back(self, id: str, *, blameless: bool) -> None:
        await self._database.transact(
            lambda connection: SQL.put_back(connection, id=id, starts=int(blameless))
        )

    async def running(self) -> Sequence[Job]:
        return await self._database.read(lambda connection: _all(SQL.running(connection)))

    async def over_before(self, at: datetime, most: int) -> Sequence[Job]:
        before = stamp(at)
        return await self._database.read(
            lambda connection: _all(SQL.over_before(connection, at=before, most=most))
        )

    async def expire(self, id: str) -> None:
        await self._database.transact(lambda connection: SQL.expire(connection, id=id))


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _one(connection: Connection, id: str) -> Job | None:
    row = SQL.job(connection, id=id)
    return _job(dict(row)) if row else None


def _all(rows: Iterable[Row]) -> list[Job]:
    return [_job(dict(row)) for row in rows]


def _job(row: dict[str, Any]) -> Job:
    error, detail = row.pop("error"), msgspec.json.decode(row.pop("error_detail"))
    del row["seq"]
    for name in ("created_at", "started_at", "finished_at"):
        row[name] = instant(row[name]) if row[name] else None
    for name in ("detail", "result"):
        row[name] = msgspec.json.decode(row[name]) if row[name] else None
    row["businesses"] = tuple(msgspec.json.decode(row["businesses"]))
    return Job(**row, error=JobError(code=error, detail=detail) if error else None)
