"""The rows of the inspection report, from one snapshot of the store."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, TypeVar

import msgspec

from dialpact.compliance.clock import instant, stamp
from dialpact.compliance.inspection.figures import Count, LedgerFigures, SuspensionLine
from dialpact.compliance.inspection.period import Period
from dialpact.compliance.inspection.source import (
    AfterOptOut,
    Answered,
    Begun,
    CampaignNow,
    Complained,
    ConsentSums,
    KeptNow,
    LastComparison,
    Minute,
    Purposes,
    Put,
    PutThrough,
    Reasons,
    Removal,
    Source,
    Tried,
    Use,
)
from dialpact.compliance.model import Business, CallerId, Decision
from dialpact.store.units.database import Connection, Database, Row
from dialpact.store.units.registers.change import log
from dialpact.store.units.statements import statements

SQL = statements("inspection")
T = TypeVar("T")
MINUTE = len("2026-11-24T02:00")  # of a stamp


class Inspections:
    """:class:`dialpact.store.ports.inspections.Inspections`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def snapshot(self, period: Period, work: Callable[[Source], T]) -> T:
        return await self._database.read(lambda connection: work(InspectionSnapshot(connection, period)))

    async def begun(self) -> datetime | None:
        def work(connection: Connection) -> datetime | None:
            row = SQL.begun_at(connection)
            return instant(row["at"]) if row["at"] else None

        return await self._database.read(work)

    async def note_full(self, period: Period, format: str, *, by: str, at: datetime) -> None:
        key = f"{period.first.isoformat()}..{period.last.isoformat()}"
        detail = {"report": "inspection", "format": format}
        await self._database.transact(
            lambda connection: log(connection, "report", "full", key, detail, by=by, at=at)
        )


