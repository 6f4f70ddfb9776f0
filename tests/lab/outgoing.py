"""A call that a softphone, or a soft carrier, makes."""

from __future__ import annotations

import asyncio
import time

from tests.lab.leg import Leg
from tests.lab.rtp import Media
from tests.lab.sip_ua import body, new_branch, tag, uri
from tests.lab.trace import Message


class Outgoing(Leg):
    """A call to Asterisk; ``statuses`` are those that came."""

    outgoing = True

    def make(self, number: str, caller: str, media: Media, headers: str) -> None:
        """Send the INVITE and see to what becomes of it."""
        host = f"{self._ua.peer[0]}:{self._ua.peer[1]}"
        self.local, self.target = f"{caller};tag={self._own_tag}", f"sip:{number}@{host}"
        self.remote = f"<{self.target}>"
        self._mark = new_branch()
        self._cseq += 1
        self._open(media)
        text = self._text("INVITE", self._mark, self._contact() + headers, self._sdp(self.media))
        self.invite = Message(time.time(), True, text)
        self._start(self._see_through(text))

    async def _see_through(self, text: str) -> None:
        final = await self._ua.ask(text, self._seen)
        self._seen(final)
        if self.status == 200:
            self._ua.acknowledge(final, self._text("ACK", new_branch()))
        else:
            self._ua.acknowledge(final, self._text("ACK", self._mark))
            self.reason = final.header("Reason")
            self._end("pbx")

    def _seen(self, response: Message) -> None:
        status = response.status or 0
        if tag(response.header("To")):
            self.remote = response.header("To")
        if status < 300 and (contact := response.header("Contact")) and status > 100:
            self.target = uri(contact)
        self.statuses.append(status)
        if status < 300 and body(response):
            self._described(body(response))
        self._news.set()

    async def _give_up(self, timeout: float) -> None:
        await self.until(lambda: bool(self.statuses), timeout, "a response to cancel")
        text = self._text("CANCEL", self._mark)
        async with asyncio.timeout(timeout):
            await self._ua.ask(text)
        await self.until(lambda: self.ended or self.status == 200, timeout, "the end of a cancelled call")
        if self.status == 200:  # the answer was faster
            await self.hang_up(timeout)
        elif self.status == 487:
            self.ended_by = "here"
