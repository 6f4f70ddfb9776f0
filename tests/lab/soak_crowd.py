"""Many calls in few processes: one SIPp that makes them all, one that answers them all."""

from __future__ import annotations

import random
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.lab.behaviour import ANSWERS, Behaviour, scenario
from tests.lab.carrier import SIDES
from tests.lab.carrier import TONE as CALLEE_TONE
from tests.lab.ear import write_tone
from tests.lab.pbx import Pbx
from tests.lab.phone import ADDRESSES, REFUSALS, SCENARIO
from tests.lab.phone import TONE as AGENT_TONE
from tests.lab.sipp import NUDGE, Sipp
from tests.lab.site import Site

FOREVER = 6 * 3600  # seconds: no proof lasts longer
BY_CALLER_ID = 50  # calls; the profile's alarm comes at 60 an hour
MOBILE = ("135", "136", "137", "138", "139", "150", "151", "158", "186", "189")
CAMPAIGN = "autumn-loans"


@dataclass(frozen=True)
class Pair:
    """Who is called, and with which number."""

    callee: str
    caller_id: str


def pairs(count: int, seed: int) -> list[Pair]:
    """``count`` callees, none twice, in no order that looks like a range."""
    dice = random.Random(seed)
    callees: dict[str, None] = {}
    while len(callees) < count:
        callees[f"{dice.choice(MOBILE)}{dice.randrange(10**8):08d}"] = None
    return [Pair(callee, f"0278889{number // BY_CALLER_ID:04d}") for number, callee in enumerate(callees)]


def register(site: Site, calls: Sequence[Pair], trunks: str = "carrier") -> None:
    """Consents, lead list and caller IDs for these calls, by the commands that an operator uses."""

    def table(name: str, header: str, rows: list[str]) -> str:
        path = site.folder / f"{name}.csv"
        path.write_text("\n".join([header, *rows]) + "\n", "utf-8")
        return str(path)

    callers = table(
        "caller-ids",
        "number,business,licence,carrier,authenticated,trunks,purposes,valid_from,valid_to",
        [
            f"{caller_id},jianghan,LAB-1,China Telecom Hubei,yes,{trunks},marketing,2026-01-01,2027-12-31"
            for caller_id in dict.fromkeys(call.caller_id for call in calls)
        ],
    )
    site.dialpact("caller-id", "import", callers)
    consents = table(
        "consents",
        "number,business,industry,granted_at,expires_at,evidence",
        [f"{call.callee},jianghan,loans,2026-06-01T09:12:00+08:00,,soak" for call in calls],
    )
    site.dialpact("consent", "import", consents)
    site.dialpact(
        *("leads", "import", table("leads", "number", [call.callee for call in calls])),
        *("--campaign", CAMPAIGN, "--partner", "江汉银行", "--contract", "JH-2026-04"),
        *("--basis", "consent, PIPL 13"),
    )


class Sink:
    """A port for sound that nobody listens to: the kernel drops what does not fit."""

    def __init__(self, pbx: Pbx, address: str) -> None:
        self.port = pbx.ports.take(2)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((address, self.port))
        pbx.on_close(self._socket.close)


class Callers(Sipp):
    """The agents: each of ``calls`` once, at most ``concurrent`` at a time, ``rate`` new ones a second."""

    def __init__(
        self,
        pbx: Pbx,
        calls: Sequence[Pair],
        *,
        concurrent: int,
        rate: float,
        talk_seconds: float,
        ring_seconds: float = 15.0,
        endpoint: str = "agent1001",
    ) -> None:
        address = ADDRESSES[endpoint]
        tone = write_tone(pbx.home / "callers.ulaw", AGENT_TONE)
        text = SCENARIO.read_text()
        for word, value in {
            "@nudge@": NUDGE,
            "@number@": "[field0]",
            "@from@": "<sip:[field1]@[local_ip]>",
            "@extra@": f"X-Campaign: {CAMPAIGN}\n",
            "@audio@": str(Sink(pbx, address).port),
            "@tone@": str(tone),
            "@talk@": f"{talk_seconds * 1000:.0f}",
            "@ring@": f"{ring_seconds * 1000:.0f}",
            "@refusals@": "\n".join(
                f'<recv response="{code}" optional="true" next="3"/>' for code in REFUSALS
            ),
        }.items():
            text = text.replace(word, value)
        numbers = pbx.home / "numbers.csv"
        lines = [f"{call.callee};{call.caller_id};" for call in calls]
        numbers.write_text("\n".join(["SEQUENTIAL", *lines]) + "\n", "ascii")
        # The rate is per second in whole calls, so slower ones are told as calls per period.
        options = {"-inf": numbers, "-l": concurrent, "-r": max(1, round(rate * 10)), "-rp": 10_000}
        super().__init__(
            pbx,
            "callers",
            text,
            address,
            pbx.ports.take(),
            calls=len(calls),
            # Of alternatives only the first has a limit of its own, and a peer that was killed says nothing.
            options={**options, "-timeout": FOREVER, "-recv_timeout": round(ring_seconds * 1000)},
        )


class Callees(Sipp):
    """The carrier: rings for 0.2 s, answers and is heard, unless a rule says otherwise."""

    def __init__(
        self, pbx: Pbx, behaviour: Behaviour = ANSWERS, rules: Mapping[str, Behaviour] | None = None
    ) -> None:
        address = SIDES["carrier"]
        tone = write_tone(pbx.home / "callees.ulaw", CALLEE_TONE)
        text = scenario(behaviour, rules or {}, Sink(pbx, address).port, str(tone))
        super().__init__(pbx, "callees", text, address, pbx.ports.carrier, options={"-timeout": FOREVER})

    @property
    def trace(self) -> Path:
        return self.folder / "messages"
