"""The register of scripts: every version that there was, of which the newest one counts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

import msgspec

from dialpact.compliance.clock import instant, stamp
from dialpact.compliance.model import Script
from dialpact.compliance.registers import Outcome
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.script import ScriptVersion
from dialpact.store.ports.page import ALL, Page
from dialpact.store.units.database import Connection, Database
from dialpact.store.units.paging import keyed_page
from dialpact.store.units.registers.change import log
from dialpact.store.units.statements import statements

SQL = statements("scripts")


class Scripts:
    """:class:`dialpact.store.ports.scripts.Scripts`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, id: str, text: str, *, by: str, at: datetime) -> tuple[Outcome, ScriptVersion]:
        def work(connection: Connection) -> tuple[Outcome, ScriptVersion]:
            before = _newest(connection, id)
            if before is not None and before.text == text:
                return "already", before
            SQL.insert_script(
                connection,
                id=id,
                version=before.version + 1 if before else 1,
                text=text,
                sha256=hashlib.sha256(text.encode()).hexdigest(),
                added_at=stamp(at),
                added_by=by,
            )
            new = _registered(connection, id)
            log(connection, "script", "change" if before else "add", id, _logged(new), by=by, at=at)
            return ("updated" if before else "added"), new

        return await self._database.transact(work)

    async def approve(
        self,
        id: str,
        *,
        sha256: str,
        checked: Sequence[str],
        expires_at: datetime | None,
        by: str,
        at: datetime,
    ) -> ScriptVersion:
        def work(connection: Connection) -> ScriptVersion:
            newest = _registered(connection, id)
            if newest.sha256 != sha256:
                raise Fault("script-changed", entry=id)
            ends = stamp(expires_at) if expires_at else None
            _set_approval(connection, newest, by, stamp(at), ends, checked)
            new = _registered(connection, id)
            log(connection, "script", "approve", id, _logged(new), by=by, at=at)
            return new

        return await self._database.transact(work)

    async def revoke(self, id: str, *, reason: str, by: str, at: datetime) -> ScriptVersion:
        def work(connection: Connection) -> ScriptVersion:
            before = _registered(connection, id)
            if not before.approved_by:
                raise Fault("not-approved", entry=id)
            _set_approval(connection, before, "", None, None, ())
            detail = {"from": _logged(before), "reason": reason}
            log(connection, "script", "revoke", id, detail, by=by, at=at)
            return _registered(connection, id)

        return await self._database.transact(work)

    async def newest(self, id: str) -> ScriptVersion | None:
        return await self._database.read(lambda connection: _newest(connection, id))

    async def list(self, *, after: str = "", most: int = ALL) -> Page[Script]:
        def work(connection: Connection) -> Page[Script]:
            ask = partial(SQL.list_scripts, connection)
            return keyed_page(ask, script_of, after=after, most=most, first={"id": ""})

        return await self._database.read(work)

    async def versions(self, id: str) -> Sequence[ScriptVersion]:
        found = await self._database.read(lambda connection: list(SQL.script_versions(connection, id=id)))
        return [ScriptVersion(**_fields(dict(row))) for row in found]


def script_of(row: dict[str, Any]) -> Script:
    return Script(**_fields(row))


def _registered(connection: Connection, id: str) -> ScriptVersion:
    found = _newest(connection, id)
    if found is None:
        raise Fault("not-registered", entry=id)
    return found


def _newest(connection: Connection, id: str) -> ScriptVersion | None:
    row = SQL.newest_script(connection, id=id)
    return ScriptVersion(**_fields(dict(row))) if row else None


def _set_approval(
    connection: Connection,
    version: Script,
    by: str,
    at: str | None,
    expires_at: str | None,
    checked: Sequence[str],
) -> None:
    SQL.approve_script(
        connection,
        id=version.id,
        version=version.version,
        approved_by=by,
        approved_at=at,
        expires_at=expires_at,
        checked=json.dumps(sorted(set(checked))),
    )


def _fields(row: dict[str, Any]) -> dict[str, Any]:
    moments = {
        name: instant(row[name]) if row[name] else None
        for name in ("approved_at", "expires_at", "added_at")
        if name in row
    }
    return row | moments | {"checked": tuple(json.loads(row["checked"]))}


def _logged(version: ScriptVersion) -> dict[str, Any]:
    """All but the text: the table keeps every version's for ever."""
    return {name: value for name, value in msgspec.structs.asdict(version).items() if name != "text"}
