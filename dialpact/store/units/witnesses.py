"""What outsiders have said of the log's checkpoints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from dialpact.compliance.clock import instant, stamp
from dialpact.compliance.witness import WitnessState
from dialpact.store.ports.witnesses import Cosignature, DatedStamp, StoredStamp, WitnessIncident
from dialpact.store.units import incidents
from dialpact.store.units.database import Connection, Database
from dialpact.store.units.statements import statements

SQL = statements("witnesses")


class Witnesses:
    """:class:`dialpact.store.ports.witnesses.Witnesses`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def states(self) -> Sequence[WitnessState]:
        return await self._database.read(states)

    async def heard(
        self,
        state: WitnessState,
        at: datetime,
        cosignature: Cosignature | None = None,
        incident: WitnessIncident | None = None,
    ) -> None:
        def work(connection: Connection) -> None:
            SQL.put_state(
                connection,
                vkey=state.vkey,
                url=state.url,
                word=state.word,
                detail=state.detail,
                size=state.size,
                asked_at=stamp(state.asked_at),
                failing_since=stamp(state.failing_since) if state.failing_since else None,
                cosigned_at=stamp(state.cosigned_at) if state.cosigned_at else None,
                told=int(state.told),
            )
            if cosignature:
                SQL.insert_cosignature(connection, **cosignature._asdict())
            if incident:
                incidents.write(connection, at=at, **incident._asdict())

        await self._database.transact(work)

    async def cosignatures(self, size: int) -> Sequence[Cosignature]:
        return await self._database.read(lambda connection: cosignatures(connection, size))

    async def cosignatures_of(self, sizes: Sequence[int]) -> Mapping[int, Sequence[Cosignature]]:
        return await self._database.read(
            lambda connection: {size: cosignatures(connection, size) for size in sizes}
        )

    async def stamps_of(self, sizes: Sequence[int]) -> Sequence[StoredStamp]:
        return await self._database.read(
            lambda connection: [
                StoredStamp(**dict(row)) for size in sizes for row in SQL.stamps_of(connection, size=size)
            ]
        )

    async def keep_stamp(self, stamped: StoredStamp, at: datetime) -> None:
        await self._database.transact(
            lambda connection: SQL.insert_stamp(connection, at=stamp(at), **stamped._asdict())
        )

    async def newest_stamps(self, most: int) -> Sequence[DatedStamp]:
        def work(connection: Connection) -> Sequence[DatedStamp]:
            found = SQL.newest_stamps(connection, most=most)
            return [DatedStamp(row["size"], instant(row["at"])) for row in found]

        return await self._database.read(work)

    async def stamp(self, size: int, at: datetime) -> StoredStamp | None:
        def work(connection: Connection) -> StoredStamp | None:
            row = SQL.stamp_at(connection, size=size, at=stamp(at))
            return StoredStamp(**dict(row)) if row else None

        return await self._database.read(work)

    async def last_stamp(self) -> datetime | None:
        return await self._database.read(last_stamp)


def states(connection: Connection) -> list[WitnessState]:
    """Within a transaction."""
    return [
        WitnessState(
            vkey=row["vkey"],
            url=row["url"],
            word=row["word"],
            detail=row["detail"],
            size=row["size"],
            asked_at=instant(row["asked_at"]),
            failing_since=instant(row["failing_since"]) if row["failing_since"] else None,
            cosigned_at=instant(row["cosigned_at"]) if row["cosigned_at"] else None,
            told=bool(row["told"]),
        )
        for row in SQL.states(connection)
    ]


def cosignatures(connection: Connection, size: int) -> list[Cosignature]:
    """Within a transaction."""
    return [Cosignature(**dict(row)) for row in SQL.cosignatures(connection, size=size)]


def last_stamp(connection: Connection) -> datetime | None:
    """Within a transaction."""
    found = SQL.last_stamp(connection)["at"]
    return instant(found) if found else None


def about(connection: Connection, leaves: Iterable[int]) -> set[int]:
    """Sizes of checkpoints by which outsiders tell when these leaves came: of each witness the first that has
    the leaf and the last that has it not; the first with a timestamp. Within a transaction.
    """
    asked = [row["vkey"] for row in SQL.states(connection)]
    return {size for leaf in leaves for size in _about(connection, leaf, asked) if size}


def _about(connection: Connection, leaf: int, asked: Sequence[str]) -> Iterator[int | None]:
    yield SQL.first_stamped(connection, leaf=leaf)["size"]
    for vkey in asked:
        yield SQL.first_with(connection, vkey=vkey, leaf=leaf)["size"]
        yield SQL.last_without(connection, vkey=vkey, leaf=leaf)["size"]
