"""What is done to a leg beside recording it: its interlock is opened or shut, and it is cut.

The interlock is a variable that the dialplan waits for before it bridges the leg (``U(dialpact-answered)``).
"""

from __future__ import annotations

import structlog

from ami_listener.ami.pbx import INTERLOCK, PASSED, NoChannel, Pbx
from ami_listener.legs.leg_context import LegContext
from ami_listener.legs.leg_facts import LegFacts
from dialpact.compliance.errors import RecordingError

log = structlog.get_logger()


class LegControl:
    """Of one leg. Everything here raises NoChannel, LinkError."""

    def __init__(self, context: LegContext, pbx: Pbx, leg: LegFacts) -> None:
        self._context, self._pbx, self._leg = context, pbx, leg
        self._spared = False  # it came in, and that is told

    async def open(self) -> None:
        """Lets the dialplan bridge it."""
        await self._set_interlock(self._leg.decision)

    async def shut(self) -> None:
        await self._set_interlock("")

    async def _set_interlock(self, value: str) -> None:
        leg = self._leg
        try:
            await self._pbx.set_variable(leg.channel, INTERLOCK, value)
        except NoChannel:
            raise
        except RecordingError as error:
            log.error("interlock not set", leg=leg.channel, decision=leg.decision, error=str(error))

    async def ask_interlock(self) -> None:
        """Bridged for the first time: was it the dialplan's interlock that let it through?"""
        if not self._leg.allowed:
            return
        if await self._pbx.variable(self._leg.channel, PASSED):
            self._leg.told.interlock = "through"
        else:
            self._report("interlock-missing", "bridged without U(dialpact-answered) in its Dial")

    async def cut(self) -> None:
        """Again each second until it is gone. Not in shadow mode; never a call that came in."""
        if self._context.shadow:
            return
        leg = self._leg
        sure = leg.origin.seen and not leg.channel.startswith("PJSIP/")
        if not sure and await self._pbx.came_in(leg.channel):
            if not self._spared:
                self._spared = True
                self._report("forged-event", "a DialBegin event for a call that came in")
            return
        log.error("call cut", leg=leg.channel, decision=leg.decision)
        await self._pbx.hang_up(leg.channel)

    def _report(self, kind: str, detail: str) -> None:
        self._context.report(kind, self._leg.decision, self._leg.channel, detail)
