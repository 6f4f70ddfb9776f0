"""What was timed is in the store and in the ledger: how fast nothing is recorded, nobody wants to know."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

from tests.bench.import_bench import PROGRAM
from tests.bench.process import ROOT

COUNTS = """
SELECT (SELECT count(*) FROM decision), (SELECT count(*) FROM ledger WHERE kind = 'decision'),
       (SELECT count(*) FROM decision JOIN ledger ON kind = 'decision' AND key = id),
       (SELECT count(*) FROM unsealed),
       (SELECT count(*) FROM decision WHERE verdict = 'ALLOW'
          AND NOT EXISTS (SELECT 1 FROM undelivered WHERE undelivered.decision = decision.id))
"""


class Unproven(Exception):
    """Something was told that is not on record."""


class Kept(NamedTuple):
    rows: int
    leaves: int
    together: int  # rows that have their leaf
    waiting: int  # for a leaf
    allowed: int  # but for those that were withdrawn


def kept(database: Path) -> Kept:
    with contextlib.closing(sqlite3.connect(database)) as db:
        return Kept(*db.execute(COUNTS).fetchone())


def count(database: Path, sessions: int, allowed: int) -> None:
    """``sessions`` were decided, ``allowed`` of them put through. Raises Unproven."""
    found = kept(database)
    if found != Kept(sessions, sessions, sessions, 0, allowed):
        raise Unproven(f"{sessions} sessions were answered and {allowed} allowed, but the store has {found}")


def verify(folder: Path) -> dict[str, Any]:
    """``dialpact ledger verify`` of the whole log. Raises Unproven."""
    command = [sys.executable, "-c", PROGRAM, "--config", str(folder / "dialpact.toml")]
    done = subprocess.run([*command, "ledger", "verify", "--json"], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise Unproven(f"ledger verify: {done.stdout[:2000]}{done.stderr}")
    said: dict[str, Any] = json.loads(done.stdout)
    if said["findings"] or said["checked"] != said["entries"]:
        raise Unproven(f"ledger verify: {said}")
    return said
