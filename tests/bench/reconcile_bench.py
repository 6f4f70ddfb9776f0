"""How long a reconciliation takes, and how much memory: ``python -m tests.bench.reconcile_bench [LINES]``.

As many CDR lines as decisions: three of four calls are answered and recorded, one in a thousand went round
the gate, and one in a hundred is of the house. Once with unique ids, once without, once with both and a
database that knows nothing. Prints figures; asserts nothing.
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
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from dialpact.compliance.clock import stamp

PROGRAM = "from dialpact.cli.app import main; main()"
START = datetime(2026, 9, 1, tzinfo=UTC)
CALLER_ID = "02787654321"


class Made(NamedTuple):
    serial: int
    at: datetime
    number: str
    seconds: int
    answered: bool
    asked: bool
    house: bool


def calls(lines: int, seed: int = 1) -> Iterator[Made]:
    """Some twenty begin in each second."""
    chance = random.Random(seed)
    for serial in range(lines):
        yield Made(
            serial,
            START + timedelta(seconds=serial // 20, milliseconds=serial % 20 * 50),
            f"1{chance.choice((38, 39, 50, 51, 88))}{chance.randrange(10**8):08}",
            chance.randrange(5, 300),
            chance.random() < 0.75,
            chance.random() > 0.001,
            chance.random() < 0.01,
        )


def write(path: Path, lines: int, *, ids: bool) -> None:
    with path.open("w", encoding="ascii") as file:
        for call in calls(lines):
            start, end = call.at, call.at + timedelta(seconds=call.seconds)
            answer = f'"{start:%Y-%m-%d %H:%M:%S}"' if call.answered else ""
            second = f"PJSIP/1001-{call.serial:08x}" if call.house else f"PJSIP/carrier-{call.serial:08x}"
            dialled = "PJSIP/1001,60" if call.house else f"PJSIP/{call.number}@carrier,60"
            extra = f',"{int(start.timestamp())}.{call.serial}",""' if ids else ""
            file.write(
                f'"","{CALLER_ID}","{call.number}","agents","""Ann"" <{CALLER_ID}>",'
                f'"PJSIP/agent{call.serial % 500}-{call.serial:08x}","{second}","Dial","{dialled}",'
                f'"{start:%Y-%m-%d %H:%M:%S}",{answer},"{end:%Y-%m-%d %H:%M:%S}",{call.seconds},'
                f"{call.seconds if call.answered else 0},"
                f'"{"ANSWERED" if call.answered else "NO ANSWER"}","DOCUMENTATION"{extra}\n'
            )


def fill(database: Path, lines: int) -> None:
    """Past the ledger, which has a bench of its own."""
    with contextlib.closing(sqlite3.connect(database)) as db, db:
        for trigger in ("ledger_decision", "ledger_recording"):
            db.execute(f"DROP TRIGGER {trigger}")
        asked = [call for call in calls(lines) if call.asked and not call.house]
        db.executemany(
            "INSERT INTO decision (seq, id, node, decided_at, verdict, reasons, number, given, dial,"
            " caller_id, campaign, business, agent, trunk, channel, uniqueid, attack, record)"
            " VALUES (?, ?, 'pbx1', ?, 'ALLOW', '[]', ?, ?, ?, ?, 'spring', 'acme', '', 'carrier', ?, ?, '',"
            " '{}')",
            (
                (
                    *(place, f"{call.serial:032x}", stamp(call.at + timedelta(milliseconds=300))),
                    *("+86" + call.number, call.number, call.number, CALLER_ID),
                    f"PJSIP/agent{call.serial % 500}-{call.serial:08x}",
                    f"{int(call.at.timestamp())}.{call.serial}",
                )
                for place, call in enumerate(asked, 1)
            ),
        )
        db.execute("DROP TRIGGER recording_begins_unfinished")  # how one comes to its end is not measured
        db.executemany(
            "INSERT INTO recording (id, decision, node, channel, uniqueid, state, number, caller_id,"
            " campaign, started_at, answered_at, ended_at, format, path, seconds, callee_path, agent_path)"
            " VALUES (?, ?, 'pbx1', ?, '', 'kept', '', '', 'spring', ?, ?, ?, 'wav', ?, ?, '', '')",
            (
                (
                    *(f"{call.serial:032x}", f"{call.serial:032x}", f"PJSIP/carrier-{call.serial:08x}"),
                    *(stamp(call.at), stamp(call.at), stamp(call.at + timedelta(seconds=call.seconds))),
                    *(f"/r/{call.serial}", float(call.seconds)),
                )
                for call in asked
                if call.answered
            ),
        )


def main() -> None:
    lines = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)

        def run(*arguments: str) -> tuple[bytes, float]:
            command = [sys.executable, "-c", PROGRAM, *arguments, "--json"]
            done = subprocess.run(command, cwd=home, env=environment, capture_output=True)
            assert done.returncode in (0, 3), done.stderr
            return done.stdout, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024

        def timed(what: str, *arguments: str) -> None:
            begun = time.perf_counter()
            out, peak = run("reconcile", "--timezone", "UTC", *arguments)
            seconds = time.perf_counter() - begun
            answer = json.loads(out)
            print(
                f"{what}: {seconds:.1f} s, {lines / seconds:,.0f} lines/s, peak so far {peak:.0f} MB, "
                f"matched {answer['matched']}, found {answer['found']}",
                flush=True,
            )

        run("init")
        write(home / "ids.csv", lines, ids=True)
        write(home / "plain.csv", lines, ids=False)
        print(f"{lines} lines, {(home / 'ids.csv').stat().st_size / 1e6:.0f} MB", flush=True)
        fill(home / "dialpact.db", lines)
        timed("with unique ids", "--cdr", "ids.csv")
        timed("without", "--cdr", "plain.csv")
        for file in home.iterdir():
            if file.suffix != ".csv":
                file.unlink()
        run("init")
        timed("a database that knows nothing", "--cdr", "ids.csv")


if __name__ == "__main__":
    main()
