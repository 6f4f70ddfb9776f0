"""How many rows of a list are judged in a second, and in how much memory:
``python -m tests.bench.scrub_bench [ROWS]``.

The real command over generated numbers, beside as many do-not-call numbers and consents: of ten rows six are
of people who agreed (each at his own time, with his own evidence), three of people who opted out, and one is
of nobody who is known. In hours, outside of them, and as JSON lines. Prints figures; asserts nothing.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from dialpact.compliance.clock import stamp
from tests import registers
from tests.bench.gate_site import CALLER_ID
from tests.bench.import_bench import POLL, PROGRAM, high_water, run

ROWS = 1_000_000
FIRST, STEP = 13_000_000_000, 331  # nobody is to take the list for a sweep through a range
OPEN, CLOSED = "2026-11-24 10:00", "2026-11-24 12:30"
CALL = ("--campaign", "spring", "--caller-id", CALLER_ID)


def number(place: int) -> int:
    return FIRST + place * STEP


def fill(database: Path, rows: int) -> None:
    """Of three places the first has agreed, the second opted out; the third is not known."""
    registers.fill(database, caller_ids=[CALLER_ID], numbers=())
    start = datetime(2026, 1, 5, tzinfo=UTC)
    code = 86 * 10**11
    with contextlib.closing(sqlite3.connect(database)) as db, db:
        db.executemany(
            "INSERT INTO consent VALUES (?, 'acme', 'loans', ?, NULL, ?, NULL, ?, '', '')",
            (
                (
                    code + number(3 * one),
                    stamp(start + timedelta(seconds=one)),
                    f"form {one}",
                    registers.SINCE,
                )
                for one in range(rows)
            ),
        )
        db.executemany(
            "INSERT INTO lead VALUES (?, ?)",
            ((code + number(3 * one), registers.BATCH) for one in range(rows)),
        )
        db.executemany(
            "INSERT INTO do_not_call VALUES (?, 'all', '', ?, 'list', ?)",
            (
                (code + number(3 * one + 1), stamp(start + timedelta(seconds=one)), registers.SINCE)
                for one in range(rows)
            ),
        )


def lists(home: Path, rows: int, seed: int = 1) -> None:
    """``list.csv`` and ``list.jsonl``, in no order."""
    chance = random.Random(seed)
    places = [3 * one + (0, 0, 0, 0, 0, 0, 1, 1, 1, 2)[one % 10] for one in range(rows)]
    chance.shuffle(places)
    with (home / "list.csv").open("w") as csv, (home / "list.jsonl").open("w") as lines:
        csv.write("name,number\n")
        for place in places:
            csv.write(f"somebody,{number(place)}\n")
            lines.write(f'{{"name":"somebody","number":"{number(place)}"}}\n')


def scrubbed(home: Path, rows: int, file: str, at: str) -> dict[str, Any]:
    """RuntimeError when not every row has its answer."""
    out = home / "result"
    out.unlink(missing_ok=True)
    command = [sys.executable, "-c", PROGRAM, "scrub", file, *CALL, "--at", at, "--out", "result", "--json"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    before, began, peak = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter(), 0
    with tempfile.TemporaryFile() as said:
        running = subprocess.Popen(command, cwd=home, env=environment, stdout=said)
        while running.poll() is None:
            peak = max(peak, high_water(running.pid))
            time.sleep(POLL)
        seconds = time.perf_counter() - began
        said.seek(0)
        answer = json.loads(said.read() or b"{}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if running.returncode != 3 or answer["rows"] != rows or answer["bad"] or not out.stat().st_size:
        raise RuntimeError(f"{rows} rows, but {answer}")
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {
        "rows": rows,
        "callable": answer["callable"],
        "seconds": seconds,
        "processor_seconds": processor,
        "peak_mb": peak / 1024,
    }


def measure(rounds: int, folder: Path, rows: int = ROWS) -> dict[str, Any]:
    run(folder, "init")
    fill(folder / "dialpact.db", rows)
    lists(folder, rows)
    return {
        "in hours": scrubbed(folder, rows, "list.csv", OPEN),
        "outside hours": scrubbed(folder, rows, "list.csv", CLOSED),
        "JSON lines": scrubbed(folder, rows, "list.jsonl", OPEN),
    }


def table(found: dict[str, Any]) -> str:
    return "\n".join(f"{name}: {_figures(one)}" for name, one in found.items())


def _figures(one: dict[str, Any]) -> str:
    rows, seconds, processor = one["rows"], one["seconds"], one["processor_seconds"]
    return (
        f"{rows:,} rows in {seconds:.1f} s, {processor:.1f} s of a processor ({rows / processor:,.0f} rows a "
        f"second of it), {one['callable']:,} may be called, peak {one['peak_mb']:.0f} MB"
    )


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    with tempfile.TemporaryDirectory() as folder:
        print(table(measure(1, Path(folder), rows)))


if __name__ == "__main__":
    main()
