"""One call's session: who asks, what the gate says, and telling it to the PBX."""

from __future__ import annotations

import asyncio
import re
from typing import Protocol

import structlog

from agi import variables
from agi.limits import LIMITS, Limits
from agi.protocol import Malformed, Reply, Request
from dialpact.application.gate import Gate, logged
from dialpact.compliance.judge import Judge
from dialpact.compliance.meters import METERS
from dialpact.compliance.model import CallAttempt, Decision
from dialpact.compliance.reasons import Reason

NOT_DIALLABLE = re.compile(r"[^0-9+]")
# What URIENCODE, by which our dialplan passes on what it may not pass on raw, makes of control characters.
ENCODED_CONTROL = re.compile(r"%[01][0-9A-Fa-f]|%7[Ff]")

log = structlog.get_logger()


class ProtocolBroken(ConnectionError):
    """The peer sent what is no reply."""

    def __init__(self, event: Malformed) -> None:
        super().__init__(event.why)
        self.event = event


class Line(Protocol):
    """The PBX's end, as ``agi.server.Connection`` offers it."""

    hung_up: bool

    async def ask(self, command: str, until: float) -> Reply: ...  # TimeoutError when none came by then
    async def last_words(self, commands: list[str], seconds: float) -> None: ...
    def close(self) -> None: ...


class OutboundCall:
    """Answers one header. ``deadline``: seconds from now to the last moment at which ALLOW may be said."""

    def __init__(
        self, line: Line, judge: Judge, gate: Gate, deadline: float, limits: Limits = LIMITS
    ) -> None:
        self._line = line
        self._judge = judge
        self._gate = gate
        self._confirm_seconds = limits.confirm_seconds
        self._until = asyncio.get_running_loop().time() + deadline

    async def answer(self, request: Request | Malformed) -> None:
        """Decides and tells. Whatever happens, the connection is closed at the end."""
        try:
            if isinstance(request, Malformed):
                await self._malformed(request)
            else:
                await self._answer(request)
        except ConnectionError as error:
            log.info("session ended early", why=str(error))
        finally:
            self._line.close()

    async def _answer(self, request: Request) -> None:
        if request.route == variables.PROBE:
            await self._line.last_words(list(variables.BLOCKED), self._confirm_seconds)
            return
        if request.route != variables.ROUTE:
            log.error("unknown route", route=request.route[:64])
            await self._tell(variables.BLOCKED)
            return
        try:
            reply = await self._line.ask(variables.CALLER_ID, self._until)
        except ProtocolBroken as error:
            await self._malformed(error.event)
            return
        except TimeoutError:
            attempt = self._attempt(request, request.callerid or "", "")
            why = "the PBX did not tell the caller number in time"
            decision = self._gate.block(attempt, Reason.DEADLINE, why, self._judge)
            await self._line.last_words(_commands(decision), self._confirm_seconds)
            return
        attempt = self._attempt(request, *self._caller_id(request.callerid, reply))
        decision = await self._gate.decide(attempt, self._until, self._judge)
        if decision.put_through:
            await self._allow(decision)
        else:
            await self._block(decision)

    def _attempt(self, request: Request, caller_id: str, attack: str) -> CallAttempt:
        number, campaign, agent, trunk = (*request.arguments, "", "", "", "")[:4]
        if ENCODED_CONTROL.search("".join(request.arguments)):
            attack = "control characters in an argument"
        if attack:
            log.warning("attack", why=attack, channel=request.channel[:128], uniqueid=request.uniqueid[:64])
        return self._judge.attempt(
            number,
            campaign,
            caller_id,
            agent=agent,
            trunk=trunk,
            channel=request.channel,
            uniqueid=request.uniqueid,
            attack=attack,
        )

    @staticmethod
    def _caller_id(header: str | None, reply: Reply) -> tuple[str, str]:
        """The channel's caller ID and what is wrong with it.

        The channel tells it filtered to digits, the header tells it as far as the first newline: when the
        two are not the same number, there was something between the digits that no caller ID has.
        """
        shown = "" if header in (None, "unknown") else str(header)
        if not reply.ok or not reply.data:  # no caller ID, or a mock that does not evaluate expressions
            return shown, ""
        if header is None:  # a mock: Asterisk always sends one
            return reply.data, ""
        if NOT_DIALLABLE.sub("", shown) == reply.data:
            return shown, ""  # also for "anonymous", "Desk 4": no attack, and in no register
        return shown, "control characters in the caller number"

    async def _malformed(self, broken: Malformed) -> None:
        if not broken.hostile:
            log.warning("malformed session", why=broken.why)
            return
        log.warning("attack", why=broken.why)
        attempt = self._judge.attempt("", "", "", attack=broken.why)
        decision = await self._gate.decide(attempt, self._until, self._judge)
        await self._line.last_words(_commands(decision), self._confirm_seconds)

    async def _allow(self, decision: Decision) -> None:
        if self._line.hung_up:
            await self._gate.withdraw(decision, Reason.GATE_ERROR)
            return
        if decision.mode == "enforce" and asyncio.get_running_loop().time() >= self._until:
            await self._gate.withdraw(decision, Reason.DEADLINE)
            await self._tell(variables.answer("BLOCK", [Reason.DEADLINE], decision=decision.id))
            return
        try:
            confirmed = await self._tell(_commands(decision))
        except ConnectionError:
            confirmed = False
        if confirmed:
            logged(decision)
        else:
            await self._gate.withdraw(decision, Reason.GATE_ERROR)

    async def _block(self, decision: Decision) -> None:
        try:
            await self._tell(_commands(decision))
        finally:
            logged(decision)

    async def _tell(self, commands: list[str]) -> bool:
        """True when the PBX confirmed every command in time. Raises ConnectionError."""
        confirmed = True
        loop = asyncio.get_running_loop()
        for command in commands:
            try:
                reply = await self._line.ask(command, loop.time() + self._confirm_seconds)
            except TimeoutError:
                return False
            confirmed = confirmed and reply.ok
        return confirmed


def _commands(decision: Decision) -> list[str]:
    METERS.decided(decision.verdict, [str(reason) for reason in decision.reasons])
    return variables.answer(
        "ALLOW" if decision.put_through else "BLOCK",
        decision.reasons or ([] if decision.allowed else [Reason.GATE_ERROR]),
        decision=decision.id,
        number=decision.dial if decision.put_through else "",
        shadow=decision.mode == "shadow",
        retry_at=decision.retry_at.strftime("%Y-%m-%dT%H:%M:%SZ") if decision.retry_at else "",
    )
