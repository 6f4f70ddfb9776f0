"""The facts of many attempts, read a block at a time: a few statements instead of nine for each.

What :mod:`dialpact.store.units.facts` reads for one attempt is what is read here, of as many as are asked
for; a test holds the two together.
"""

from __future__ import annotations

import json
import sqlite3
from array import array
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import cast

from msgspec.structs import replace

from dialpact.compliance.clock import instant, stamp
from dialpact.compliance.errors import StoreBusy, StoreError, StoreGone
from dialpact.compliance.fact_requirements import FactRequirements
from dialpact.compliance.ledger.bound.difference import Named
from dialpact.compliance.model import Batch, CallAttempt, Consent, DncEntry, Facts, Scope, Tally
from dialpact.compliance.ranges import LastDialled
from dialpact.compliance.registers.leads import as_scrubbed
from dialpact.store.ports.lists import ListFacts, ListSnapshot, Own, OwnConsent, OwnOptOut
from dialpact.store.sqlite import migrate
from dialpact.store.sqlite.connection import Database
from dialpact.store.units import facts as single
from dialpact.store.units import restored
from dialpact.store.units.statements import statements

SQL = statements("lists")
CACHE = 16_384  # KiB
BUSY_MS = 10_000
RESTS = 1_000  # steps of SQLite's machine between two, some 50 us
_opt_out = partial(tuple.__new__, OwnOptOut)  # as OwnOptOut._make, without a call of Python for each
_consent = partial(tuple.__new__, OwnConsent)


class Lists:
    """:class:`dialpact.store.ports.lists.Lists` on SQLite."""

    def __init__(self, database: Database) -> None:
        self._path = database.path

    @contextmanager
    def snapshot(self, rest: Callable[[], None] | None = None) -> Iterator[ListSnapshot]:
        connection = _open(self._path)
        connection.set_progress_handler(rest, RESTS)
        try:
            connection.execute("BEGIN")
            migrate.check_known(connection, self._path)
            SQL.begun(connection)  # from here on it is the same database, whatever others write
            yield _Snapshot(connection)
        except sqlite3.Error as error:
            busy = getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY
            raise (StoreBusy if busy else StoreError)(f"{self._path}: {error}") from error
        finally:
            connection.close()


def _open(path: Path) -> sqlite3.Connection:
    uri = f"{path.absolute().as_uri()}?mode=ro"
    try:
        connection = sqlite3.connect(
            uri, uri=True, isolation_level=None, timeout=BUSY_MS / 1000, check_same_thread=False
        )
    except sqlite3.Error as error:
        raise StoreGone(f"{path}: {error}") from error
    try:
        connection.execute("PRAGMA query_only = ON")
        connection.execute(f"PRAGMA cache_size = {-CACHE}")
        migrate.check_ours(connection, path)
        if migrate.version(connection) != migrate.latest():
            raise StoreError(f"{path}: of another version; any command that writes brings it up to date")
    except sqlite3.Error as error:
        connection.close()
        raise StoreError(f"{path}: {error}") from error
    except StoreError:
        connection.close()
        raise
    return connection


