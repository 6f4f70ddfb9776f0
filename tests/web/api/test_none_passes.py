"""An opt-out that was answered with 201 counts for whatever is asked from then on, at every door at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import NamedTuple

from agi.service import serving
from dialpact.application.policy import load_policy
from dialpact.compliance import config as configuration
from dialpact.store.sqlite import Store
from dialpact.testing.asterisk import FakeAsterisk
from tests.cli.conftest import NUMBER, Home
from tests.web.api.client import Client, api, key
from tests.web.api.ready import CALL, ready, sql

A_SECOND, SECONDS = 50, 2
OF_OURS = {"deadline", "gate-error"}  # a busy test machine: a no, too


class Attempt(NamedTuple):
    door: str
    after: bool  # whether the opt-out had been answered when this was asked
    passed: bool
    reasons: frozenset[str]


Door = Callable[[], Awaitable[tuple[bool, list[str]]]]


async def storm(client: Client, doors: Mapping[str, Door]) -> list[Attempt]:
    """Each door is asked 50 times a second; in the middle one opt-out is posted."""
    answered, loop = asyncio.Event(), asyncio.get_running_loop()

    async def asked(door: str, ask: Door) -> Attempt:
        after = answered.is_set()
        passed, reasons = await ask()
        return Attempt(door, after, passed, frozenset(reasons))

    async def refuse() -> None:
        body = {"number": NUMBER, "scope": "all"}
        said = await asyncio.to_thread(client, "POST", "/v1/opt-outs", body)
        assert said.status == 201
        answered.set()

    begun, refusing, running = loop.time(), None, []
    for turn in range(A_SECOND * SECONDS):
        await asyncio.sleep(max(0.0, begun + turn / A_SECOND - loop.time()))
        if turn == A_SECOND * SECONDS // 2:
            refusing = asyncio.create_task(refuse())
        running += [asyncio.create_task(asked(*door)) for door in doors.items()]
    assert refusing is not None
    await refusing
    found = await asyncio.gather(*running)
    return [*found, *[await asked(*door) for door in doors.items()]]  # and when nobody is in their way


def test_none_that_is_asked_after_the_201_passes(stocked: Home) -> None:
    """At the gate (FastAGI), by predial and by check, on one database, by one number."""
    clock = ready(stocked)
    text = stocked.config.read_text("utf-8")
    stocked.config.write_text(text.replace("deadline_ms = 1500", "deadline_ms = 2500"), "utf-8")
    config = configuration.load(stocked.config)
    token = key(stocked, "crm", "check", "opt-out")

    async def stormed(client: Client) -> list[Attempt]:
        async with (
            await Store.open(config.database, short_units=True) as store,
            serving(config, load_policy(config), store, clock) as (host, port),
        ):

            async def call() -> tuple[bool, list[str]]:
                asking = FakeAsterisk(host, port, patience=20)
                caller = {"caller_id": CALL["caller_id"], "trunk": "carrier"}
                told = await asking.dial(NUMBER, CALL["campaign"], **caller)
                return told.allowed, told.reasons

            async def post(path: str) -> tuple[bool, list[str]]:
                said = await asyncio.to_thread(client, "POST", path, {"number": NUMBER, **CALL})
                return said.status == 200 and said.json["verdict"] == "ALLOW", said.json["reasons"]

            posts = {path: partial(post, f"/v1/{path}") for path in ("predial", "check")}
            return await storm(client, {"gate": call, **posts})

    with api(stocked, token) as client:
        found = asyncio.run(stormed(client))
    for door in ("gate", "predial", "check"):
        before = [one for one in found if one.door == door and not one.after]
        later = [one for one in found if one.door == door and one.after]
        assert any(one.passed for one in before), f"{door}: nothing passed before, so nothing is shown"
        for one in later:
            assert not one.passed, one
            assert "do-not-call" in one.reasons or one.reasons & OF_OURS, one
        assert "do-not-call" in later[-1].reasons
    told = sum(one.passed for one in found if one.door != "check")
    ((stored,),) = sql(stocked, "SELECT count(*) FROM decision WHERE verdict = 'ALLOW'")
    # (One that nobody confirmed in time is marked as well, and may have been heard.)
    assert told <= stored <= told + len(sql(stocked, "SELECT decision FROM undelivered"))
