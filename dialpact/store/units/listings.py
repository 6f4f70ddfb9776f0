"""What a program pages through, the newest first: each page looks at so many rows, and at no more."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import partial
from typing import Any, NamedTuple

import msgspec

from dialpact.compliance.calls import CallEntry
from dialpact.compliance.clock import instant, stamp
from dialpact.compliance.errors import LedgerError
from dialpact.compliance.incidents import Incident
from dialpact.compliance.model import Decision
from dialpact.compliance.recording import Recording
from dialpact.store.ports.listings import IncidentOf, Wanted, WholeCall, WholeRecording
from dialpact.store.ports.page import Page
from dialpact.store.units import calls, recording_list
from dialpact.store.units.database import Connection, Database, rows
from dialpact.store.units.ledger_entries import standing
from dialpact.store.units.paging import cursor_of, keys_of
from dialpact.store.units.statements import statements

SQL = statements("listings")
LOOKED = 100_000  # entries of an index: some 50 ms
LOOKED_UP = 10_000  # incidents, and of each its call
END = "~"  # behind every time
LAST = "g"  # behind every id, which is hex
Key = tuple[str, ...]
FIRST = {"at": "", "id": ""}
FIRST_OF_CALL = {**FIRST, "recording": ""}


class _Look(NamedTuple):
    """Keys that were found, the newest first. It has them all down to ``reach``; None: to the last."""

    found: list[Key]
    reach: Key | None


class Listings:
    """:class:`dialpact.store.ports.listings.Listings`. ``looked``, ``looked_up``: rows a page."""

    def __init__(self, database: Database, looked: int = LOOKED, looked_up: int = LOOKED_UP) -> None:
        self._database = database
        self._looked, self._looked_up = looked, looked_up

    def _rows(self, wanted: Wanted) -> int:
        """An agent stands in no index: his calls are looked up one by one."""
        return min(self._looked, self._looked_up) if wanted.agents else self._looked

    async def calls(self, wanted: Wanted, *, after: str = "", most: int) -> Page[CallEntry]:
        bounds, asked = _bounds(wanted, after), _asked(wanted)

        def work(connection: Connection) -> Page[CallEntry]:
            ask = partial(SQL.calls, connection, **asked)
            end = partial(SQL.calls_end, connection)
            return _page(connection, [_look(ask, end, bounds, self._rows(wanted), most)], most)

        return await self._database.read(work)

    async def calls_to(
        self, number: str, given: Sequence[str], wanted: Wanted, *, after: str = "", most: int
    ) -> Page[CallEntry]:
        bounds, asked = _bounds(wanted, after), _asked(wanted)

        def work(connection: Connection) -> Page[CallEntry]:
            looks = []
            for callee, texts in ((number, ()), ("", given)):
                if callee or texts:
                    ask = partial(
                        SQL.calls_to, connection, number=callee, given=json.dumps(list(texts)), **asked
                    )
                    end = partial(SQL.calls_to_end, connection, number=callee)
                    # (What is no number is mostly what was erased: small rows, one beside the other.)
                    looks.append(_look(ask, end, bounds, self._rows(wanted), most))
            return _page(connection, looks, most)

        return await self._database.read(work)

    async def call(self, id: str) -> WholeCall | None:
        return await self._database.read(lambda connection: _call(connection, id))

    async def recordings(
        self, wanted: Wanted, *, state: str = "", after: str = "", most: int
    ) -> Page[Recording]:
        asked, begin = _asked(wanted), keys_of(after, FIRST_OF_CALL) if after else FIRST_OF_CALL
        del asked["verdict"]
        bounds = _bounds(wanted, cursor_of(list(begin.values())[:2]) if after else "")
        recording = begin["recording"] if bounds["id"] == begin["id"] else ""

        def work(connection: Connection) -> Page[Recording]:
            given = bounds | {"looked": self._rows(wanted) + 1}  # (with the call at the cursor)
            found = rows(
                SQL.recordings(connection, **asked, **given, state=state, recording=recording, most=most + 1)
            )
            keys = [(row.pop("decided_at"), row["decision"], row["id"]) for row in found]
            shown = [recording_list.recording_of(row) for row in found[:most]]
            if len(found) > most:
                return Page(shown, cursor_of(list(keys[most - 1])))
            end = SQL.recordings_end(connection, **given)
            return Page(shown, cursor_of([*end, LAST]) if end else "")

        return await self._database.read(work)

    async def recording(self, id: str) -> WholeRecording | None:
        def work(connection: Connection) -> WholeRecording | None:
            call = SQL.call_of_recording(connection, id=id)
            if call is None:
                return None
            (row,) = rows(SQL.recordings_of(connection, decision=call["id"], recording=id))
            return WholeRecording(
                recording=recording_list.recording_of(row),
                business=call["business"],
                standing=standing(connection, "recording", id),
            )

        return await self._database.read(work)

    async def incidents(
        self, wanted: Wanted, *, kind: str = "", after: str = "", most: int
    ) -> Page[IncidentOf]:
        asked = limits(wanted)
        first: dict[str, str | int] = {"seq": 1 << 62}
        given = {"after": (keys_of(after, first) if after else first)["seq"], "looked": self._looked_up}
        period = {
            "since": stamp(wanted.since) if wanted.since else "",
            "until": stamp(wanted.until) if wanted.until else END,
        }

        def work(connection: Connection) -> Page[IncidentOf]:
            found = rows(SQL.incidents(connection, **asked, **period, **given, kind=kind, most=most + 1))
            shown = list(map(_incident, found[:most]))
            if len(found) > most:
                return Page(shown, cursor_of([found[most - 1]["seq"]]))
            end = SQL.incidents_end(connection, **given)
            return Page(shown, cursor_of([end["seq"]]) if end else "")

        return await self._database.read(work)

    async def ours(self, numbers: Collection[str]) -> frozenset[str]:
        asked = json.dumps(sorted(numbers))
        return await self._database.read(
            lambda connection: frozenset(row["number"] for row in SQL.ours(connection, numbers=asked))
        )

    async def erased(self, ids: Collection[str]) -> frozenset[str]:
        asked = json.dumps(list(ids))
        return await self._database.read(
            lambda connection: frozenset(row["id"] for row in SQL.erased(connection, ids=asked))
        )


def limits(wanted: Wanted) -> dict[str, Any]:
    """Whose calls may be seen at all."""
    return {
        "all": not wanted.businesses,
        "businesses": json.dumps(wanted.businesses),
        "any_campaign": not wanted.campaigns,
        "campaigns": json.dumps(wanted.campaigns),
        "any_agent": not wanted.agents,
        "agents": json.dumps(wanted.agents),
    }


def newest(connection: Connection, wanted: Wanted, looked: int, most: int) -> list[Key]:
    """Time and id of calls, the newest first, of the newest ``looked``."""
    end = {"since": "", "at": END, "id": "", "looked": looked, "most": most}
    return [tuple(row) for row in SQL.calls(connection, **_asked(wanted), **end)]


def _asked(wanted: Wanted) -> dict[str, Any]:
    return {**limits(wanted), "campaign": wanted.campaign, "verdict": wanted.verdict}


def _bounds(wanted: Wanted, after: str) -> dict[str, str]:
    """What lies behind the cursor, and before the end of the period that is asked for."""
    begin = (stamp(wanted.until) if wanted.until else END, "")
    if after:
        found = keys_of(after, FIRST)
        begin = min(begin, (str(found["at"]), str(found["id"])))
    return {"since": stamp(wanted.since) if wanted.since else "", "at": begin[0], "id": begin[1]}


def _look(
    ask: Callable[..., Iterable[Any]],
    end: Callable[..., Any],
    bounds: dict[str, str],
    looked: int,
    most: int,
) -> _Look:
    found: list[Key] = [tuple(row) for row in ask(**bounds, looked=looked, most=most + 1)]
    if len(found) > most:
        return _Look(found, found[-1])
    last = end(**bounds, looked=looked)
    return _Look(found, tuple(last) if last else None)


def _page(connection: Connection, looks: Sequence[_Look], most: int) -> Page[CallEntry]:
    """Of several looks together only what none of them may have more of in between."""
    reaches = [look.reach for look in looks if look.reach is not None]
    floor = max(reaches, default=None)
    keys = sorted((key for look in looks for key in look.found), reverse=True)
    known = [key for key in keys if floor is None or key >= floor]
    shown = known[:most]
    ids = [id for _, id in shown]
    entries = {entry.id: entry for entry in calls.of_ids(connection, ids)}
    next = shown[-1] if len(known) > most else floor
    return Page([entries[id] for id in ids], cursor_of(list(next)) if next else "")


def _call(connection: Connection, id: str) -> WholeCall | None:
    row = SQL.call(connection, id=id)
    if row is None:
        return None
    (entry,) = calls.of_ids(connection, [id])
    legs = calls.SQL.carrier_legs(connection, decision=id)
    try:
        return WholeCall(
            entry=entry,
            decision=msgspec.json.decode(row["record"], type=Decision) if row["record"] else None,
            standing=standing(connection, "decision", id),
            carrier_legs=tuple(calls.leg_of(dict(leg)) for leg in legs),
            recordings=tuple(
                recording_list.recording_of(dict(one))
                for one in SQL.recordings_of(connection, decision=id, recording="")
            ),
        )
    except (msgspec.MsgspecError, ValueError, TypeError, LookupError) as error:
        raise LedgerError(f"{id}: {error}") from error


def _incident(row: dict[str, Any]) -> IncidentOf:
    about = {name: row.pop(name) for name in ("business", "number", "given")}
    return IncidentOf(
        incident=Incident(**row | {"at": instant(row["at"])}),
        business=about["business"],
        numbers=tuple(filter(None, (about["number"], about["given"]))),
    )
