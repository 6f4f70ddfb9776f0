"""An import: staged in batches beside the register, then applied as one, or not at all.

1. Staging holds no lock, so the gate goes on deciding meanwhile.
2. Nor does the look at all that is staged (what clashes, what is replaced), which leaves out what the
   register has: a list that comes again every day holds the lock for what is new in it. When the register
   has changed before the lock was there, the look is taken again.
3. A few new rows go in at once, many in slices that count as one (``arriving``). Caller IDs, of which
   nobody has many, go in at once and are looked at under the lock.
4. The log gets one line with the file's name, hash and counts, every row that was replaced, and a digest
   that binds each row that came in: of the look, so that the lock is not held for it. Of caller IDs it has
   every entry instead.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext, suppress
from datetime import datetime, timedelta
from functools import lru_cache, partial
from itertools import repeat
from operator import itemgetter
from typing import Any, NamedTuple, Self, TypeVar

from dialpact.compliance.clock import instant, stamp
from dialpact.compliance.errors import DialpactError, StoreBusy
from dialpact.compliance.ledger.bound.row_digest import Digested, RowDigest, block_of
from dialpact.compliance.model import CallerId, Consent, DncEntry
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.table import FileRead
from dialpact.store.ports.imports import Applied, Batch
from dialpact.store.units.arriving import FEW, Arrival, counting, tidy
from dialpact.store.units.database import Connection, Database, rows
from dialpact.store.units.registers.caller_id import caller_id_fields
from dialpact.store.units.registers.change import digits, log
from dialpact.store.units.statements import statements

# Staging passes rows by position, which is faster than by name, so these queries name no parameters.
STAGING = statements("imports", by_name=False)

LOOKS = 5  # then it is looked at under the lock
PAGE = 4_096  # rows that are hashed at once

T = TypeVar("T")
Staged = tuple[Any, ...]


_stamp = lru_cache(4096)(stamp)  # a list of a million rows repeats its times


def _dnc(value: DncEntry, batch: int) -> Staged:
    return int(value.number), value.scope, value.value, _stamp(value.requested_at), value.source, batch


def _consent(value: Consent, line: int) -> Staged:
    expires = stamp(value.expires_at) if value.expires_at else ""
    return (
        digits(value.number),
        value.business,
        value.industry,
        stamp(value.granted_at),
        expires,
        value.evidence,
        value.evidence_sha256,
        value.wording,
        line,
    )


def _caller_id(value: CallerId, line: int) -> Staged:
    fields = caller_id_fields(value)
    return (*("" if field is None else field for field in fields.values()), line)


STAGED: dict[str, Callable[[Any, int], Staged]] = {"dnc": _dnc, "consent": _consent, "caller-id": _caller_id}


class Act(NamedTuple):
    """What is to be applied, and by whom."""

    file: FileRead
    bad: int
    skip_bad: bool
    by: str
    at: datetime


class Found(NamedTuple):
    """What a look at all that is staged has shown."""

    last: int  # until which change of a register it is true
    clashes: tuple[tuple[int, Fault], ...]
    unknown: tuple[str, ...]
    replaced: Sequence[dict[str, Any]] = ()
    rows: int = 0  # that are new to the register
    digest: Digested | None = None  # of those

    def refused(self, act: Act) -> bool:
        return bool(act.bad or self.clashes) and not act.skip_bad


class Imports:
    """:class:`dialpact.store.ports.imports.Imports`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, register: str, *, to_look: bool = False) -> Staging:
        if not to_look:
            await tidy(self._database)
        return Staging(self._database, register, await Place.begin(self._database, register))

    async def tidy(self) -> None:
        await tidy(self._database)


