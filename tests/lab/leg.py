"""One call of a softphone's or a soft carrier's, from whichever side it was made, and its sound."""

from __future__ import annotations

import asyncio
import contextlib
import math
import re
import secrets
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from tests.lab.ear import Sound
from tests.lab.keys import event_type
from tests.lab.rtp import CODECS, Media, Rtp, at
from tests.lab.sip_ua import T1, Ua, body, new_branch, tag, uri
from tests.lab.trace import Message, user

TELEPHONE_EVENT = 101
AGAIN_UP_TO = 32.0  # seconds for which a final response is repeated


@dataclass(frozen=True)
class Answer:
    """What one who is called does. Times in seconds.

    100 at once; after ``delay`` 180, unless ``ring`` is None; ``ring`` later 183 with the sound of ``early``,
    if given, for its ``seconds`` (1 if it has none); then ``status``: 200 with the sound of ``talk``, or a
    refusal; None: no answer. ``fork``: the one who answers is not the one of the early media, which a tag of
    his own says; without, Asterisk keeps to the description of the early media, as its default is.
    """

    delay: float = 0.0
    ring: float | None = 0.1
    early: Media | None = None
    status: int | None = 200
    talk: Media = field(default_factory=lambda: Media(hz=1000))
    fork: bool = True
    cause: int | None = None  # Q.850, in a Reason header of the refusal
    redirect: str = ""  # the number in the Contact of a 302
    headers: str = ""  # further header lines of the final response
    hangup_after: float | None = None


