"""All that the store has about a call, for an evidence package: whole rows, and which leaves prove them.

1. Rows are given as they are stored; what a package makes of them is the command line's business.
2. Whatever is read has its leaf named beside it, if its kind has one. So a package contains no row that could
   have been proven and is not.
3. Of other people nothing: an import's log line that lists other numbers is withheld, and said to be.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import aiosql
import msgspec

from dialpact.compliance.clock import stamp
from dialpact.compliance.ledger import merkle
from dialpact.compliance.ledger.rotation import Rotation
from dialpact.compliance.registers.suspension import entry_key
from dialpact.store.sqlite import checkpoints, ledger
from dialpact.store.sqlite.connection import Database, rows
from dialpact.store.sqlite.registers.change import digits, log

SQL = aiosql.from_path(Path(__file__).parent / "sql" / "evidence.sql", "sqlite3")
REGISTER = "evidence"  # under which exports are logged
NEWEST_OLDER = 200  # checkpoints whose consistency a package proves,
MOST_DAYS = 366  # and before them the last one of each day

Row = dict[str, Any]
Key = tuple[str, str]


class Call(msgspec.Struct, kw_only=True):
    """One decision and what belongs to it. ``changes``: by register and key, oldest first."""

    decision: Row
    undelivered: Row | None
    recordings: list[Row]
    carrier_legs: list[Row]
    incidents: list[Row]
    opt_outs: list[Row]
    refusals: list[Row]
    consents: list[Row]
    batches: list[Row]
    script: Row | None
    complaints: list[Row]
    changes: dict[str, list[Row]]
    withheld: list[str]  # leaves that tell of other people

    @property
    def id(self) -> str:
        return str(self.decision["id"])

    @property
    def erased(self) -> bool:
        """Whether its inputs were erased when its time was over."""
        return not self.decision["record"]

    def leaves(self) -> Iterator[Key]:
        """Kind and key of every row here that has a leaf."""
        yield "decision", self.id
        if self.undelivered:
            yield "undelivered", self.id
        for row in self.recordings:
            if row["ended_at"]:
                yield "recording", row["id"]
        for row in self.carrier_legs:
            if row["ended_at"]:
                yield "carrier-leg", row["id"]
        for kind, found in (("incident", self.incidents), ("opt-out", self.opt_outs)):
            yield from ((kind, str(row["seq"])) for row in found)
        yield from changed(self.changes)


class Proven(msgspec.Struct, kw_only=True):
    """A record and its way to the root. ``content`` is None when it was erased: the leaf is what is left."""

    entry: ledger.Entry
    content: bytes | None
    proof: list[bytes]


def changed(changes: dict[str, list[Row]]) -> Iterator[Key]:
    for found in changes.values():
        yield from (("register-change", str(row["seq"])) for row in found)


async def find_calls(
    store: Database,
    number: str,
    *,
    caller_id: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    most: int,
) -> list[str]:
    """Ids of the decisions about this callee (E.164), allowed or not, oldest first."""
    found = await store.transact(
        lambda connection: list(
            SQL.calls_of(
                connection,
                number=number,
                caller_id=caller_id,
                since=stamp(since) if since else "",
                until=stamp(until) if until else "",
                most=most,
            )
        )
    )
    return [id for (id,) in found]


async def get_complaint(store: Database, id: int) -> tuple[Row, list[Row]] | None:
    """The complaint and its history; None when there is none."""

    def work(connection: sqlite3.Connection) -> tuple[Row, list[Row]] | None:
        row = SQL.complaint(connection, id=id)
        return (dict(row), _changes(connection, "complaint", str(id))) if row else None

    return await store.transact(work)


async def log_export(
    store: Database, action: str, keys: Iterable[tuple[str, str]], detail: Row, *, by: str, at: datetime
) -> None:
    """A line of the custody log under each (register, key)."""

    def work(connection: sqlite3.Connection) -> None:
        for register, key in keys:
            log(connection, register, action, key, detail, by=by, at=at)

    await store.transact(work)


async def gather(store: Database, id: str) -> Call | None:
    """Everything about one decision; None when there is no such. Of an erased one what is left."""
    return await store.transact(lambda connection: _gather(connection, id))


async def key_chain(store: Database) -> tuple[list[Rotation], list[Key]]:
    """The changes of the ledger's key, oldest first, and their leaves."""

    def work(connection: sqlite3.Connection) -> tuple[list[Rotation], list[Key]]:
        leaves = [("register-change", str(row["seq"])) for row in checkpoints.SQL.rotations(connection)]
        return checkpoints.rotations(connection), leaves

    return await store.transact(work)


async def prove(store: Database, leaves: Iterable[Key], size: int) -> list[Proven]:
    """The records of these leaves with their proofs in the tree of ``size`` leaves, by their place.

    What is not in the ledger, or behind ``size``, is left out: the caller says so where it matters.
    """

    def work(connection: sqlite3.Connection) -> list[Proven]:
        subtree = ledger.subtree(connection)
        found = {}
        for kind, key in leaves:
            entry = ledger.entry_of(connection, kind, key)
            if entry is None or entry.leaf_index >= size:
                continue
            content = None
            if entry.salt is not None:
                content = ledger.content_of(connection, entry.leaf_index, kind, key, entry.version)
            proof = merkle.inclusion_proof(subtree, entry.leaf_index, size)
            found[entry.leaf_index] = Proven(entry=entry, content=content, proof=proof)
        return [found[index] for index in sorted(found)]

    return await store.transact(work)


