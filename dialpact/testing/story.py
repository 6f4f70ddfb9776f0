"""Calls told as a story: who dials whom at what time, and what becomes of it.

    async def test_lunch(dialpact):
        dialpact.at("2026-11-24T12:00+08:00")
        call = await dialpact.agent("1001").dials("13800138000", campaign="loans")
        assert call.blocked("outside-hours")

Nothing here decides anything: the product's own gate, listener, registers and rules do; Asterisk is the fake.

What fails a story at its end even if it does not look: a call that was blocked and nobody asked about, an
answer that was asked for and not looked at, an incident that the listener reported and the story does not
tell, an action that the fake Asterisk did not expect, or expected in vain.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import datetime

from dialpact.compliance.clock import instant
from dialpact.compliance.model import Scope
from dialpact.compliance.reasons import Reason
from dialpact.testing.ami import Channel, FakeAmi
from dialpact.testing.asterisk import ASKS, REASONS, TELLS, FakeAsterisk, Told
from dialpact.testing.clock import FixedClock
from dialpact.testing.listening import PATIENCE, Listening, Recording, listening
from dialpact.testing.looking import Answer, Duties, Failed
from dialpact.testing.registers import CALLER_ID, CAMPAIGN, NUMBER, Registers
from dialpact.testing.site import Site

OPT_OUT = ("GET VARIABLE DIALPACT_SUBJECT", "SET VARIABLE DIALPACT_OPTOUT done")
EXPECTED = (f"({ASKS})?", f"({REASONS})?", TELLS)  # what a gate may ever say to Asterisk
KNOWN = [str(reason) for reason in Reason]


class Dialpact:
    """One test's call centre; use it as ``async with``, or through the fixture of the same name."""

    def __init__(self, site: Site, clock: FixedClock) -> None:
        self.site, self.clock = site, clock
        self.registers: Registers = site.registers
        self.duties = Duties()
        self._stack = contextlib.AsyncExitStack()
        self._address: tuple[str, int] | None = None
        self._listening: Listening | None = None
        self._told: set[str] = set()  # channels whose incidents the story has looked at
        self._recorder_set = False

    async def __aenter__(self) -> Dialpact:
        return self

    async def __aexit__(self, kind: object, *_: object) -> None:
        complaints = await self._complaints() if kind is None else []
        await self._stack.aclose()
        if kind is None and (complaints := complaints + self._pbx_complaints()):
            raise Failed("\n".join(complaints))

    async def _complaints(self) -> list[str]:
        found = self.duties.complaints()
        if self._listening is not None:
            untold = [kind for kind, name in await self._listening.incidents() if name not in self._told]
            found += [f"the listener reported {kind!r}, and the story does not look at it" for kind in untold]
        return found

    def _pbx_complaints(self) -> list[str]:
        if self._listening is None:
            return []
        return [f"the fake Asterisk: {said}" for said in self._listening.pbx.complaints()]

    def at(self, time: str | datetime) -> None:
        """Now it is ``time``, ISO 8601 with its zone. A story goes forward, as time does."""
        self.clock.set(time)

    def agent(self, number: str) -> Agent:
        """Somebody at a telephone of ours."""
        return Agent(self, number)

    async def gate(self) -> tuple[str, int]:
        """Host and port of the gate, which is started at the first call."""
        if self._address is None:
            if not self._recorder_set:
                await self._set_recorder(ready=True)
            self._address = await self._stack.enter_async_context(self.site.gate())
        return self._address

    async def listens(self) -> None:
        """Starts the listener on a fake Asterisk: from now on calls are recorded, and those that go round the
        gate are cut. Without it a story is about decisions only, and a recorder counts as ready.
        """
        if self._listening is None:
            self._recorder_set = True
            self._listening = await self._stack.enter_async_context(listening(self.site, self.clock))

    async def recorder_down(self) -> None:
        """Nothing can be recorded any more; with a listener, because Asterisk's manager is gone."""
        if self._listening is None:
            await self._set_recorder(ready=False)
            return
        await self._listening.pbx.stop()
        await self._listening.until_recorder(ready=False)

    async def recorder_up(self) -> None:
        """And now it can again."""
        if self._listening is None:
            await self._set_recorder(ready=True)
            return
        await self._listening.pbx.start()
        await self._listening.until_recorder(ready=True)

    async def _set_recorder(self, *, ready: bool) -> None:
        await self.site.recorder(ready=ready)
        self._recorder_set = True

    @property
    def listening(self) -> Listening:
        if self._listening is None:
            raise Failed("nobody listens in this story: `await dialpact.listens()` comes first")
        return self._listening

    @property
    def pbx(self) -> FakeAmi:
        """The fake Asterisk that the listener is on: for faults and expectations of its own."""
        return self.listening.pbx

    async def incidents(self) -> list[str]:
        """The kinds of incident that the listener has reported, oldest first; the story has now told them."""
        found = await self.listening.incidents()
        self._told |= {name for _, name in found}
        return [kind for kind, _ in found]

    def told_of(self, channel: str) -> None:
        self._told.add(channel)

    async def a_caller_id(self) -> str:
        """The usual one, or else any that is registered."""
        async with self.site.store() as store:
            found = [entry.number for entry in (await store.caller_ids.list()).rows]
        return CALLER_ID if CALLER_ID in found or not found else found[0]


