"""The register of caller IDs, and how often each number was shown."""

from __future__ import annotations

import json
from datetime import date, datetime
from functools import partial
from typing import Any

import msgspec

from dialpact.compliance.clock import stamp
from dialpact.compliance.model import CallerId
from dialpact.compliance.registers import Outcome
from dialpact.compliance.registers.carrier_list import Compared
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.table import FileRead
from dialpact.store.ports.caller_ids import ShownNumber
from dialpact.store.ports.page import ALL, Page
from dialpact.store.units.database import Connection, Database
from dialpact.store.units.paging import keyed_page
from dialpact.store.units.registers.change import SQL, log, need_business
from dialpact.store.units.statements import statements

PERIOD = statements("reconcile")


class CallerIds:
    """:class:`dialpact.store.ports.caller_ids.CallerIds`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, new: CallerId, *, by: str, at: datetime) -> Outcome:
        def work(connection: Connection) -> Outcome:
            need_business(connection, new.business)
            before = _of_number(connection, new.number)
            if before == [new]:
                return "already"
            SQL.put_caller_id(connection, created_at=stamp(at), **caller_id_fields(new))
            action = "update" if before else "add"
            log(connection, "caller-id", action, new.number, {"to": new, "from": before}, by=by, at=at)
            return "updated" if before else "added"

        return await self._database.transact(work)

    async def remove(self, number: str, *, reason: str, by: str, at: datetime) -> CallerId:
        def work(connection: Connection) -> CallerId:
            before = _of_number(connection, number)
            if not before:
                raise Fault("not-registered", entry=number)
            SQL.delete_caller_id(connection, number=number)
            log(connection, "caller-id", "remove", number, {"from": before, "reason": reason}, by=by, at=at)
            return before[0]

        return await self._database.transact(work)

    async def list(
        self, *, number: str = "", business: str = "", after: str = "", most: int = ALL
    ) -> Page[CallerId]:
        return await self._database.read(
            lambda connection: _caller_ids(connection, number, business, after=after, most=most)
        )

    async def shown(
        self, *, since: datetime, until: datetime, after: str = "", most: int
    ) -> Page[ShownNumber]:
        def work(connection: Connection) -> Page[ShownNumber]:
            ask = partial(PERIOD.shown, connection, until=stamp(until))
            first: dict[str, str | int] = {"decided_at": stamp(since), "seq": -1}
            return keyed_page(ask, _shown, after=after, most=most, first=first)

        return await self._database.read(work)

    async def compared(self, file: FileRead, found: Compared, *, by: str, at: datetime) -> None:
        figures = msgspec.structs.asdict(found)
        figures |= {"since": stamp(found.since), "until": stamp(found.until)}
        detail = file.logged | figures
        await self._database.transact(  # in the ledger, with its leaf
            lambda connection: log(connection, "caller-id", "reconcile", file.file, detail, by=by, at=at)
        )


def caller_id_fields(value: CallerId) -> dict[str, Any]:
    """The columns."""
    return msgspec.structs.asdict(value) | {
        "authenticated": int(value.authenticated),
        "trunks": json.dumps(value.trunks),
        "purposes": json.dumps(value.purposes),
        "valid_from": value.valid_from.isoformat(),
        "valid_to": value.valid_to.isoformat() if value.valid_to else None,
        "sent_as": json.dumps(value.sent_as),
    }


def _caller_ids(
    connection: Connection, number: str, business: str, *, after: str, most: int
) -> Page[CallerId]:
    if number:  # by the key: it is asked for in several forms
        found = SQL.find_caller_id(connection, number=number, business=business)
        return Page([caller_id_of(dict(row)) for row in found])
    ask = partial(SQL.list_caller_ids, connection, business=business)
    return keyed_page(ask, caller_id_of, after=after, most=most, first={"number": ""})


def _of_number(connection: Connection, number: str) -> list[CallerId]:
    return list(_caller_ids(connection, number, "", after="", most=ALL).rows)


def caller_id_of(row: dict[str, Any]) -> CallerId:
    return CallerId(
        **{
            **row,
            "authenticated": bool(row["authenticated"]),
            "trunks": tuple(json.loads(row["trunks"])),
            "purposes": tuple(json.loads(row["purposes"])),
            "valid_from": date.fromisoformat(row["valid_from"]),
            "valid_to": date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
            "sent_as": tuple(json.loads(row["sent_as"])),
        }
    )


def _shown(row: dict[str, Any]) -> ShownNumber:
    return ShownNumber(row["caller_id"], bool(row["through"]))
