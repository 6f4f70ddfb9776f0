"""Opt-outs taken in the call or on the opt-out line: asked by the dialplan, told when they are on disk.

What is stored, and what becomes of it while the store is away: ``application.opt_out``. Here: who may say so.
In a call the session brings the decision's id, 128 bits that nobody outside the PBX knows, and who pressed
the key. On the line it brings the caller's number.
"""

from __future__ import annotations

import asyncio
from typing import cast

import structlog

from agi import variables
from agi.call import Line, ProtocolBroken
from agi.limits import LIMITS, Limits
from agi.protocol import Request
from dialpact.application.opt_out import OptOutQueue
from dialpact.compliance import numbers
from dialpact.compliance.judge import Judge, bounded
from dialpact.compliance.model import OptOutWay
from dialpact.compliance.opt_out import scope_of

log = structlog.get_logger()


class OptOutCall:
    """Answers one header of the route ``optout``. ``deadline``: seconds for the whole of it."""

    def __init__(
        self, line: Line, opt_outs: OptOutQueue, judge: Judge, deadline: float, limits: Limits = LIMITS
    ) -> None:
        self._line, self._opt_outs, self._judge = line, opt_outs, judge
        self._confirm_seconds = limits.confirm_seconds
        self._until = asyncio.get_running_loop().time() + deadline
        self._unanswered = False  # our question still waits for its reply: nothing more can be asked

    async def answer(self, request: Request) -> None:
        """Takes it and tells. Whatever happens, the connection is closed at the end."""
        try:
            done = await self._taken(request)
            if self._unanswered:
                await self._line.last_words([variables.taken(done)], self._confirm_seconds)
                return
            until = asyncio.get_running_loop().time() + self._confirm_seconds
            await self._line.ask(variables.taken(done), until)
        except ProtocolBroken as error:
            log.warning("attack", why=error.event.why, route=variables.OPTOUT)
            await self._line.last_words([variables.taken(False)], self._confirm_seconds)
        except (ConnectionError, TimeoutError) as error:
            log.info("opt-out session ended early", why=str(error))
        finally:
            self._line.close()

    async def _taken(self, request: Request) -> bool:
        how, subject, scope, channel = (*request.arguments, "", "", "", "")[:4]
        channel = bounded(channel, 128)  # not the session's own: that is a channel only for asking
        if not await self._confirmed(how, subject):
            log.warning("attack", why="the channel names another subject", route=variables.OPTOUT)
            return False
        if how in variables.BY_KEY and subject:
            way = cast(OptOutWay, how)
            return await self._opt_outs.take(way, subject[:64], scope_of(scope), channel, self._until)
        callee = self._judge.attempt(subject, "", "").callee
        # Who could never be called has a no all the same.
        number = callee.e164 or numbers.anybody(subject, self._judge.policy.regions).e164
        if how == variables.BY_LINE and number:
            return await self._opt_outs.take("line", number, "all", channel, self._until)
        why = callee.detail if how == variables.BY_LINE else "no such way"
        log.error("opt-out can not be taken", how=bounded(how, 16), why=why, channel=channel)
        return False

    async def _confirmed(self, how: str, subject: str) -> bool:
        """Whether the channel itself names the same subject: text of a forged header can not.

        One who opts out and hangs up at once may be gone before he is asked: a right id is enough then.
        """
        try:
            reply = await self._line.ask(variables.SUBJECT, self._until)
        except ProtocolBroken:
            raise
        except (ConnectionError, TimeoutError) as error:
            self._unanswered = isinstance(error, TimeoutError)
            return how in variables.BY_KEY
        return reply.ok and reply.data == subject
