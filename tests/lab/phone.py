"""SIPp as an agent's phone: one process for each call, so that any number of calls go on at once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.lab.call import Call, CallResult
from tests.lab.ear import Ear, write_tone
from tests.lab.pbx import Pbx
from tests.lab.sipp import NUDGE, Sipp

SCENARIO = Path(__file__).with_name("conf") / "phone.xml"
TONE = 1000.0  # Hz
# Asterisk tells phones apart by address: conf/pjsip.conf.
ADDRESSES = {
    "agent1001": "127.0.1.1",
    "agent1002": "127.0.1.2",
    "agent1003": "127.0.1.3",
    "raw": "127.0.1.9",
    "desk2001": "127.0.2.1",
    "classic": "127.0.3.1",
    "carrier": "127.0.4.1",  # somebody who calls in from outside
}
CALLER_ID = "02788880001"
RING_LIMIT = 40.0
REFUSALS = (*range(400, 440), *range(480, 495), *range(500, 506), 580, 600, 603, 604, 606, 607, 608)


class Phone:
    """An agent's phone, known to Asterisk as ``endpoint``; ``tone`` is its voice, in Hz."""

    def __init__(self, pbx: Pbx, endpoint: str = "agent1001", tone: float = TONE) -> None:
        self._pbx, self.endpoint = pbx, endpoint
        self._address = ADDRESSES[endpoint]
        self._tone = write_tone(pbx.home / f"{endpoint}-{tone:.0f}.ulaw", tone)

    async def call(self, number: str, *, timeout: float = 60.0, **options: object) -> CallResult:
        """Make a call and return when it is over; ``options`` as for ``calling``."""
        async with self.calling(number, **options) as call:  # type: ignore[arg-type]
            return await call.ended(timeout)

    @asynccontextmanager
    async def calling(
        self,
        number: str,
        *,
        campaign: str = "spring",
        caller_id: str = CALLER_ID,
        caller_name: str = "",
        talk_seconds: float = 1.0,
        hangup_by: str = "phone",
        ring_limit: float = RING_LIMIT,
        headers: str = "",
    ) -> AsyncIterator[Call]:
        """Make a call that goes on while the block runs; leaving the block hangs up.

        ``number``, ``caller_id`` and ``caller_name`` are sent verbatim (but ``[`` and ``]`` are SIPp's).
        The phone hangs up ``talk_seconds`` after the answer unless ``hangup_by`` is ``carrier`` or ``test``.
        ``headers`` are further header lines for the INVITE.
        """
        ear = Ear(self._address, self._pbx.ports.take(2))
        limit = talk_seconds if hangup_by == "phone" else 600.0
        name = f'"{caller_name}" ' if caller_name else ""
        extra = (f"X-Campaign: {campaign}\n" if campaign else "") + (
            headers.strip() + "\n" if headers else ""
        )
        text = SCENARIO.read_text()
        for word, value in {
            "@nudge@": NUDGE,
            "@number@": number,
            "@from@": f"{name}<sip:{caller_id}@[local_ip]>",
            "@extra@": extra,
            "@audio@": str(ear.port),
            "@tone@": str(self._tone),
            "@talk@": f"{limit * 1000:.0f}",
            "@ring@": f"{ring_limit * 1000:.0f}",
            "@refusals@": "\n".join(
                f'<recv response="{code}" optional="true" next="3"/>' for code in REFUSALS
            ),
        }.items():
            text = text.replace(word, value)
        sipp = Sipp(self._pbx, self.endpoint, text, self._address, self._pbx.ports.take(), calls=1)
        self._pbx.on_close(ear.close)
        call = Call(sipp, ear)
        try:
            yield call
            if sipp.running:
                await call.hang_up()
        finally:
            sipp.close()
            ear.close()
            for action in (sipp.close, ear.close):
                self._pbx.closed(action)
