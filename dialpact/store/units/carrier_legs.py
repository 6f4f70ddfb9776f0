"""Carrier legs as Asterisk told of them: what the listener writes, and evidence is joined by."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

import msgspec

from dialpact.compliance.carrier_leg import BY_PROGRAM, Allowed, CarrierLeg, Missed, id_of
from dialpact.compliance.clock import instant, stamp
from dialpact.store.units.database import Database, Row
from dialpact.store.units.statements import statements

SQL = statements("carrier_legs")


class CarrierLegs:
    """:class:`dialpact.store.ports.carrier_legs.CarrierLegs`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def allowed(self, decision: str) -> Allowed | None:
        # With the write lock, though it only reads: of a store that can not be written no call is recorded,
        # and a leg that would ring all the same is cut at once.
        row = await self._database.share(lambda connection: SQL.allowed(connection, id=decision))
        return None if row is None else _allowed(row)

    async def let_out(
        self, node: str, callers: Sequence[str], dial: str, since: datetime, until: datetime
    ) -> list[Allowed]:
        known = [caller for caller in callers if caller]  # an erased decision has an empty one
        if not known or not dial:
            return []
        wanted = {"node": node, "dial": dial, "since": stamp(since), "until": stamp(until)}
        wanted |= {"caller": known[0], "call": known[-1]}
        return await self._database.read(
            lambda connection: [_allowed(row) for row in SQL.let_out(connection, **wanted)]
        )

    async def let_out_by_program(
        self, node: str, dial: str, since: datetime, until: datetime
    ) -> list[Allowed]:
        if not dial:
            return []
        wanted = {"node": node, "dial": dial, "since": stamp(since), "until": stamp(until)}
        return await self._database.read(
            lambda connection: [
                _allowed(row)
                for row in SQL.let_out_by_program(connection, channels=f"{BY_PROGRAM}*", **wanted)
            ]
        )

    async def write(self, leg: CarrierLeg) -> None:
        fields = {
            name: stamp(value) if isinstance(value, datetime) else value
            for name, value in msgspec.structs.asdict(leg).items()
        }
        id = id_of(leg.decision, leg.node, leg.uniqueid)
        await self._database.transact(lambda connection: SQL.write(connection, id=id, **fields))

    async def end_unseen(self, decision: str, node: str, uniqueid: str, at: datetime) -> None:
        id = id_of(decision, node, uniqueid)
        await self._database.transact(
            lambda connection: SQL.end_unseen(connection, id=id, ended_at=stamp(at))
        )

    async def missed(
        self, node: str, since: datetime, until: datetime, *, reported: str, together: str
    ) -> list[Missed]:
        wanted = {"node": node, "since": stamp(since), "until": stamp(until)}
        return await self._database.read(
            lambda connection: [
                Missed(row["id"], row["channel"])
                for row in SQL.missed(connection, kind=reported, together=together, **wanted)
            ]
        )


def _allowed(row: Row) -> Allowed:
    return Allowed(
        id=row["id"],
        node=row["node"],
        decided_at=instant(row["decided_at"]),
        dial=row["dial"],
        number=row["number"],
        caller_id=row["caller_id"],
        campaign=row["campaign"],
        trunk=row["trunk"],
        delivered=row["undelivered"] is None,
        allowed=row["verdict"] == "ALLOW" or row["mode"] == "shadow",
        legs=row["legs"],
        sent_as=tuple(json.loads(row["sent_as"] or "[]")),
    )
