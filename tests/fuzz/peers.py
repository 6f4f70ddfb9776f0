"""Who is at the other end of a line: a forging SIP peer, a PBX of classic AGI, an Asterisk manager, a leg.

An input for AGI is what the peer sends, cut by MARK where it waits for a command. One that begins with REFUSE
asks, in the arguments that the dialplan sets, for a number that may not be called: whatever SIP text says.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import random
import re
import signal
import sys
from datetime import UTC, datetime
from functools import cache
from types import SimpleNamespace
from typing import Any
from unittest import mock

import structlog

from agi import script, variables
from ami_listener.ami import wire
from ami_listener.ami.connection import LinkError, Session
from ami_listener.ami.events import Origin
from ami_listener.ami.pbx import Pbx
from ami_listener.ami.sent import Sent
from ami_listener.legs import leg_check
from ami_listener.legs.claims import Claims
from ami_listener.legs.leg_check import Suspect
from ami_listener.timings import USUAL, LinkTimings
from dialpact.compliance.endpoints import dialled
from dialpact.compliance.errors import RecordingError
from dialpact.testing.agi_header import Ringing, header
from dialpact.testing.ami import FakeAmi
from tests.agi.office import CALLER_ID, NUMBER, STRANGER, Office
from tests.ami_listener.pace import QUICK, changed
from tests.ami_listener.scene import Scene, until
from tests.fuzz.engine import ROOT, Target, hostile
from tests.fuzz.folders import folder
from tests.fuzz.living import SECONDS, Loop, gate
from tests.fuzz.readers import AGI_TOKENS, AMI_TOKENS, ami_stream
from tests.peer import peer

MARK = b"\n#>\n"
REFUSE = b"#refuse\n"
SECRET = (NUMBER, STRANGER, CALLER_ID)
DONE = b"200 result=0\n"
CONFIRMED = b"200 result=1 (%s)\n" % CALLER_ID.encode()
FORGED = (
    *AGI_TOKENS,
    b"agi_arg_1: 13800138000\n",
    b"agi_arg_2: spring\n",
    b"agi_threadid: 1\n",
    DONE,
    b"\n\n",
)
NETWORK = b"agi_network: yes\nagi_network_script: outbound\n"


# AGI


def forging(dice: random.Random, *, fast: bool = True) -> bytes:
    """An honest call in whose SIP texts somebody forges; the arguments are the dialplan's."""
    number = dice.choice((NUMBER, STRANGER))
    whole = header(Ringing(), fast=fast)
    rest = whole[whole.index(b"agi_callingpres") :]
    words: dict[str, Any] = {}
    for name in dice.sample(("caller_id", "caller_name", "dnid"), dice.randrange(4)):
        parts = (
            whole,
            rest,
            b"\n" + rest,
            rest.replace(STRANGER.encode(), NUMBER.encode()),
            CALLER_ID.encode(),
        )
        text = hostile(dice, *FORGED, *parts)
        if dice.randrange(2):  # the whole rest of a header, with the arguments that the forger would like
            text = b"x\n" + rest + dice.choice((b"", b"200 result=1 (02788880007)", text))
        words[name] = text.decode("utf-8", "surrogateescape")
    sent = header(Ringing(number=number, **words), fast=fast)
    shown = re.sub(r"[^0-9+]", "", words.get("caller_id", CALLER_ID)).encode()
    head, blank, pushed = sent.partition(b"\n\n")
    chunks = [head + blank + pushed]
    if pushed and dice.randrange(2):  # what is behind the forged end comes in a segment of its own
        line, end, later = pushed.partition(b"\n")
        chunks = [head + blank + line + end, later] if dice.randrange(2) else [head + blank, pushed]
    answers = [
        b"200 result=1 (%s)\n" % shown,
        hostile(dice, *FORGED) if dice.randrange(3) == 0 else DONE,
        DONE,
    ]
    return (REFUSE if number == STRANGER else b"") + MARK.join([*chunks, *answers])


def transcripts(*, fast: bool) -> list[bytes]:
    """What Asterisk said in each, cut where it waited."""
    found = []
    for path in sorted((ROOT / "tests" / "transcripts" / "agi").rglob("*.txt")):
        if path.name == "commands.txt" or (path.name == "classic.txt") == fast:
            continue
        said, waited = b"", False
        for line in path.read_bytes().splitlines():
            if line[:1] == b">":
                said += (
                    (MARK if waited else b"")
                    + line[2:].replace(b"\\x20", b" ").replace(b"\\n", b"\n")
                    + b"\n"
                )
            waited = line[:1] == b"<"
        found.append(said)
    return found