@dataclass(frozen=True)
class Agent:
    dialpact: Dialpact
    number: str

    async def dials(
        self, number: str = NUMBER, *, campaign: str = CAMPAIGN, trunk: str = "", caller_id: str = ""
    ) -> Call:
        """The dialplan asks the gate about this call. No ``trunk``: the first one configured."""
        dialpact = self.dialpact
        trunk = trunk or next(iter(dialpact.site.config.trunks))
        caller_id = caller_id or await dialpact.a_caller_id()
        host, port = await dialpact.gate()
        fake = FakeAsterisk(host, port, expect=EXPECTED, patience=PATIENCE)
        told = await fake.dial(number, campaign, agent=self.number, trunk=trunk, caller_id=caller_id)
        call = Call(dialpact, told, f"{self.number} dials {number} for {campaign}", trunk, caller_id)
        dialpact.duties.add(call.unseen)
        return call

    async def goes_round_the_gate(
        self, number: str = NUMBER, *, trunk: str = "", decision: str = ""
    ) -> Rogue:
        """Dials on the trunk without asking, or with a ``decision`` that is of another call."""
        dialpact = self.dialpact
        trunk = trunk or next(iter(dialpact.site.config.trunks))
        endpoint = dialpact.site.config.trunks[trunk].endpoint.removeprefix("PJSIP/")
        return Rogue(dialpact, dialpact.pbx.dial(number, decision, endpoint=endpoint))


