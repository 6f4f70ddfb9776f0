"""Programs that ask the API: ``python -m tests.bench.api_client PORT``.

Reads lines "TOKEN RATE SECONDS FIRST" and asks so many questions each second, whatever becomes of those
before, over connections that stay open. Prints a line of JSON for each: answers by question and status,
seconds of each, and the numbers whose opt-outs were answered with 201.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Any

import uvloop

from tests.bench.gate_site import CALLER_ID, numbers

AT_ONCE = 100  # connections
PREDIALS = 40_000  # of the calls: from there on they are asked for here, and by nobody at the gate
CALL = {"campaign": "spring", "caller_id": CALLER_ID}
SHARES = {"check": 50, "calls": 15, "search": 10, "opt-out": 10, "predial": 10, "key": 5}  # of a hundred


def questions(first: int) -> Iterator[tuple[str, str, str, dict[str, Any] | None]]:
    """What is asked: its name, the method, the path, the body."""
    chance, called = random.Random(first), islice(numbers(), PREDIALS + first, None)
    names = [name for name, share in SHARES.items() for _ in range(share)]
    while True:
        match name := chance.choice(names):
            case "check" | "predial":
                yield name, "POST", f"/v1/{name}", {"number": next(called), **CALL}
            case "calls":
                yield name, "GET", "/v1/calls?limit=20", None
            case "search":
                yield name, "POST", "/v1/calls/search", {"number": next(called)}
            case "opt-out":
                yield name, "POST", "/v1/opt-outs", {"number": f"19{chance.randrange(10**9):09}"}
            case "key":
                yield name, "GET", "/v1/key", None


class Line:
    """One connection, one question at a time."""

    def __init__(self, port: int, token: str) -> None:
        self._port, self._token = port, token
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, method: str, path: str, body: dict[str, Any] | None) -> int:
        if self._streams is None or self._streams[0].at_eof():  # the other side ends those that lie idle
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        content = json.dumps(body).encode() if body is not None else b""
        kind = "Content-Type: application/json\r\n" if body is not None else ""
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self._token}\r\n{kind}"
            f"Content-Length: {len(content)}\r\n\r\n"
        )
        writer.write(head.encode() + content)
        said = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        length = next(line for line in said.split("\r\n") if line.startswith("content-length:"))
        await reader.readexactly(int(length.partition(":")[2]))
        return int(said.split(" ")[1])


async def play(port: int, token: str, rate: int, seconds: float, first: int) -> dict[str, Any]:
    loop = asyncio.get_running_loop()
    free: asyncio.LifoQueue[Line] = asyncio.LifoQueue()
    for _ in range(AT_ONCE):
        free.put_nowait(Line(port, token))
    told: Counter[str] = Counter()
    taken: list[float] = []
    opted_out: list[str] = []

    async def one(name: str, method: str, path: str, body: dict[str, Any] | None, at: float) -> None:
        line = await free.get()
        status = await line.ask(method, path, body)
        free.put_nowait(line)
        taken.append(loop.time() - at)
        told[f"{name} {status}"] += 1
        if name == "opt-out" and status == 201 and body:
            opted_out.append(body["number"])

    began, asked = loop.time(), []
    for number, question in enumerate(questions(first)):
        at = began + number / rate
        if at - began >= seconds:
            break
        if (early := at - loop.time()) > 0:
            await asyncio.sleep(early)
        asked.append(asyncio.create_task(one(*question, at)))
    await asyncio.gather(*asked)
    return {"told": told, "seconds": taken, "opted_out": opted_out, "total": loop.time() - began}


def main() -> None:
    port = int(sys.argv[1])
    for line in sys.stdin:
        token, rate, seconds, first = line.split()
        answer = uvloop.run(play(port, token, int(rate), float(seconds), int(first)))
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
