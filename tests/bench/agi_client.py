"""The cheapest Asterisk there is, in a process of its own: ``python -m tests.bench.agi_client``.

Reads lines ``PORT CONCURRENT SESSIONS`` from stdin, plays so many sessions, and prints one JSON line each:
seconds per session (connect to the gate's close) and in all. The header is what Asterisk 22 sends.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from typing import cast

import uvloop

from dialpact.testing.agi_header import Ringing, header
from tests.bench.gate_site import CALLER_ID, numbers


class Session(asyncio.Protocol):
    """Sends a header, answers every line, and is done when the gate closes."""

    def __init__(self, sent: bytes, done: asyncio.Future[bool]) -> None:
        self._sent, self._done = sent, done
        self._told = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is no instance of it
        transport.write(self._sent)

    def data_received(self, data: bytes) -> None:
        if data.startswith(b"GET FULL VARIABLE "):
            self._transport.write(b"200 result=1 (%s)\n" % CALLER_ID.encode())
        else:
            self._told = self._told or b"DIALPACT_VERDICT=" in data
            self._transport.write(b"200 result=0\n" * data.count(b"\n"))

    def connection_lost(self, error: Exception | None) -> None:
        self._done.set_result(self._told)


async def play(port: int, concurrent: int, sessions: int) -> tuple[list[float], float]:
    loop = asyncio.get_running_loop()
    seconds: list[float] = []
    headers = (header(Ringing(number=number, caller_id=CALLER_ID)) for number in numbers())

    async def chain(shares: Iterator[int]) -> None:
        for _ in shares:
            sent, done = next(headers), loop.create_future()
            began = time.perf_counter()
            await loop.create_connection(lambda sent=sent, done=done: Session(sent, done), "127.0.0.1", port)
            assert await done, "a session without a verdict"
            seconds.append(time.perf_counter() - began)

    shares = iter(range(sessions))
    began = time.perf_counter()
    await asyncio.gather(*(chain(shares) for _ in range(concurrent)))
    return seconds, time.perf_counter() - began


def main() -> None:
    for line in sys.stdin:
        port, concurrent, sessions = map(int, line.split())
        seconds, total = uvloop.run(play(port, concurrent, sessions))
        print(json.dumps({"seconds": seconds, "total": total}), flush=True)


if __name__ == "__main__":
    main()
