"""A phone's call: what it is doing, and what it was when it is over."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from tests.lab.dialog import Dialog
from tests.lab.ear import Ear, Sound
from tests.lab.keys import Keys, event_type
from tests.lab.sipp import Sipp
from tests.lab.trace import Message


@dataclass(frozen=True)
class CallResult:
    """What the phone saw of one call. Times in seconds from its INVITE; None where it did not come."""

    statuses: list[int]
    reason: str
    first_response: float | None
    final_response: float | None
    talk_seconds: float
    hung_up_by: str
    sound: Sound
    messages: list[Message]

    @property
    def status(self) -> int | None:
        """The final status."""
        return self.statuses[-1] if self.statuses and self.statuses[-1] >= 200 else None

    @property
    def answered(self) -> bool:
        """Whether the call was answered."""
        return self.status == 200

    @property
    def cause(self) -> int | None:
        """The Q.850 cause of the Reason header of the refusal or of the other side's BYE."""
        found = re.search(r"Q\.850\s*;\s*cause=(\d+)", self.reason)
        return int(found[1]) if found else None


class Call:
    """A call in progress."""

    def __init__(self, sipp: Sipp, ear: Ear) -> None:
        self._sipp, self._ear = sipp, ear
        self._dialog: Dialog | None = None

    @property
    def folder(self) -> Path:
        """Where SIPp's files of this call are."""
        return self._sipp.folder

    @property
    def sound(self) -> Sound:
        """What the phone has heard so far."""
        return self._ear.sound()

    def result(self) -> CallResult:
        """Return what has been seen so far."""
        return _result(self._sipp.messages(), self._ear.sound())

    async def answered(self, timeout: float = 10.0) -> CallResult:
        """Wait for the answer."""
        await self._sipp.until(lambda: self.result().answered, timeout, "the answer")
        return self.result()

    async def provisional(self, status: int, timeout: float = 10.0) -> CallResult:
        """Wait for a provisional response such as 183."""
        await self._sipp.until(lambda: status in self.result().statuses, timeout, f"a {status}")
        return self.result()

    async def heard(self, seconds: float, timeout: float = 10.0) -> Sound:
        """Wait until the phone has heard ``seconds`` of audio."""
        await self._sipp.until(lambda: self.sound.seconds >= seconds, timeout, f"{seconds} s of sound")
        return self.sound

    async def ended(self, timeout: float = 30.0) -> CallResult:
        """Wait until the call is over, however it ends."""
        await self._sipp.ended(timeout)
        return self.result()

    @property
    def dialog(self) -> Dialog:
        """The answered phone's side of the call."""
        self._dialog = self._dialog or Dialog.of(self._sipp.messages(), self._sipp.address)
        return self._dialog

    async def press(self, key: str) -> None:
        """Press a key of the answered phone."""
        await self.dialog.press(key)

    async def hold(self, on: bool = True) -> None:
        """Put the call on hold, or go on with it. The phone's own BYE is no longer in sequence afterwards."""
        await self.dialog.hold(self._ear.port, on)

    async def dial(self, keys: str) -> None:
        """Press ``keys`` of the answered phone, in the RTP stream."""
        (answer, *_) = [m for m in self._sipp.messages() if m.status == 200 and m.method == "INVITE"]
        assert answer.audio_port
        await Keys(self._sipp.address, answer.audio_port, event_type(answer.text)).press(keys)

    async def hang_up(self, timeout: float = 5.0) -> CallResult:
        """Hang up (or cancel) from the phone's side."""
        if self._sipp.running:
            invite = self._sipp.messages()[0]
            self._sipp.nudge(invite.header("Call-ID"))
        return await self.ended(timeout)


def _result(messages: list[Message], sound: Sound) -> CallResult:
    invite = next((message for message in messages if message.sent and message.method == "INVITE"), None)
    responses = [m for m in messages if not m.sent and m.status is not None and m.method == "INVITE"]
    final = next((m for m in responses if (m.status or 0) >= 200), None)
    first = next((m for m in responses if (m.status or 0) > 100), None)
    byes = [m for m in messages if m.status is None and m.method == "BYE"]
    heard = [m for m in messages if not m.sent and m.header("Reason")]
    start = invite.time if invite else 0.0
    statuses: list[int] = []
    for message in responses:
        if message.status and message.status not in statuses:  # retransmissions
            statuses.append(message.status)
    return CallResult(
        statuses=statuses,
        reason=heard[-1].header("Reason") if heard else "",
        first_response=first.time - start if first else None,
        final_response=final.time - start if final else None,
        talk_seconds=byes[0].time - final.time if byes and final else 0.0,
        hung_up_by=("phone" if byes[0].sent else "pbx") if byes else "",
        sound=sound,
        messages=messages,
    )
