"""How long a recording is kept: raised by an officer or by longer profiles, never lowered. And what became of
a call whose end nobody saw. All is logged.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from dialpact.compliance.clock import instant
from dialpact.compliance.registers import Outcome
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.retention import KeepUntil, Raised
from dialpact.store.units.clocks import EPOCH, MICROSECOND
from dialpact.store.units.database import Connection, Database
from dialpact.store.units.registers.change import log
from dialpact.store.units.statements import statements

SQL = statements("retention")
PAGE = 200  # recordings in one transaction: no call waits long for it


class Retention:
    """:class:`dialpact.store.ports.retention.Retention`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, id: str, until: date, *, reason: str, by: str, at: datetime) -> Outcome:
        def work(connection: Connection) -> Outcome:
            found = SQL.kept_until(connection, id=id)
            if found is None:
                raise Fault("not-registered", entry=id)
            before, disposed_at = found
            if disposed_at:
                raise Fault("disposed", entry=id)
            if before is None:
                raise Fault("not-kept", entry=id)
            if until.isoformat() < before:
                raise Fault("keep-only-rises", entry=id, until=before)
            if until.isoformat() == before:
                return "already"
            SQL.raise_keep_until(connection, id=id, keep_until=until.isoformat())
            detail = {"from": before, "to": until, "reason": reason}
            log(connection, "recording", "keep", id, detail, by=by, at=at)
            return "updated"

        return await self._database.transact(work)

    async def raise_to(
        self, keep_until: KeepUntil, profiles: Sequence[str], *, after: str, by: str, at: datetime
    ) -> Raised:
        def work(connection: Connection) -> Raised:
            raised, last = 0, ""
            for last, ended_at, witnessed_us, before in list(SQL.still_kept(connection, id=after, most=PAGE)):
                until = keep_until(ended(ended_at, witnessed_us)).isoformat()
                if until <= before:
                    continue
                SQL.raise_keep_until(connection, id=last, keep_until=until)
                detail = {"from": before, "to": until, "profiles": list(profiles)}
                log(connection, "recording", "policy", last, detail, by=by, at=at)
                raised += 1
            return Raised(count=raised, next=last)

        return await self._database.transact(work)

    async def settle(self, id: str, answered: bool, *, reason: str, by: str, at: datetime) -> Outcome:
        def work(connection: Connection) -> Outcome:
            found = SQL.settled(connection, id=id)
            if found is None:
                raise Fault("not-registered", entry=id)
            if not found["unseen"]:
                raise Fault("not-unseen", entry=id)
            if found["answered"] is not None and bool(found["answered"]) == answered:
                return "already"
            # The recording's row is final: this is an act of its own in the log.
            detail = {"answered": answered, "reason": reason}
            log(connection, "recording", "settle", id, detail, by=by, at=at)
            return "updated" if found["answered"] is not None else "added"

        return await self._database.transact(work)


def ended(ended_at: str, witnessed_us: int | None) -> datetime:
    """When a call ended: by the wall clock, or where that had been set back by what was witnessed then (view
    ``recording_end``).
    """
    told = instant(ended_at)
    return told if witnessed_us is None else max(told, EPOCH + witnessed_us * MICROSECOND)
