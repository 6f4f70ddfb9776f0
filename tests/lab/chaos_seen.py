"""What an observer sees who trusts no table of the product: SIPp's logs, Asterisk's, sound, the disk."""

from __future__ import annotations

import hashlib
import operator
import re
import socket
import threading
import time
import wave
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from math import cos, pi, sin
from pathlib import Path

from tests.lab.carrier import TONE as CALLEE_TONE
from tests.lab.ear import LINEAR, PACKET, RATE, ULAW
from tests.lab.phone import TONE as AGENT_TONE
from tests.lab.trace import Message, parse, user

SETTLED = 45.0  # seconds without growth; a call may go on in an Asterisk that stands still for a while
HEADER = 44  # bytes of a wav file; a header that a crash left false may be put right
SECOND_TONE, BOSS_TONE = 700.0, 1500.0  # Hz; who takes a call over, and a supervisor
OTHERS = (AGENT_TONE, SECOND_TONE, BOSS_TONE)  # whom a customer may hear
WHO = {AGENT_TONE: "agent", SECOND_TONE: "second agent", BOSS_TONE: "supervisor", CALLEE_TONE: "callee"}
EVENT, ANSWER_KEY = 101, 15  # payload type of keys; D, by which the listener answers a key that refuses
ANSWER_DONE = 2400  # samples; three shorter ones say that it was not taken
_TURNS = {
    tone: tuple(tuple(turn(2 * pi * tone * n / RATE) for n in range(PACKET)) for turn in (cos, sin))
    for tone in (*OTHERS, CALLEE_TONE)
}


def strengths(samples: list[int], tones: Iterable[float]) -> dict[float, float]:
    """The part (0 to 1) of the energy of a packet of 20 ms that lies at each of ``tones``."""
    energy: float = sum(map(operator.mul, samples, samples))
    if energy < PACKET * 100:  # next to silence
        return {}
    found: dict[float, float] = {}
    for tone in tones:
        real: float
        imaginary: float
        real, imaginary = (sum(map(operator.mul, samples, turn)) for turn in _TURNS[tone])
        found[tone] = 2 * (real * real + imaginary * imaginary) / (energy * len(samples))
        if found[tone] > 0.9:  # no other one is to be heard
            break
    return found


def speaking(samples: list[int]) -> list[float]:
    """Who is heard in a packet, alone or together. No announcement's words are somebody's tone."""
    found = strengths(samples, OTHERS)
    together = sum(found.values()) > 0.7
    return [tone for tone, part in found.items() if part > (0.15 if together else 0.5)]


class Tail:
    """What has been appended to a file since it was asked for last, in whole lines."""

    def __init__(self, path: Path) -> None:
        self._path, self._read, self._rest = path, 0, b""

    def more(self) -> str:
        if not self._path.exists():
            return ""
        with self._path.open("rb") as file:
            file.seek(self._read)
            data = file.read()
        self._read += len(data)
        whole, newline, rest = (self._rest + data).rpartition(b"\n")
        self._rest = rest
        return (whole + newline).decode("utf-8", "replace")


@dataclass
class Leg:
    """One call at the carrier. Times in seconds since the epoch."""

    trunk: str
    number: str
    caller: str
    call_id: str
    invited: float
    port: int | None  # Asterisk's, for sound
    text: str  # the INVITE
    answered: float | None = None
    ended: float | None = None
    by_asterisk: bool = False


class CarrierLog:
    """The carrier's calls, by SIPp's message log of one trunk."""

    def __init__(self, trunk: str, trace: Path) -> None:
        self._trunk, self._tail, self._held = trunk, Tail(trace), ""
        self.legs: dict[str, Leg] = {}

    def look(self, last: bool = False) -> None:
        """Takes in what is new. The newest message may be half written, unless this is the ``last`` look."""
        messages, self._held = parse(self._held + self._tail.more(), keep_last=not last)
        for message in messages:
            self._take(message)

    def _take(self, message: Message) -> None:
        call = message.header("Call-ID")
        request = message.status is None
        if message.method == "INVITE" and request and not message.sent:
            if call not in self.legs:
                caller, number = user(message.header("From")), user(message.uri)
                self.legs[call] = Leg(
                    self._trunk, number, caller, call, message.time, message.audio_port, message.text
                )
        elif (leg := self.legs.get(call)) is None:
            return
        elif message.method == "INVITE" and message.sent and message.status and message.status >= 200:
            if message.status == 200:
                leg.answered = leg.answered or message.time
            else:
                leg.ended = leg.ended or message.time
        elif request and message.method in ("BYE", "CANCEL") and leg.ended is None:
            leg.ended, leg.by_asterisk = message.time, not message.sent


