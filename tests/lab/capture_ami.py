"""Records what a real Asterisk says on AMI: ``python -m tests.lab.capture_ami``.

Runs the scenarios of ``tests/contract`` on the lab, and one call through gate and listener with a recording
proxy between the listener and Asterisk, and writes ``tests/transcripts/ami/MAJOR/*.txt``. Every number in
them is fictitious.
"""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from pathlib import Path

from tests.contract.manager import Manager
from tests.contract.scenarios import SCENARIOS
from tests.contract.transcript import Said, write
from tests.contract.worlds import RINGS, RULES, LabWorld, options
from tests.lab.carrier import Carrier
from tests.lab.demo import finished
from tests.lab.pbx import Pbx
from tests.lab.phone import Phone
from tests.lab.site import Site, load_samples, product


class Proxy:
    """Passes connections on to Asterisk's manager port and keeps the first, message by message."""

    def __init__(self, port: int) -> None:
        self.said: list[tuple[str, bytes]] = []
        self._target = port
        self._first = True

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        kept = self.said if self._first else []
        self._first = False
        there, back = await asyncio.open_connection("127.0.0.1", self._target)
        greeting = await there.readuntil(b"\r\n")
        kept.append((">", greeting.strip()))
        writer.write(greeting)
        await asyncio.gather(self._pump(kept, "<", reader, back), self._pump(kept, ">", there, writer))

    async def _pump(
        self,
        kept: list[tuple[str, bytes]],
        way: str,
        source: asyncio.StreamReader,
        sink: asyncio.StreamWriter,
    ) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while True:
                message = await source.readuntil(b"\r\n\r\n")
                kept.append((way, message.removesuffix(b"\r\n\r\n")))
                sink.write(message)
        sink.close()


def without_pings(said: Said) -> Said:
    """One a second comes and says nothing; the first one stays."""
    idents: list[bytes] = []
    kept = []
    for way, raw in said:
        lines = raw.split(b"\r\n")
        ident = next((line for line in lines if line.startswith(b"ActionID")), b"")
        if b"Action: Ping" in lines:
            idents.append(ident)
        if ident not in idents[1:]:
            kept.append((way, raw))
    return kept


async def by_the_listener() -> None:
    with Pbx(**product()) as pbx, Site(pbx) as site, Carrier(pbx):
        proxy = Proxy(pbx.ports.ami)
        async with await asyncio.start_server(proxy.handle, "127.0.0.1", 0) as server:
            site.configure(ami=server.sockets[0].getsockname()[1])
            await asyncio.to_thread(load_samples, site)
            # Started here: what a thread starts ends with the thread.
            await asyncio.to_thread(site.start, "gate")
            await asyncio.to_thread(site.start, "listener")
            await asyncio.to_thread(site.ready)
            await Phone(pbx).call(
                "13800138000", campaign="autumn-loans", caller_id="02788880007", talk_seconds=1
            )
            await finished(site, 1)
            await asyncio.to_thread(site.stop, "listener")
        write(
            "listener",
            [head(pbx), "the listener's own connection, one call"],
            without_pings(proxy.said),
            str(pbx.recordings),
        )


def head(pbx: Pbx) -> str:
    version = pbx.cli("core show version").split(" built")[0]
    return f"{version}, by python -m tests.lab.capture_ami"


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        made = options(Path(folder))
        with Pbx(**made) as pbx, Carrier(pbx, RINGS, RULES) as carrier:
            world = LabWorld(pbx, carrier)
            for name, scenario in SCENARIOS.items():
                async with Manager(world.host, world.port) as ami:
                    try:
                        await scenario(world, ami)
                    except TimeoutError:
                        # What had been said tells what did not come.
                        for way, raw in ami.said:
                            print(way, raw.decode("utf-8", "replace").replace("\r\n", " | ")[:200])
                        raise
                about = (scenario.__doc__ or name).strip().splitlines()[0]
                write(name, [head(pbx), about], ami.said, str(world.folder))
                print(name, len(ami.said), "messages", flush=True)
    await by_the_listener()


if __name__ == "__main__":
    asyncio.run(main())