class InspectionSnapshot:
    """:class:`dialpact.compliance.inspection.source.Source` within a transaction."""

    def __init__(self, connection: Connection, period: Period) -> None:
        self._connection = connection
        self._span = {"since": stamp(period.since), "until": stamp(period.until)}

    def minutes(self, exempt: Collection[str]) -> Iterator[Minute]:
        for row in SQL.minutes(self._connection, **self._span, exempt=_list(exempt)):
            yield Minute(
                _minute(row["minute"]),
                row["passed"],
                row["blocked"],
                row["shadow"],
                row["undelivered"],
                row["bound"],
            )

    def purposes_in(self, minutes: Sequence[datetime], exempt: Collection[str]) -> Iterator[Purposes]:
        wanted = _list([stamp(at)[:MINUTE] for at in minutes])
        found = SQL.purposes_in_minutes(self._connection, **self._span, minutes=wanted, exempt=_list(exempt))
        return (Purposes(_minute(row["minute"]), row["purpose"], row["calls"]) for row in found)

    def reasons(self) -> Iterator[Reasons]:
        for row in SQL.reasons(self._connection, **self._span):
            yield Reasons(tuple(json.loads(row["reasons"])), row["calls"])

    def ends(self) -> Iterator[Decision]:
        for row in SQL.ends(self._connection, **self._span):
            yield msgspec.json.decode(row["record"], type=Decision)

    def uses(self) -> Iterator[Use]:
        for row in SQL.caller_uses(self._connection, **self._span):
            yield Use(
                number=row["number"],
                attempts=row["attempts"],
                put_through=row["put_through"],
                blocked_for_it=row["blocked_for_it"],
                by_others=row["by_others"],
                registered=bool(row["registered"]),
                business=row["business"],
                carrier=row["carrier"],
                authenticated=bool(row["authenticated"]),
                valid_from=_day(row["valid_from"]),
                valid_to=_day(row["valid_to"]),
            )

    def put_through(self) -> Iterator[PutThrough]:
        for row in SQL.by_campaign(self._connection, **self._span):
            yield PutThrough(row["campaign"], row["business"], row["put_through"])

    def by_others(self, holders: Mapping[str, str]) -> int:
        held = json.dumps(dict(holders), ensure_ascii=False)
        return int(SQL.by_others(self._connection, **self._span, holders=held)[0])

    def clock_marks(self) -> tuple[int, int]:
        row = SQL.clock_marks(self._connection, **self._span)
        return row["marked"] or 0, row["most_us"] or 0

    def answered(self, gaps: Collection[str], answers: Collection[str]) -> Iterator[Answered]:
        kinds = {"gaps": _list(gaps), "answers": _list(answers)}
        for row in SQL.answered(self._connection, **self._span, **kinds):
            yield Answered(
                decision=row["id"],
                at=instant(row["decided_at"]),
                seq=row["seq"],
                number=row["number"],
                caller_id=row["caller_id"],
                campaign=row["campaign"],
                legs=int(row["legs"]),
                running=int(row["running"]),
                failed=int(row["failed"]),
                unhashed=int(row["unhashed"]),
                short=int(row["short"]),
                kinds=tuple(filter(None, row["kinds"].split(","))),
            )

    def purposes(self, ids: Sequence[str]) -> dict[str, str]:
        return {row["id"]: row["purpose"] for row in SQL.purposes(self._connection, ids=_list(ids))}

    def begun(self) -> Begun:
        row = SQL.recordings_begun(self._connection, **self._span)
        return Begun(row["rows"], int(row["failed"]), row["seconds"])

    def kept(self, today: date) -> KeptNow:
        row = SQL.recordings_kept(self._connection, today=today.isoformat())
        return KeptNow(int(row["past_due"]), int(row["missing"]))

    def holds(self) -> int:
        return int(SQL.holds_in_force(self._connection)[0])

    def unfinished_disposals(self) -> int:
        return int(SQL.disposals_unfinished(self._connection)[0])

    def after_opt_out(self, exempt: Collection[str]) -> Iterator[AfterOptOut]:
        for row in SQL.calls_after_opt_out(self._connection, **self._span, exempt=_list(exempt)):
            yield AfterOptOut(
                call=_put(row),
                behind_us=row["behind_us"],
                business=row["business"],
                industry=row["industry"],
                scope=row["scope"],
                value=row["value"],
                registered_at=instant(row["registered_at"]),
                requested_at=instant(row["requested_at"]),
            )

    def removals(self) -> Iterator[Removal]:
        for row in SQL.removals(self._connection):
            yield Removal(row["number"], row["scope"], row["value"], instant(row["at"]))

    def without_consent(self, exempt: Collection[str]) -> Iterator[Put]:
        return map(_put, SQL.calls_without_consent(self._connection, **self._span, exempt=_list(exempt)))

    def consents(self) -> ConsentSums:
        row = SQL.consents(self._connection, **self._span)
        return ConsentSums(**{name: int(row[name]) for name in ConsentSums._fields})

    def do_not_call(self) -> tuple[int, int]:
        added = SQL.opt_outs_added(self._connection, **self._span)[0]
        return SQL.opt_outs_in_force(self._connection)[0], added

    def opt_outs(self) -> tuple[Count, ...]:
        return _counts(SQL.opt_outs(self._connection, **self._span))

    def trials(self) -> list[Tried]:
        found = SQL.trials(self._connection, **self._span)
        return [Tried(**{**dict(row), "at": instant(row["at"])}) for row in found]

    def campaigns(self) -> list[CampaignNow]:
        return [
            CampaignNow(
                id=row["id"],
                business=row["business"],
                purpose=row["purpose"],
                script=row["script"],
                purposes_before=tuple(json.loads(row["purposes_before"])),
                version=row["version"],
                approved_by=row["approved_by"] or "",
                approved_at=_moment(row["approved_at"]),
                expires_at=_moment(row["expires_at"]),
                checked=frozenset(json.loads(row["checked"] or "[]")),
            )
            for row in SQL.campaigns(self._connection)
        ]

    def businesses(self) -> list[Business]:
        return [Business(**dict(row)) for row in SQL.businesses(self._connection)]

    def caller_ids(self) -> list[CallerId]:
        return [
            CallerId(
                number=row["number"],
                business=row["business"],
                licence=row["licence"],
                carrier=row["carrier"],
                authenticated=bool(row["authenticated"]),
                trunks=(),
                purposes=(),
                valid_from=date.fromisoformat(row["valid_from"]),
                valid_to=_day(row["valid_to"]),
            )
            for row in SQL.caller_ids(self._connection)
        ]

    def last_imports(self) -> dict[str, datetime]:
        return {row["register"]: instant(row["at"]) for row in SQL.last_imports(self._connection)}

    def last_comparison(self) -> LastComparison | None:
        row = SQL.last_reconcile(self._connection)
        if row is None:
            return None
        detail = json.loads(row["detail"])
        return LastComparison(instant(row["at"]), row["key"], detail["listed"], detail["found"])

    def changes(self) -> tuple[Count, ...]:
        return _counts(SQL.changes(self._connection, **self._span))

    def incidents(self) -> tuple[Count, ...]:
        return _counts(SQL.incidents(self._connection, **self._span))

    def suspensions(self, most: int) -> list[SuspensionLine]:
        return [
            SuspensionLine(
                **{**dict(row), "since": instant(row["since"]), "lifted_at": _moment(row["lifted_at"])}
            )
            for row in SQL.suspensions(self._connection, **self._span, most=most)
        ]

    def complaints(self) -> Iterator[Complained]:
        for row in SQL.complaints(self._connection, **self._span):
            yield Complained(
                id=row["id"],
                received_at=instant(row["received_at"]),
                source=row["source"],
                caller_id=row["caller_id"],
                campaign=row["campaign"],
                matched=bool(row["matched"]),
                due=_day(row["due"]),
                status=row["status"],
                answered_at=_moment(row["answered_at"]),
            )

    def batches(self) -> tuple[int, int]:
        row = SQL.batches(self._connection, **self._span)
        return row["batches"], int(row["held"])

    def ledger(self) -> LedgerFigures:
        state, last = SQL.ledger_state(self._connection), SQL.last_checkpoint(self._connection)
        return LedgerFigures(
            size=state["size"],
            unsealed=state["unsealed"],
            unproven=SQL.unproven(self._connection, **self._span)[0],
            checkpoint_size=last["size"] if last else None,
            checkpoint_at=instant(last["at"]) if last else None,
            checkpoint=last["note"] if last else "",
        )


def _put(row: Row) -> Put:
    return Put(
        row["seq"], row["id"], instant(row["decided_at"]), row["number"], row["campaign"], row["purpose"]
    )


def _counts(found: Iterable[Any]) -> tuple[Count, ...]:
    return tuple(Count(key=row["key"], count=row["count"]) for row in found)


def _list(texts: Collection[str]) -> str:
    return json.dumps(list(texts), ensure_ascii=False)


def _minute(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _moment(text: str | None) -> datetime | None:
    return instant(text) if text else None


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
