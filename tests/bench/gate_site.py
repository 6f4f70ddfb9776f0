"""What ``gate_bench`` measures: ``python -m tests.bench.gate_site KIND FOLDER`` prints its port and serves.

``floor``: an asyncio.Protocol on uvloop that says what a gate says, and nothing behind it.
``panoramisk``, ``panoramisk-uvloop``: panoramisk's FastAGI with four commands and nothing behind them, on the
loop of its documentation and on the gate's.
``stub``: agi.server with a judge and a gate that know the answer, no store.
``full``: agi.service as ``dialpact gate`` runs it, with its log, on registers of 100,000 entries.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import sqlite3
import sys
import time
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import cast

import uvloop
from panoramisk import fast_agi

from agi import variables
from agi.server import Server
from agi.service import serving
from dialpact.cli.interpreter import settle
from dialpact.cli.logs import configure_logs
from dialpact.cli.scheduling import promptly
from dialpact.compliance import calendars, config, profile
from dialpact.compliance.judge import Judge
from dialpact.compliance.model import CallAttempt, Decision, Facts, Finding
from dialpact.compliance.profile import Policy
from dialpact.store.sqlite import Store, create
from tests import registers

CALLER_ID = "02788880007"
ENTRIES = 200_000
DISTINCT = ENTRIES // 4  # calls, until :func:`numbers` begins again
OVER = "2026-06-01T00:00:00.000000Z"
ALLOW = variables.answer("ALLOW", [], decision="0" * 32, number="13800138000")[0].encode() + b"\n"
NOTHING = (
    variables.CALLER_ID,
    "SET VARIABLE DIALPACT_NUMBER 13800138000",
    "SET VARIABLE DIALPACT_REASON none",
    "SET VARIABLE DIALPACT_VERDICT ALLOW",
)
PANORAMISK = ("panoramisk", "panoramisk-uvloop")
KINDS = ("floor", *PANORAMISK, "stub", "full")


RUNS = "DIALPACT_BENCH_BEGAN"  # by the host's clock, in seconds


class NoonClock:
    """Ten in the morning of a working day; with :data:`RUNS` it goes on from there, everywhere alike."""

    def now(self) -> datetime:
        at = datetime.fromisoformat("2026-11-24T10:00:00+08:00")
        began = os.environ.get(RUNS)
        return at + timedelta(seconds=time.time() - float(began)) if began else at


def entry(place: int) -> str:
    """Far from its neighbours: nobody is to take the bench for a sweep through a range."""
    return str(13000000000 + place * 4999)


def numbers() -> Iterator[str]:
    """Of ten: seven that may be called, three whose consent is over."""
    for n in itertools.count():
        place = n * 7919 % DISTINCT * 4
        yield entry(place if n % 10 < 7 else place + 2)


def fill(database: Path) -> None:
    """Odd entries have refused; of the even ones each second agreed for a time that is over. All are leads.

    (Refusals for other reasons would count towards a suspension: then nobody could be called any more.)
    """
    create(database)
    registers.fill(database, caller_ids=[CALLER_ID], numbers=())
    with contextlib.closing(sqlite3.connect(database)) as db, db:
        for place in range(ENTRIES):
            (registers.refuse if place % 2 else registers.agree)(db, entry(place))
            registers.lead(db, entry(place))
            if place % 4 == 2:
                number = int(f"86{entry(place)}")
                db.execute("UPDATE consent SET expires_at = ? WHERE number = ?", (OVER, number))


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

    async def decide(self, attempt: CallAttempt, deadline: float, judge: Judge) -> Decision:
        return self._decision


async def _nothing(request: fast_agi.Request) -> None:
    for command in NOTHING:
        await request.send_command(command)


@contextlib.asynccontextmanager
async def serve(kind: str, folder: Path) -> AsyncIterator[int]:
    settings = config.Config(
        trunks={"carrier": config.Trunk(endpoint="carrier")},
        gate=config.GateConfig(listen="127.0.0.1:0"),
        origin=str(folder / "dialpact.toml"),
    )
    policy = Policy((profile.load("cn-hubei-2018"),), calendars.load())
    if kind == "floor":
        server = await asyncio.get_running_loop().create_server(Floor, "127.0.0.1", 0, backlog=1024)
        yield server.sockets[0].getsockname()[1]
        server.close()
    elif kind in PANORAMISK:
        application = fast_agi.Application()
        application.add_route("outbound", _nothing)
        peer = await asyncio.start_server(application.handler, "127.0.0.1", 0, backlog=1024)
        yield peer.sockets[0].getsockname()[1]
        peer.close()
    elif kind == "stub":
        judge = KnowingJudge(Judge(policy, settings.trunks, "pbx1"))
        stub = Server(settings, judge, KnowingGate(judge), None)  # type: ignore[arg-type]
        yield (await stub.start())[1]
        await stub.close()
    else:
        async with (
            await Store.open(settings.database, short_units=True) as store,
            serving(settings, policy, store, NoonClock()) as (_, port),
        ):
            settle()
            promptly()
            yield port


async def main(kind: str, folder: Path) -> None:
    configure_logs()
    async with serve(kind, folder) as port:
        print(port, flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    loop = asyncio.run if sys.argv[1] == "panoramisk" else uvloop.run
    loop(main(sys.argv[1], Path(sys.argv[2])))
