"""A gate in a process of its own, and a crowd at its door.

The gate is ``tests.bench.gate_site full``: service, log and loop of ``dialpact gate``, at noon.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
import re
import resource
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import NamedTuple

from dialpact.store.sqlite import create
from dialpact.testing.agi_header import Ringing, header
from tests import registers
from tests.bench.gate_site import CALLER_ID, entry
from tests.patience import WAIT

ROOT = Path(__file__).parents[2]
HOST = "127.0.0.1"
LEADS = 2500
VERDICT = re.compile(rb'"?DIALPACT_VERDICT=(ALLOW|BLOCK)')
Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]
IDENT = re.compile(rb"DIALPACT_ID=([0-9a-f]{32})")


class Told(NamedTuple):
    """What one call heard: nothing at all when the gate closed the socket."""

    verdicts: list[str]
    ids: list[str]
    seconds: float


def fill(database: Path) -> None:
    """All leads have agreed. They stand far from one another: nobody sweeps through a range."""
    create(database)
    registers.fill(database, caller_ids=[CALLER_ID], numbers=())
    with contextlib.closing(sqlite3.connect(database)) as db, db:
        for place in range(LEADS):
            registers.agree(db, entry(place))
            registers.lead(db, entry(place))


def numbers() -> Iterator[str]:
    """Again and again: whoever is called too often is refused, which is an answer."""
    return (entry(place % LEADS) for place in itertools.count())


@contextlib.contextmanager
def many_files(wanted: int) -> Iterator[int]:
    """How many descriptors this process may have now."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    top = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, top), hard))
    try:
        yield max(soft, top)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


class House:
    """The gate's process and its database."""

    def __init__(self, folder: Path, port: int, process: subprocess.Popen[str]) -> None:
        self.folder, self.port, self.process = folder, port, process

    @property
    def megabytes(self) -> float:
        """Resident."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * resource.getpagesize() / 1e6

    @property
    def descriptors(self) -> int:
        return len(list(Path(f"/proc/{self.process.pid}/fd").iterdir()))

    @property
    def cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / 100

    def stored(self) -> dict[str, tuple[str, str]]:
        """Decision to verdict and reasons: those that have a leaf in the ledger."""
        query = "SELECT id, verdict, reasons FROM decision JOIN ledger ON kind = 'decision' AND key = id"
        with contextlib.closing(sqlite3.connect(self.folder / "dialpact.db")) as db:
            return {ident: (verdict, reasons) for ident, verdict, reasons in db.execute(query)}

    def log(self) -> str:
        return (self.folder / "gate.log").read_text()


@contextlib.contextmanager
def house(folder: Path, *, hard_files: int = 0) -> Iterator[House]:
    """Until the block is left: then the gate has ended in order."""

    def limit() -> None:
        if hard_files:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard_files, hard_files))

    fill(folder / "dialpact.db")
    with (folder / "gate.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.gate_site", "full", str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            cwd=ROOT,
            preexec_fn=limit,
        )
    assert process.stdin is not None and process.stdout is not None
    try:
        yield House(folder, int(process.stdout.readline()), process)
    finally:
        process.stdin.close()
        try:
            process.wait(WAIT)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        finally:
            process.stdout.close()


async def call(port: int, number: str) -> Told:
    """An honest call, as Asterisk makes one. Raises OSError only when it could not even connect."""
    loop = asyncio.get_running_loop()
    reader, writer = await asyncio.open_connection(HOST, port)
    began = loop.time()
    verdicts: list[str] = []
    ids: list[str] = []
    with contextlib.suppress(ConnectionError):
        writer.write(header(Ringing(number=number, caller_id=CALLER_ID)))
        while line := await reader.readline():
            if line.startswith(b"GET FULL VARIABLE "):
                writer.write(b"200 result=1 (%s)\n" % CALLER_ID.encode())
                continue
            verdicts += [found.decode() for found in VERDICT.findall(line)]
            ids += [found.decode() for found in IDENT.findall(line)]
            writer.write(b"200 result=0\n")
    seconds = loop.time() - began
    writer.transport.abort()
    return Told(verdicts, ids, seconds)


async def calls(port: int, count: int) -> list[Told]:
    """All at once."""
    chosen = itertools.islice(numbers(), count)
    async with asyncio.timeout(WAIT):
        return await asyncio.gather(*(call(port, number) for number in chosen))


@contextlib.asynccontextmanager
async def idle(
    port: int, count: int
) -> AsyncIterator[list[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]:
    """Connections that say nothing by themselves."""
    pairs: list[Ends] = []
    try:
        async with asyncio.timeout(WAIT):
            for first in range(0, count, 200):
                some = range(first, min(first + 200, count))
                pairs += await asyncio.gather(*(asyncio.open_connection(HOST, port) for _ in some))
        yield pairs
    finally:
        for _, writer in pairs:
            writer.transport.abort()


async def dribble(port: int, stop: asyncio.Event) -> int:
    """A byte a second, again and again. Returns how often it was cut off."""
    cut = 0
    dice = random.Random(port)
    while not stop.is_set():
        with contextlib.suppress(OSError):
            reader, writer = await asyncio.open_connection(HOST, port)
            closed = asyncio.create_task(reader.read())
            for n in range(1000):
                writer.write(b"agi_network: yes\nagi_x: "[n % 24 : n % 24 + 1])
                over = asyncio.create_task(stop.wait())
                await asyncio.wait({closed, over}, timeout=1, return_when=asyncio.FIRST_COMPLETED)
                over.cancel()
                if closed.done() or stop.is_set():
                    break
            cut += closed.done()
            closed.cancel()
            await asyncio.gather(closed, return_exceptions=True)
            writer.transport.abort()
        await asyncio.sleep(dice.random() / 10)
    return cut