class Call:
    """A call that the gate was asked about, and what it said."""

    def __init__(self, dialpact: Dialpact, told: Told, what: str, trunk: str, caller_id: str) -> None:
        self._dialpact, self._told, self._what, self._trunk = dialpact, told, what, trunk
        self._caller_id = caller_id
        self._seen = False
        self._leg: Channel | None = None

    def __repr__(self) -> str:
        return f"<call: {self._what}>"

    def unseen(self) -> str:
        if self._seen or self._told.allowed:
            return ""
        return f"{self._what}: {self._came}, and the story does not look at it"

    @property
    def _came(self) -> str:
        reasons = self._told.reasons
        if self._told.allowed:
            return f"put through, though {', '.join(reasons)} (shadow)" if reasons else "allowed"
        return f"blocked: {', '.join(reasons)}" if reasons else "blocked without a reason"

    @property
    def allowed(self) -> Answer:
        """The gate lets it be made."""
        self._seen = True
        return self._dialpact.duties.answer(self._told.allowed, f"{self._what}: allowed", self._came)

    def blocked(self, *reasons: str) -> Answer:
        """It is blocked, for exactly these reasons if any are given (docs/reasons.md), in any order.

        Raises ValueError for a word that is no reason: a test for it could never hold.
        """
        if unknown := [reason for reason in reasons if reason not in KNOWN]:
            raise ValueError(f"no such reason: {', '.join(unknown)}; there are {', '.join(KNOWN)}")
        self._seen = True
        holds = not self._told.allowed and (not reasons or set(reasons) == set(self._told.reasons))
        wanted = f"blocked: {', '.join(reasons)}" if reasons else "blocked"
        return self._dialpact.duties.answer(holds, f"{self._what}: {wanted}", self._came)

    refused = blocked  # its old name, for one version

    @property
    def reasons(self) -> list[str]:
        """Every reason of a block, in the gate's order."""
        self._seen = True
        return self._told.reasons

    @property
    def number(self) -> str:
        """What the trunk is to dial; empty when it is not to dial at all."""
        return self._told.number

    @property
    def decision(self) -> str:
        """The id under which ``dialpact calls show`` has it."""
        return self._told.decision

    @property
    def retry_at(self) -> datetime | None:
        """When the same call could pass; None when never, or when nobody knows."""
        found = self._told.channel.variables.get("DIALPACT_RETRY_AT", "")
        return instant(found) if found else None

    async def opts_out(self, *, scope: Scope = "business", by: str = "callee-key") -> None:
        """In the call somebody presses the key for "never again": the callee, or the agent (``agent-key``).

        The dialplan tells the gate, which has stored it when this returns.
        """
        host, port = await self._dialpact.gate()
        about = {"subject": self.decision}
        fake = FakeAsterisk(host, port, expect=OPT_OUT, about=about, patience=PATIENCE)
        await fake.dial(by, self.decision, agent=scope, trunk="PJSIP/test-1", script="optout")

    # With a listener

    async def answered(self) -> None:
        """The trunk dials, the callee answers, and the dialplan bridges: it is being recorded."""
        leg = await self._dialled()
        leg.pick_up()
        recorded = await self._dialpact.listening.until_recorded_or_gone(leg, self.decision)
        if not recorded:
            raise Failed(
                f"{self._what}: expected that it is recorded and bridged; came: {await self._dropped(leg)}"
            )
        leg.let_through()
        leg.enter_bridge()
        await self._dialpact.listening.until_answered(self.decision)

    async def not_bridged(self) -> Answer:
        """The callee answers, but the call is not being recorded, so the dialplan does not bridge it."""
        leg = await self._dialled()
        leg.pick_up()
        recorded = await self._dialpact.listening.until_recorded_or_gone(leg, self.decision)
        came = "it is being recorded" if recorded else await self._dropped(leg)
        return self._dialpact.duties.answer(not recorded, f"{self._what}: not recorded, not bridged", came)

    def talks(self, seconds: float, *, callee: bool = True, agent: bool = True) -> None:
        """Both speak for so long, or one of them is silent; the clock goes on by as much."""
        self._live().speak(seconds, callee=callee, agent=agent)
        self._dialpact.clock.forward(seconds=seconds)

    async def hung_up(self) -> Recording:
        """The call ends; gives its recording once the listener has settled it."""
        self._live().hang_up()
        return await self._dialpact.listening.recording(self.decision)

    async def _dialled(self) -> Channel:
        if not self._told.allowed:
            raise Failed(f"{self._what}: expected a call that the dialplan dials; came: {self._came}")
        pbx = self._dialpact.pbx
        endpoint = self._dialpact.site.config.trunks[self._trunk].endpoint.removeprefix("PJSIP/")
        self._leg = pbx.dial(self._told.number, self.decision, endpoint=endpoint, caller_id=self._caller_id)
        return self._leg

    async def _dropped(self, leg: Channel) -> str:
        """The dialplan gives the call up."""
        if leg.name in self._dialpact.pbx.channels:
            leg.refuse()
            leg.hang_up()
        self._dialpact.told_of(leg.name)
        kinds = [kind for kind, name in await self._dialpact.listening.incidents() if name == leg.name]
        return f"not recorded, hung up{' (' + ', '.join(kinds) + ')' if kinds else ''}"

    def _live(self) -> Channel:
        if self._leg is None or self._leg.name not in self._dialpact.pbx.channels:
            raise Failed(f"{self._what}: it is not up; `await call.answered()` comes first")
        return self._leg


@dataclass(frozen=True)
class Rogue:
    """A call that nobody asked the gate about."""

    dialpact: Dialpact
    leg: Channel

    async def cut(self, kind: str = "") -> Answer:
        """The listener hangs it up and reports it, as this ``kind`` of incident if one is given."""
        self.dialpact.told_of(self.leg.name)
        found = await self.dialpact.listening.cut(self.leg)
        came = f"cut and reported: {', '.join(found)}" if found else "it was not cut"
        wanted = f"the call on {self.leg.name} is cut{' and reported: ' + kind if kind else ''}"
        return self.dialpact.duties.answer(bool(found) and (not kind or kind in found), wanted, came)
