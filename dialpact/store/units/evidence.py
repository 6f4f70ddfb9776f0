"""What the store has about calls, for evidence packages: whole rows as they are stored, and their proofs."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, cast

from dialpact.compliance.clock import stamp
from dialpact.compliance.evidence import (
    Dossier,
    Gathered,
    Key,
    OlderCheckpoint,
    Proofs,
    Proven,
    is_of,
    keys_of,
    thinned,
)
from dialpact.compliance.evidence.rows import (
    CarrierLegRow,
    ChangeRow,
    ComplaintRow,
    DecisionRow,
    RecordingRow,
)
from dialpact.compliance.ledger import merkle
from dialpact.store.ports.page import ALL
from dialpact.store.units import checkpoints, ledger, witnesses
from dialpact.store.units.database import Connection, Database, rows
from dialpact.store.units.registers.change import digits, log
from dialpact.store.units.remains import worst
from dialpact.store.units.statements import statements

SQL = statements("evidence")


class Evidence:
    """:class:`dialpact.store.ports.evidence.Evidence`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def calls_of(
        self,
        number: str,
        *,
        caller_id: str = "",
        since: datetime | None = None,
        until: datetime | None = None,
        businesses: Sequence[str] = (),
        most: int = ALL,
    ) -> Sequence[str]:
        wanted = {
            "number": number,
            "caller_id": caller_id,
            "since": stamp(since) if since else "",
            "until": stamp(until) if until else "",
            "businesses": json.dumps(list(businesses), ensure_ascii=False),
            "most": -1 if most == ALL else most,
        }
        return await self._database.read(
            lambda connection: [id for (id,) in SQL.calls_of(connection, **wanted)]
        )

    async def businesses_of(self, ids: Sequence[str]) -> set[str]:
        asked = json.dumps(list(ids))
        return await self._database.read(
            lambda connection: {row["business"] for row in SQL.businesses_of(connection, ids=asked)}
        )

    async def is_decision(self, id: str) -> bool:
        return await self._database.read(lambda connection: SQL.decision(connection, id=id) is not None)

    async def complaint(self, id: int) -> ComplaintRow | None:
        def work(connection: Connection) -> ComplaintRow | None:
            row = SQL.complaint(connection, id=id)
            return cast(ComplaintRow, dict(row)) if row else None

        return await self._database.read(work)

    async def log(
        self, action: str, keys: Iterable[tuple[str, str]], detail: object, *, by: str, at: datetime
    ) -> Sequence[str]:
        def work(connection: Connection) -> list[str]:
            made = []
            for register, key in keys:
                log(connection, register, action, key, detail, by=by, at=at)
                (seq,) = SQL.newest_change(connection, register=register, action=action, key=key)
                made.append(str(seq))
            return made

        return await self._database.transact(work)

    async def gather(self, ids: Sequence[str], complaint: int = 0) -> Gathered:
        def work(connection: Connection) -> Gathered:
            found = (_gather(connection, id) for id in ids)
            return Gathered(
                dossiers=[one for one in found if one],
                history=_changes(connection, "complaint", str(complaint)) if complaint else [],
                rotations=list(checkpoints.rotations(connection)),
                rotated=[
                    ("register-change", str(row["seq"])) for row in checkpoints.SQL.rotations(connection)
                ],
            )

        return await self._database.read(work)

    async def prove(self, leaves: Iterable[Key], size: int) -> Proofs:
        def work(connection: Connection) -> Proofs:
            records = _proven(connection, leaves, size)
            told = witnesses.about(connection, [one.index for one in records])
            return Proofs(records=records, older=_older(connection, size, told))

        return await self._database.read(work)


def _proven(connection: Connection, leaves: Iterable[Key], size: int) -> list[Proven]:
    subtree = ledger.subtree(connection)
    found = {}
    for kind, key in leaves:
        entry = ledger.entry_of(connection, kind, key)
        if entry is None or entry.leaf_index >= size:
            continue
        content = None
        if entry.salt is not None:
            content = ledger.content_of(connection, entry.leaf_index, kind, key, entry.version)
        found[entry.leaf_index] = Proven(
            index=entry.leaf_index,
            kind=entry.kind,
            key=entry.key,
            version=entry.version,
            salt=entry.salt,
            leaf=entry.leaf,
            content=content,
            proof=merkle.inclusion_proof(subtree, entry.leaf_index, size),
        )
    return [found[index] for index in sorted(found)]


