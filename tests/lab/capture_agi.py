"""Records what a real Asterisk says on AGI: ``python -m tests.lab.capture_agi``.

Starts the lab (``python -m tests.lab.bootstrap`` makes it) with the gate in this process behind a recording
relay, and writes ``tests/transcripts/agi/*.txt`` (those of other releases in ``16/`` and the like). Every
number in them is fictitious.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from msgspec import structs

from agi.service import serving
from dialpact.compliance import calendars, config, profile
from dialpact.compliance.profile import Policy
from dialpact.store.sqlite import Store
from dialpact.testing.agi_commands import PROBES
from dialpact.testing.transcripts import FOLDER, Transcript
from tests import registers
from tests.lab.bootstrap import captured_as
from tests.lab.carrier import Carrier
from tests.lab.clock import FileClock
from tests.lab.manager import act
from tests.lab.pbx import Pbx
from tests.lab.phone import Phone
from tests.lab.site import DIALPLAN, Site

NUMBER, STRANGER, CALLER_ID = "13800138000", "13800138001", "02788880007"
BREAK = "%0Aword"  # a line break and a plain word
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
CLASSIC = """#!/bin/sh
exec > "$0.seen"
printf '%s\\n' "$#" "$@"
while IFS= read -r line; do
  printf '%s\\n' "$line"
  [ -z "$line" ] && break
done
"""


def fill(database: str) -> None:
    """Registers under which NUMBER may be called and STRANGER may not."""
    registers.fill(database, caller_ids=[CALLER_ID], numbers=[NUMBER], node="lab")
    with contextlib.closing(sqlite3.connect(database)) as db, db:
        registers.lead(db, STRANGER)


def relay(host: str, port: int, seen: Transcript) -> Handler:
    """Passes a session on to the gate and keeps it."""

    async def pump(way: str, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await source.read(65536):
                seen.add(way, data)
                sink.write(data)
        sink.close()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        gate_reader, gate_writer = await asyncio.open_connection(host, port)
        await asyncio.gather(pump(">", reader, gate_writer), pump("<", gate_reader, writer))

    return handle


def probe(seen: Transcript, over: asyncio.Event) -> Handler:
    """Asks Asterisk what the fake claims to know, then waits for the hang-up."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError):
            seen.add(">", await reader.readuntil(b"\n\n"))
            # The dialplan gives a gate 2.7 s; all these questions may take a busy machine longer.
            writer.write(b"SET VARIABLE TIMEOUT(absolute) 60\n")
            assert (await reader.readline()).startswith(b"200 ")
            for command in PROBES:
                seen.add("<", command + b"\n")
                writer.write(command + b"\n")
                await _answers(reader, seen, 1 + len(command) // 8191)
            seen.about.append("and after the phone had hung up:")
            over.set()
            seen.add(">", await reader.read(65536))
        writer.close()

    return handle


async def _answers(reader: asyncio.StreamReader, seen: Transcript, count: int) -> None:
    while count:
        line = await asyncio.wait_for(reader.readline(), 3)
        seen.add(">", line)
        count -= line[3:4] == b" "


@contextlib.asynccontextmanager
async def listening(port: int, handler: Handler) -> AsyncIterator[None]:
    """Sessions go to ``handler``; at the end each of them has been heard out."""
    sessions: set[asyncio.Task[Any]] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = asyncio.current_task()
        assert session
        sessions.add(session)
        try:
            await handler(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", port)
    try:
        yield
        if sessions:
            await asyncio.wait(sessions, timeout=10)
    finally:
        server.close()
        for session in sessions:
            session.cancel()


async def main() -> None:
    release = captured_as()
    into = FOLDER if release == "22" else FOLDER / release
    with (
        Pbx(dialplan=[DIALPLAN], variables={"DIALPACT_GATE": "127.0.0.1:@gate_port@"}) as pbx,
        Site(pbx) as site,
        Carrier(pbx),
    ):
        version = pbx.cli("core show version").split(" built")[0]
        fill(str(site.database))
        loaded = config.load(site.config)
        loaded = structs.replace(loaded, gate=config.GateConfig(listen="127.0.0.1:0"))
        policy = Policy((profile.load("cn-hubei-2018"),), calendars.load())
        agent, raw, classic = (Phone(pbx, name) for name in ("agent1001", "raw", "classic"))

        def begun(*about: str) -> Transcript:
            return Transcript(about=[f"{version}, by python -m tests.lab.capture_agi", *about])

        async with (
            await Store.open(loaded.database) as store,
            serving(loaded, policy, store, FileClock(site.clock)) as (host, port),
        ):
            for name, about, phone, number, words in (
                ("allowed", "a call that may be made", agent, NUMBER, {"caller_name": "张三 | Desk 4"}),
                ("refused", "no consent", agent, STRANGER, {}),
                ("refused-two-reasons", "two reasons", agent, STRANGER, {"caller_id": "02788880008"}),
                ("broken-number", "a line break in the dialled number", raw, "138001380" + BREAK, {}),
                (
                    "broken-caller",
                    "a line break in the caller number",
                    agent,
                    STRANGER,
                    {"caller_id": CALLER_ID + BREAK},
                ),
            ):
                seen = begun(about)
                async with listening(pbx.ports.gate, relay(host, port, seen)):
                    options = {"caller_id": CALLER_ID, "talk_seconds": 0.2, **words}
                    await phone.call(number, **options)  # type: ignore[arg-type]
                seen.write(name, into)

            with contextlib.closing(sqlite3.connect(site.database)) as db:
                [(call,)] = db.execute("SELECT id FROM decision WHERE number <> '' LIMIT 1").fetchall()
            for name, about, subject in (
                ("optout-key", "a refusal in a call", f"callee_{call}_business"),
                ("optout-line", "a refusal on the opt-out line", f"line_{STRANGER}_all"),
                ("optout-unknown", "a refusal in no call of ours", f"agent_{'0' * 32}_all"),
            ):
                seen = begun(about)
                async with listening(pbx.ports.gate, relay(host, port, seen)):
                    asking = {"Channel": f"Local/{subject}_1795485207.1@dialpact-optout-ask/n"}
                    asking |= {"Application": "NoOp", "Async": "true"}
                    await asyncio.to_thread(act, pbx, "Originate", **asking)
                    async with asyncio.timeout(5):
                        while len(seen.exchanges) < 2 or not seen.exchanges[-1][1]:
                            await asyncio.sleep(0.05)
                seen.write(name, into)

        seen, over = begun("commands, and a hang-up while the gate is silent"), asyncio.Event()
        async with (
            listening(pbx.ports.gate, probe(seen, over)),
            agent.calling(NUMBER, caller_id=CALLER_ID, hangup_by="test") as call,
        ):
            await asyncio.wait_for(over.wait(), 20)
            await call.hang_up()
        seen.write("commands", into)

        script = pbx.home / "agi-bin" / "dialpact-agi"
        script.write_text(CLASSIC)
        script.chmod(0o755)
        script.with_name("dialpact-agi.seen").touch()
        script.with_name("dialpact-agi.seen").chmod(0o666)
        await classic.call(NUMBER, caller_id=CALLER_ID, talk_seconds=0.2)
        count, *lines = script.with_name("dialpact-agi.seen").read_bytes().split(b"\n")
        seen = begun("classic AGI; arguments of the process: " + b" | ".join(lines[: int(count)]).decode())
        seen.add(">", b"\n".join(lines[int(count) :]))
        seen.write("classic", into)


if __name__ == "__main__":
    asyncio.run(main())
