"""One call of a softphone's or a soft carrier's, and its sound. Its kinds are in outgoing.py, incoming.py."""

from __future__ import annotations

import asyncio
import contextlib
import math
import re
import secrets
import time
from collections.abc import Callable, Coroutine
from typing import Any

from tests.lab.ear import Sound
from tests.lab.keys import event_type
from tests.lab.rtp import CODECS, Media, Rtp, chosen
from tests.lab.sip_ua import Ua, body, new_branch, tag, uri
from tests.lab.trace import Message, user

TELEPHONE_EVENT = 101


class Leg:
    """A call. ``medias`` are all its sources in order, the last one is the one that speaks now."""

    outgoing: bool

    def __init__(self, ua: Ua, take_port: Callable[[], int], call_id: str) -> None:
        self._ua, self._take, self.call_id = ua, take_port, call_id
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
        self._tasks: set[asyncio.Task[None]] = set()

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

    async def hears(self, hz: float, seconds: float = 0.3, timeout: float = 5.0, share: float = 0.9) -> float:
        """Wait until ``hz`` was all, or such a ``share``, of what was heard; return when that began."""
        return await self._listen(lambda sound: sound.strength(hz) > share, seconds, timeout, f"{hz:.0f} Hz")

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

    async def press_by_message(self, keys: str) -> None:
        """Press keys, each as a SIP INFO."""
        for key in keys:
            content = f"Signal={key}\r\nDuration=160\r\n"
            await self._request("INFO", content=content, kind="application/dtmf-relay")

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
        """Hang up; cancel, or refuse, a call that is not answered yet. One that is over stays so."""
        if self.ended:
            return
        if self.status is None:
            await self._give_up(timeout)
            return
        self._end("here")
        # That both hung up at once is no error.
        async with asyncio.timeout(timeout):
            await self._request("BYE", accept=(200, 481))

    def close(self) -> None:
        """No more sound, no more script; Asterisk is not told."""
        for task in self._tasks:
            task.cancel()
        for media in self.medias:
            media.close()

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
        """Of an answer of ours within the call: there is nothing to do."""

    def _on_invite(self, message: Message) -> None:
        if self.ended or self.status != 200:
            self._ua.reply(message, 481)
            return
        self._described(body(message))
        offered = re.search(r"^a=(sendonly|inactive|recvonly)", body(message), re.MULTILINE)
        mirrored = {"sendonly": "recvonly", "recvonly": "sendonly", "inactive": "inactive"}
        direction = mirrored[offered[1]] if offered else "sendrecv"
        self._ua.reply(message, 200, "", self._contact(), self._sdp(self.media, direction))

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

    async def _give_up(self, timeout: float) -> None:
        """End a call that is not answered yet."""
        raise NotImplementedError

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
        rtp = Rtp(chosen(media, len(self.medias), self._ua.address, self._take))
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

    async def _request(
        self,
        method: str,
        headers: str = "",
        accept: tuple[int, ...] = (200, 202),
        content: str = "",
        kind: str = "application/sdp",
    ) -> Message:
        self._cseq += 1
        headers = self._contact() + headers
        final = await self._ua.ask(self._text(method, new_branch(), headers, content, kind))
        if final.status not in accept:
            raise RuntimeError(f"Asterisk did not take the {method}: {final.start_line}")
        return final

    def _text(
        self, method: str, mark: str, headers: str = "", body: str = "", kind: str = "application/sdp"
    ) -> str:
        # A CANCEL, and the ACK of a refusal, go where the INVITE went.
        target = self.invite.uri if self.invite and mark == self._mark else self.target
        remote = self.remote if method != "CANCEL" else re.sub(r";tag=[^;>]*$", "", self.remote)
        content = f"Content-Type: {kind}\r\n" if body else ""
        return (
            f"{method} {target} SIP/2.0\r\n{self._ua.via(mark)}"
            f"From: {self.local}\r\nTo: {remote}\r\nCall-ID: {self.call_id}\r\n"
            f"CSeq: {self._cseq} {method}\r\nMax-Forwards: 70\r\n{headers}{content}"
            f"Content-Length: {len(body.encode())}\r\n\r\n{body}"
        )

    def _contact(self, number: str = "") -> str:
        return f"Contact: <sip:{number or 'lab'}@{self._ua.address}:{self._ua.port}>\r\n"

    def _sdp(self, rtp: Rtp, direction: str = "sendrecv", again: bool = False) -> str:
        self._version += not again
        codec, events = CODECS[rtp.codec], self._event_type or TELEPHONE_EVENT
        name = {"ulaw": "PCMU", "alaw": "PCMA", "g722": "G722"}[rtp.codec]
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