async def older_checkpoints(store: Database, size: int) -> list[tuple[int, str, list[bytes]]]:
    """Size, note and consistency proof of checkpoints below ``size`` (:func:`thinned`), oldest first."""

    def work(connection: sqlite3.Connection) -> list[tuple[int, str, list[bytes]]]:
        subtree = ledger.subtree(connection)
        stored = {row["size"]: row for row in SQL.checkpoints(connection, size=size) if row["size"]}
        return [
            (old, stored[old]["note"], merkle.consistency_proof(subtree, old, size))
            for old in thinned({size: row["at"] for size, row in stored.items()})
        ]

    return await store.transact(work)


def thinned(stored: dict[int, str]) -> list[int]:
    """Sizes of the newest checkpoints, and of the last one of each day before; ``stored``: their times.

    One is signed every ten minutes: all of them would be more than the rest of the package.
    """
    sizes = sorted(stored)
    last_of_day = {stored[size][:10]: size for size in sizes[:-NEWEST_OLDER]}
    return [*sorted(last_of_day.values())[-MOST_DAYS:], *sizes[-NEWEST_OLDER:]]


def _gather(connection: sqlite3.Connection, id: str) -> Call | None:
    found = SQL.decision(connection, id=id)
    if found is None:
        return None
    decision = dict(found)
    record = json.loads(decision["record"] or "{}")
    number = digits(decision["number"]) if decision["number"] else 0  # nobody's
    recordings = rows(SQL.recordings(connection, id=id))
    refusals = rows(SQL.refusals(connection, number=number))
    consents = rows(SQL.consents(connection, number=number, business=decision["business"]))
    batches = rows(SQL.batches(connection, number=number, campaign=decision["campaign"]))
    script = record.get("facts", {}).get("script")
    text = SQL.script(connection, id=script["id"], version=script["version"]) if script else None
    complaints = rows(SQL.complaints_about(connection, decision=id))
    undelivered = SQL.undelivered(connection, id=id)

    changes, withheld = {}, []
    keyed = [
        ("business", decision["business"]),
        ("campaign", decision["campaign"]),
        ("caller-id", decision["caller_id"]),
        ("suspension", entry_key("agent", decision["agent"])),
        ("suspension", entry_key("campaign", decision["campaign"])),
        ("suspension", entry_key("caller-id", decision["caller_id"])),
        ("dnc", decision["number"]),
        *(("leads", str(batch["id"])) for batch in batches),
        *(("script", script["id"]) for _ in range(bool(script))),
        *(("profile", version["sha256"]) for version in record.get("policy", [])),
        *(("recording", recording["id"]) for recording in recordings),
        *(("recording", held) for held in (id, decision["number"])),  # holds of the call, and of the callee
        *(("complaint", str(complaint["id"])) for complaint in complaints),
        (REGISTER, id),
    ]
    for register, key in keyed:
        if key and (lines := _changes(connection, register, key)):
            changes[f"{register} {key}"] = lines
    if erasures := _erasures(connection, id, recordings):
        changes["ledger erase"] = erasures
    consented = [line for line in _changes(connection, "consent", decision["number"]) if _of(line, decision)]
    if consented:
        changes[f"consent {decision['number']}"] = consented
    for register, entries in (("consent", consents), ("dnc", refusals)):
        for at in sorted({entry["created_at"] for entry in entries}):
            for line in rows(SQL.imports(connection, register=register, at=at)):
                if json.loads(line["detail"]).get("replaced"):
                    withheld.append(f"register-change {line['seq']}")
                else:
                    changes.setdefault(f"{register} {line['key']}", []).append(line)
    return Call(
        decision=decision,
        undelivered=dict(undelivered) if undelivered else None,
        recordings=recordings,
        carrier_legs=rows(SQL.carrier_legs(connection, id=id)),
        incidents=rows(SQL.incidents(connection, id=id)),
        opt_outs=rows(SQL.opt_outs(connection, number=number)),
        refusals=refusals,
        consents=consents,
        batches=batches,
        script=dict(text) if text else None,
        complaints=complaints,
        changes=changes,
        withheld=withheld,
    )


def _changes(connection: sqlite3.Connection, register: str, key: str) -> list[Row]:
    return rows(SQL.changes(connection, register=register, key=key))


def _erasures(connection: sqlite3.Connection, id: str, recordings: list[Row]) -> list[Row]:
    """The log's lines of the erasures that took the content of these records."""
    found = {}
    for kind, key in (("decision", id), *(("recording", row["id"]) for row in recordings)):
        entry = ledger.entry_of(connection, kind, key)
        if entry and entry.salt is None:
            line = SQL.erasure(connection, leaf_index=entry.leaf_index)
            if line:
                found[line["seq"]] = dict(line)
    return [found[seq] for seq in sorted(found)]


def _of(line: Row, decision: Row) -> bool:
    """Whether a change of this person's consents is about this business: others' are none of this case."""
    detail = json.loads(line["detail"])
    return bool(decision["business"] == (detail.get("to") or detail).get("business"))
