"""What ``gate_bench`` measures: ``python -m tests.bench.gate_site KIND FOLDER`` prints its port and serves.

``floor``: an asyncio.Protocol that says what a gate says, and nothing behind it.
``stub``: agi.server with a judge and a gate that know the answer, no store.
``full``: agi.service as ``dialpact gate`` runs it, with its log, on registers of 100,000 entries.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import sqlite3
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from pathlib import Path
from typing import cast

import uvloop

from agi import variables
from agi.server import Server
from agi.service import serving
from compliance import calendars, config, profile
from compliance.judge import Judge
from compliance.model import CallAttempt, Decision, Facts, Finding
from compliance.profile import Policy
from compliance.store.sqlite import create
from compliance.store.sqlite.decisions import boot_id
from console.daemons import configure_logs

CALLER_ID = "02788880007"
ENTRIES = 100_000
FIRST = 13800000000
SINCE = "2026-01-01T00:00:00.000000Z"
ALLOW = variables.answer("ALLOW", [], decision="0" * 32, number="13800138000")[0].encode() + b"\n"
KINDS = ("floor", "stub", "full")


class NoonClock:
    def now(self) -> datetime:
        return datetime.fromisoformat("2026-11-24T10:00:00+08:00")


def numbers() -> Iterator[str]:
    """Of ten: seven that may be called, two that refused, one that nobody knows."""
    for n in itertools.count():
        number = FIRST + n * 7919 % (ENTRIES // 2) * 2
        yield str(number if n % 10 < 7 else number + 1 if n % 10 < 9 else number + 2 * ENTRIES)


def fill(database: Path) -> None:
    """Even numbers have agreed, odd ones have refused."""
    create(database)
    with contextlib.closing(sqlite3.connect(database)) as db, db:
        db.execute("INSERT INTO business VALUES ('acme', 'Acme', 'own-business', ?)", (SINCE,))
        db.execute("INSERT INTO campaign VALUES ('spring', 'acme', 'loans', 'marketing', '', ?)", (SINCE,))
        db.execute(
            "INSERT INTO caller_id VALUES (?, 'acme', 'L-1', 'CT', 1, ?, ?, '2026-01-01', NULL, ?)",
            (CALLER_ID, '["*"]', '["*"]', SINCE),
        )
        db.execute("INSERT INTO recorder_lease VALUES ('pbx1', ?, ?, 1, '', ?)", (boot_id(), 2**62, SINCE))
        db.executemany(
            "INSERT INTO consent VALUES (?, 'acme', 'loans', ?, NULL, 'form', NULL, ?)",
            ((8600000000000 + FIRST + 2 * n, SINCE, SINCE) for n in range(ENTRIES)),
        )
        db.executemany(
            "INSERT INTO do_not_call VALUES (?, 'all', '', ?, 'key', ?)",
            ((8600000000000 + FIRST + 2 * n + 1, SINCE, SINCE) for n in range(ENTRIES)),
        )


class Floor(asyncio.Protocol):
    """Two commands, as agi.server, by the same protocol."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport, self._seen = cast(asyncio.Transport, transport), b""

    def data_received(self, data: bytes) -> None:
        self._seen += data
        if self._seen.endswith(b"\n\n"):
            self._transport.write(variables.CALLER_ID.encode() + b"\n")
        elif self._seen.endswith(b")\n"):
            self._transport.write(ALLOW)
        elif self._seen.endswith(b"result=0\n"):
            self._transport.abort()


class KnowingJudge(Judge):
    """The answer is known before the question."""

    def __init__(self, judge: Judge) -> None:
        super().__init__(judge.policy, judge.trunks, judge.node)
        self._attempt = super().attempt("13800138000", "spring", CALLER_ID)

    def attempt(self, *_: object, **__: object) -> CallAttempt:  # type: ignore[override]
        return self._attempt


class KnowingGate:
    def __init__(self, judge: Judge) -> None:
        attempt, now = judge.attempt("", "", ""), NoonClock().now()
        passed = (Finding(rule="number", result="pass"),)
        self._decision = Decision(
            id="0" * 32,
            decided_at=now,
            attempt=attempt,
            facts=Facts(),
            findings=passed,
            dial="13800138000",
        )

    async def decide(self, attempt: CallAttempt, deadline: float) -> Decision:
        return self._decision


@contextlib.asynccontextmanager
async def serve(kind: str, folder: Path) -> AsyncIterator[int]:
    settings = config.Config(
        trunks={"carrier": config.Trunk(endpoint="carrier")},
        gate=config.Gate(listen="127.0.0.1:0"),
        origin=str(folder / "dialpact.toml"),
    )
    policy = Policy((profile.load("cn-hubei-2018"),), calendars.load())
    if kind == "floor":
        server = await asyncio.get_running_loop().create_server(Floor, "127.0.0.1", 0, backlog=1024)
        yield server.sockets[0].getsockname()[1]
        server.close()
    elif kind == "stub":
        judge = KnowingJudge(Judge(policy, settings.trunks, "pbx1"))
        stub = Server(settings, judge, KnowingGate(judge))  # type: ignore[arg-type]
        yield (await stub.start())[1]
        await stub.close()
    else:
        async with serving(settings, policy, NoonClock()) as (_, port):
            yield port


async def main(kind: str, folder: Path) -> None:
    configure_logs()
    async with serve(kind, folder) as port:
        print(port, flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], Path(sys.argv[2])))
