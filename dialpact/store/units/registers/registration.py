"""The register of registrations: who is registered with an authority, until when."""

from __future__ import annotations

from datetime import date, datetime
from functools import partial
from typing import Any

from dialpact.compliance.clock import stamp
from dialpact.compliance.model import Registrant, Registration
from dialpact.compliance.registers import Outcome
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.registration import entry_key
from dialpact.store.ports.page import ALL, Page
from dialpact.store.units.database import Connection, Database
from dialpact.store.units.paging import keyed_page
from dialpact.store.units.registers.change import log, need_business, same
from dialpact.store.units.registers.suspension import registered
from dialpact.store.units.statements import statements

SQL = statements("registrations")
FIRST: dict[str, str | int] = {"holder": "", "id": "", "kind": "", "valid_from": ""}


class Registrations:
    """:class:`dialpact.store.ports.registrations.Registrations`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, new: Registration, *, by: str, at: datetime) -> Outcome:
        def work(connection: Connection) -> Outcome:
            _need(connection, new.holder, new.id)
            row = SQL.get_registration(
                connection,
                holder=new.holder,
                id=new.id,
                kind=new.kind,
                valid_from=new.valid_from.isoformat(),
            )
            if row is not None:
                return same(registration_of(dict(row)), new, "registration", entry_key(new.holder, new.id))
            SQL.insert_registration(
                connection,
                holder=new.holder,
                id=new.id,
                kind=new.kind,
                valid_from=new.valid_from.isoformat(),
                valid_to=new.valid_to.isoformat() if new.valid_to else None,
                number=new.number,
                created_at=stamp(at),
            )
            log(connection, "registration", "add", entry_key(new.holder, new.id), new, by=by, at=at)
            return "added"

        return await self._database.transact(work)

    async def remove(
        self,
        holder: Registrant,
        id: str,
        kind: str,
        valid_from: date | None,
        *,
        reason: str,
        by: str,
        at: datetime,
    ) -> Registration:
        def work(connection: Connection) -> Registration:
            known = _listed(connection, holder, id, kind).rows
            found = [one for one in known if valid_from in (None, one.valid_from)]
            if not found:
                raise Fault("not-registered", entry=f"{entry_key(holder, id)} {kind}")
            if len(found) > 1:
                days = ", ".join(one.valid_from.isoformat() for one in found)
                raise Fault("several-registrations", entry=f"{entry_key(holder, id)} {kind}", days=days)
            (before,) = found
            starts = before.valid_from.isoformat()
            SQL.delete_registration(connection, holder=holder, id=id, kind=kind, valid_from=starts)
            detail = {"from": before, "reason": reason}
            log(connection, "registration", "remove", entry_key(holder, id), detail, by=by, at=at)
            return before

        return await self._database.transact(work)

    async def list(
        self, *, holder: str = "", id: str = "", kind: str = "", after: str = "", most: int = ALL
    ) -> Page[Registration]:
        return await self._database.read(
            lambda connection: _listed(connection, holder, id, kind, after=after, most=most)
        )


def _need(connection: Connection, holder: Registrant, id: str) -> None:
    if holder == "business":
        need_business(connection, id)
    elif not registered(connection, "campaign", id):
        raise Fault("unknown-campaign", value=id)


def _listed(
    connection: Connection, holder: str, id: str, kind: str, *, after: str = "", most: int = ALL
) -> Page[Registration]:
    ask = partial(SQL.list_registrations, connection, holder=holder, id=id, kind=kind)
    return keyed_page(ask, registration_of, after=after, most=most, first=FIRST)


def registration_of(row: dict[str, Any]) -> Registration:
    """Of a row's columns."""
    ends = row["valid_to"]
    return Registration(
        **{
            **row,
            "valid_from": date.fromisoformat(row["valid_from"]),
            "valid_to": date.fromisoformat(ends) if ends else None,
        }
    )
