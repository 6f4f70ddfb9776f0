"""What the housekeeping finds different between registers and log. The gate reads it with its facts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from dialpact.compliance import masking
from dialpact.compliance.clock import stamp
from dialpact.compliance.ledger.bound.difference import Difference, Named, RegisterLook
from dialpact.store.units import incidents
from dialpact.store.units.database import Connection, Database
from dialpact.store.units.statements import statements

SQL = statements("differences")
MOST = 50  # incidents of one look; the last one says how many more there are
LONGEST = 400  # characters of its detail


class Differences:
    """:class:`dialpact.store.ports.differences.Differences`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def note(
        self,
        found: Sequence[Difference],
        looks: Sequence[RegisterLook],
        *,
        rechecked: Collection[str],
        node: str,
        at: datetime,
    ) -> int:
        def work(connection: Connection) -> int:
            known = {tuple(row) for row in SQL.known(connection)}
            present = {(one.register, one.key, one.code): one for one in found}
            for register, key, code in known - present.keys():
                if register in rechecked:
                    SQL.delete_difference(connection, register=register, key=key, code=code)
            new = [one for name, one in present.items() if name not in known]
            for one in new:
                SQL.insert_difference(
                    connection,
                    register=one.register,
                    key=one.key,
                    code=one.code,
                    leaf=one.leaf,
                    at=stamp(at),
                )
            _tell(connection, new, node, at)
            for look in looks:
                SQL.put_look(
                    connection,
                    register=look.register,
                    at=stamp(at),
                    rows=look.rows,
                    unbound=look.unbound,
                    whole=int(look.whole),
                )
            return len(new)

        return await self._database.transact(work)


def known(connection: Connection) -> frozenset[Named]:
    """Register and key of each."""
    return frozenset((row["register"], row["key"]) for row in SQL.known(connection))


def _tell(connection: Connection, new: Sequence[Difference], node: str, at: datetime) -> None:
    for one in new[:MOST]:
        leaf = "no leaf" if one.leaf is None else f"leaf {one.leaf}"
        detail = masking.text(f"{one.register} {one.key}: {one.code}, {leaf}. {one.detail}", LONGEST)
        incidents.write(connection, at=at, node=node, kind="register-differs", detail=detail)
    if len(new) > MOST:
        detail = f"{len(new) - MOST} more: dialpact ledger verify"
        incidents.write(connection, at=at, node=node, kind="register-differs", detail=detail)