def asked_properly(data: bytes, network: bytes = b"") -> bool:
    """Read by other means than the product's: whether this may be put through."""
    head, *replies = data.split(MARK)
    lines = (network + head).split(b"\n")
    if data.startswith(REFUSE) or lines[-2:] != [b"", b""] or b"" in lines[:-2] or not replies:
        return False
    named = [
        (name, value.removeprefix(b" ")) for name, _, value in (line.partition(b":") for line in lines[:-2])
    ]
    names = [name for name, _ in named]
    known = dict(named)
    digits = re.sub(rb"\D", b"", known.get(b"agi_arg_1", b""))
    return (
        len(known) == len(names)
        and all(name.startswith(b"agi_") for name in names)
        and digits in (b"13800138000", b"8613800138000", b"008613800138000", b"013800138000")
        and known.get(b"agi_network_script") == b"outbound"
        and re.match(rb"200 result=\d", replies[0]) is not None
    )


def told_rightly(data: bytes, said: bytes, office: Office, network: bytes = b"") -> None:
    """What the dialplan would have, against an independent reading of what was asked."""
    found: dict[str, str] = {}
    for line in said.decode("ascii").split("\n"):
        for pair in line[10:].split(",") if line.startswith("EXEC MSet ") else ():
            name, _, value = pair.partition("=")
            found[name.lstrip("_")] = value
    if found.get("DIALPACT_VERDICT") == "ALLOW":
        assert asked_properly(data, network), "ALLOW out of a garbled session"
        assert found["DIALPACT_NUMBER"] == NUMBER
        rows = office.sql("SELECT verdict FROM decision WHERE id = ?", found["DIALPACT_ID"])
        assert rows == [("ALLOW",)], rows


def nothing_shown(logs: list[Any]) -> None:
    """(The formatter of the running gate masks what is left; an event's own words must not need it.)"""
    assert not any(one["event"] == "session failed" for one in logs), logs
    shown = [one for one in logs if any(secret in str(one.get("number", "")) for secret in SECRET)]
    assert not shown, shown


def agi_forged(data: bytes) -> None:
    """No ALLOW but to who asked for it in so many words, and whose caller number the channel confirmed."""
    live = gate()

    async def play() -> bytes:
        reader, writer = await asyncio.open_connection(live.office.host, live.office.port)
        said = sent = b""
        try:
            for chunk in data.removeprefix(REFUSE).split(MARK):
                writer.write(chunk)
                sent += chunk
                if b"\n\n" not in sent:  # an honest header would be complete: nothing to wait for
                    continue
                said += (line := await asyncio.wait_for(reader.readline(), SECONDS))
                if not line:
                    break
            writer.write_eof()
            said += await asyncio.wait_for(reader.read(), SECONDS)
        except OSError:
            pass
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
        return said

    with structlog.testing.capture_logs() as logs:
        said = live.run(play())
    told_rightly(data, said, live.office)
    nothing_shown(logs)


class Pipe:
    """stdin and stdout of a classic AGI process: the next piece is sent when a command has come."""

    encoding = "utf-8"

    def __init__(self, chunks: list[bytes]) -> None:
        self._read, self._write = os.pipe()
        os.set_blocking(self._read, False)
        self._chunks, self.said = chunks, ""
        self._next()

    def _next(self) -> None:
        if self._chunks and self._write >= 0:
            os.write(self._write, self._chunks.pop(0)[:32_768])
        elif self._write >= 0:
            os.close(self._write)
            self._write = -1

    @staticmethod
    def read(descriptor: int, most: int) -> bytes:
        """os.read of the process: when nothing more can come, Asterisk is gone."""
        try:
            return os.read(descriptor, most)
        except BlockingIOError:
            return b""

    def write(self, text: str) -> int:
        self.said += text
        if text.endswith("\n"):
            self._next()
        return len(text)

    def flush(self) -> None:
        pass

    def fileno(self) -> int:
        return self._read

    def close(self) -> None:
        for descriptor in (self._read, self._write):
            if descriptor >= 0:
                os.close(descriptor)


def agi_script(data: bytes) -> None:
    """As before; and it says only what the gate says, ends with 0 or 1, and shows no number on stderr."""
    office = gate().office
    pipe, stderr = Pipe(data.removeprefix(REFUSE).split(MARK)), io.StringIO()
    before = signal.getsignal(signal.SIGHUP)
    with structlog.testing.capture_logs() as logs:
        try:
            with (
                mock.patch.dict(os.environ, {"DIALPACT_GATE": f"{office.host}:{office.port}"}),
                mock.patch.object(script, "os", SimpleNamespace(read=pipe.read, environ=os.environ)),
                mock.patch.object(sys, "stdin", pipe),
                mock.patch.object(sys, "stdout", pipe),
                mock.patch.object(sys, "argv", ["dialpact-agi", NUMBER]),
                contextlib.redirect_stderr(stderr),
            ):
                code = script.main()
        finally:
            signal.signal(signal.SIGHUP, before)
            pipe.close()
    assert code in (0, 1)
    told_rightly(data, pipe.said.encode("ascii"), office, NETWORK)
    nothing_shown(logs)
    errors = stderr.getvalue()
    assert "Traceback" not in errors and not any(one in errors for one in SECRET), errors
    known = (*variables.BEFORE_VERDICT, variables.SET_VERDICT)
    for line in pipe.said.splitlines():
        assert any(one.fullmatch(line) for one in known), line


