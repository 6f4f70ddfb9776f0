"""What is done on both: each is one connection, and its name is that of its transcript."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable

from tests.contract.manager import Manager
from tests.contract.worlds import SECRET, Call, World

NUMBER, BUSY, NO_ANSWER = "02712345699", "02712345601", "02712345602"
GONE = "PJSIP/carrier-ffffffff"
ID = "0123456789abcdef0123456789abcdef"
Scenario = Callable[[World, Manager], Awaitable[None]]


async def login(ami: Manager) -> None:
    await ami.do("Login", Username="dialpact", Secret=SECRET)
    await ami.event("FullyBooted")


async def record(world: World, ami: Manager, leg: str) -> None:
    stem = world.folder / secrets.token_hex(8)
    await ami.do(
        "MixMonitor",
        Channel=leg,
        File=f"{stem}.wav",
        Options=f"r({stem}-callee.wav)t({stem}-agent.wav)i(DIALPACT_MIXMONITOR)",
    )
    await ami.event("MixMonitorStart", Channel=leg)
    await ami.do("Setvar", Channel=leg, Variable="DIALPACT_RECORDING", Value=ID)


async def talking(world: World, ami: Manager, call: Call) -> None:
    """Answered, recorded, and then bridged: as the listener has it."""
    await call.rings()
    await ami.event("Newstate", Channel=call.leg, ChannelStateDesc="Ringing")
    await call.is_picked_up()
    await ami.event("Newstate", Channel=call.leg, ChannelStateDesc="Up")
    await record(world, ami, call.leg)
    await call.is_answered()
    await call.is_bridged()
    await ami.event("BridgeEnter", Channel=call.leg)


async def logins(world: World, ami: Manager) -> None:
    """The right password, Ping, and actions on a channel that is not there."""
    await login(ami)
    await ami.do("Ping")
    await ami.do("CoreShowChannels")
    await ami.do("Getvar", Variable="NOSUCH")
    for action, more in {
        "Getvar": {"Variable": "A"},
        "Setvar": {"Variable": "A", "Value": "b"},
        "MixMonitor": {"File": "/x", "Options": "r(/y)t(/z)"},
        "MixMonitorMute": {"Direction": "both", "State": "1"},
        "StopMixMonitor": {},
        "Hangup": {},
    }.items():
        await ami.do(action, Channel=GONE, **more)
    await ami.do("Originate", Channel="Local/1@x", Application="Wait")
    await ami.do("NoSuchAction")


async def wrong_secret(world: World, ami: Manager) -> None:
    await ami.do("Login", Username="dialpact", Secret="wrong")
    await ami.until(lambda: ami.closed)


async def no_login(world: World, ami: Manager) -> None:
    """Nothing is answered before the login but that it is not allowed."""
    await ami.do("Ping")
    await ami.until(lambda: ami.closed or ami.messages)


async def answered(world: World, ami: Manager) -> None:
    """An allowed call, hung up by the agent."""
    await login(ami)
    async with world.call(ami, NUMBER) as call:
        await talking(world, ami, call)
        await call.agent_hangs_up()
        await ami.event("Hangup", Channel=call.leg)


async def callee_hangs_up(world: World, ami: Manager) -> None:
    await login(ami)
    async with world.call(ami, NUMBER) as call:
        await talking(world, ami, call)
        await call.callee_hangs_up()
        await ami.event("Hangup", Channel=call.leg)


async def busy(world: World, ami: Manager) -> None:
    await login(ami)
    async with world.call(ami, BUSY) as call:
        await call.rings()
        await record(world, ami, call.leg)
        await call.is_refused()
        await ami.event("Hangup", Channel=call.leg)


async def cancelled(world: World, ami: Manager) -> None:
    """Nobody answers, and the agent gives up."""
    await login(ami)
    async with world.call(ami, NO_ANSWER) as call:
        await call.rings()
        await record(world, ami, call.leg)
        await call.agent_hangs_up()
        await ami.event("Hangup", Channel=call.leg)


async def stopped(world: World, ami: Manager) -> None:
    """The recording muted, unmuted and stopped in the middle of the call, which is then cut by AMI."""
    await login(ami)
    async with world.call(ami, NUMBER) as call:
        await talking(world, ami, call)
        leg = call.leg
        await ami.do("CoreShowChannels")
        for variable in ("DIALPACT_ID", "DIALPACT_RECORDING", "NOSUCH", "CHANNEL(state)"):
            await ami.do("Getvar", Channel=leg, Variable=variable)
        for count, state in enumerate("10", 1):
            await ami.do("MixMonitorMute", Channel=leg, Direction="both", State=state)
            await ami.until(
                lambda count=count: sum(m.name == "MixMonitorMute" for m in ami.messages) == count
            )
        await ami.do("MixMonitorMute", Channel=leg, Direction="both", State="1", MixMonitorID="0x1")
        await ami.do("StopMixMonitor", Channel=leg)
        await ami.event("MixMonitorStop", Channel=leg)
        await ami.do("StopMixMonitor", Channel=leg)
        await ami.do("Hangup", Channel=leg)
        await ami.event("Hangup", Channel=leg)
        await ami.do("Getvar", Channel=leg, Variable="DIALPACT_ID")
        await ami.do("MixMonitor", Channel=leg, File="/x", Options="r(/y)t(/z)")


async def keys(world: World, ami: Manager) -> None:
    """Keys of the callee, a tone for him, and the bridge that he is in."""
    await login(ami)
    async with world.call(ami, NUMBER) as call:
        await talking(world, ami, call)
        for key in "*9":
            await call.callee_presses(key)
            await ami.event("DTMFEnd", Channel=call.leg, Digit=key)
        await ami.do("PlayDTMF", Channel=call.leg, Digit="D", Duration="100")
        await ami.do("PlayDTMF", Channel=GONE, Digit="D", Duration="100")
        await ami.do("BridgeList")
        await call.agent_hangs_up()
        await ami.event("Hangup", Channel=call.leg)


SCENARIOS: dict[str, Scenario] = {
    "logins": logins,
    "wrong_secret": wrong_secret,
    "no_login": no_login,
    "answered": answered,
    "callee_hangs_up": callee_hangs_up,
    "busy": busy,
    "cancelled": cancelled,
    "stopped": stopped,
    "keys": keys,
}
