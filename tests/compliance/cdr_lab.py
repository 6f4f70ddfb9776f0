"""The calls of ``tests/transcripts/cdr``: what Asterisk wrote, and a store with the decisions to it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from dialpact.application.cdr_file import CdrSource
from dialpact.application.reconcile.join import reconcile
from dialpact.compliance.cdr import Master
from dialpact.compliance.config import Trunk
from dialpact.compliance.reconcile import CdrFinding, Reconciliation
from dialpact.store.sqlite import Store

FOLDER = Path(__file__).parents[1] / "transcripts" / "cdr"
TRUNKS = {"carrier": Trunk(endpoint="PJSIP/carrier"), "carrier2": Trunk(endpoint="PJSIP/carrier2")}
UTC = ZoneInfo("UTC")
SCENES = sorted(file.stem for file in FOLDER.glob("*.csv"))


def csv(scene: str) -> bytes:
    return (FOLDER / f"{scene}.csv").read_bytes()


def kept(scene: str) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = json.loads((FOLDER / f"{scene}.json").read_text("utf-8"))
    return found


def fill(connection: sqlite3.Connection, *scenes: str) -> None:
    """What the lab's own database held; the columns that no reconciliation looks at are made up."""
    (seq,) = connection.execute("SELECT coalesce(max(seq), 0) FROM decision").fetchone()
    for scene in scenes:
        found = kept(scene)
        for row in found["decisions"]:
            seq += 1
            row = {name: value for name, value in row.items() if name != "undelivered"}
            insert(connection, "decision", row | {"seq": seq, "given": row["number"], "record": "{}"})
        for row in found["recordings"]:
            ends = {name: row.pop(name) for name in ("ended_at", "seconds", "state", "sha256")}
            insert(connection, "recording", row | {"state": "running"})
            connection.execute(
                "UPDATE recording SET ended_at = ?, seconds = ?, state = ?, sha256 = ? WHERE id = ?",
                (*ends.values(), row["id"]),
            )


def insert(connection: sqlite3.Connection, table: str, row: dict[str, Any]) -> None:
    marks = ", ".join("?" for _ in row)
    connection.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", tuple(row.values()))


async def run(
    store: Store, data: bytes | Iterable[Any], **options: Any
) -> tuple[Reconciliation, list[CdrFinding]]:
    found: list[CdrFinding] = []
    records = Master(BytesIO(data), UTC) if isinstance(data, bytes) else data
    given = {"trunks": TRUNKS, "node": "lab", "say": found.append} | options
    return await reconcile(store, [CdrSource("Master.csv", records)], **given), found
