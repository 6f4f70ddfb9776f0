"""How long the inspection report takes, and how much memory: ``python -m tests.bench.inspection_bench [N]``.

A year's working hours of N decisions (1,000,000 unless told otherwise) of 200 caller IDs, six in ten put
through, half of those answered and recorded, with opt-outs and consents, written straight into a store. Then
the figures are gathered in a process of its own. Prints figures; asserts nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec

from dialpact.compliance import calendars, config, profile
from dialpact.compliance.clock import stamp
from dialpact.compliance.fact_requirements import fact_requirements
from dialpact.compliance.inspection.figures import Inspection
from dialpact.compliance.inspection.period import period
from dialpact.compliance.inspection.question import Question
from dialpact.compliance.inspection.report import made
from dialpact.compliance.judge import Judge
from dialpact.compliance.profile import Policy
from dialpact.store.sqlite import Store, create
from tests import registers

CALLER_IDS = [f"0278888{n:04}" for n in range(200)]
FIRST, END = date(2026, 1, 1), date(2026, 12, 29)
COLUMNS = (
    "seq, id, node, decided_at, verdict, reasons, number, given, dial, caller_id, campaign, business, agent, "
    "trunk, channel, uniqueid, attack, retry_at, record, mode"
)
BLOCKS = ('["do-not-call"]', '["outside-hours"]', '["no-consent"]', '["outside-hours","no-consent"]')


def policy() -> Policy:
    return Policy((profile.load("cn-hubei-2018"),), calendars.load())


async def sample(database: Path) -> str:
    """A decision's JSON as the gate writes it."""
    rules, trunks = policy(), {"carrier": config.Trunk(endpoint="carrier")}
    judge = Judge(rules, trunks, "pbx1")
    attempt = judge.attempt("13800138000", "spring", CALLER_IDS[0], trunk="carrier", agent="1001")
    now = datetime(2026, 11, 24, 2, tzinfo=UTC)
    async with await Store.open(database) as store:
        facts = (
            await store.calls.look(attempt, fact_requirements(rules, {"carrier": ""}), now, live=True)
        ).facts
    return msgspec.json.encode(judge.decide(attempt, facts, now)).decode()


def moments(count: int, end: date) -> list[datetime]:
    """Evenly over the hours that the covenant permits."""
    calendar = calendars.load()
    days = [
        day
        for n in range((end - FIRST).days)
        if calendar.day(day := FIRST + timedelta(days=n)).kind == "working"
    ]
    opening = [(8 * 3600, 4 * 3600), (14 * 3600, int(4.5 * 3600))]  # seconds since midnight, and how long
    whole = sum(length for _, length in opening)
    found = []
    for n in range(count):
        number, second = divmod(int(n * len(days) * whole / count), whole)
        morning = opening[0][1]
        begin = opening[0][0] + second if second < morning else opening[1][0] + second - morning
        found.append(
            datetime.combine(days[number], datetime.min.time(), UTC) + timedelta(hours=-8, seconds=begin)
        )
    return found


def fill(database: Path, count: int) -> None:
    create(database)
    registers.fill(database, caller_ids=CALLER_IDS, numbers=["13800138000"])
    happened(database, count)


