"""Chaos calls in which more than two take part, or more than one trunk: what a call centre does all day."""

from __future__ import annotations

import asyncio
import re
import subprocess
import time

from tests.lab.bootstrap import LabError
from tests.lab.call import Call
from tests.lab.carrier import SIDES
from tests.lab.chaos_calls import FAILS_OVER, MAY, SIMPLE, Kind, Plan, Press, World
from tests.lab.chaos_seen import BOSS_TONE, Leg
from tests.lab.keys import Keys, event_type
from tests.lab.phone import Phone
from tests.lab.soak_crowd import CAMPAIGN

# What the site's administrators have written; of [forgot] the gate is never asked.
SITE = f"""
[agents](+)
exten => _*70X.,1,Goto(forgot,${{EXTEN:3}},1)
exten => _*71X.,1,Goto(ask-again,${{EXTEN:3}},1)
exten => _*72X.,1,Goto(ask-once,${{EXTEN:3}},1)
exten => _*74X.,1,Set(CONFBRIDGE(user,quiet)=yes)
 same => n,ConfBridge(${{EXTEN:3}})
exten => _*75.,1,Answer()
 same => n,ChanSpy(PJSIP/${{EXTEN:4}},q${{IF($[${{EXTEN:3:1}} = 1]?w:B)}})
exten => *1002,1,Dial(PJSIP/agent1002,20)
exten => *1003,1,Dial(PJSIP/agent1003,20)
exten => *7002,1,Park()
exten => *7003,1,Queue(patient)
exten => *7005,1,Queue(phones)

[forgot]
exten => _X.,1,Dial(PJSIP/${{EXTEN}}@carrier,30)
 same => n,Hangup()

[ask-again]
exten => _X.,1,Gosub(dialpact-outbound,s,1(${{EXTEN}},{CAMPAIGN},${{CHANNEL(endpoint)}},carrier))
 same => n,Dial(PJSIP/${{DIALPACT_NUMBER}}@carrier,30,iU(dialpact-answered))
 same => n,Gosub(dialpact-outbound,s,1(${{EXTEN}},{CAMPAIGN},${{CHANNEL(endpoint)}},carrier2))
 same => n,Dial(PJSIP/${{DIALPACT_NUMBER}}@carrier2,30,iU(dialpact-answered))
 same => n,Hangup(${{HANGUPCAUSE}})

[ask-once]
exten => _X.,1,Gosub(dialpact-outbound,s,1(${{EXTEN}},{CAMPAIGN},${{CHANNEL(endpoint)}},carrier&carrier2))
 same => n,Dial(PJSIP/${{DIALPACT_NUMBER}}@carrier,30,iU(dialpact-answered))
 same => n,Dial(PJSIP/${{DIALPACT_NUMBER}}@carrier2,30,iU(dialpact-answered))
 same => n,Hangup(${{HANGUPCAUSE}})

[called-in]
exten => _X.,1,Gosub(dialpact-outbound,s,1(${{EXTEN}},{CAMPAIGN},,carrier))
 same => n,Dial(PJSIP/${{DIALPACT_NUMBER}}@carrier,30,iU(dialpact-answered))
 same => n,Hangup(${{HANGUPCAUSE}})
"""
ANSWER = 8.0  # seconds in which a call is answered, or it is not put through
TOLD = 4.0  # seconds after a key in which it is answered
OTHER_ENDPOINT = {"agent1001": "agent1003", "agent1002": "agent1003", "agent1003": "agent1001"}


async def _at_the_carrier(world: World, leg: Leg) -> str:
    """The channel of a customer's leg. LookupError."""
    try:
        listed = await asyncio.to_thread(world.pbx.cli, "core show channels concise", 3)
    except (LabError, subprocess.TimeoutExpired):
        listed = ""
    for row in (line.split("!") for line in listed.splitlines()):
        if row[0].startswith("PJSIP/carrier-") and leg.number in row:
            return row[0].removeprefix("PJSIP/")
    raise LookupError(f"no channel of {leg.number[:3]}*")


def sent_to(kind: str, place: str) -> Kind:
    """A blind transfer inside."""

    async def call(world: World) -> None:
        pair = world.fresh("00")

        async def sending(call: Call, plan: Plan) -> None:
            await call.answered(ANSWER)
            await asyncio.sleep(1.2)
            await call.dialog.refer(place)

        await world.dial(kind, MAY, pair.callee, pair.caller_id, sending, talk_seconds=8.0)

    return call


async def attended(world: World) -> None:
    """The agent asks a colleague first, and puts the customer through to him."""
    pair, endpoint = world.fresh("00"), "agent1001"

    async def sending(call: Call, plan: Plan) -> None:
        await call.answered(ANSWER)
        await asyncio.sleep(0.8)
        asking = Phone(world.pbx, endpoint).calling("*1003", hangup_by="test", campaign="")
        async with asking as consultation:
            await consultation.answered(ANSWER)
            await asyncio.sleep(0.5)
            await call.dialog.refer("*1003", replaces=consultation.dialog)

    await world.dial(
        "attended transfer", MAY, pair.callee, pair.caller_id, sending, endpoint=endpoint, talk_seconds=8.0
    )


