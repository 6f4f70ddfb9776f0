"""A batch of leads on its way in: numbers staged beside the register, to be looked at before they count.

1. They are read in pages, each a snapshot, by the connection that has them: the gate goes on deciding.
2. Batch, numbers and the line in the log are one: a few in one transaction, many in slices, under a batch
   that counts when all are in (``arriving``).
3. The same file counts once for a campaign, unless it was withdrawn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial

import msgspec

from dialpact.compliance.clock import stamp
from dialpact.compliance.held import holding
from dialpact.compliance.ledger.bound.leads import finding_digest
from dialpact.compliance.ledger.bound.row_digest import Digested
from dialpact.compliance.ranges import RangeReport
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.leads import Delivery
from dialpact.compliance.registers.table import FileRead
from dialpact.store.ports.imports import Batch
from dialpact.store.units.arriving import FEW, Arrival, tidy
from dialpact.store.units.database import Connection, Database
from dialpact.store.units.imports import STAGING, Place, digested
from dialpact.store.units.registers.change import digits, log
from dialpact.store.units.statements import statements

SQL = statements("leads")


class LeadStaging:
    """:class:`dialpact.store.ports.leads.LeadStaging`."""

    def __init__(
        self, database: Database, delivery: Delivery, sha256: str, place: Place, *, owes_scrub: bool
    ) -> None:
        self._database = database
        self._delivery = delivery
        self._sha256 = sha256
        self._place = place
        self.owes_scrub = owes_scrub
        self.held = ""

    @classmethod
    async def begin(
        cls, database: Database, delivery: Delivery, sha256: str, *, to_look: bool = False
    ) -> LeadStaging:
        if not to_look:
            await tidy(database)
        owes = await database.read(partial(_check, delivery, sha256))
        return cls(database, delivery, sha256, await Place.begin(database, "leads"), owes_scrub=owes)

    async def stage(self, batch: Batch[str], unassigned: Iterable[int]) -> None:
        def work(connection: Connection) -> None:
            self._place.check()
            for rows in (prepared, nobodys):
                if rows:
                    STAGING.stage_leads(connection, rows)

        prepared = sorted((digits(number), line) for line, number in batch)
        nobodys = sorted((-number, 0) for number in unassigned)
        await self._database.aside(work)

    async def numbers(self, after: int, most: int) -> Sequence[int]:
        def work(connection: Connection) -> list[int]:
            self._place.check()
            return [row[0] for row in STAGING.page_leads(connection, after=after, most=most)]

        return await self._database.aside(work)

    async def unassigned(self) -> int:
        def work(connection: Connection) -> int:
            self._place.check()
            return int(STAGING.unassigned_leads(connection)[0])

        return await self._database.aside(work)

    async def apply(
        self,
        file: FileRead,
        finding: Mapping[str, RangeReport],
        held: str,
        *,
        bad: int,
        by: str,
        at: datetime,
    ) -> tuple[int, int]:
        new = partial(self._insert, file=file, finding=finding, held=held, by=by, at=at)
        logged = partial(self._all_in, file=file, bad=bad, finding=finding, held=held, by=by, at=at)
        logged = partial(logged, digest=await self._database.aside(self._digest))
        if file.rows > FEW:
            return await self._in_slices(new, logged, at)

        def at_once(connection: Connection) -> tuple[int, int]:
            batch = new(connection)
            return logged(connection, batch, int(STAGING.apply_leads(connection, batch=batch)))

        return await self._database.transact(at_once)

    def _digest(self, connection: Connection) -> Digested:
        """Of its numbers: before any lock is held. Whether they are still ours is looked at under it."""
        (count,) = STAGING.left_leads(connection)
        return digested(self._database, connection, STAGING.digest_leads, count)

    async def _in_slices(
        self,
        new: Callable[[Connection], int],
        logged: Callable[[Connection, int, int], tuple[int, int]],
        at: datetime,
    ) -> tuple[int, int]:
        def count(connection: Connection) -> tuple[int, int]:
            batch = arrival.over(connection)
            return logged(connection, batch, filled)

        arrival = await Arrival.begin(self._database, "leads", at, new)
        done = False
        try:
            filled = await arrival.fill(self._place.check)
            found = await self._database.transact(count)
            done = True
        finally:
            if not done:
                await arrival.give_up()
        return found

    def _insert(
        self,
        connection: Connection,
        *,
        file: FileRead,
        finding: Mapping[str, RangeReport],
        held: str,
        by: str,
        at: datetime,
    ) -> int:
        """A batch whose numbers are not all in."""
        _check(self._delivery, self._sha256, connection)
        self._place.check()
        made: int = SQL.insert_batch(
            connection,
            **msgspec.structs.asdict(self._delivery),
            file=file.file,
            sha256=self._sha256,
            imported_at=stamp(at),
            imported_by=by,
            finding=_written(finding),
            held=held,
        )
        return made

    def _all_in(
        self,
        connection: Connection,
        batch: int,
        count: int,
        *,
        file: FileRead,
        bad: int,
        finding: Mapping[str, RangeReport],
        held: str,
        digest: Digested,
        by: str,
        at: datetime,
    ) -> tuple[int, int]:
        """It counts from this transaction on, unless it is held: what its campaign wants now holds."""
        scrub = _check(self._delivery, self._sha256, connection)
        self._place.check()
        held = holding(held, scrub=scrub)
        SQL.all_in(connection, id=batch, rows=count, held=held)
        figures = {"bad": bad, "applied": count, "already": file.rows - bad - count, "held": held}
        figures["finding_sha256"] = finding_digest(_written(finding))  # it names numbers of other people
        about = file.logged | msgspec.structs.asdict(self._delivery) | figures | {"digest": digest}
        log(connection, "leads", "import", str(batch), about, by=by, at=at)
        self.held = held
        return batch, count


def _written(finding: Mapping[str, RangeReport]) -> str:
    """As the batch has it."""
    return msgspec.json.encode(finding).decode() if finding else ""


def _check(delivery: Delivery, sha256: str, connection: Connection) -> bool:
    """Whether the campaign wants it scrubbed."""
    campaign = delivery.campaign
    registered = SQL.has_campaign(connection, id=campaign)
    if registered is None:
        raise Fault("unknown-campaign", value=campaign)
    if (row := SQL.same_file(connection, campaign=campaign, sha256=sha256)) is not None:
        raise Fault("batch-exists", entry=str(row["id"]), campaign=campaign)
    return bool(registered["scrub_leads"])
