"""The sessions of who has signed in to the console."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from dialpact.compliance.clock import instant, stamp
from dialpact.compliance.ledger.bound.accounts import SIGN_IN
from dialpact.compliance.registers.session import Session, Way
from dialpact.store.ports.sessions import KeptSession
from dialpact.store.units.database import Connection, Database
from dialpact.store.units.registers.account_rows import SQL, kept
from dialpact.store.units.registers.change import log

MOST = 10  # sessions of an account that run at a time
KEPT = timedelta(days=90)  # after its end


class Sessions:
    """:class:`dialpact.store.ports.sessions.Sessions`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def open(self, session: Session, mac: str) -> None:
        at = session.opened_at
        row = {
            **{name: getattr(session, name) for name in ("id", "account", "way", "address", "browser")},
            **{name: stamp(getattr(session, name)) for name in ("opened_at", "ends_at", "seen_at")},
            "mac": mac,
        }

        def work(connection: Connection) -> None:
            SQL.forget_sessions(connection, account=session.account, before=stamp(at - KEPT))
            for older in _running(connection, session.account, at)[MOST - 1 :]:
                _end(connection, older, reason="too many", by=session.account, at=at)
            SQL.insert_session(connection, **row)
            detail = {"session": session.id, "way": session.way, "address": session.address}
            log(connection, SIGN_IN, "opened-session", session.account, detail, by=session.account, at=at)

        await self._database.transact(work)

    async def find(self, id: str) -> KeptSession | None:
        def work(connection: Connection) -> KeptSession | None:
            if (row := SQL.get_session(connection, id=id)) is None:
                return None
            try:
                session = _session(row)
            except ValueError:  # written by another hand than ours
                return None
            return KeptSession(session, row["mac"], kept(connection, session.account))

        return await self._database.read(work)

    async def running(self, account: str, now: datetime) -> Sequence[Session]:
        return await self._database.read(lambda connection: _running(connection, account, now))

    async def seen(self, id: str, at: datetime) -> None:
        await self._database.jot(lambda connection: SQL.seen(connection, id=id, at=stamp(at)))

    async def end(
        self, account: str, ids: Sequence[str] = (), *, but: str = "", reason: str, by: str, at: datetime
    ) -> int:
        return await self._database.transact(
            lambda connection: end_all(connection, account, ids, but=but, reason=reason, by=by, at=at)
        )

    async def note(self, account: str, action: str, detail: dict[str, str], *, by: str, at: datetime) -> None:
        await self._database.transact(
            lambda connection: log(connection, SIGN_IN, action, account, detail, by=by, at=at)
        )


def end_all(
    connection: Connection,
    account: str,
    ids: Sequence[str] = (),
    *,
    but: str = "",
    reason: str,
    by: str,
    at: datetime,
) -> int:
    """Those named, or all, ``but`` one. How many."""
    running = _running(connection, account, at)
    ending = [each for each in running if each.id != but and (not ids or each.id in ids)]
    for each in ending:
        _end(connection, each, reason=reason, by=by, at=at)
    return len(ending)


def _end(connection: Connection, session: Session, *, reason: str, by: str, at: datetime) -> None:
    SQL.end_session(connection, id=session.id, at=stamp(at), by=by)
    detail = {"session": session.id, "reason": reason}
    log(connection, SIGN_IN, "ended-session", session.account, detail, by=by, at=at)


def _running(connection: Connection, account: str, now: datetime) -> list[Session]:
    if account:
        return [_session(row) for row in SQL.running_sessions_of(connection, account=account, now=stamp(now))]
    return [_session(row) for row in SQL.running_sessions(connection, now=stamp(now))]


def _session(row: Mapping[str, Any]) -> Session:
    return Session(
        **{name: row[name] for name in ("id", "account", "address", "browser", "ended_by")},
        way=Way(row["way"]),
        opened_at=instant(row["opened_at"]),
        ends_at=instant(row["ends_at"]),
        seen_at=instant(row["seen_at"]),
        ended_at=instant(row["ended_at"]) if row["ended_at"] else None,
    )
