"""SIPp as the carrier: answers by rules on the dialled number and keeps its own log of every INVITE."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from tests.lab.behaviour import ANSWERS, Behaviour, scenario
from tests.lab.dialog import Dialog
from tests.lab.ear import Ear, Sound, write_tone
from tests.lab.keys import Keys, event_type
from tests.lab.pbx import Pbx
from tests.lab.sipp import Sipp
from tests.lab.trace import Message, user

TONE = 440.0  # Hz; the phone's is another, so that a recording shows whose voice is on it
SIDES = {"carrier": "127.0.4.1", "carrier2": "127.0.4.2"}  # as in conf/pjsip.conf


@dataclass(frozen=True)
class Invite:
    """An INVITE as it reached the carrier (retransmissions left out); users still percent-encoded."""

    time: float
    method: str
    number: str
    from_user: str
    from_header: str
    call_id: str
    audio_port: int | None
    text: str


class Carrier:
    """The trunk's other end. ``rules`` maps POSIX regular expressions on the number to behaviours."""

    def __init__(
        self,
        pbx: Pbx,
        behaviour: Behaviour = ANSWERS,
        rules: Mapping[str, Behaviour] | None = None,
        trunk: str = "carrier",
    ) -> None:
        address = SIDES[trunk]
        self._dialogs: dict[str, Dialog] = {}
        self._ear = Ear(address, pbx.ports.take(2))
        port = pbx.ports.carrier if trunk == "carrier" else pbx.ports.carrier2
        tone = write_tone(pbx.home / f"{trunk}.ulaw", TONE)
        self._sipp = Sipp(
            pbx, trunk, scenario(behaviour, rules or {}, self._ear.port, str(tone)), address, port
        )
        pbx.on_close(self.close)

    def messages(self) -> list[Message]:
        """Return everything SIPp sent and received."""
        return self._sipp.messages()

    def invites(self) -> list[Invite]:
        """Return every INVITE that reached the carrier: the proof of what was and was not dialled."""
        seen: dict[tuple[str, str], Invite] = {}
        for message in self.messages():
            if message.sent or message.status is not None or message.method != "INVITE":
                continue
            key = (message.header("Call-ID"), message.header("CSeq"))
            seen.setdefault(
                key,
                Invite(
                    time=message.time,
                    method=message.method,
                    number=user(message.uri),
                    from_user=user(message.header("From")),
                    from_header=message.header("From"),
                    call_id=key[0],
                    audio_port=message.audio_port,
                    text=message.text,
                ),
            )
        return list(seen.values())

    async def invited(self, count: int = 1, timeout: float = 20.0) -> list[Invite]:
        """Wait for ``count`` INVITEs in all and return them."""
        await self._sipp.until(lambda: len(self.invites()) >= count, timeout, f"INVITE number {count}")
        return self.invites()

    def heard(self, invite: Invite | None = None) -> Sound:
        """Return what the callee of ``invite`` heard, by default all callees together."""
        return self._ear.sound(invite.audio_port if invite else None)

    async def press(self, invite: Invite, key: str) -> None:
        """Press a key of the callee's answered phone."""
        if invite.call_id not in self._dialogs:
            messages = [message for message in self.messages() if message.header("Call-ID") == invite.call_id]
            self._dialogs[invite.call_id] = Dialog.of(messages, self._sipp.address)
        await self._dialogs[invite.call_id].press(key)

    async def dial(self, invite: Invite, keys: str) -> None:
        """Press ``keys`` on the callee's answered phone as a carrier passes them on: in the RTP stream."""
        assert invite.audio_port
        await Keys(self._sipp.address, invite.audio_port, event_type(invite.text)).press(keys)

    def hang_up(self, invite: Invite) -> None:
        """Hang up an answered call from the callee's side."""
        self._sipp.nudge(invite.call_id)

    def close(self) -> None:
        """End the carrier; calls that it had are left hanging, as after a crash."""
        self._sipp.close()
        self._ear.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