def happened(database: Path, count: int, seed: int = 1, end: date = END) -> None:
    """The calls of a year until ``end``, of a campaign ``spring`` that is there."""
    record = asyncio.run(sample(database))
    chance = random.Random(seed)
    times = moments(count, end)

    def one(seq: int) -> tuple[object, ...]:
        at = times[seq - 1]
        passed = seq % 10 < 6
        number = f"+861{3 + seq % 6}{chance.randrange(10**9):09}"
        return (
            *(seq, f"{seq:032x}", "pbx1", stamp(at), "ALLOW" if passed else "BLOCK"),
            *("[]" if passed else BLOCKS[seq % 4], number, number[3:], number[3:] if passed else ""),
            *(CALLER_IDS[seq % 200], "spring", "acme", f"10{seq % 90}", "carrier", "PJSIP/agent-0001"),
            *(f"1764.{seq}", "", None, record, "enforce"),
        )

    def recording(seq: int) -> tuple[object, ...]:
        at = times[seq - 1]
        span = [stamp(at + timedelta(seconds=seconds)) for seconds in (1, 8, 70)]
        return (
            *(f"{seq:032x}", f"{seq:032x}", "pbx1", "PJSIP/carrier-0001", f"1764.{seq}", "kept"),
            *("+8613800138000", CALLER_IDS[seq % 200], "spring", *span, "wav", f"/r/{seq}.wav", 10**6),
            *(62.0, 62.0, "a" * 64, f"/r/{seq}c.wav", f"/r/{seq}a.wav", "2027-12-31"),
        )

    def rows() -> Iterator[tuple[object, ...]]:
        return (one(seq) for seq in range(1, count + 1))

    with contextlib.closing(sqlite3.connect(database)) as db, db:
        db.execute("PRAGMA synchronous = OFF")
        # Not what is measured here: leaves of the ledger, and how a recording comes to its end.
        dropped = [
            db.execute("SELECT sql FROM sqlite_master WHERE name = ?", (trigger,)).fetchone()[0]
            for trigger in ("ledger_decision", "recording_begins_unfinished", "recording_is_not_replaced")
        ]
        for statement in dropped:
            db.execute(f"DROP TRIGGER {statement.split()[2]}")
        marks = ", ".join("?" * 20)
        db.executemany(f"INSERT INTO decision ({COLUMNS}) VALUES ({marks})", rows())
        db.executemany(
            "INSERT INTO recording (id, decision, node, channel, uniqueid, state, number, caller_id, "
            "campaign, started_at, answered_at, ended_at, format, path, bytes, seconds, talk_seconds, "
            f"sha256, callee_path, agent_path, keep_until) VALUES ({', '.join('?' * 21)})",
            (recording(seq) for seq in range(1, count + 1) if seq % 10 < 3),
        )
        for n in range(count // 5):
            db.execute(
                "INSERT OR IGNORE INTO do_not_call VALUES (?, 'all', '', ?, 'list', ?)",
                (861_300_000_000_0 + n * 4999, "2026-06-01T00:00:00.000000Z", "2026-06-01T00:00:00.000000Z"),
            )
        # A consent for each call: the worst case of the look-up, and none is missing.
        db.execute(
            "INSERT OR IGNORE INTO consent (number, business, industry, granted_at, evidence, created_at) "
            "SELECT CAST(substr(number, 2) AS INTEGER), 'acme', 'loans', '2025-01-01T00:00:00.000000Z', 'x', "
            "'2025-01-01T00:00:00.000000Z' FROM decision WHERE dial <> ''"
        )
        db.execute("DELETE FROM unsealed")
        for statement in dropped:
            db.execute(statement)


def measure(database: Path) -> Inspection:
    rules = policy()
    question = Question(
        period=period(FIRST, date(2026, 12, 31), rules.profiles[0].zone),
        policy=rules,
        holders={"carrier": ""},
        mode="enforce",
        node="pbx1",
        now=datetime(2027, 1, 2, tzinfo=UTC),
        by="bench",
    )

    async def gather() -> Inspection:
        async with await Store.open(database) as store:
            return await store.inspections.snapshot(question.period, lambda source: made(source, question))

    return asyncio.run(gather())


def main() -> None:
    if sys.argv[1:2] == ["--measure"]:
        begun = time.perf_counter()
        found = measure(Path(sys.argv[2]))
        seconds = time.perf_counter() - begun
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            json.dumps(
                {
                    "seconds": round(seconds, 1),
                    "peak_mb": round(peak),
                    "decisions": found.calls.decisions,
                    "answered": found.control.recordings.answered,
                    "after_opt_out": found.conduct.opt_outs.after,
                    "json_kb": len(msgspec.json.encode(found)) // 1024,
                }
            )
        )
        return
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "dialpact.db"
        begun = time.perf_counter()
        fill(database, count)
        size = database.stat().st_size / 1e6
        print(f"{count} decisions written in {time.perf_counter() - begun:.0f} s, database {size:.0f} MB")
        for _ in range(2):
            command = [sys.executable, "-m", "tests.bench.inspection_bench", "--measure", str(database)]
            print(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip())


if __name__ == "__main__":
    main()
