"""What was timed is in the store and in the ledger: how fast nothing is recorded, nobody wants to know."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

from tests.bench.import_bench import PROGRAM
from tests.bench.process import ROOT

PATIENCE = 10.0
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


def count(database: Path, played: int, told: int, allowed: int) -> None:
    """``told`` of the ``played`` sessions heard a verdict, ``allowed`` of them ALLOW. Raises Unproven.

    A block for the deadline is told first and stored with the next transaction, so it is waited for.
    """
    until = time.monotonic() + PATIENCE
    while not _fits(found := kept(database), played, told, allowed):
        if time.monotonic() > until:
            raise Unproven(f"{played} sessions, {told} were told, {allowed} ALLOW, but the store has {found}")
        time.sleep(0.05)


def _fits(found: Kept, played: int, told: int, allowed: int) -> bool:
    whole = found.rows == found.leaves == found.together and not found.waiting
    return whole and told <= found.rows <= played and found.allowed == allowed


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
