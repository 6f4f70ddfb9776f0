"""The opt-out keys, heard by the events of every channel: in a bridge, a conference, a queue, parked.

Asterisk's own features hear them where two talk; there the dialplan answers with its sounds, and both tell
the same store, which knows them for one. Where no dialplan takes the key up, its answer is a tone. A key is
the call's: the customer's on his leg, the agent's on any channel that hears a leg in its bridge.

What else is pressed is nobody's business: no digit is kept, written or printed (``keypad``).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Coroutine
from typing import Any, Literal

import structlog

from ami_listener.ami import events
from ami_listener.ami.connection import LinkError
from ami_listener.ami.pbx import OPTOUT, Pbx
from ami_listener.calls import keypad
from ami_listener.calls.companions import Companions
from ami_listener.calls.view import ListenerView
from ami_listener.legs.leg import Leg
from ami_listener.legs.states import Phase
from dialpact.application.opt_out import OptOutQueue
from dialpact.compliance.errors import ConfigError, RecordingError
from dialpact.compliance.opt_out import scope_of

How = Literal["callee-key", "agent-key"]
# What the dialplan asks the gate on, with the unique id of the channel on which the key was pressed.
_ASKING = re.compile(r"Local/[a-z]+_[^_@]*_[^_@]*_([^@]+)@dialpact-optout-ask-[0-9a-f]+;1")
log = structlog.get_logger()


class Keys:
    """Observes every channel; see the module."""

    def __init__(self, listener: ListenerView, companions: Companions) -> None:
        context = listener.context
        self._timings = context.timings.keys
        self._listener, self._companions = listener, companions
        self._opt_outs = OptOutQueue(context.store, context.node, context.clock)
        self._pressed: dict[str, keypad.Pressed] = {}  # by unique id
        self._asking: dict[str, asyncio.Event] = {}  # set once the dialplan asks for this channel
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Until cancelled."""
        await self._opt_outs.run()

    async def close(self) -> None:
        """What was pressed is stored, as far as the store lets us."""
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._opt_outs.close()

    def forget(self) -> None:
        """The link is gone: what happens meanwhile nobody sees. What was pressed is stored all the same."""
        self._pressed.clear()

    def feed(self, pbx: Pbx, event: events.ChannelEvent) -> None:
        """An event of any channel. Never waits."""
        match event:
            case events.Created() if asking := _ASKING.fullmatch(event.channel):
                if (waiting := self._asking.get(asking[1])) is not None:
                    waiting.set()
            case events.HungUp():
                self._pressed.pop(event.uniqueid, None)
            # (a Local channel only hands on what was pressed on a telephone)
            case events.KeyPressed(received=True) if not event.channel.startswith("Local/"):
                self._press(pbx, event)

    def _press(self, pbx: Pbx, event: events.KeyPressed) -> None:
        listener = self._listener
        heard = self._companions.bridges.heard_by(event.uniqueid)
        legs = [leg for uniqueid in heard if (leg := listener.legs.get(uniqueid)) is not None]
        own = listener.legs.get(event.uniqueid)
        # A trunk's channel that is no leg of ours is an agent's outside, or a leg that is still to be found.
        customer = own is not None or (not legs and bool(listener.trunks_of(event.channel)))
        how: How = "callee-key" if customer else "agent-key"
        keys = listener.opt_out.callee_key if customer else listener.opt_out.agent_key
        before = self._pressed.pop(event.uniqueid, keypad.NOTHING)
        now, complete = keypad.press(keys, before, event.digit, asyncio.get_running_loop().time())
        if now.count:
            self._pressed[event.uniqueid] = now
        if not complete:
            return
        if own is not None:
            legs = [own]
        if legs or customer:
            asking = self._asking[event.uniqueid] = asyncio.Event()  # at once: it may be the next event
            self._do(self._act(pbx, how, event, legs, asking))

    async def _act(
        self, pbx: Pbx, how: How, event: events.KeyPressed, legs: list[Leg], asking: asyncio.Event
    ) -> None:
        at = self._listener.context.clock.now()
        patience = asyncio.get_running_loop().time() + self._timings.dialplan
        try:
            decisions = await self._decisions(event.uniqueid, legs)
            if not decisions:
                log.info("key of no call of ours", how=how, channel=event.channel)
                return
            scope = scope_of(await self._scope(pbx))
            deadline = asyncio.get_running_loop().time() + self._timings.stored
            taking = (
                self._opt_outs.take(how, decision, scope, event.channel[:128], deadline, at)
                for decision in decisions
            )
            done = all(await asyncio.gather(*taking))
            await self._tell(pbx, event.channel, done, asking, patience)
        except (LinkError, RecordingError, ConfigError) as error:
            log.warning("nobody could be told of the key", channel=event.channel, why=str(error))
        except Exception:
            log.exception("key failed", how=how, channel=event.channel)
        finally:
            if self._asking.get(event.uniqueid) is asking:
                del self._asking[event.uniqueid]

    async def _decisions(self, uniqueid: str, legs: list[Leg]) -> list[str]:
        """Of these legs, or of the leg ``uniqueid`` that is still to be found; a young one is judged."""
        until = asyncio.get_running_loop().time() + self._timings.judged
        while asyncio.get_running_loop().time() < until:
            known = legs or [leg for leg in [self._listener.legs.get(uniqueid)] if leg is not None]
            if known and not any(not leg.decision and leg.state.phase is Phase.JUDGING for leg in known):
                return sorted({leg.decision for leg in known if leg.decision})
            await asyncio.sleep(0.02)
        return []

    async def _scope(self, pbx: Pbx) -> str:
        try:
            return await pbx.optout_scope()
        except LinkError:
            return "business"  # as the dialplan's default

    async def _tell(self, pbx: Pbx, channel: str, done: bool, asking: asyncio.Event, patience: float) -> None:
        """Through the dialplan, where it has taken the key up, and else by a tone."""
        try:
            async with asyncio.timeout_at(patience):
                await asking.wait()
        except TimeoutError:
            await self._play(channel, done)
            return
        if done:  # what the gate could not do is done
            await pbx.set_variable(channel, OPTOUT, "done")

    async def _play(self, channel: str, done: bool) -> None:
        """On a session of its own: while a tone sounds, Asterisk answers nothing else on it."""
        key, milliseconds, times = self._timings.done if done else self._timings.failed
        session = await self._listener.connect(events=False)
        try:
            for turn in range(times):
                if turn:
                    await asyncio.sleep(milliseconds / 1000)
                await Pbx(session).play_key(channel, key, milliseconds)
        finally:
            await session.close()

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name="key")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
