"""A call that reaches a softphone or a soft carrier, and what becomes of it."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from tests.lab.leg import Leg
from tests.lab.rtp import Media, Rtp, chosen
from tests.lab.sip_ua import T1, Ua, body, uri
from tests.lab.trace import Message

AGAIN_UP_TO = 32.0  # seconds for which a final response is repeated


@dataclass(frozen=True)
class Answer:
    """What one who is called does. Times in seconds.

    100 at once; after ``delay`` 180, unless ``ring`` is None; ``ring`` later 183 with the sound of ``early``,
    if given, for its ``seconds`` (1 if it has none); then ``status``: 200 with the sound of ``talk``, or a
    refusal; None: no answer. With early media further:

    ``fork``: another one answers, which a tag of his own says. Without it Asterisk by its default keeps
    sending to the early media's address, and takes what comes from both.
    ``overlap``: the early media's machine sends so much longer after the answer.
    ``moves`` False: the talk comes from the early media's address, but with its own numbers and sound.
    """

    delay: float = 0.0
    ring: float | None = 0.1
    early: Media | None = None
    status: int | None = 200
    talk: Media = field(default_factory=lambda: Media(hz=1000))
    fork: bool = True
    moves: bool = True
    overlap: float = 0.0
    cause: int | None = None  # Q.850, in a Reason header of the refusal
    redirect: str = ""  # the number in the Contact of a 302
    headers: str = ""  # further header lines of the final response
    hangup_after: float | None = None


class Incoming(Leg):
    """A call from Asterisk; ``statuses`` are those that were sent."""

    outgoing = False

    def __init__(self, ua: Ua, take_port: Callable[[], int], call_id: str) -> None:
        super().__init__(ua, take_port, call_id)
        self._acked = asyncio.Event()
        self._script: asyncio.Task[None] | None = None
        self._plan = Answer()
        self._early: Rtp | None = None

    def take(self, invite: Message, answer: Answer) -> None:
        """Do with a new INVITE what ``answer`` says."""
        self.invite = invite
        self.remote, self.target = invite.header("From"), uri(invite.header("Contact"))
        self.local = f"{invite.header('To')};tag={self._own_tag}"
        self._described(body(invite))
        self._ua.reply(invite, 100)
        self._plan = answer
        self._script = self._start(self._play(answer))

    async def answered(self, timeout: float = 10.0) -> None:
        """Wait until Asterisk knows of the answer; a refusal is an error."""
        await super().answered(timeout)
        await self.until(self._acked.is_set, timeout, "the ACK")

    def answer(self, talk: Media | None = None, headers: str = "") -> None:
        """Answer now, whenever that was planned."""
        self._stop_script()
        self._start(self._accept(replace(self._plan, talk=talk or self._plan.talk, headers=headers)))

    def refuse(self, status: int = 486, headers: str = "", redirect: str = "") -> None:
        """Refuse now, whatever was planned. ``redirect``: the number in the Contact of a 302."""
        self._stop_script()
        self._refuse(status, _lines(headers), redirect)

    async def _play(self, answer: Answer) -> None:
        await asyncio.sleep(answer.delay)
        if answer.ring is not None:
            self._respond(180)
            await asyncio.sleep(answer.ring)
        if answer.early:
            # It is heard until the answer, so it is not the source itself that counts the seconds.
            early = self._early = self._open(replace(answer.early, seconds=None))
            self._respond(183, self._sdp(early))
            await asyncio.sleep(1.0 if answer.early.seconds is None else answer.early.seconds)
        if answer.status is None:
            if self._early and answer.early and answer.early.seconds is not None:
                self._early.stop()
        elif answer.status == 200:
            await self._accept(answer)
        else:
            reason = f"Reason: Q.850;cause={answer.cause}\r\n" if answer.cause else ""
            self._refuse(answer.status, reason + _lines(answer.headers), answer.redirect)

    async def _accept(self, answer: Answer) -> None:
        assert self.invite
        early = self._early
        if early and answer.fork:
            self._own_tag = secrets.token_hex(4)
            self.local = f"{self.invite.header('To')};tag={self._own_tag}"
        headers = _lines(answer.headers)
        if early and not answer.moves:
            self._respond(200, self._sdp(early, again=not answer.fork), headers)
            early.become(chosen(answer.talk, 1, early.address, lambda: early.port))
        else:
            if early:
                self._start(self._hush(early, answer.overlap))
            self._respond(200, self._sdp(self._open(answer.talk)), headers)
        if answer.hangup_after is not None:
            self._start(self._hang_up_after(answer.hangup_after))
        await self._repeat_until_ack()

    @staticmethod
    async def _hush(rtp: Rtp, seconds: float) -> None:
        await asyncio.sleep(seconds)
        rtp.stop()

    async def _hang_up_after(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        await self.hang_up()

    def _respond(self, status: int, text: str = "", headers: str = "", contact: str = "") -> None:
        assert self.invite
        self.statuses.append(status)
        self._ua.reply(self.invite, status, self._own_tag, self._contact(contact) + headers, text)
        self._news.set()

    def _refuse(self, status: int, headers: str = "", contact: str = "") -> None:
        self._respond(status, "", headers, contact)
        self._end("here")
        self._start(self._repeat_until_ack())

    async def _repeat_until_ack(self) -> None:
        assert self.invite
        wait = T1
        while wait < AGAIN_UP_TO:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._acked.wait()
                    return
            self._ua.repeat(self.invite)
            wait *= 2

    async def _give_up(self, _: float) -> None:
        self.refuse(603)

    def _stop_script(self) -> None:
        if self.status is not None:
            raise RuntimeError(f"answered with {self.status} already")
        if self._script:
            self._script.cancel()

    def _on_ack(self, _: Message) -> None:
        self._acked.set()

    def _on_cancel(self, message: Message) -> None:
        self._ua.reply(message, 200, self._own_tag)
        if self.status is None:
            self._stop_script()
            self.reason = message.header("Reason")
            self._refuse(487)
            self.ended_by = "pbx"


def _lines(headers: str) -> str:
    return "".join(f"{line.strip()}\r\n" for line in headers.splitlines() if line.strip())