def _older(connection: Connection, size: int, told: Collection[int]) -> list[OlderCheckpoint]:
    """``told``: those of which outsiders have something to say."""
    subtree = ledger.subtree(connection)
    stored = {row["size"]: row for row in SQL.checkpoints(connection, size=size) if row["size"]}
    wanted = {*thinned({size: row["at"] for size, row in stored.items()}), *told} & stored.keys()
    return [
        OlderCheckpoint(
            size=old, note=stored[old]["note"], proof=merkle.consistency_proof(subtree, old, size)
        )
        for old in sorted(wanted)
    ]


def _gather(connection: Connection, id: str) -> Dossier | None:
    found = SQL.decision(connection, id=id)
    if found is None:
        return None
    decision = cast(DecisionRow, dict(found))
    record = json.loads(decision["record"] or "{}")
    number = digits(decision["number"]) if decision["number"] else 0  # nobody's
    recordings: list[RecordingRow] = _rows(SQL.recordings(connection, id=id))
    legs: list[CarrierLegRow] = _rows(SQL.carrier_legs(connection, id=id))
    do_not_call = _rows(SQL.do_not_call(connection, number=number))
    consents = _rows(SQL.consents(connection, number=number, business=decision["business"]))
    batches = _rows(SQL.batches(connection, number=number, campaign=decision["campaign"]))
    script = record.get("facts", {}).get("script")
    text = SQL.script(connection, id=script["id"], version=script["version"]) if script else None
    complaints = _rows(SQL.complaints_about(connection, decision=id))
    undelivered = SQL.undelivered(connection, id=id)

    changes: dict[str, list[ChangeRow]] = {}
    withheld: list[str] = []
    keyed = keys_of(
        decision,
        record,
        batches=[batch["id"] for batch in batches],
        recordings=[recording["id"] for recording in recordings],
        complaints=[complaint["id"] for complaint in complaints],
    )
    for register, key in keyed:
        if lines := _changes(connection, register, key):
            changes[f"{register} {key}"] = lines
    if erasures := _erasures(connection, id, recordings):
        changes["ledger erase"] = erasures
    about = _changes(connection, "consent", decision["number"])
    consented = [line for line in about if is_of(line, decision["business"])]
    if consented:
        changes[f"consent {decision['number']}"] = consented
    for register, entries in (("consent", consents), ("dnc", do_not_call)):
        for at in sorted({entry["created_at"] for entry in entries}):
            for line in _rows(SQL.imports(connection, register=register, at=at)):
                detail = json.loads(line["detail"])
                if detail.get("replaced") or detail.get("met"):
                    withheld.append(f"register-change {line['seq']}")
                else:
                    changes.setdefault(f"{register} {line['key']}", []).append(line)
    return Dossier(
        decision=decision,
        undelivered=cast(Any, dict(undelivered)) if undelivered else None,
        recordings=recordings,
        carrier_legs=legs,
        incidents=_rows(SQL.incidents(connection, id=id)),
        opt_outs=_rows(SQL.opt_outs(connection, number=number)),
        do_not_call=do_not_call,
        consents=consents,
        batches=batches,
        script=cast(Any, dict(text)) if text else None,
        complaints=complaints,
        changes=changes,
        withheld=withheld,
        remains=worst(
            connection,
            [
                ("decision", id),
                *(("recording", one["id"]) for one in recordings),
                *(("carrier-leg", leg["id"]) for leg in legs),
            ],
        ),
    )


def _changes(connection: Connection, register: str, key: str) -> list[ChangeRow]:
    found: list[ChangeRow] = _rows(SQL.changes(connection, register=register, key=key))
    return found


def _erasures(connection: Connection, id: str, recordings: list[RecordingRow]) -> list[ChangeRow]:
    """The log's lines of the erasures that took the content of these records."""
    found = {}
    for kind, key in (("decision", id), *(("recording", row["id"]) for row in recordings)):
        entry = ledger.entry_of(connection, kind, key)
        if entry and entry.salt is None:
            line = SQL.erasure(connection, leaf_index=entry.leaf_index)
            if line:
                found[line["seq"]] = cast(ChangeRow, dict(line))
    return [found[seq] for seq in sorted(found)]


def _rows(found: Any) -> Any:
    """As the type says that it is given to: a test holds the types to the tables."""
    return rows(found)