# AMI


def _events() -> list[bytes]:
    found = []
    for path in sorted((ROOT / "tests" / "transcripts" / "ami" / "22").glob("*.txt")):
        for block in path.read_bytes().split(b"\n\n"):
            lines = [line[2:].replace(b"\\x20", b" ") for line in block.split(b"\n") if line[:2] == b"> "]
            if lines and lines[0].startswith(b"Event: "):
                found.append(b"\r\n".join(lines) + b"\r\n\r\n")
    return found


EVENTS = _events()


def injected(dice: random.Random) -> bytes:
    """Real events with hostile text in some values, as SIP text gets there."""
    found = b""
    for _ in range(dice.randrange(1, 4)):
        lines = dice.choice(EVENTS).split(b"\r\n")
        for _ in range(dice.randrange(1, 3)):
            at = dice.randrange(len(lines) - 2)
            lines[at] += hostile(dice, *AMI_TOKENS, *EVENTS[:8])
        found += b"\r\n".join(lines)
    return found


LOGIN = b"Response: Success\r\nActionID: @\r\nMessage: Authentication accepted\r\n\r\n"
LISTED = (
    b"Response: Success\r\nActionID: @\r\nEventList: start\r\nMessage: Channels will follow\r\n\r\n"
    b"Event: CoreShowChannel\r\nActionID: @\r\nChannel: PJSIP/carrier-00000001\r\nUniqueid: 1.1\r\n"
    b"ChannelStateDesc: Up\r\nApplication: AppDial\r\nDuration: 00:00:10\r\nBridgeId: x\r\n\r\n"
    b"Event: CoreShowChannelsComplete\r\nActionID: @\r\nEventList: Complete\r\nListItems: 1\r\n\r\n"
)
VALUE = b"Response: Success\r\nActionID: @\r\nVariable: UNIQUEID\r\nValue: 1.1\r\n\r\n"
FLAWED = VALUE.replace(
    b"Value: 1.1", b"Value: 2.2\r\nValue: 1.1"
)  # text of the value made a header of its own
GREETING = b"Asterisk Call Manager/9.0.0\r\n"


def linked(dice: random.Random) -> bytes:
    words = (*AMI_TOKENS, LOGIN, LISTED, VALUE, b"ActionID: @\r\n")
    said = [hostile(dice, *words) for _ in range(3)]
    said[0] = LISTED if dice.randrange(2) else said[0]
    said[1] = dice.choice((said[1], VALUE, FLAWED))
    return MARK.join([GREETING, *([LOGIN] if dice.randrange(4) else []), *said])


def ami_link(data: bytes) -> None:
    """A link with any peer is refused, or ends, with LinkError; nothing else gets out of it."""
    asyncio.run(_link(data.split(MARK)))


async def _link(chunks: list[bytes]) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ident = b""
        for place, chunk in enumerate(chunks):
            if place:
                found = re.search(rb"ActionID: (\w+)", await reader.readuntil(b"\r\n\r\n"))
                ident = found[1] if found else b""
            writer.write(chunk.replace(b"@", ident))
        await writer.drain()

    unhandled: list[Any] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: unhandled.append(context))
    short = LinkTimings(action=0.03, pong=0.03, login=0.1)
    async with peer(handle) as (host, port):
        with contextlib.suppress(LinkError):
            session = await Session.open(host, port, "dialpact", "hush", timings=short)
            try:
                pbx = Pbx(session)
                with contextlib.suppress(RecordingError):
                    for one in await pbx.channels():
                        assert isinstance(one.seconds, int | float)
                if await pbx.is_live("PJSIP/carrier-00000001", "1.1"):
                    assert any(is_told(chunk) for chunk in chunks), "a fact from a message with a flaw"
                await pbx.site_lists("110")
            finally:
                await session.close()
    assert not unhandled, unhandled


def is_told(chunk: bytes) -> bool:
    framer = wire.Framer()
    found = framer.feed(GREETING + chunk + b"\r\n\r\n")
    return any(one.get("Value") == "1.1" and not one.flaw for one in found)