class Staging:
    """:class:`dialpact.store.ports.imports.Staging`."""

    def __init__(self, database: Database, register: str, place: Place) -> None:
        self._database = database
        self._register = register
        self._place = place
        self._row = STAGED[register]
        self._late = _name("sort", register) in STAGING.available_queries
        self._sliced = _name("changed_since", register) in STAGING.available_queries
        self._batches = self._staged = 0
        self._unknown: tuple[str, ...] | None = None
        self._clashes: list[tuple[int, Fault]] = []

    async def stage(self, batch: Batch[Any]) -> None:
        self._batches += 1

        def work(connection: Connection) -> None:
            self._place.check()
            self._sql("stage")(connection, self._prepared(batch))

        await self._database.aside(work)
        self._staged += len(batch)

    def _prepared(self, batch: Batch[Any]) -> Iterator[Staged]:
        """What is sorted late has the number of its batch. The others have that of the line, and are sorted
        before they are staged: three times as fast as in the file's order.
        """
        if self._late:
            return map(self._row, map(itemgetter(1), batch), repeat(self._batches))
        return iter(sorted(self._row(value, line) for line, value in batch))

    async def look(self) -> Applied:
        def work(connection: Connection) -> tuple[Found, int]:
            found = self._look(None, connection)
            entries = sum(1 for _ in self._step("entries", connection))
            return found, found.rows if self._sliced else entries

        found, new = await self._database.aside(self._database.lean(work))
        already = self._staged - len(found.clashes) - new
        return Applied(applied=new, already=already, clashes=found.clashes, unknown=found.unknown)

    async def apply(self, file: FileRead, *, bad: int, skip_bad: bool, by: str, at: datetime) -> Applied:
        act = Act(file, bad, skip_bad, by, at)
        for _ in range(LOOKS if self._sliced else 0):
            found = await self._database.aside(self._database.lean(partial(self._look, act)))
            if found.refused(act):
                return Applied(clashes=found.clashes, unknown=found.unknown)
            if found.rows > FEW:
                done = await self._in_slices(found, act)
            else:
                done = await self._database.transact(self._database.lean(partial(self._at_once, act, found)))
            if done is not None:
                return done
            await tidy(self._database)
        done = await self._database.transact(self._database.lean(partial(self._at_once, act, None)))
        if done is None:
            raise StoreBusy(f"{self._database.name}: another import is coming in; nothing was done")
        return done

    def _look(self, act: Act | None, connection: Connection) -> Found:
        """At every row, most of the work. Clashes are taken out, if they are to be skipped, or nothing is to
        be done (``act`` is None).
        """
        self._place.check()
        last = int(STAGING.last_change(connection)[0])
        if self._unknown is None:
            self._unknown = tuple(value for (value,) in self._step("unknown", connection))
        self._clashes += [
            (line, Fault(fault, **({"value": value} if value else {})))
            for line, fault, value in self._step("clashes", connection)
        ]
        self._clashes.sort(key=itemgetter(0))  # of a second look, too
        found = Found(last, tuple(self._clashes), self._unknown)
        if act and found.refused(act):
            return found
        if self._clashes:
            self._sql("drop_clash")(connection, [(line,) for line, _ in self._clashes])
        replaced = [_plain(row) for row in rows(self._step("replaced", connection))]
        for step in ("drop_new", "create_new", "sort", "leave_out_known"):
            self._step(step, connection)
        (left,) = self._sql("left")(connection)
        digest = digested(self._database, connection, self._sql("digest"), left) if self._sliced else None
        return found._replace(replaced=replaced, rows=left, digest=digest)

    def _at_once(self, act: Act, looked: Found | None, connection: Connection) -> Applied | None:
        """None: to be looked at again. ``looked``: None to look under the lock."""
        self._place.check()
        self._database.hold(connection, [f"import of {self._register}"])
        if counting(connection, self._register):
            return None
        if looked and self._changed(connection, looked.last):
            if self._staged > FEW:
                return None
            looked = None
        found = looked or self._look(act, connection)
        if found.refused(act):
            return Applied(clashes=found.clashes, unknown=found.unknown)
        at, met = self._moment(act, connection), self._met(found.last, connection)
        entries = [_plain(row) for row in rows(self._step("entries", connection))]
        # The checks were made by the same constraints as the rows were sorted.
        with self._database.unchecked(connection) if self._late else nullcontext():
            count = int(self._sql("apply")(connection, at=at))
        brought = {"met": met} if met else {"entries": entries} if entries else {}
        return self._logged(act, found, count, at, brought, connection)

    async def _in_slices(self, found: Found, act: Act) -> Applied | None:
        """None: to be looked at again."""
        arrival = await Arrival.begin(self._database, self._register, act.at)
        done = None
        try:
            filled = await arrival.fill(self._place.check)
            done = await self._database.transact(partial(self._count, act, found, arrival, filled))
        finally:
            if done is None:
                await arrival.give_up()
        if done is not None:
            with suppress(DialpactError):  # it counts: what is not moved now, whoever comes next moves
                await tidy(self._database)
        return done

    def _count(
        self, act: Act, found: Found, arrival: Arrival, filled: int, connection: Connection
    ) -> Applied | None:
        self._place.check()
        self._database.hold(connection, [f"import of {self._register}"])
        if counting(connection, self._register) or self._changed(connection, found.last):
            return None
        at, met = self._moment(act, connection), self._met(found.last, connection)
        arrival.count(connection, at)
        return self._logged(act, found, filled - len(met), at, {"met": met} if met else {}, connection)

    def _moment(self, act: Act, connection: Connection) -> str:
        """The time that its rows get, by which they are known as this import's: no other one has it."""
        at = act.at
        while STAGING.same_time(connection, register=self._register, at=stamp(at)):
            at += timedelta(microseconds=1)
        return stamp(at)

    def _met(self, last: int, connection: Connection) -> list[dict[str, Any]]:
        """Rows of the digest that have been registered one by one since the change ``last``."""
        return rows(self._sql("met")(connection, seq=last)) if self._late else []

    def _changed(self, connection: Connection, last: int) -> bool:
        """Whether the register has changed since in a way that makes another look necessary."""
        return self._sliced and bool(self._sql("changed_since")(connection, seq=last)[0])

    def _logged(
        self,
        act: Act,
        found: Found,
        count: int,
        at: str,
        brought: Mapping[str, Any],
        connection: Connection,
    ) -> Applied:
        """``brought``: the entries, where they are few and have no other line in the log; or those of them
        that have one.
        """
        already = self._staged - len(found.clashes) - count
        figures = {"bad": act.bad + len(found.clashes), "applied": count, "already": already}
        detail = act.file.logged | figures | {"replaced": found.replaced} | dict(brought)
        if found.digest:
            detail |= {"digest": found.digest}
        log(connection, self._register, "import", act.file.file, detail, by=act.by, at=instant(at))
        return Applied(
            applied=count, already=already, clashes=found.clashes, unknown=found.unknown, done=True
        )

    def _sql(self, step: str) -> Any:
        return _sql(step, self._register)

    def _step(self, step: str, connection: Connection) -> Any:
        """Nothing for a register that has no such step: an opt-out clashes with nothing."""
        known = _name(step, self._register) in STAGING.available_queries
        return self._sql(step)(connection) if known else ()


class Place:
    """An empty place for the rows of a file. A connection has one for each register."""

    def __init__(self, database: Database, register: str, turn: object) -> None:
        self._database, self._what, self._turn = database, f"import of {register}", turn

    @classmethod
    async def begin(cls, database: Database, register: str) -> Self:
        def work(connection: Connection) -> object:
            STAGING.cache_size(connection)
            _sql("drop", register)(connection)
            _sql("create", register)(connection)
            return database.begin_turn(f"import of {register}")

        return cls(database, register, await database.aside(work))

    def check(self) -> None:
        """StoreBusy when it is another's by now."""
        self._database.check_turn(self._what, self._turn)


def digested(database: Database, connection: Connection, ask: Callable[..., Any], count: int) -> Digested:
    """Of so many rows that the statement gives, in the order of the register's key."""
    made = RowDigest(block_of(count), listed=True)
    database.feed(connection, ask, made.add, PAGE)
    return made.end()


def _sql(step: str, register: str) -> Any:
    return getattr(STAGING, _name(step, register))


def _name(step: str, register: str) -> str:
    return f"{step}_{register.replace('-', '_')}"


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    lists = {name: json.loads(row[name]) for name in ("trunks", "purposes", "sent_as") if name in row}
    return row | lists