_STAMP = r"^\[(?P<at>[\d-]+ [\d:.]+)\] "
_TOLD = re.compile(_STAMP + r".*Executing Application: \(MSet\) Options: \((?P<set>.*)\)$")
_KEY = re.compile(_STAMP + r".*SHARED\(DIALPACT_OPTOUT,(?P<asker>[\d.]+)\)=(?P<end>done|failed)")
_REFUSED = re.compile(_STAMP + r".*dialpact: (?P<what>refused|not bridged)[ ,](?P<text>.*)$")
_ASKED = re.compile(r"Set\(\"Local/(?:callee|agent)_(?P<id>[0-9a-f]{32})_\w+?_(?P<asker>[\d.]+)@")


@dataclass
class Told:
    """One verdict as Asterisk was told it."""

    at: float
    decision: str
    number: str
    verdict: str


class Console:
    """Verdicts and refusals by key, by Asterisk's own log."""

    def __init__(self, log: Path) -> None:
        self._tail = Tail(log)
        self._asked: dict[str, str] = {}  # unique id of who waits for an answer: decision
        self.told: list[Told] = []
        self.allowed: dict[str, list[Told]] = defaultdict(list)  # by the number to be dialled
        self.refusals: list[tuple[float, str]] = []  # when, and what the dialplan says of it
        self.keys: dict[str, tuple[float, str]] = {}  # decision: when, and whether it was stored

    def look(self) -> None:
        for line in self._tail.more().splitlines():
            if "(MSet)" in line and (found := _TOLD.match(line)):
                self._verdict(_time(found["at"]), found["set"])
            elif "SHARED(DIALPACT_OPTOUT," in line and (key := _KEY.match(line)):
                if asked := _ASKED.search(line):
                    self._asked[key["asker"]] = asked["id"]
                if decision := self._asked.get(key["asker"], ""):
                    self.keys[decision] = (_time(key["at"]), key["end"])
            elif "dialpact: " in line and (refused := _REFUSED.match(line)):
                self.refusals.append((_time(refused["at"]), f"{refused['what']} {refused['text']}"))
            elif "DIALPACT_ASK=" in line and (asked := _ASKED.search(line)):
                self._asked[asked["asker"]] = asked["id"]

    def _verdict(self, at: float, pairs: str) -> None:
        words = dict(pair.partition("=")[::2] for pair in pairs.split(","))
        if not (verdict := words.get("DIALPACT_VERDICT", "")):
            return
        told = Told(at, words.get("__DIALPACT_ID", ""), words.get("DIALPACT_NUMBER", ""), verdict)
        self.told.append(told)
        if verdict == "ALLOW":
            self.allowed[told.number].append(told)