async def parked(world: World) -> None:
    """A colleague fetches the customer from the car park."""
    pair = world.fresh("00")

    async def parking(call: Call, plan: Plan) -> None:
        await call.answered(ANSWER)
        leg = await world.leg_of(pair.caller_id, pair.callee)
        channel = await _at_the_carrier(world, leg)
        await asyncio.sleep(0.8)
        await call.dialog.refer("*7002")
        await asyncio.sleep(1.0)
        lot = await asyncio.to_thread(world.pbx.cli, "parking show default", 3)
        if not (space := re.search(rf"Space\s*:\s*(\d+)\s+.*?{re.escape(channel)}", lot, re.DOTALL)):
            raise LookupError("nobody is parked")
        words = {"Channel": "PJSIP/agent1002", "Application": "ParkedCall", "Async": "true"}
        await world.manager("Originate", Data=f"default,{space[1]}", **words)

    await world.dial("parked and fetched", MAY, pair.callee, pair.caller_id, parking, talk_seconds=8.0)


async def called_into_a_conference(world: World) -> None:
    """The agent waits in a conference, and the customer is called into it."""
    pair = world.fresh("00")
    room = pair.callee[2:]
    phone = Phone(world.pbx, world.dice.choice(("agent1001", "agent1003")))
    async with phone.calling(f"*74{room}", hangup_by="test", campaign="") as waiting:
        await waiting.answered(ANSWER)
        plan = Plan("called into a conference", MAY, pair.callee, pair.caller_id, time.time())
        world.plans.append(plan)
        words = {"Channel": f"Local/{pair.callee}@called-in", "Async": "true", "CallerID": pair.caller_id}
        if not await world.manager("Originate", Application="ConfBridge", Data=room, **words):
            plan.trouble = "Asterisk did not take it"
        await asyncio.sleep(5.0)
        plan.ended = time.time()


def _fails_over(kind: str, prefix: str, one_decision: bool) -> Kind:
    async def call(world: World) -> None:
        pair = world.fresh(FAILS_OVER)

        async def planned(call: Call, plan: Plan) -> None:
            plan.trunk, plan.one_decision = "carrier2", one_decision

        number = f"{prefix}{pair.callee}"
        await world.dial(kind, MAY, number, pair.caller_id, planned, talk_seconds=2.0)

    return call


def _supervised(kind: str, way: str) -> Kind:
    """A supervisor speaks to the customer alone (1), or to both (2)."""

    async def call(world: World) -> None:
        pair = world.fresh("00")
        endpoint = world.dice.choice(("agent1001", "agent1002"))

        async def coaching(call: Call, plan: Plan) -> None:
            await call.answered(ANSWER)
            leg = await world.leg_of(pair.caller_id, pair.callee)
            channel = await _at_the_carrier(world, leg)
            await asyncio.sleep(0.8)
            boss = Phone(world.pbx, OTHER_ENDPOINT[endpoint], BOSS_TONE)
            async with boss.calling(f"*75{way}{channel}", hangup_by="test", campaign="") as spy:
                await spy.answered(ANSWER)
                await asyncio.sleep(2.5)
            await asyncio.sleep(0.8)
            await call.hang_up()

        await world.dial(
            kind, MAY, pair.callee, pair.caller_id, coaching, endpoint=endpoint, hangup_by="test"
        )

    return call


def refuses_in(kind: str, place: str) -> Kind:
    """The customer presses the key where no feature of Asterisk's hears it."""

    async def call(world: World) -> None:
        pair = world.fresh("00")

        async def pressing(call: Call, plan: Plan) -> None:
            await call.answered(ANSWER)
            leg = await world.leg_of(pair.caller_id, pair.callee)
            await asyncio.sleep(0.6)
            await call.dialog.refer(place or f"*74{pair.callee[2:]}")
            await asyncio.sleep(1.2)
            at, ear = time.time(), world.callees["carrier"].ear
            await Keys(SIDES["carrier"], leg.port or 0, event_type(leg.text)).press("*9")
            while time.time() < at + TOLD and ear.took(leg.port, at, at + TOLD) is None:
                await asyncio.sleep(0.1)
            await asyncio.sleep(0.7)  # one that was not taken is told by three short tones
            taken = ear.took(leg.port, at, at + TOLD)
            world.presses.append(Press(leg, at, taken))
            if taken:
                world.refused[pair.callee] = time.time()
                world.again(pair)

        await world.dial(kind, MAY, pair.callee, pair.caller_id, pressing, hangup_by="test")

    return call


KINDS: list[Kind] = [
    *SIMPLE,
    sent_to("blind transfer inside", "*1002"),
    sent_to("given to a queue", "*7005"),
    *(attended, parked, called_into_a_conference),
    _fails_over("fails over, asked twice", "*71", one_decision=False),
    _fails_over("fails over, asked once", "*72", one_decision=True),
    _supervised("a supervisor whispers to the customer", "1"),
    _supervised("a supervisor speaks to both", "2"),
    refuses_in("refuses while waiting in a queue", "*7003"),
    refuses_in("refuses while parked", "*7002"),
    refuses_in("refuses in a conference", ""),
]