class Listening:
    """A listener that lives until the process ends, on a fake Asterisk."""

    def __init__(self) -> None:
        self.loop = Loop()
        self.loop.run(self._start())

    async def _start(self) -> None:
        home = folder("listener-")
        (home / "recordings").mkdir()
        self.ami = await FakeAmi().__aenter__()
        self.scene = await Scene(
            home / "dialpact",
            self.ami.port,
            home / "recordings",
            timings=changed(QUICK, recorder={"proof": 0.5}),
        ).__aenter__()
        await self.scene.ready(SECONDS)


@cache
def listening() -> Listening:
    return Listening()


def beside_a_call(data: bytes) -> None:
    """Whatever comes between two real events: the honest call is recorded to its end, the listener lives."""
    live = listening()
    with structlog.testing.capture_logs() as logs:
        live.loop.run(_call(live, data))
    failed = [one for one in logs if one["event"] in ("leg failed", "recording not concluded")]
    assert not failed, failed


async def _call(live: Listening, data: bytes) -> None:
    ami, scene = live.ami, live.scene
    decision = await scene.allow()
    leg = ami.dial(NUMBER, decision)
    if leg.uniqueid.encode() in data:  # looks like Asterisk and is about this call: that is a fact
        leg.hang_up()
        return
    ami.raw(data + b"\r\n\r\n")
    leg.ring()
    ami.raw(data + b"\r\n\r\n")
    leg.pick_up()
    await until(lambda: leg.variables.get("DIALPACT_RECORDING") == decision, SECONDS)
    ami.raw(data + b"\r\n\r\n")
    leg.let_through()
    leg.enter_bridge()
    leg.speak(0.2)
    ami.raw(data + b"\r\n\r\n")
    leg.hang_up()

    async def kept() -> bool:
        found = await scene.recordings()
        return any((row["decision"], row["state"]) == (decision, "kept") for row in found)

    await until(kept, SECONDS)
    assert scene._running is not None and not scene._running.done()


# Emergency calls

AT = datetime(2026, 11, 24, 2, tzinfo=UTC)
EMERGENCY = ("110", "119", "120", "122", "112")


def emergency(data: bytes) -> None:
    """A leg to an emergency number is never cut, whatever every other field of it says."""
    asyncio.run(_emergency(data.decode("utf-8", "replace")))


async def _emergency(text: str) -> None:
    said = (text.split("\n") + [""] * 8)[:8]

    class Asked:
        lost = False

        async def variable(self, channel: str, name: str) -> str:
            return said[len(name) % 8]

        async def site_lists(self, number: str) -> bool:
            return False

        async def sent(self, channel: str) -> Sent:
            return Sent(said[0], said[1], said[2])

    async def unknown(decision: str) -> None:
        return None

    context: Any = SimpleNamespace(
        node="pbx1",
        claims=Claims(),
        store=SimpleNamespace(carrier_legs=SimpleNamespace(allowed=unknown)),
        bare=lambda number, _: {number},
        timings=USUAL,
    )
    pbx: Any = Asked()
    origin = Origin(
        caller=said[0],
        caller_id=said[1],
        linkedid=said[2],
        number=said[3],
        context=said[4],
        exten=said[5],
        account=said[6],
    )
    for number in EMERGENCY:
        for dial in (f"{number}@carrier", f"carrier/sip:{number}@{said[7].replace('/', '')}", number):
            leg = Suspect(said[0], said[1], {said[2]: said[3][:4]}, AT, dial, origin)
            found = await leg_check.judge(context, pbx, leg)
            assert not found.verdict.may_be_cut, (dial, found)
            assert dialled(said[0], dial) == number


def lines(dice: random.Random) -> bytes:
    words = (b"0" * 32, b"Local/110@x-00000001;2", b"PJSIP/carrier-00000001", b"027", b"1", b"")
    return b"\n".join(hostile(dice, *words).replace(b"\n", b"") for _ in range(8))


PEERS = {
    target.name: target
    for target in (
        Target("agi-forged", transcripts(fast=True), agi_forged, (*FORGED, MARK), 150, built=forging),
        Target(
            "agi-script",
            [MARK.join([one, CONFIRMED, DONE, DONE]) for one in transcripts(fast=False)],
            agi_script,
            (*FORGED, MARK),
            100,
            built=lambda dice: forging(dice, fast=False),
        ),
        Target(
            "ami-link", [MARK.join([GREETING, LOGIN, LISTED, VALUE])], ami_link, AMI_TOKENS, 25, built=linked
        ),
        Target("listener", EVENTS[:40], beside_a_call, AMI_TOKENS, 10, built=injected),
        Target("ami-injected", EVENTS, ami_stream, AMI_TOKENS, 100, built=injected),
        Target("emergency", [b"\n".join([b"x"] * 8)], emergency, (b"110", b"\n"), 100, built=lines),
    )
}
