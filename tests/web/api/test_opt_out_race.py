"""One opt-out is posted while 50 calls a second to the same number are tried: none passes that was asked
after the answer was there.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from pathlib import Path
from typing import NamedTuple

from dialpact.application import api_keys
from dialpact.application.actor import Actor, Door
from dialpact.application.context import Context
from dialpact.testing.asterisk import FakeAsterisk
from dialpact.testing.clock import FixedClock
from dialpact.testing.registers import CALLER_ID, CAMPAIGN, NUMBER, Registers
from dialpact.testing.site import Site
from tests.web.asking import asking

A_SECOND = 50
BEFORE, AFTER = 50, 50  # calls


class Call(NamedTuple):
    asked: float
    verdict: str
    opted_out: bool


async def test_none_passes_that_was_asked_after_the_answer(
    dialpact_site: Site, dialpact_registers: Registers, dialpact_clock: FixedClock
) -> None:
    config, loop = dialpact_site.config, asyncio.get_running_loop()
    secret = secrets.token_bytes(32)
    file = Path(config.path(config.api.secret_file))
    file.write_text(secret.hex())
    file.chmod(0o600)
    await dialpact_site.recorder(ready=True)
    async with dialpact_site.store() as store:
        context = Context(store, Actor(name="chen", door=Door.SHELL), dialpact_clock)
        key = await api_keys.add(context, "crm", secret, scopes=["opt-out"], expires="2099-12-31")
    body = json.dumps({"number": NUMBER}).encode()
    head = (
        f"POST /v1/opt-outs HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {key.token}\r\n"
    )
    request = f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body

    async with (
        dialpact_site.gate() as (host, port),
        asking(config.database, config=config, clock=dialpact_clock) as asker,
    ):

        async def call() -> Call:
            asked = loop.time()
            told = await FakeAsterisk(host, port).dial(NUMBER, CAMPAIGN, caller_id=CALLER_ID)
            reasons = told.channel.variables["DIALPACT_REASONS"]
            return Call(
                asked, told.channel.variables["DIALPACT_VERDICT"], "do-not-call" in reasons.split(",")
            )

        async def calls(count: int) -> list[asyncio.Task[Call]]:
            """As many in a second, whatever becomes of them."""
            begun, made = loop.time(), []
            for place in range(count):
                await asyncio.sleep(begun + place / A_SECOND - loop.time())
                made.append(asyncio.create_task(call()))
            return made

        async def post() -> tuple[bytes, float]:
            said = await asker.send(request)
            return said.partition(b"\r\n")[0], loop.time()

        before = await calls(BEFORE)
        posting = asyncio.create_task(post())
        beside = await calls(AFTER)
        status, answered = await posting
        later = await calls(AFTER)
        made = await asyncio.gather(*before, *beside, *later)
    assert status == b"HTTP/1.1 201 Created"
    assert made[0].verdict == "ALLOW" and not made[0].opted_out
    after = [one for one in made if one.asked >= answered]
    assert len(after) >= AFTER
    assert {(one.verdict, one.opted_out) for one in after} == {("BLOCK", True)}
    assert not any(one.opted_out for one in made[: BEFORE // 2]), "and nobody was blocked by it before"
