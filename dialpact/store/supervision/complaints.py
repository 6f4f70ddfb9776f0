"""The complaints that 12321 passes on, what each operator was asked, and what he said."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from datetime import date, datetime

from dialpact.compliance.clock import instant, stamp
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.supervision.model import Asked, Complaint, PackageState, Shown
from dialpact.store.supervision import operators
from dialpact.store.supervision.connection import SupervisionDatabase, statements

SQL = statements("complaints")


class Complaints:
    """:class:`dialpact.store.ports.supervision.Complaints` on SQLite."""

    def __init__(self, database: SupervisionDatabase) -> None:
        self._database = database

    async def add(self, new: Complaint, *, by: str) -> Complaint:
        def work(connection: sqlite3.Connection) -> Complaint:
            if SQL.complaint_by_reference(connection, reference=new.reference):
                raise Fault("taken", register="complaint", entry=new.reference)
            SQL.insert_complaint(
                connection,
                reference=new.reference,
                number=new.number,
                called_at=stamp(new.called_at),
                since=stamp(new.since),
                before=stamp(new.before),
                received_at=stamp(new.received_at),
                due=new.due.isoformat() if new.due else None,
                note=new.note,
            )
            row = SQL.complaint_by_reference(connection, reference=new.reference)
            operators.log(connection, new.received_at, by, "complaint-add", str(row["id"]), new.reference)
            return _complaint(row)

        return await self._database.transact(work)

    async def get(self, id: int) -> Complaint:
        def work(connection: sqlite3.Connection) -> Complaint:
            row = SQL.complaint(connection, id=id)
            if row is None:
                raise Fault("not-registered", entry=str(id))
            return _complaint(row)

        return await self._database.read(work)

    async def list(self, most: int) -> Sequence[Complaint]:
        return await self._database.read(
            lambda connection: [_complaint(row) for row in SQL.complaints(connection, most=most)]
        )

    async def close(self, id: int, conclusion: str, *, by: str, at: datetime) -> None:
        def work(connection: sqlite3.Connection) -> None:
            if not SQL.close_complaint(connection, id=id, at=stamp(at), conclusion=conclusion):
                raise Fault("not-registered", entry=str(id))
            operators.log(connection, at, by, "complaint-close", str(id), conclusion)

        await self._database.transact(work)

    async def erase(self, id: int, *, by: str, reason: str, at: datetime) -> Sequence[str]:
        def work(connection: sqlite3.Connection) -> list[str]:
            if not SQL.erase_complaint(connection, id=id):
                raise Fault("still-open", entry=str(id))
            operators.log(connection, at, by, "complaint-erase", str(id), reason)
            others = {package for (package,) in SQL.packages_but(connection, id=id)}
            return [package for (package,) in SQL.packages_of(connection, id=id) if package not in others]

        freed = await self._database.transact(work)
        await self._database.empty_log()
        return freed

    async def ask(self, new: Asked, *, by: str) -> None:
        def work(connection: sqlite3.Connection) -> None:
            SQL.insert_question(
                connection,
                id=new.id,
                complaint=new.complaint,
                operator=new.operator,
                asked_at=stamp(new.asked_at),
                note=new.note,
            )
            about = f"{new.operator} {new.id}"
            operators.log(connection, new.asked_at, by, "ask", str(new.complaint), about)

        await self._database.transact(work)

    async def failed(self, id: str, why: str) -> None:
        await self._database.transact(lambda connection: SQL.failed(connection, id=id, why=why))

    async def answered(self, id: str, said: str, answer: str, around: int, *, at: datetime) -> None:
        await self._database.transact(
            lambda connection: SQL.answered(
                connection, id=id, said=said, answer=answer, around=around, at=stamp(at)
            )
        )

    async def packaged(
        self,
        id: str,
        state: PackageState,
        *,
        package: str = "",
        why: str = "",
        found: Sequence[str] = (),
        calls: Sequence[str] = (),
    ) -> None:
        await self._database.transact(
            lambda connection: SQL.packaged(
                connection,
                id=id,
                package=package,
                state=state,
                why=why,
                found=json.dumps(list(found)),
                calls=json.dumps(list(calls)),
            )
        )

    async def asked(self, complaint: int) -> Sequence[Asked]:
        return await self._database.read(
            lambda connection: [_asked(row) for row in SQL.questions(connection, complaint=complaint)]
        )

    async def show(self, complaint: int, shown: Shown, *, by: str) -> None:
        def work(connection: sqlite3.Connection) -> None:
            SQL.insert_shown(
                connection,
                complaint=complaint,
                operator=shown.operator,
                at=stamp(shown.at),
                package=shown.package,
                calls=json.dumps(list(shown.calls)),
                source=shown.source,
            )
            operators.log(connection, shown.at, by, "package", str(complaint), shown.package)

        await self._database.transact(work)

    async def shown(self, complaint: int) -> Sequence[Shown]:
        def work(connection: sqlite3.Connection) -> list[Shown]:
            return [
                Shown(
                    operator=operator,
                    at=instant(at),
                    package=package,
                    calls=tuple(json.loads(calls)),
                    source=source,
                )
                for operator, at, package, calls, source in SQL.shown(connection, complaint=complaint)
            ]

        return await self._database.read(work)


def _complaint(row: sqlite3.Row) -> Complaint:
    return Complaint(
        id=row["id"],
        reference=row["reference"],
        number=row["number"],
        called_at=instant(row["called_at"]),
        since=instant(row["since"]),
        before=instant(row["before"]),
        received_at=instant(row["received_at"]),
        due=date.fromisoformat(row["due"]) if row["due"] else None,
        note=row["note"],
        closed_at=instant(row["closed_at"]) if row["closed_at"] else None,
        conclusion=row["conclusion"],
    )


def _asked(row: sqlite3.Row) -> Asked:
    return Asked(
        id=row["id"],
        complaint=row["complaint"],
        operator=row["operator"],
        asked_at=instant(row["asked_at"]),
        note=row["note"],
        outcome=row["outcome"],
        why=row["why"],
        said=row["said"],
        answer=row["answer"],
        answered_at=instant(row["answered_at"]) if row["answered_at"] else None,
        around=row["around"],
        package=row["package"],
        package_state=row["package_state"],
        found=tuple(json.loads(row["found"])),
        calls=tuple(json.loads(row["calls"])),
    )
