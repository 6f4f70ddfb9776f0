"""Invented CDRs as Asterisk 22.10.1 writes them, and what the store knows of the same calls."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from dialpact.compliance.clock import stamp
from dialpact.compliance.reconcile import CdrFinding, Counts
from dialpact.store.sqlite import Store
from tests.compliance import cdr_lab
from tests.compliance.cdr_lab import insert

T = 1_795_941_200
OWN = "02788880009"
NUMBER = "13800138000"
AGENT = "PJSIP/agent1001-00000000"
STRANGER = "13912345678"
INBOUND = {"src": STRANGER, "leg": "", "app": "Queue", "data": "sales", "channel": "PJSIP/carrier-00000001"}
ORIGINATED = "cut; by an Originate linkedid=1795941200.1; dialled 13912345671"
Fill = Callable[[sqlite3.Connection], None]


def line(**changes: Any) -> bytes:
    """A row of Master.csv; ``at``, ``answer`` (None: nobody) and ``end`` in seconds after T."""
    row: dict[str, Any] = {
        "src": OWN,
        "dst": NUMBER,
        "context": "agents",
        "channel": AGENT,
        "leg": "PJSIP/carrier-00000001",
        "app": "Dial",
        "data": f"PJSIP/{NUMBER}@carrier,30,iU(dialpact-answered)",
        "at": 0,
        "answer": 1,
        "end": 21,
        "disposition": None,
        "uniqueid": f"{T}.0",
        "userfield": "",
    }
    assert set(changes) <= set(row), changes
    row |= changes
    answer, end = row["answer"], row["end"]
    disposition = row["disposition"] or ("NO ANSWER" if answer is None else "ANSWERED")
    cells = [
        *("", row["src"], row["dst"], row["context"], f'"" <{row["src"]}>', row["channel"], row["leg"]),
        *(row["app"], row["data"], moment(row["at"]), "" if answer is None else moment(answer), moment(end)),
        *(end - row["at"], 0 if answer is None else end - answer, disposition, "DOCUMENTATION"),
        *(row["uniqueid"], row["userfield"]),
    ]
    text = ",".join(
        str(cell) if isinstance(cell, int) else '"' + cell.replace('"', '""') + '"' for cell in cells
    )
    return text.encode() + b"\n"


def moment(seconds: int) -> str:
    return datetime.fromtimestamp(T + seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")


def at(seconds: float) -> str:
    return stamp(datetime.fromtimestamp(T + seconds, UTC))


def decided(id: str = "d1", seconds: float = 0.2, **changes: Any) -> Fill:
    """An ALLOW of the caller's channel."""
    row = {
        "id": id,
        "node": "lab",
        "decided_at": at(seconds),
        "verdict": "ALLOW",
        "reasons": "[]",
        "number": f"+86{NUMBER}",
        "given": NUMBER,
        "dial": NUMBER,
        "caller_id": OWN,
        "campaign": "autumn",
        "business": "jianghan",
        "agent": "agent1001",
        "trunk": "carrier",
        "channel": AGENT,
        "uniqueid": f"{T}.0",
        "attack": "",
        "mode": "enforce",
        "record": "{}",
    }

    def fill(connection: sqlite3.Connection) -> None:
        (seq,) = connection.execute("SELECT coalesce(max(seq), 0) + 1 FROM decision").fetchone()
        insert(connection, "decision", row | {"seq": seq} | changes)

    return fill


def recorded(
    decision: str = "d1", *, started: float = 1.0, answered: float | None = 1.0, **changes: Any
) -> Fill:
    """Its recording, from ``started`` to the end."""
    ended = changes.pop("ended", 21.0)
    row = {
        "id": f"r-{decision}-{started}",
        "decision": decision,
        "node": "lab",
        "channel": "PJSIP/carrier-00000001",
        "uniqueid": f"{T}.1",
        "number": f"+86{NUMBER}",
        "caller_id": OWN,
        "campaign": "autumn",
        "started_at": at(started),
        "answered_at": None if answered is None else at(answered),
        "format": "wav",
        "path": f"{decision}-{started}.wav",
        "callee_path": f"{decision}-{started}-callee.wav",
        "agent_path": f"{decision}-{started}-agent.wav",
        "state": "running",
    }

    def fill(connection: sqlite3.Connection) -> None:
        made = row | changes
        state = made.pop("state") if made["state"] != "running" else "kept"
        insert(connection, "recording", made | {"state": "running"})
        connection.execute(
            "UPDATE recording SET ended_at = ?, seconds = ?, state = ?, sha256 = 'x' WHERE id = ?",
            (at(ended), ended - started if answered is not None else None, state, made["id"]),
        )

    return fill


def told(kind: str, channel: str, seconds: float, detail: str) -> Fill:
    """An incident of the listener's."""
    row = {
        "at": at(seconds),
        "node": "lab",
        "kind": kind,
        "decision": "",
        "channel": channel,
        "detail": detail,
    }
    return lambda connection: insert(connection, "incident", row)


async def reconciled(
    store: Store, rows: Sequence[bytes], *facts: Fill, **options: Any
) -> tuple[Counts, list[CdrFinding]]:
    def work(connection: Any) -> None:
        for fact in facts:
            fact(connection)

    await store.transact(work)
    result, found = await cdr_lab.run(store, b"".join(rows), **options)
    return result.counts, found
