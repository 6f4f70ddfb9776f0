"""What a receiver is told, when, in which order, and what becomes of what does not arrive."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from standardwebhooks import Webhook

from dialpact.application.ledger.audit import Audit
from dialpact.application.webhooks import desk, sender
from dialpact.application.webhooks.receiver import Timings
from dialpact.compliance.clock import stamp
from dialpact.compliance.webhooks.retry import SCHEDULE
from dialpact.compliance.webhooks.settings import WebhookConfig
from dialpact.store.sqlite.snapshot import opened
from tests.patience import WAIT
from tests.webhooks.ear import Came, Ear, said
from tests.webhooks.office import Office, office

A, B = "+8613800138000", "+8613900139000"


@pytest.fixture
async def ear() -> AsyncIterator[Ear]:
    async with Ear().listening() as one:
        yield one


@pytest.fixture
async def here(tmp_path: Path, ear: Ear) -> AsyncIterator[Office]:
    async with office(tmp_path, crm=WebhookConfig(url=ear.url, events=("decision.blocked",))) as one:
        yield one


async def test_a_blocked_call_is_told_once(here: Office, ear: Ear) -> None:
    made = await here.block()
    await here.sent()
    await here.sent()
    (came,) = ear.came
    assert came.event["type"] == "decision.blocked"
    (call,) = came.data["decisions"]
    assert call["decision"] == made.id
    assert (call["number"], call["reasons"], call["mode"]) == ("+86138****8000", ["do-not-call"], "enforce")
    assert came.headers["content-type"] == "application/json"
    state = await here.state()
    assert (state.delivered, state.waiting, state.failures) == (1, 0, 0)


async def test_what_was_before_is_not_told(tmp_path: Path, ear: Ear) -> None:
    async with office(tmp_path) as before:
        await before.block(A)
    async with office(tmp_path, crm=WebhookConfig(url=ear.url, events=("decision.blocked",))) as now:
        last = await now.block(B)
        await now.sent()
    assert [one.data["decisions"][0]["decision"] for one in ear.came] == [last.id]


async def test_both_signatures_hold_and_the_oracle_agrees(here: Office, ear: Ear) -> None:
    here.clock.set("2026-11-24T10:00:00.9+08:00")
    await here.block()
    await here.sent()
    (came,) = ear.came
    keys = await desk.keys(here.context, here.config, "crm", shared=True)
    signatures = dict(one.split(",", 1) for one in came.headers["webhook-signature"].split(" "))
    assert list(signatures) == ["v1a", "v1"]
    seconds = came.headers["webhook-timestamp"]
    assert int(seconds) == int(here.clock.now().timestamp())
    content = f"{came.id}.{seconds}.".encode() + came.body
    public = keys.keys[0].public
    assert public.startswith("whpk_")
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public.removeprefix("whpk_")))
    key.verify(base64.b64decode(signatures["v1a"]), content)
    oracle = Webhook(keys.shared[0])
    expected = oracle.sign(came.id, here.clock.now(), came.body.decode())
    assert expected == f"v1,{signatures['v1']}"


async def test_it_is_tried_again_over_days_and_then_given_up(here: Office, ear: Ear) -> None:
    ear.answer = said("500 Oops")
    await here.block()
    receiver = here.receiver()
    for number, delay in enumerate(SCHEDULE, 1):
        await here.rounds(receiver)
        here.clock.set(here.clock.now() + delay * 0.99)  # nothing is sent before its time
        await here.rounds(receiver)
        assert len(ear.came) == number
        here.clock.set(here.clock.now() + delay * 0.01)
    await here.rounds(receiver)
    assert len(ear.came) == 10
    assert len({(one.id, one.body) for one in ear.came}) == 1, "the same bytes under the same id"
    assert len({one.headers["webhook-timestamp"] for one in ear.came}) == 10
    (dead,) = (await desk.listed(here.context, state="dead")).rows
    assert (dead.attempts, dead.why, dead.next_at) == (10, "HTTP 500", None)
    assert [one.kind for one in (await here.store.incidents.list()).rows] == ["webhook-dead"]
    here.clock.forward(days=3)
    await here.rounds(receiver)
    assert len(ear.came) == 10

    ear.answer = said("204 No Content")
    assert await desk.replay(here.context) == 1
    await here.rounds(receiver)
    assert len(ear.came) == 11 and ear.came[-1].body == ear.came[0].body and ear.came[-1].id == dead.id
    assert await desk.replay(here.context) == 0
    state = await here.state()
    assert (state.dead, state.delivered, state.told) == (0, 1, False)


async def test_dead_letters_are_one_incident_until_there_are_none(here: Office, ear: Ear) -> None:
    ear.answer = said("400 No")
    for number in (A, B):
        await here.block(number)
    receiver = here.receiver()
    for _ in range(10):
        await here.rounds(receiver)
        for _ in range(3):  # (one at a time, once it is ill)
            await receiver.turn()
        here.clock.forward(hours=25)
    assert (await here.state()).dead == 2
    assert [one.kind for one in (await here.store.incidents.list()).rows] == ["webhook-dead"]


async def test_the_order_of_each_subject_is_kept_and_no_other_waits(here: Office, ear: Ear) -> None:
    async def not_a(came: Came) -> str:
        return "503 Away" if calls(came)[0] == first.id else "200 OK"

    first = await here.block(A)
    second = await here.block(A)
    other = await here.block(B)
    ear.answer = not_a
    receiver = here.receiver()
    await here.rounds(receiver)
    assert sorted(id for one in ear.came for id in calls(one)) == sorted([first.id, other.id])
    third = await here.block(A)
    await here.rounds(receiver)
    assert len(ear.came) == 2
    ear.answer = said("200 OK")
    here.clock.forward(seconds=6)
    await here.rounds(receiver)
    assert [id for one in ear.came[2:] for id in calls(one)] == [first.id, second.id, third.id]


def calls(came: Came) -> list[str]:
    return [one["decision"] for one in came.data["decisions"]]


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ("302 Found\r\nLocation: http://127.0.0.1:1/", "HTTP 302: a redirect is not followed"),
        ("404 Not Found", "HTTP 404"),
        ("300 Several", "HTTP 300: a redirect is not followed"),
        ("", "the connection was closed without an answer"),
    ],
)
async def test_only_2xx_is_success(here: Office, ear: Ear, answer: str, why: str) -> None:
    ear.answer = said(answer)
    await here.block()
    await here.sent()
    (row,) = (await desk.listed(here.context)).rows
    assert (row.state, row.attempts, row.why) == ("waiting", 1, why)
    for status in ("200 OK", "201 Created", "202 Accepted", "204 No Content"):
        ear.answer = said(status)
        await here.block()
        here.clock.forward(minutes=6)
        await here.sent()
    state = await here.state()
    assert (state.waiting, state.delivered) == (0, 5)


async def test_410_ends_it_until_a_person_says_otherwise(here: Office, ear: Ear) -> None:
    ear.answer = said("410 Gone")
    await here.block()
    receiver = here.receiver()
    await here.rounds(receiver)
    await here.block()
    here.clock.forward(days=2)
    await here.rounds(receiver)
    assert len(ear.came) == 1
    state = await here.state()
    assert state.disabled_at is not None and state.why == "HTTP 410"
    assert [one.kind for one in (await here.store.incidents.list()).rows] == ["webhook-gone"]
    ear.answer = said("200 OK")
    assert await desk.resume(here.context, "crm") == 0
    await here.rounds(receiver)
    assert len(ear.came) == 3 and ear.came[0].body == ear.came[1].body, "what happened meanwhile is told"
    last = await here.block()
    ear.answer = said("410 Gone")
    await here.rounds(receiver)
    await here.block()
    assert await desk.resume(here.context, "crm", skip=True) == 1
    ear.answer = said("200 OK")
    await here.rounds(receiver)
    assert calls(ear.came[-1]) == [last.id] and len(ear.came) == 4


async def test_retry_after_holds_all_that_goes_there(here: Office, ear: Ear) -> None:
    ear.answer = said("429 Too Many Requests\r\nRetry-After: 600")
    await here.block(A)
    receiver = here.receiver()
    await here.rounds(receiver)
    ear.answer = said("200 OK")
    await here.block(B)
    here.clock.forward(seconds=599)
    await here.rounds(receiver)
    assert len(ear.came) == 1
    here.clock.forward(seconds=1)
    await here.sent()  # also a process that was started meanwhile keeps to it
    assert len(ear.came) == 3


async def test_who_was_away_for_long_gets_all_at_once(here: Office, ear: Ear) -> None:
    numbers = [f"+86138001380{number:02}" for number in range(6)]
    ear.answer = said("")
    receiver = here.receiver()
    for number in numbers:
        await here.block(number)
    await here.rounds(receiver)
    here.clock.forward(minutes=20)  # each waits for half an hour now, or for longer
    for _ in numbers:
        await receiver.turn()
    waiting = await here.store.webhooks.waiting("crm")
    assert min(one.next_at for one in waiting) > here.clock.now()
    before = len(ear.came)
    assert before == 12
    ear.answer = said("200 OK")
    await here.block("+8613700137000")
    here.clock.forward(seconds=1)
    for _ in range(3):
        await here.rounds(receiver)
    assert len(ear.came) == before + 7 and (await here.state()).waiting == 0


async def test_of_two_that_would_send_one_does(here: Office, ear: Ear) -> None:
    """The other waits, and takes over when the first has ended."""
    stops, runs = [asyncio.Event(), asyncio.Event()], []
    quick = Timings(tick=0.01, gather=0.0, answer=20.0, end=1.0)

    def begin(stop: asyncio.Event) -> None:
        work = sender.run(here.context, here.config, lambda: here.policy, stop, quick)
        runs.append(asyncio.create_task(work))

    begin(stops[0])
    await here.block(A)
    await ear.next()
    begin(stops[1])
    await here.block(B)
    await ear.next()
    stops[0].set()
    await asyncio.wait_for(runs[0], WAIT)
    last = await here.block(A)
    assert calls(await ear.next()) == [last.id]
    stops[1].set()
    await asyncio.wait_for(runs[1], WAIT)
    assert len(ear.came) == 3


async def test_nothing_is_sent_unsigned_and_nothing_is_lost_meanwhile(here: Office, ear: Ear) -> None:
    file = here.config.path("webhook-crm.secret")
    content = file.read_text()
    file.unlink()
    await here.block(A)
    receiver = here.receiver()
    await here.rounds(receiver)
    state = await here.state()
    assert ear.came == [] and state.waiting == 1
    assert "secret_file" in state.why and state.failing_since is not None, (
        "the doctor sees it, whoever runs it"
    )
    file.write_text(content)
    file.chmod(0o600)
    await here.rounds(receiver)
    (row,) = (await desk.listed(here.context)).rows
    assert len(ear.came) == 1 and row.attempts == 1
    state = await here.state()
    assert (state.why, state.failures, state.failing_since) == ("", 0, None)


async def test_who_forges_the_outbox_misleads_a_receiver_and_nobody_finds_it(here: Office, ear: Ear) -> None:
    """It is no evidence: the log does not know of it, and whoever asks the log is told the truth."""
    made = await here.block(A)
    await here.maker().make(await here.state())
    here.write("DELETE FROM webhook_delivery")
    here.write(
        "INSERT INTO webhook_delivery (hook, id, type, subjects, body, happened_at, made_at, state, next_at)"
        " VALUES ('crm', 'msg_forged', 'decision.blocked', '[]', CAST(? AS BLOB), ?, ?, 'waiting', ?)",
        '{"type":"decision.blocked","data":{"decisions":[{"decision":"never"}]}}',
        *[stamp(here.clock.now())] * 3,
    )
    await here.sent()
    assert [calls(one) for one in ear.came] == [["never"]]
    audit = Audit([])
    with opened(here.config.database) as snapshot:
        for _ in audit.run(snapshot):
            pass
    assert audit.found.listed == []
    assert [one.id for one in (await here.store.calls.list()).rows] == [made.id]