class Leg:
    """A call. ``medias`` are all its sources in order, the last one is the one that speaks now."""

    def __init__(self, ua: Ua, take_port: Callable[[], int], call_id: str, outward: bool) -> None:
        self._ua, self._take, self.call_id, self.outward = ua, take_port, call_id, outward
        self.local = self.remote = self.target = ""
        self.invite: Message | None = None
        self.medias: list[Rtp] = []
        self.statuses: list[int] = []  # of the INVITE, those that came or were sent
        self.ended_by = ""  # "here" or "pbx"
        self.reason = ""  # the Reason header of what ended it
        self.transfer: list[int] = []  # what Asterisk said of a transfer (RFC 3515)
        self._own_tag = secrets.token_hex(4)
        self._cseq = 0
        self._version = 0
        self._mark = ""  # of the INVITE's transaction
        self._held: Rtp | None = None  # what spoke before the hold
        self._peer: tuple[str, int] | None = None
        self._event_type: int | None = None
        self._news = asyncio.Event()
        self._acked = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._script: asyncio.Task[None] | None = None

    # What there is to see.

    @property
    def number(self) -> str:
        """The number that was called, still percent-encoded."""
        return user(self.invite.uri) if self.invite else ""

    def header(self, name: str) -> str:
        """A header of the INVITE; empty if it has none."""
        return self.invite.header(name) if self.invite else ""

    @property
    def messages(self) -> list[Message]:
        """All messages of this call."""
        return [m for m in self._ua.messages if m.header("Call-ID") == self.call_id]

    def time_of(self, what: str | int, last: bool = False) -> float:
        """The moment of the first message (or the last) of this method or status of the INVITE."""
        times = [
            message.time
            for message in self.messages
            if (message.status == what and message.method == "INVITE")
            or (message.status is None and message.method == what)
        ]
        if not times:
            raise LookupError(f"no {what} in this call")
        return times[-1 if last else 0]

    @property
    def status(self) -> int | None:
        """The INVITE's final status."""
        return next((status for status in self.statuses if status >= 200), None)

    @property
    def ended(self) -> bool:
        return bool(self.ended_by)

    @property
    def media(self) -> Rtp:
        """The source that speaks now: ``call.media.say(600)``, ``mute()``, ``stop()``, ``renumber()``..."""
        return self.medias[-1]

    @property
    def keys(self) -> str:
        """The keys that were heard."""
        return "".join(media.keys for media in self.medias)

    def sound(self, since: float = 0.0, until: float = math.inf) -> Sound:
        """What was heard between two instants of ``time.time()``, at whichever address."""
        whole = Sound()
        for part in (media.sound(since, until) for media in self.medias):
            whole.payload += part.payload
            whole.packets += part.packets
            whole.first = whole.first or part.first
            whole.last = part.last or whole.last
        return whole

    # What can be waited for.

    async def until(self, condition: Callable[[], bool], timeout: float, what: str) -> None:
        """Wait until a message makes ``condition`` true."""
        try:
            async with asyncio.timeout(timeout):
                while not condition():
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise TimeoutError(f"waited {timeout} s in vain for {what}; so far {self.statuses}") from None

    async def answered(self, timeout: float = 10.0) -> None:
        """Wait for the answer; a refusal is an error."""
        await self.until(lambda: self.status is not None or self.ended, timeout, "the answer")
        assert self.status == 200, f"not answered: {self.statuses}"
        if not self.outward:
            await self.until(self._acked.is_set, timeout, "the ACK")

    async def provisional(self, status: int, timeout: float = 10.0) -> None:
        """Wait for a 180 or 183."""
        await self.until(lambda: status in self.statuses, timeout, f"a {status}")

    async def over(self, timeout: float = 10.0) -> None:
        """Wait until the call is over, however it ends."""
        await self.until(lambda: self.ended, timeout, "the end")

    async def transferred(self, timeout: float = 10.0) -> None:
        """Wait until Asterisk says that the transfer is done; that it failed is an error."""
        await self.until(lambda: any(s >= 200 for s in self.transfer), timeout, "the transfer")
        assert self.transfer[-1] == 200, f"not transferred: {self.transfer}"

    async def hears(self, hz: float, seconds: float = 0.3, timeout: float = 5.0) -> float:
        """Wait until ``hz`` was all that was heard for ``seconds``, and return when that began."""
        return await self._listen(lambda sound: sound.strength(hz) > 0.9, seconds, timeout, f"{hz:.0f} Hz")

    async def hears_no_sound(self, seconds: float = 0.3, timeout: float = 5.0) -> float:
        """Wait until nothing, or nothing but silence, was heard for ``seconds``; return when that began."""
        return await self._listen(
            lambda sound: sound.dbfs < -60, seconds, timeout, "silence", even_without=True
        )

    async def _listen(
        self,
        right: Callable[[Sound], bool],
        seconds: float,
        timeout: float,
        what: str,
        even_without: bool = False,
    ) -> float:
        begin = time.time()
        while (now := time.time()) < begin + timeout:
            # Nothing from before this was asked counts.
            if now - seconds >= begin:
                sound = self.sound(now - seconds, now)
                if (sound.seconds > 0.8 * seconds or even_without) and right(sound):
                    return now - seconds
            await asyncio.sleep(0.02)  # a packet's length: there is nothing new before
        raise TimeoutError(f"not heard within {timeout} s: {what}; {self.sound(now - seconds).dbfs:.0f} dBFS")

    # What one can do.

    async def press(self, keys: str) -> None:
        """Press keys, as telephone events among the sound's packets."""
        await self.media.press(keys)

    async def hold(self, media: Media | None = None, direction: str = "sendonly") -> None:
        """Put the other side on hold: nothing is sent any more, or with ``media`` another machine's music."""
        self._held = self.media
        if not media:
            self._held.pause()
        await self._renegotiate(media, direction)

    async def unhold(self, media: Media | None = None) -> None:
        """Go on, with the sound of before the hold, or with that of ``media``."""
        if media is None and self._held and self._held is not self.media:
            self.media.pause()
            self.medias.remove(self._held)
            self.medias.append(self._held)
        self._held = None
        await self._renegotiate(media, "sendrecv")
        self.media.resume()

    async def refer(self, to: str, replaces: Leg | None = None) -> None:
        """Transfer the other side to ``to`` (a number, or a URI): blindly, or into the place of ``replaces``.

        Returns when Asterisk has accepted it; :meth:`transferred` waits until it is done.
        """
        address = to if to.startswith("sip:") else f"sip:{to}@{self._ua.peer[0]}:{self._ua.peer[1]}"
        if replaces:
            call_id = replaces.call_id.replace("@", "%40")
            address += (
                f"?Replaces={call_id}%3Bto-tag%3D{tag(replaces.remote)}%3Bfrom-tag%3D{tag(replaces.local)}"
            )
        own = uri(self.local)
        await self._request("REFER", f"Refer-To: <{address}>\r\nReferred-By: <{own}>\r\n")

    async def hang_up(self, timeout: float = 5.0) -> None:
        """Hang up, or cancel a call that is not answered yet. One that is over stays so."""
        if self.ended:
            return
        if self.status is None and self.outward:
            await self._cancel(timeout)
            return
        if self.status is None:
            self._refuse(603)
            return
        self._end("here")
        # That both hung up at once is no error.
        await self._request("BYE", accept=(200, 481))

    def close(self) -> None:
        """No more sound, no more script; Asterisk is not told."""
        for task in self._tasks:
            task.cancel()
        for media in self.medias:
            media.close()

    # A call that is made.

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
        self._start(self._outward(text))

    async def _outward(self, text: str) -> None:
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

    async def _cancel(self, timeout: float) -> None:
        await self.until(lambda: bool(self.statuses), timeout, "a response to cancel")
        text = self._text("CANCEL", self._mark)
        await self._ua.ask(text)
        await self.over(timeout)
        if self.status == 487:
            self.ended_by = "here"

    # A call that comes in.

    def take(self, invite: Message, answer: Answer) -> None:
        """Do with a new INVITE what ``answer`` says."""
        self.invite = invite
        self.remote, self.target = invite.header("From"), uri(invite.header("Contact"))
        self.local = f"{invite.header('To')};tag={self._own_tag}"
        self._described(body(invite))
        self._ua.reply(invite, 100)
        self._script = self._start(self._play(invite, answer))

    async def _play(self, invite: Message, answer: Answer) -> None:
        await asyncio.sleep(answer.delay)
        if answer.ring is not None:
            self._respond(180)
            await asyncio.sleep(answer.ring)
        if answer.early:
            early = self._open(answer.early)
            self._respond(183, self._sdp(early))
            await asyncio.sleep(1.0 if answer.early.seconds is None else answer.early.seconds)
            early.stop()
        if answer.status is None:
            return
        reason = f"Reason: Q.850;cause={answer.cause}\r\n" if answer.cause else ""
        headers = "".join(f"{line.strip()}\r\n" for line in answer.headers.splitlines() if line.strip())
        if answer.status != 200:
            self._refuse(answer.status, reason + headers, answer.redirect)
            return
        if answer.early and answer.fork:
            self._own_tag = secrets.token_hex(4)
            self.local = f"{invite.header('To')};tag={self._own_tag}"
        self._respond(200, self._sdp(self._open(answer.talk)), headers)
        if answer.hangup_after is not None:
            self._start(self._hang_up_after(answer.hangup_after))
        await self._repeat_until_ack(invite)

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
        assert self.invite
        self._start(self._repeat_until_ack(self.invite))

    async def _repeat_until_ack(self, invite: Message) -> None:
        wait = T1
        while wait < AGAIN_UP_TO:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._acked.wait()
                    return
            self._ua.repeat(invite)
            wait *= 2

    # What Asterisk asks within the call.

    def request(self, message: Message) -> None:
        """Take a request of this call's."""
        handle = getattr(self, f"_on_{message.method.lower()}", None)
        if handle:
            handle(message)
        else:
            self._ua.reply(message, 200)
        self._news.set()

    def _on_ack(self, _: Message) -> None:
        self._acked.set()

    def _on_invite(self, message: Message) -> None:
        if self.ended or self.status != 200:
            self._ua.reply(message, 481)
            return
        self._described(body(message))
        offered = re.search(r"^a=(sendonly|inactive|recvonly)", body(message), re.MULTILINE)
        mirrored = {"sendonly": "recvonly", "recvonly": "sendonly", "inactive": "inactive"}
        direction = mirrored[offered[1]] if offered else "sendrecv"
        self._ua.reply(message, 200, "", self._contact(), self._sdp(self.media, direction))

    def _on_cancel(self, message: Message) -> None:
        self._ua.reply(message, 200, self._own_tag)
        if self.status is None and self._script:
            self._script.cancel()
            self.reason = message.header("Reason")
            self._refuse(487)
            self.ended_by = "pbx"

    def _on_bye(self, message: Message) -> None:
        self._ua.reply(message, 200)
        if not self.ended:
            self.reason = message.header("Reason")
            self._end("pbx")

    def _on_notify(self, message: Message) -> None:
        self._ua.reply(message, 200)
        found = re.match(r"SIP/2\.0 (\d{3})", body(message))
        if found:
            self.transfer.append(int(found[1]))

    # The parts of it.

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        return task

    def failure(self) -> BaseException | None:
        """What went wrong behind the test's back."""
        finished = [task for task in self._tasks if task.done() and not task.cancelled()]
        return next((error for task in finished if (error := task.exception())), None)

    def _end(self, by: str) -> None:
        self.ended_by = self.ended_by or by
        for media in self.medias:
            media.stop()
        self._news.set()

    def _open(self, media: Media) -> Rtp:
        media = at(media, self._ua.address, self._take)
        assert media.address and media.port
        rtp = Rtp(media.address, media.port, media)
        rtp.event_type, rtp.peer = self._event_type, self._peer
        self.medias.append(rtp)
        return rtp

    async def _renegotiate(self, media: Media | None, direction: str) -> None:
        before = self.media
        if media:
            self._open(media)
        mark = new_branch()
        self._cseq += 1
        text = self._text("INVITE", mark, self._contact(), self._sdp(self.media, direction))
        final = await self._ua.ask(text)
        ok = final.status == 200
        self._ua.acknowledge(final, self._text("ACK", new_branch() if ok else mark))
        if not ok:
            raise RuntimeError(f"Asterisk did not take the re-INVITE: {final.start_line}")
        if media:
            before.pause()
        self._described(body(final))

    async def _request(self, method: str, headers: str = "", accept: tuple[int, ...] = (200, 202)) -> Message:
        self._cseq += 1
        final = await self._ua.ask(self._text(method, new_branch(), self._contact() + headers))
        if final.status not in accept:
            raise RuntimeError(f"Asterisk did not take the {method}: {final.start_line}")
        return final

    def _text(self, method: str, mark: str, headers: str = "", sdp: str = "") -> str:
        # A CANCEL, and the ACK of a refusal, go where the INVITE went.
        target = self.invite.uri if self.invite and mark == self._mark else self.target
        remote = self.remote if method != "CANCEL" else re.sub(r";tag=[^;>]*$", "", self.remote)
        content = "Content-Type: application/sdp\r\n" if sdp else ""
        return (
            f"{method} {target} SIP/2.0\r\n{self._ua.via(mark)}"
            f"From: {self.local}\r\nTo: {remote}\r\nCall-ID: {self.call_id}\r\n"
            f"CSeq: {self._cseq} {method}\r\nMax-Forwards: 70\r\n{headers}{content}"
            f"Content-Length: {len(sdp.encode())}\r\n\r\n{sdp}"
        )

    def _contact(self, number: str = "") -> str:
        return f"Contact: <sip:{number or 'lab'}@{self._ua.address}:{self._ua.port}>\r\n"

    def _sdp(self, rtp: Rtp, direction: str = "sendrecv") -> str:
        self._version += 1
        codec, events = CODECS[rtp.codec], self._event_type or TELEPHONE_EVENT
        name = {"ulaw": "PCMU", "alaw": "PCMA"}[rtp.codec]
        return (
            f"v=0\r\no=lab 1 {self._version} IN IP4 {rtp.address}\r\ns=-\r\nc=IN IP4 {rtp.address}\r\n"
            f"t=0 0\r\nm=audio {rtp.port} RTP/AVP {codec} {events}\r\na=rtpmap:{codec} {name}/8000\r\n"
            f"a=rtpmap:{events} telephone-event/8000\r\na=fmtp:{events} 0-16\r\na=ptime:20\r\n"
            f"a={direction}\r\n"
        )

    def _described(self, sdp: str) -> None:
        """Where Asterisk wants the sound."""
        port = re.search(r"^m=audio (\d+)", sdp, re.MULTILINE)
        host = re.search(r"^c=IN IP4 (\S+)", sdp, re.MULTILINE)
        if not port or not host or port[1] == "0":
            return
        self._peer = host[1].strip(), int(port[1])
        with contextlib.suppress(LookupError):
            self._event_type = event_type(sdp)
        for rtp in self.medias:
            rtp.event_type, rtp.peer = self._event_type, self._peer
