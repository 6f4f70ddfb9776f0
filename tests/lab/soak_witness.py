"""What was seen of the calls from outside the product: the carrier's SIPp log, Asterisk's CDR and console,
the disk. Nothing here reads a table of the product.
"""

from __future__ import annotations

import math
import re
import struct
import wave
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC
from pathlib import Path

from dialpact.compliance.cdr import CdrRecord, Master
from tests.lab.carrier import TONE as CALLEE_TONE
from tests.lab.pbx import Pbx
from tests.lab.phone import TONE as AGENT_TONE
from tests.lab.trace import read, user

HEARD = 0.3  # of a side's energy that has to lie at its own tone
_TAKE = 2000  # samples looked at in the middle of a file
_ID = re.compile(r"(?:DIALPACT_LEG|decision)=([0-9a-f]{32})")


@dataclass
class Seen:
    """Numbers as dialled, with how often."""

    invited: Counter[str] = field(default_factory=Counter)
    answered: Counter[str] = field(default_factory=Counter)
    talk: dict[str, float] = field(default_factory=dict)  # seconds from answer to BYE, if any


def carrier(trace: Path) -> Seen:
    """By SIPp's log: every INVITE that came, and every one of which the answer was sent."""
    seen = Seen()
    number_of: dict[str, str] = {}
    answered: dict[str, float] = {}
    for message in read(trace):
        call = message.header("Call-ID")
        if message.method == "BYE" and message.status is None and call in answered:
            seen.talk.setdefault(number_of[call], message.time - answered[call])
        if message.method != "INVITE":
            continue
        if not message.sent and message.status is None and call not in number_of:
            number_of[call] = user(message.uri)
            seen.invited[number_of[call]] += 1
        elif message.sent and message.status == 200 and call in number_of and call not in answered:
            answered[call] = message.time
            seen.answered[number_of[call]] += 1
    return seen


def cdr(pbx: Pbx, channel: str = "PJSIP/carrier-") -> Seen:
    """By Asterisk's CDR: calls whose second leg was the carrier's. A crash loses those of its time."""
    seen = Seen()
    master = pbx.home / "log/cdr-csv/Master.csv"
    if not master.exists():
        return seen
    with master.open("rb") as file:
        for _, record in Master(file, UTC):
            if isinstance(record, CdrRecord) and record.dstchannel.startswith(channel):
                seen.invited[record.dst] += 1
                seen.answered[record.dst] += record.disposition == "ANSWERED"
    seen.answered = +seen.answered
    return seen


def told(pbx: Pbx) -> set[str]:
    """Ids of decisions that Asterisk has been told, by its console: of answered calls and of refused ones."""
    return set(_ID.findall(pbx.log()))


def files(pbx: Pbx) -> set[Path]:
    """What lies in the recording directory."""
    return {path for path in pbx.recordings.rglob("*") if not path.is_dir()}


def tones(path: Path) -> tuple[float, float]:
    """How much (0 to 1) of a wav file's energy is the callee's tone, and how much the agent's."""
    with wave.open(str(path), "rb") as sound:
        count = sound.getnframes()
        sound.setpos(max(0, (count - _TAKE) // 2))
        data = sound.readframes(min(count, _TAKE))
        rate = sound.getframerate()
    samples = struct.unpack(f"<{len(data) // 2}h", data)
    return _strength(samples, rate, CALLEE_TONE), _strength(samples, rate, AGENT_TONE)


def _strength(samples: tuple[int, ...], rate: int, frequency: float) -> float:
    """The part of the energy at ``frequency``, by correlation."""
    energy = sum(value * value for value in samples)
    if not energy:
        return 0.0
    turn = 2 * math.pi * frequency / rate
    real = sum(value * math.cos(turn * n) for n, value in enumerate(samples))
    imaginary = sum(value * math.sin(turn * n) for n, value in enumerate(samples))
    return 2 * (real * real + imaginary * imaginary) / (energy * len(samples))


def silent_sides(main: Path, callee: Path, agent: Path) -> list[str]:
    """Of a recording's three files those in which the voice that belongs there is not heard."""
    found = []
    try:
        both, theirs, ours = tones(main), tones(callee), tones(agent)
    except (OSError, wave.Error, EOFError) as error:
        return [f"{main.name}: {error}"]
    if min(both) < HEARD / 2:
        found.append(f"{main.name}: callee {both[0]:.2f}, agent {both[1]:.2f}")
    if theirs[0] < HEARD:
        found.append(f"{callee.name}: callee {theirs[0]:.2f}")
    if ours[1] < HEARD:
        found.append(f"{agent.name}: agent {ours[1]:.2f}")
    return found
