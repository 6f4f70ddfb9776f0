"""The recordings as a person looks for them: each page looks at so many calls, and at no more."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from dialpact.compliance.clock import instant, stamp
from dialpact.compliance.registers.change import Change
from dialpact.compliance.waveform import Waveform
from dialpact.store.ports.page import Page
from dialpact.store.ports.recording_search import Found, ProvenFound, Sought, WholeFound
from dialpact.store.units import holds, ledger, listings, recording_list
from dialpact.store.units.database import Connection, Database, rows
from dialpact.store.units.ledger_entries import standing
from dialpact.store.units.paging import cursor_of, keys_of
from dialpact.store.units.statements import statements

SQL = statements("recording_search")
LOOKED = 20_000  # calls of a page: some 50 ms
FEW = 2_000  # calls that are under a hold, complained of or due, among which is looked
HEARD = 20  # acts of hearing that are looked at
FIRST = {"at": "~", "id": "", "recording": ""}  # behind every time
LAST = "g"  # behind every id, which is hex


class RecordingSearch:
    """:class:`dialpact.store.ports.recording_search.RecordingSearch`. ``looked``: calls a page."""

    def __init__(self, database: Database, looked: int = LOOKED) -> None:
        self._database, self._looked = database, looked

    async def search(self, sought: Sought, *, after: str = "", most: int) -> Page[Found]:
        bounds = _bounds(sought, after)
        return await self._database.read(lambda connection: self._page(connection, sought, bounds, most))

    def _page(self, connection: Connection, sought: Sought, bounds: dict[str, str], most: int) -> Page[Found]:
        asked = _asked(sought) | bounds | {"most": most + 1}
        # (With the call at the cursor.)
        ends = {name: bounds[name] for name in ("since", "at", "id")} | {"looked": self._looked + 1}
        end: Any = None
        if sought.complained or sought.complaint or sought.held or sought.due:
            due = sought.due.isoformat() if sought.due else ""
            found = rows(SQL.of_calls(connection, **asked, due=due, decisions=_calls(connection, sought)))
        elif sought.number:
            found = rows(SQL.by_number(connection, **asked, looked=self._looked + 1))
            end = SQL.by_number_end(connection, **ends, number=sought.number)
        else:
            del asked["number"]
            found = rows(SQL.by_time(connection, **asked, looked=self._looked + 1))
            end = SQL.by_time_end(connection, **ends)
        shown = [_found(row) for row in found[:most]]
        if len(found) > most:
            last = found[most - 1]
            return Page(shown, cursor_of([stamp(shown[-1].decided_at), last["decision"], last["id"]]))
        return Page(shown, cursor_of([*end, LAST]) if end else "")

    async def found(self, id: str) -> ProvenFound | None:
        return await self._database.read(lambda connection: _one(connection, id))

    async def whole(self, id: str, *, acts: int) -> WholeFound | None:
        def work(connection: Connection) -> WholeFound | None:
            one = _one(connection, id)
            if one is None:
                return None
            recording = one.recording
            keys = {"id": id, "decision": recording.decision, "number": recording.number}
            changes = list(map(_change, SQL.newest_acts(connection, **keys, most=acts + 1)))
            return WholeFound(
                recording=recording,
                decided_at=one.decided_at,
                business=one.business,
                campaign=one.campaign,
                agent=one.agent,
                standing=one.standing,
                call=tuple(
                    recording_list.recording_of(row)
                    for row in rows(
                        listings.SQL.recordings_of(connection, decision=recording.decision, recording="")
                    )
                ),
                holds=tuple(map(holds.hold_of, rows(SQL.holds_on(connection, **keys)))),
                complaints=tuple(
                    number for (number,) in SQL.complaints_of(connection, decision=recording.decision)
                ),
                history=tuple(changes[:acts]),
                more=len(changes) > acts,
            )

        return await self._database.read(work)

    async def waveforms(self, id: str) -> Mapping[str, Waveform]:
        return await self._database.read(
            lambda connection: {
                side: Waveform(stretches, levels)
                for side, stretches, levels in SQL.waveforms(connection, recording=id)
            }
        )

    async def heard(self, id: str, by: str) -> Sequence[Change]:
        return await self._database.read(
            lambda connection: [
                _change(row)
                for row in list(SQL.heard(connection, recording=id, by=by, looked=FEW, most=HEARD))
                if not ledger.flaw(connection, "register-change", str(row["seq"]))
            ]
        )


def _calls(connection: Connection, sought: Sought) -> str:
    """The calls that may be among them, as a list of their ids."""
    if sought.complained or sought.complaint:
        found = SQL.complained_calls(connection, complaint=sought.complaint, most=FEW)
    elif sought.held:
        found = SQL.held_calls(connection, most=FEW)
    else:
        found = SQL.due_calls(connection, due=str(sought.due), most=FEW)
    return json.dumps([id for (id,) in found])


def _one(connection: Connection, id: str) -> ProvenFound | None:
    call = SQL.call_of(connection, recording=id)
    if call is None:
        return None
    (row,) = rows(listings.SQL.recordings_of(connection, decision=call["id"], recording=id))
    return ProvenFound(
        recording=recording_list.recording_of(row),
        decided_at=instant(call["decided_at"]),
        business=call["business"],
        campaign=call["campaign"],
        agent=call["agent"],
        standing=standing(connection, "recording", id),
    )


def _asked(sought: Sought) -> dict[str, Any]:
    return {
        "businesses": json.dumps(sought.whose.businesses),
        "campaigns": json.dumps(sought.whose.campaigns),
        "agents": json.dumps(sought.whose.agents),
        "campaign": sought.campaign,
        "agent": sought.agent,
        "number": sought.number,
        "state": sought.state,
        "held": sought.held,
    }


def _bounds(sought: Sought, after: str) -> dict[str, str]:
    """What lies behind the cursor, and before the end of the period that is asked for."""
    begin = dict(FIRST)
    if sought.until:
        begin = {"at": stamp(sought.until), "id": "", "recording": ""}
    if after:
        found = {name: str(value) for name, value in keys_of(after, FIRST).items()}
        begin = min(begin, found, key=lambda keys: (keys["at"], keys["id"]))
    return {"since": stamp(sought.since) if sought.since else "", **begin}


def _found(row: dict[str, Any]) -> Found:
    about = {name: row.pop(name) for name in ("decided_at", "business", "of_campaign", "agent")}
    return Found(
        recording=recording_list.recording_of(row),
        decided_at=instant(about["decided_at"]),
        business=about["business"],
        campaign=about["of_campaign"],
        agent=about["agent"],
    )


def _change(row: Any) -> Change:
    return Change(
        at=instant(row["at"]), by=row["actor"], action=row["action"], detail=json.loads(row["detail"])
    )