class _Snapshot:
    """:class:`dialpact.store.ports.lists.ListSnapshot`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def about(
        self, attempt: CallAttempt, asked: FactRequirements, now: datetime, *, scrubbed: int = 0
    ) -> ListFacts:
        return _ListFacts(self._connection, attempt, asked, now, scrubbed)

    def leads(self, batch: int) -> Iterator[str]:
        return (f"+{number}" for (number,) in SQL.numbers_of_batch(self._connection, batch=batch))


class _ListFacts:
    """:class:`dialpact.store.ports.lists.ListFacts`."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        attempt: CallAttempt,
        asked: FactRequirements,
        now: datetime,
        scrubbed: int,
    ) -> None:
        self._connection, self._asked = connection, asked
        self._attempt, self._now = attempt, now
        nobody = replace(attempt.callee, e164="")
        with _by_name(connection):
            self.shared = single.facts(connection, replace(attempt, callee=nobody), asked, now, live=False)
            self._tallies = single.over_caller_id(connection, attempt.caller_id, asked)
            self._batches = self._in_force(scrubbed)
        self.differing: frozenset[Named] = frozenset(
            (register, key) for register, key, _ in statements("differences").known(connection)
        )
        forked = statements("decisions").forked(connection)
        self.forked = forked is None or bool(forked[0])
        self.restored = restored.is_unacknowledged(connection)
        self._most = max((limit for per, limit in asked.caps if per == "callee"), default=0)
        self._dialled = self._lately(attempt.campaign, now) if asked.reach else array("q")
        self._never = self._nth(())

    def _in_force(self, scrubbed: int) -> dict[int, Batch]:
        campaign = self.shared.campaign
        if campaign is None:
            return {}
        found = {}
        for row in SQL.batches(self._connection, campaign=campaign.id):
            batch = Batch(**{**dict(row), "imported_at": instant(row["imported_at"])})
            found[batch.id] = as_scrubbed(batch) if batch.id == scrubbed else batch
        return found

    def _lately(self, campaign: str, now: datetime) -> array[int]:
        """Whom the campaign dialled within the window, in order: eight bytes each."""
        since = stamp(now - self._asked.window)
        rows = SQL.dialled(self._connection, campaign=campaign, since=since)
        found = array("q", (int(number[1:]) for (number,) in rows))
        return array("q", sorted(found)) if found else found

    def of(self, numbers: Collection[str]) -> Mapping[str, Own]:
        digits = {int(number[1:]): number for number in numbers}
        wanted = json.dumps(sorted(digits))
        opt_outs: dict[int, list[OwnOptOut]] = {}
        consents: dict[int, list[OwnConsent]] = {}
        leads: dict[int, list[int]] = {}
        for row in SQL.opt_outs(self._connection, numbers=wanted):
            opt_outs.setdefault(row[0], []).append(_opt_out(row[1:]))
        if campaign := self.shared.campaign:
            for row in SQL.consents(self._connection, numbers=wanted, business=campaign.business):
                consents.setdefault(row[0], []).append(_consent(row[1:]))
            if self._batches:
                for number, batch in SQL.leads(self._connection, numbers=wanted):
                    if batch in self._batches:
                        leads.setdefault(number, []).append(batch)
        for several in opt_outs.values():
            several.sort(key=_scope_and_value)
        for each in consents.values():
            each.sort(key=_granted_and_industry)
        newest = self._newest(numbers)
        found: dict[str, Own] = {}
        for digit, number in digits.items():
            found[number] = Own(
                tuple(opt_outs.get(digit, ())),
                tuple(consents.get(digit, ())),
                tuple(leads.get(digit, ())),
                self._nth(newest[number]) if number in newest else self._never,
                self._near(digit) if self._dialled else (),
            )
        return found

    def _newest(self, numbers: Collection[str]) -> Mapping[str, list[str]]:
        """The instants of the newest attempts at each who was called, as far as a cap counts."""
        campaign = self.shared.campaign
        found: dict[str, list[str]] = defaultdict(list)
        if self._most and campaign is not None:
            for number, decided_at in SQL.newest_at_callees(
                self._connection,
                numbers=json.dumps(sorted(numbers)),
                business=campaign.business,
                most=self._most,
            ):
                found[number].append(decided_at)
        return found

    def _nth(self, newest: Collection[str]) -> tuple[str | None, ...]:
        times = tuple(newest)
        return tuple(
            times[limit - 1] if limit <= len(times) else None
            for per, limit in self._asked.caps
            if per == "callee"
        )

    def _near(self, digits: int) -> tuple[int, ...]:
        """Distances of other numbers that were dialled, and of itself."""
        dialled, reach = self._dialled, self._asked.reach
        first = bisect_left(dialled, digits - reach)
        last = bisect_right(dialled, digits + reach, first)
        return tuple([number - digits for number in dialled[first:last] if number != digits])

    def facts(self, number: str, own: Own) -> Facts:
        if not number:
            return self.shared
        opt_outs, consents, leads, nth, neighbours = own
        return replace(
            self.shared,
            opt_outs=tuple(
                DncEntry(
                    number=number,
                    scope=cast(Scope, scope),
                    value=value,
                    requested_at=instant(at),
                    source=source,
                )
                for scope, value, at, source in opt_outs
            ),
            consents=tuple(
                Consent(
                    number=number,
                    business=business,
                    industry=industry,
                    granted_at=instant(granted),
                    expires_at=instant(expires) if expires else None,
                    evidence=evidence,
                    withdrawn_at=instant(withdrawn) if withdrawn else None,
                    evidence_sha256=digest,
                    wording=wording,
                )
                for business, industry, granted, expires, evidence, withdrawn, digest, wording in consents
            ),
            leads=tuple(self._batches[batch] for batch in leads),
            attempts=self._attempts(nth),
            neighbours=neighbours,
        )

    def last_dialled(self, number: str) -> Sequence[LastDialled]:
        callee = replace(self._attempt.callee, e164=number)
        attempt = replace(self._attempt, callee=callee)
        try:
            return single.last_dialled(self._connection, attempt, self._asked, self._now)
        except sqlite3.Error as error:  # of the database, and not of this number
            raise StoreError(str(error)) from error

    def _attempts(self, nth: tuple[str | None, ...]) -> tuple[Tally, ...]:
        if self.shared.campaign is None:
            return ()
        times = iter(nth)
        return tuple(
            Tally(per=per, limit=limit, nth=instant(at) if (at := next(times)) else None)
            if per == "callee"
            else self._tallies[limit]
            for per, limit in self._asked.caps
        )


def _scope_and_value(one: OwnOptOut) -> tuple[str, str]:
    return one.scope, one.value


def _granted_and_industry(one: OwnConsent) -> tuple[str, str]:
    return one.granted_at, one.industry


@contextmanager
def _by_name(connection: sqlite3.Connection) -> Iterator[None]:
    """What reads for one attempt reads rows by the names of their columns; a block by their places, as it is
    faster.
    """
    connection.row_factory = sqlite3.Row
    try:
        yield
    finally:
        connection.row_factory = None
