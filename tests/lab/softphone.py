"""A telephone and a carrier in Python, for what SIPp cannot choose: the numbers and the sources of RTP.

``async with SoftCarrier(pbx, Answer(...)) as carrier, Softphone(pbx, "agent1001") as agent:`` and then
``call = await agent.call("13800138000")``, ``(leg,) = await carrier.called()``. Messages are handled by the
test's own event loop, sound is not: a test that blocks the loop answers late, but is never silent.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import secrets
from collections.abc import Iterator, Mapping
from typing import Self

from tests.lab.carrier import SIDES
from tests.lab.incoming import Answer, Incoming
from tests.lab.leg import Leg
from tests.lab.outgoing import Outgoing
from tests.lab.pbx import Pbx
from tests.lab.phone import ADDRESSES, CALLER_ID
from tests.lab.rtp import Media, Packet, Rtp
from tests.lab.sip_ua import Ua, tag
from tests.lab.trace import Message, user

__all__ = [
    "Answer",
    "Incoming",
    "Leg",
    "Media",
    "Outgoing",
    "Packet",
    "Rtp",
    "SoftCarrier",
    "Softphone",
    "strict_rtp",
]


@contextlib.contextmanager
def strict_rtp(pbx: Pbx, value: str = "yes") -> Iterator[None]:
    """Asterisk learns the source of each new call's RTP and drops others, which is its default (rtp.conf)."""
    conf = pbx.home / "etc" / "rtp.conf"
    before = conf.read_text("utf-8")
    assert "strictrtp = no" in before
    conf.write_text(before.replace("strictrtp = no", f"strictrtp = {value}"), "utf-8")
    pbx.cli("module reload res_rtp_asterisk.so")
    try:
        yield
    finally:
        conf.write_text(before, "utf-8")
        pbx.cli("module reload res_rtp_asterisk.so")


class Station:
    """One SIP address, that calls and is called. ``legs`` are all its calls in order, whoever made them.

    ``rules`` maps regular expressions on the number that is called to what becomes of the call.
    """

    def __init__(
        self, pbx: Pbx, address: str, port: int, answer: Answer, rules: Mapping[str, Answer] | None = None
    ) -> None:
        self.answer, self.rules = answer, dict(rules or {})
        self.legs: list[Leg] = []
        self._pbx = pbx
        self._ua = Ua(address, port, ("127.0.0.1", pbx.ports.sip), self._asked)
        self._news = asyncio.Event()

    async def __aenter__(self) -> Self:
        await self._ua.open()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Hang up what is still on, unless the test failed anyway."""
        try:
            if kind is None:
                for leg in self.legs:
                    with contextlib.suppress(TimeoutError):  # a test may have ended Asterisk
                        await leg.hang_up(2)
        finally:
            for leg in self.legs:
                leg.close()
            self._ua.close()
        failures = [failure for leg in self.legs if (failure := leg.failure())]
        if failures and kind is None:
            raise failures[0]

    @property
    def messages(self) -> list[Message]:
        """All that was sent and received."""
        return self._ua.messages

    async def called(self, count: int = 1, timeout: float = 5.0) -> list[Incoming]:
        """Wait until ``count`` calls in all have come in, and return them."""
        try:
            async with asyncio.timeout(timeout):
                while len(found := [leg for leg in self.legs if isinstance(leg, Incoming)]) < count:
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise TimeoutError(f"waited {timeout} s in vain for call number {count}") from None
        return found

    async def call(
        self,
        number: str,
        media: Media | None = None,
        *,
        campaign: str = "spring",
        caller_id: str = CALLER_ID,
        caller_name: str = "",
        headers: str = "",
    ) -> Outgoing:
        """Call ``number``, and return as soon as the INVITE is sent. ``headers``: further lines of it."""
        leg = Outgoing(self._ua, self._take, f"{secrets.token_hex(8)}@{self._ua.address}")
        self.legs.append(leg)
        name = f'"{caller_name}" ' if caller_name else ""
        lines = ([f"X-Campaign: {campaign}"] if campaign else []) + headers.strip().splitlines()
        leg.make(
            number,
            f"{name}<sip:{caller_id}@{self._ua.address}>",
            media or Media(hz=600),
            "".join(f"{line.strip()}\r\n" for line in lines),
        )
        return leg

    def _take(self) -> int:
        return self._pbx.ports.take(2)

    def _asked(self, message: Message) -> None:
        known = next((leg for leg in self.legs if leg.call_id == message.header("Call-ID")), None)
        if known:
            known.request(message)
        elif message.method == "INVITE" and not tag(message.header("To")):
            leg = Incoming(self._ua, self._take, message.header("Call-ID"))
            self.legs.append(leg)
            number = user(message.uri)
            matching = (answer for rule, answer in self.rules.items() if re.fullmatch(rule, number))
            leg.take(message, next(matching, self.answer))
            self._news.set()
        elif message.method == "OPTIONS":
            self._ua.reply(message, 200, secrets.token_hex(4))
        elif message.method != "ACK":
            self._ua.reply(message, 481, secrets.token_hex(4))


class SoftCarrier(Station):
    """The trunk's other end; it can also be the one who calls in."""

    def __init__(
        self,
        pbx: Pbx,
        answer: Answer | None = None,
        rules: Mapping[str, Answer] | None = None,
        trunk: str = "carrier",
    ) -> None:
        port = pbx.ports.carrier if trunk == "carrier" else pbx.ports.carrier2
        super().__init__(pbx, SIDES[trunk], port, answer or Answer(), rules)


class Softphone(Station):
    """An agent's phone, known to Asterisk as ``endpoint``; agents 1001 to 1003 can be called as well."""

    def __init__(self, pbx: Pbx, endpoint: str = "agent1001", answer: Answer | None = None) -> None:
        port = pbx.ports.agents.get(endpoint) or pbx.ports.take()
        super().__init__(pbx, ADDRESSES[endpoint], port, answer or Answer(talk=Media(hz=600)))
