"""A no is heard wherever the customer is, and from whoever talks with him: real keys on the real Asterisk."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.lab.customers import CALL, Customers, customers, heard, said_no_more
from tests.lab.pbx import Pbx
from tests.lab.site import Site, product
from tests.lab.test_optout import rows, said, taken

pytestmark = [pytest.mark.lab, pytest.mark.timeout(90)]

WAITS = """
[agents](+)
exten => 1002,1,Dial(PJSIP/agent1002,20)
exten => 7001,1,ConfBridge(room)
exten => 7007,1,ConfBridge(room,,,refusing)
exten => 7002,1,Park()
exten => 7003,1,Queue(patient)
exten => 7004,1,Answer()
 same => n,MusicOnHold(counting)
exten => 7005,1,Queue(phones)
exten => 7006,1,Queue(desks)
[desks]
exten => 1002,1,Dial(PJSIP/agent1002,20)
"""
PLACES = {"conference": "7001", "parked": "7002", "queue": "7003", "music": "7004"}
DONE, DONE_BY_VOICE = "D", "Playing 'activated"


@pytest.fixture(scope="module")
def lab_options(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    dialplan = tmp_path_factory.mktemp("conf") / "waits.conf"
    dialplan.write_text(WAITS, "utf-8")
    options = product()
    return options | {"dialplan": [*options["dialplan"], dialplan]}


@pytest.fixture
async def scene(site: Site, pbx: Pbx) -> AsyncIterator[Customers]:
    async with customers(site, pbx) as made:
        yield made


@pytest.mark.parametrize("place", PLACES)
async def test_customer_who_waits_somewhere(scene: Customers, place: str) -> None:
    async with scene.talking() as (number, leg, call):
        decision = scene.site.last_call()["id"]
        await scene.sent_to(call, PLACES[place])
        await leg.press("*9")
        await heard(leg, DONE)
        (row,) = await said_no_more(scene.site, number)
        assert not leg.ended
    assert (row["how"], row["by"], row["decision"]) == ("callee-key", f"+86{number}", decision)
    assert (row["scope"], row["value"]) == ("business", "jianghan")
    assert row["channel"].startswith("PJSIP/carrier-")
    assert row["recording"]
    (shown,) = scene.site.dialpact("dnc", "show", number)["opt_outs"]
    assert shown["path"]
    # In force from the next attempt on.
    before = len(scene.carrier.legs)
    again = await scene.agent.call(number, **CALL)
    await again.over()
    assert (again.status, len(scene.carrier.legs)) == (403, before)
    assert scene.site.last_call()["reasons"][0] == "do-not-call"


async def test_music_goes_on_after_the_tone(scene: Customers) -> None:
    async with scene.talking() as (_, leg, call):
        await scene.sent_to(call, PLACES["queue"])
        await leg.press("*9")
        await heard(leg, DONE)
        await asyncio.sleep(1)
        since = leg.media.received[-1].time - 0.5
        assert leg.sound(since).dbfs > -45


@pytest.mark.parametrize("state", ["talk", "hold", "transferred"])
async def test_where_the_dialplan_answers_it_is_one_refusal_and_one_answer(
    scene: Customers, state: str
) -> None:
    async with scene.talking() as (number, leg, call):
        if state == "hold":
            await call.hold()
        elif state == "transferred":
            await scene.sent_to(call, "1002")
            await scene.taken_over()
        before = scene.pbx.log().count(DONE_BY_VOICE)
        await leg.press("*9")
        row = await taken(scene.site, number)
        await said(scene.pbx, DONE_BY_VOICE, before)
        await said_no_more(scene.site, number)
        assert leg.keys == ""  # no tone beside the voice
    assert (row["how"], row["by"]) == ("callee-key", f"+86{number}")


async def test_conference_whose_menu_has_the_key_answers_by_voice(scene: Customers) -> None:
    async with scene.talking() as (number, leg, call):
        (known,) = scene.site.dialpact("calls", "show", scene.site.last_call()["id"])["carrier_legs"]
        await scene.sent_to(call, "7007")
        # After a star within some 20 ms of his joining Asterisk reads no key for its digit timeout, three
        # seconds (seen on 22; the listener takes both all the same): so he hears out that he has joined.
        joined = rf"Channel {known['channel']} joined 'softmix'(.*\n)+?.*Playing 'confbridge-join"
        await scene.pbx.logged(joined)
        await leg.hears_no_sound()
        before = scene.pbx.log().count(DONE_BY_VOICE)
        await leg.press("*9")
        await taken(scene.site, number)
        await said(scene.pbx, DONE_BY_VOICE, before)
        await asyncio.sleep(1.5)
        await said_no_more(scene.site, number)
        assert leg.keys == "" and not leg.ended
        assert "PJSIP/carrier-" in scene.pbx.cli("confbridge list room")
        assert "recording ended" not in scene.site.log("listener").split("opt-out")[-1]


async def test_key_in_a_sip_message(scene: Customers) -> None:
    async with scene.talking() as (number, leg, call):
        await scene.sent_to(call, PLACES["queue"])
        await leg.press_by_message("*9")
        await heard(leg, DONE)
        await said_no_more(scene.site, number)


@pytest.mark.parametrize(("pause", "count"), [(0.3, 1), (2.5, 1), (3.5, 0)])
async def test_time_between_the_keys(scene: Customers, pause: float, count: int) -> None:
    async with scene.talking() as (number, leg, call):
        await scene.sent_to(call, PLACES["music"])
        await leg.press("*")
        await asyncio.sleep(pause)
        await leg.press("9")
        await said_no_more(scene.site, number, count)


async def test_twice_is_one_refusal(scene: Customers) -> None:
    async with scene.talking() as (number, leg, call):
        await scene.sent_to(call, PLACES["conference"])
        await leg.press("**9")  # a slip first
        await heard(leg, DONE)
        await leg.press("*9")
        await heard(leg, DONE + DONE)
        await said_no_more(scene.site, number)


async def test_second_agent_after_a_blind_transfer(scene: Customers) -> None:
    async with scene.talking() as (number, leg, call):
        decision = scene.site.last_call()["id"]
        await scene.sent_to(call, "1002")
        taken_over = await scene.taken_over()
        await taken_over.press("*9")
        await heard(taken_over, DONE)
        (row,) = await said_no_more(scene.site, number)
        assert DONE not in leg.keys
    assert (row["how"], row["by"], row["decision"]) == ("agent-key", "agent1002", decision)
    assert row["channel"].startswith("PJSIP/agent1002-")


async def test_second_agent_after_an_attended_transfer(scene: Customers) -> None:
    async with scene.talking() as (number, leg, call):
        decision = scene.site.last_call()["id"]
        await call.hold()
        consultation = await scene.agent.call("1002")
        await consultation.answered()
        taken_over = (await scene.other.called(len(scene.other.legs)))[-1]
        await consultation.press("*9")  # no customer hears him here
        await call.refer("1002", replaces=consultation)
        await call.transferred()
        await call.hang_up()
        await consultation.hang_up()
        await leg.hears(700)
        assert rows(scene.site, number) == []
        await taken_over.press("*9")
        await heard(taken_over, DONE)
        (row,) = await said_no_more(scene.site, number)
    assert (row["how"], row["by"], row["decision"]) == ("agent-key", "agent1002", decision)


@pytest.mark.parametrize("queue", ["7005", "7006"], ids=["phone", "local channel"])
async def test_agent_who_got_him_from_a_queue(scene: Customers, queue: str) -> None:
    async with scene.talking() as (number, _, call):
        decision = scene.site.last_call()["id"]
        await scene.sent_to(call, queue)
        member = await scene.taken_over()
        await member.press("*9")
        await heard(member, DONE)
        (row,) = await said_no_more(scene.site, number)
    assert (row["how"], row["by"], row["decision"]) == ("agent-key", "agent1002", decision)


async def test_first_agent_in_his_own_call(scene: Customers) -> None:
    async with scene.talking() as (number, leg, call):
        before = scene.pbx.log().count("Playing 'beep.gsm'")
        await call.press("*9")
        row = await taken(scene.site, number)
        await said_no_more(scene.site, number)
        assert scene.pbx.log().count("Playing 'beep.gsm'") == before + 1
        assert (call.keys, leg.keys) == ("", "")
    assert (row["how"], row["by"]) == ("agent-key", "agent1001")


async def test_parked_customers_do_not_refuse_for_one_another(scene: Customers) -> None:
    async with scene.talking() as (one, _, call), scene.talking() as (two, second, other):
        await scene.sent_to(call, PLACES["parked"])
        await scene.sent_to(other, PLACES["parked"])
        await second.press("*9")
        await heard(second, DONE)
        await said_no_more(scene.site, two)
        assert rows(scene.site, one) == []


async def test_gate_is_down_and_the_listener_takes_it(scene: Customers) -> None:
    async with scene.talking() as (number, leg, _):
        scene.site.stop("gate")
        try:
            before = scene.pbx.log().count(DONE_BY_VOICE)
            await leg.press("*9")
            await taken(scene.site, number)
            await said(scene.pbx, DONE_BY_VOICE, before)
            await asyncio.sleep(0.6)
            assert "opt-out not taken" not in scene.pbx.log()
        finally:
            scene.site.start("gate")


async def test_listener_is_down_and_the_gate_takes_it(scene: Customers) -> None:
    async with scene.talking() as (number, leg, _):
        scene.site.stop("listener")
        try:
            await leg.press("*9")
            row = await taken(scene.site, number)
        finally:
            scene.site.start("listener")
            scene.site.ready()
    assert row["how"] == "callee-key"


async def test_listener_that_was_restarted_knows_who_talks_with_whom(scene: Customers) -> None:
    async with scene.talking() as (number, _, call):
        await scene.sent_to(call, "1002")
        taken_over = await scene.taken_over()
        scene.site.stop("listener")
        scene.site.start("listener")
        scene.site.ready()
        await taken_over.press("*9")
        await heard(taken_over, DONE)
        (row,) = await said_no_more(scene.site, number)
    assert row["by"] == "agent1002"


async def test_other_keys_are_nobody_s_business(scene: Customers) -> None:
    card = "4929123456781234"
    async with scene.talking() as (number, leg, call):
        await scene.sent_to(call, PLACES["music"])
        await leg.press(card)
        await leg.press("*19")
        await asyncio.sleep(0.3)
        assert rows(scene.site, number) == []
        await leg.press("*9")
        await heard(leg, DONE)
    assert card not in scene.log() and "digit" not in scene.log().lower()
