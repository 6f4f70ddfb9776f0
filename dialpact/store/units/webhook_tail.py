"""What receivers outside are told of: what the tail of the log says, and a day in figures.

The log is read by its leaves: their numbers are given in the transaction that writes them, in its order and
without a gap, so whoever remembers the next one has missed nothing and sees nothing twice.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from dialpact.compliance.clock import instant, stamp
from dialpact.compliance.webhooks.events import (
    BlockedCall,
    Happened,
    Happening,
    IncidentCreated,
    OptOutAdded,
    RecordingFailed,
)
from dialpact.compliance.webhooks.settings import EventType
from dialpact.store.ports.webhooks import DayFigures, OpenComplaint, Tail
from dialpact.store.units import ledger
from dialpact.store.units.database import Connection
from dialpact.store.units.registers.complaint import complaint_of
from dialpact.store.units.statements import statements

SQL = statements("webhooks")
LONGEST_CALL = timedelta(days=1)
Row = dict[str, Any]


def tail(connection: Connection, first: int, most: int, events: Collection[EventType]) -> Tail:
    """Within a transaction."""
    size = ledger.size(connection)
    end = min(first + most, size)
    found: list[Happening] = []
    unreadable: list[int] = []
    for event in events:
        for statement, read in SOURCES.get(event, ()):
            for row in getattr(SQL, statement)(connection, first=first, end=end):
                try:
                    found += read(dict(row))
                except (ValueError, TypeError, LookupError):  # somebody has changed it: the others are told
                    unreadable.append(row["leaf_index"])
    found.sort(key=lambda one: one.leaf)
    return Tail(found, max(end, first), end >= size, unreadable)


def _blocked(row: Row) -> Iterator[Happening]:
    at = instant(row["decided_at"])
    taken_back = row["undelivered"]
    data = BlockedCall(
        decision=row["id"],
        decided_at=at,
        node=row["node"],
        number=row["number"] or row["given"],
        caller_id=row["caller_id"],
        campaign=row["campaign"],
        business=row["business"],
        agent=row["agent"],
        trunk=row["trunk"],
        reasons=(taken_back,) if taken_back else tuple(json.loads(row["reasons"])),
        retry_at=instant(row["retry_at"]) if row["retry_at"] else None,
        mode=row["mode"],
        continues=row["continues"],
        undelivered=bool(taken_back),
    )
    yield _happening(row, at, data)


def _opted_out(row: Row) -> Iterator[Happening]:
    at, detail = instant(row["at"]), json.loads(row["detail"])
    if row["action"] == "import":
        if not (count := int(detail.get("applied", 0))):
            return  # a list that brought nothing new
        data = OptOutAdded(
            number="",
            scope="",
            value="",
            requested_at=at,
            source="",
            how="import",
            by=row["actor"],
            decision="",
            count=count,
            file=row["key"],
        )
    else:
        said = str(detail["source"])
        data = OptOutAdded(
            number=detail["number"],
            scope=detail["scope"],
            value=detail["value"],
            requested_at=instant(detail["requested_at"]),
            source=said,
            how=row["how"] or ("complaint" if said.startswith("complaint ") else "command"),
            by=row["by"],
            decision=row["decision"],
        )
    row["business"] = data.value if data.scope == "business" else row["business"]
    yield _happening(row | {"number": data.number}, at, data)


def _failed(row: Row) -> Iterator[Happening]:
    times = {name: _maybe(row[name]) for name in ("answered_at", "ended_at")}
    data = RecordingFailed(
        recording=row["id"],
        decision=row["decision"],
        node=row["node"],
        number=row["number"],
        caller_id=row["caller_id"],
        campaign=row["campaign"],
        business=row["business"],
        started_at=instant(row["started_at"]),
        seconds=row["seconds"],
        talk_seconds=row["talk_seconds"],
        **times,
    )
    yield _happening(row, times["ended_at"] or data.started_at, data)


def _incident(row: Row) -> Iterator[Happening]:
    at = instant(row["at"])
    data = IncidentCreated(
        incident=row["seq"],
        at=at,
        node=row["node"],
        kind=row["kind"],
        decision=row["decision"],
        channel=row["channel"],
        detail=row["detail"],
    )
    yield _happening(row, at, data)


def _happening(row: Row, at: datetime, data: Happened) -> Happening:
    about = tuple(row[name] for name in ("number", "given") if row.get(name))
    own = (row["caller_id"],) if row.get("issued") else ()
    return Happening(row["leaf_index"], at, row["business"], data, about, own)


def _maybe(text: str | None) -> datetime | None:
    return instant(text) if text else None


SOURCES: Mapping[EventType, tuple[tuple[str, Callable[[Row], Iterator[Happening]]], ...]] = {
    "decision.blocked": (("blocked", _blocked), ("taken_back", _blocked)),
    "opt_out.added": (("opted_out", _opted_out),),
    "recording.failed": (("failed", _failed),),
    "incident.created": (("incidents", _incident),),
}


def open_complaints(connection: Connection) -> list[OpenComplaint]:
    """Within a transaction."""
    found = [dict(row) for row in SQL.open_complaints(connection)]
    return [OpenComplaint(business=row.pop("business"), complaint=complaint_of(row)) for row in found]


def figures(connection: Connection, since: datetime, until: datetime, business: str) -> DayFigures:
    """Within a transaction."""
    wanted = {"since": stamp(since), "until": stamp(until), "business": business}
    reasons, verdicts = Counter[str](), Counter[str]()
    for row in SQL.day_decisions(connection, **wanted):
        verdicts[row["verdict"]] += row["count"]
        if row["verdict"] == "BLOCK":
            reasons[row["reason"] or ""] += row["count"]
    withdrawn = {row["reason"]: row["count"] for row in SQL.day_undelivered(connection, **wanted)}
    undelivered = sum(withdrawn.values())
    begun = stamp(since - LONGEST_CALL)
    states = {row["state"]: row["count"] for row in SQL.day_recordings(connection, begun=begun, **wanted)}
    return DayFigures(
        allowed=verdicts["ALLOW"] - undelivered,
        blocked=verdicts["BLOCK"] + undelivered,
        undelivered=undelivered,
        reasons=dict((reasons + Counter(withdrawn)).most_common()),
        recordings_kept=states.get("kept", 0),
        recordings_failed=states.get("failed", 0),
        incidents={row["kind"]: row["count"] for row in SQL.day_incidents(connection, **wanted)},
        opt_outs=SQL.day_opt_outs(connection, **wanted)["count"],
    )
