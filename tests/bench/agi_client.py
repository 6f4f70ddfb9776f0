"""Asterisk's side where there is no C compiler: ``python -m tests.bench.agi_client``.

It is asked and answers as ``agi_client.c``, which says how; but the header goes out as one piece, and as it
takes about as long as the gate it hides a part of every difference.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import re
import resource
import sys
import time
from collections.abc import Iterator
from typing import Any, cast

import uvloop

from dialpact.testing.agi_header import Ringing, header
from tests.bench.gate_site import CALLER_ID, numbers

VERDICT = re.compile(rb'DIALPACT_VERDICT[= "]+([AB])')
REASON = re.compile(rb"DIALPACT_REASON=([a-z-]*)")


class Session(asyncio.Protocol):
    """Sends a header, answers every line, and is done when the gate closes."""

    def __init__(self, header: bytes, done: asyncio.Future[None]) -> None:
        self._header, self._done = header, done
        self.began = time.perf_counter()
        self.sent, self.heard, self.outcome = -1.0, -1.0, "N"

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is no instance of it
        transport.write(self._header)
        self.sent = time.perf_counter() - self.began

    def data_received(self, data: bytes) -> None:
        if data.startswith(b"GET FULL VARIABLE "):
            self._transport.write(b"200 result=1 (%s)\n" % CALLER_ID.encode())
            return
        if told := VERDICT.search(data):
            self.heard = time.perf_counter() - self.began
            reason = REASON.search(data)
            self.outcome = (
                "A"
                if told[1] == b"A"
                else {b"deadline": "D", b"gate-error": "E"}.get(reason[1] if reason else b"", "B")
            )
        self._transport.write(b"200 result=0\n" * data.count(b"\n"))

    def connection_lost(self, error: Exception | None) -> None:
        self._done.set_result(None)


async def play(port: int, concurrent: int, sessions: int, first: int) -> dict[str, Any]:
    loop = asyncio.get_running_loop()
    calls = itertools.islice(numbers(), first, None)
    headers = (header(Ringing(number=number, caller_id=CALLER_ID)) for number in calls)
    seconds: list[float] = []
    over: list[Session] = []

    async def chain(shares: Iterator[int]) -> None:
        for _ in shares:
            done = loop.create_future()
            one = Session(next(headers), done)
            with contextlib.suppress(ConnectionError):
                await loop.create_connection(lambda one=one: one, "127.0.0.1", port)
                await done
            seconds.append(time.perf_counter() - one.began)
            over.append(one)

    shares = iter(range(sessions))
    began = time.perf_counter()
    await asyncio.gather(*(chain(shares) for _ in range(concurrent)))
    return {
        "total": time.perf_counter() - began,
        "outcomes": "".join(one.outcome for one in over),
        "seconds": seconds,
        "sent": [one.sent for one in over],
        "heard": [one.heard for one in over],
    }


def main() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    for line in sys.stdin:
        print(json.dumps(uvloop.run(play(*map(int, line.split())))), flush=True)


if __name__ == "__main__":
    main()
