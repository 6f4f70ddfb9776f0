"""The do-not-call register: the opt-outs that are in force, and each time that one was said."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from dialpact.compliance.clock import instant
from dialpact.compliance.model import DncEntry, OptOutWay
from dialpact.compliance.registers import Outcome
from dialpact.compliance.registers.dnc import Said
from dialpact.compliance.registers.fault import Fault
from dialpact.store.ports.page import ALL, Page
from dialpact.store.units import optout
from dialpact.store.units.arriving import settle
from dialpact.store.units.database import Connection, Database
from dialpact.store.units.paging import keyed_page
from dialpact.store.units.registers.change import SQL, digits, log, of_number
from dialpact.store.units.registers.dnc import write_opt_out


class DoNotCall:
    """:class:`dialpact.store.ports.dnc.DoNotCall`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, new: DncEntry, *, by: str, at: datetime) -> Outcome:
        return await self._database.transact(lambda connection: write_opt_out(connection, new, by=by, at=at))

    async def told(
        self,
        news: Sequence[tuple[DncEntry, str]],
        *,
        how: OptOutWay,
        by: str,
        at: datetime,
        node: str,
    ) -> Sequence[tuple[Outcome, DncEntry]]:
        return await optout.told(self._database, news, how=how, by=by, at=at, node=node)

    async def remove(
        self, number: str, scope: str, value: str, *, reason: str, by: str, at: datetime
    ) -> None:
        def work(connection: Connection) -> None:
            settle(connection, "dnc", digits(number))
            key = {"number": digits(number), "scope": scope, "value": value}
            before = SQL.get_dnc(connection, **key)
            if before is None:
                raise Fault("no-refusal", entry=number, scope=f"{scope} {value}".rstrip())
            SQL.delete_dnc(connection, **key)
            detail = {"scope": scope, "value": value, **dict(before), "reason": reason}
            log(connection, "dnc", "remove", number, detail, by=by, at=at)

        await self._database.transact(work)

    async def list(
        self, *, number: str = "", scope: str = "", value: str = "", after: str = "", most: int = ALL
    ) -> Page[DncEntry]:
        def work(connection: Connection) -> Page[DncEntry]:
            ask = partial(SQL.list_dnc, connection, **of_number(number), scope=scope, value=value)
            first: dict[str, str | int] = {"number": digits(number), "scope": "", "value": ""}
            return keyed_page(ask, opt_out_of, after=after, most=most, first=first)

        return await self._database.read(work)

    async def said(self, number: str) -> Sequence[Said]:
        return [Said(**row) for row in await optout.of_number(self._database, number)]


def opt_out_of(row: dict[str, Any]) -> DncEntry:
    return DncEntry(**{**row, "number": f"+{row['number']}", "requested_at": instant(row["requested_at"])})