def _time(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


class Tones:
    """Who is heard on one UDP port: for each port of Asterisk's the spans in which each tone came.

    Asterisk gives a port to another call later, so one asks for a span of time, never for a port alone.
    """

    def __init__(self, address: str, port: int) -> None:
        self.address, self.port = address, port
        self._spans: dict[tuple[int, float], list[list[float]]] = defaultdict(list)  # begin, end, packets
        self._answers: dict[int, list[tuple[float, int]]] = defaultdict(list)  # when, for how many samples
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((address, port))
        self._closing = False
        self._thread = threading.Thread(target=self._listen, name=f"tones {port}", daemon=True)
        self._thread.start()

    def seconds(self, port: int | None, begin: float, end: float, tone: float = 0.0) -> float:
        """How long ``tone``, or any, came from Asterisk's ``port`` between the two times."""
        packets = 0.0
        for first, last, count in list(self._spans.get((port or 0, tone), ())):
            if first < end and last > begin:
                share = (min(last, end) - max(first, begin)) / max(last - first, 0.02)
                packets += count * min(1.0, share)
        return packets * PACKET / RATE

    def took(self, port: int | None, begin: float, end: float) -> bool | None:
        """What a key that refuses was answered with between the two times; None for nothing."""
        heard = [samples for at, samples in list(self._answers.get(port or 0, ())) if begin < at < end]
        return max(heard) >= ANSWER_DONE if heard else None

    def close(self) -> None:
        if not self._closing:
            self._closing = True
            self._socket.sendto(b"", (self.address, self.port))
            self._thread.join()
            self._socket.close()

    def _listen(self) -> None:
        while True:
            packet, (_, port) = self._socket.recvfrom(2048)
            if self._closing:
                return
            now, kind = time.time(), packet[1] & 0x7F if len(packet) > 15 and packet[0] >> 6 == 2 else None
            if kind == EVENT and packet[12] == ANSWER_KEY and packet[13] & 0x80:
                self._answers[port].append((now, int.from_bytes(packet[14:16])))
            if kind != ULAW or len(packet) < 12 + PACKET:
                continue
            heard = speaking([LINEAR[code] for code in packet[12 : 12 + PACKET]])
            for tone in (*heard, 0.0) if heard else ():
                spans = self._spans[port, tone]
                if spans and now - spans[-1][1] < 0.1:
                    spans[-1][1] = now
                    spans[-1][2] += 1
                else:
                    spans.append([now - 0.02, now, 1])


def tones(path: Path) -> Counter[float]:
    """Seconds of a wav file in which each tone is heard. OSError, wave.Error."""
    found: Counter[float] = Counter()
    data = path.read_bytes()[HEADER:]  # by its size: a crash leaves a header that knows of no sound
    samples = list(memoryview(data[: len(data) // 2 * 2]).cast("h"))
    if not samples:
        raise wave.Error(f"{path.name}: no sound")
    for start in range(0, len(samples) - PACKET + 1, PACKET):
        parts = strengths(samples[start : start + PACKET], _TURNS)
        found.update(tone for tone, part in parts.items() if part > 0.15)
    return Counter({tone: count * PACKET / RATE for tone, count in found.items()})


def voices(paths: list[Path]) -> Counter[float]:
    """Seconds of each voice on the recordings of one call; what two of them have at once counts once.

    A recording made for one who joined (the first agent is not on its own side) tells of him alone.
    """
    first: Counter[float] = Counter()
    joined: Counter[float] = Counter()
    for path in paths:
        try:
            found = tones(path)
            others = found[SECOND_TONE] + found[BOSS_TONE] > 0.1
            side = tones(path.with_stem(f"{path.stem}-agent")) if others else found
        except (OSError, wave.Error):
            continue
        if others and side[AGENT_TONE] < 0.1 < side[SECOND_TONE] + side[BOSS_TONE]:
            joined += Counter({tone: found[tone] for tone in (SECOND_TONE, BOSS_TONE)})
        else:
            first += found
    return first | joined


@dataclass
class _File:
    inode: int
    size: int
    since: float
    digest: str = ""


@dataclass
class Disk:
    """The recording folder's files as they were first seen complete, and what became of any since."""

    folder: Path
    files: dict[Path, _File] = field(default_factory=dict)
    settled: int = 0
    faults: list[tuple[str, str]] = field(default_factory=list)  # decision, what

    def look(self, last: bool = False) -> None:
        """``last``: each complete file is hashed again."""
        now, there = time.time(), {}
        for path in self.folder.rglob("*.wav"):
            try:
                there[path] = path.stat()
            except FileNotFoundError:
                continue
        for path in [path for path in self.files if path not in there]:
            self._wrong(path, "is gone")
            del self.files[path]
        for path, found in there.items():
            known = self.files.setdefault(path, _File(found.st_ino, found.st_size, now))
            if (found.st_ino, found.st_size) != (known.inode, known.size):
                if found.st_size < known.size:
                    self._wrong(path, f"shrank from {known.size} to {found.st_size} bytes")
                elif known.inode != found.st_ino:
                    self._wrong(path, "was replaced")
                elif known.digest and found.st_size != known.size:
                    self._wrong(path, f"grew again, from {known.size} to {found.st_size} bytes")
                self.files[path] = _File(found.st_ino, found.st_size, now)
            elif not known.digest and (now - known.since > SETTLED or last):
                known.digest, self.settled = _digest(path), self.settled + 1
            elif known.digest and last and known.digest != _digest(path):
                self._wrong(path, "has other sound than it had")

    def _wrong(self, path: Path, what: str) -> None:
        self.faults.append((path.name.partition("-")[0], f"{path.name} {what}"))

    def of(self, decision: str) -> list[Path]:
        """The files of both directions together of one decision's recordings."""
        return sorted(path for path in self.files if re.fullmatch(rf"{decision}-\d+\.wav", path.name))


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        file.seek(HEADER)
        return hashlib.file_digest(file, "sha256").hexdigest()
