"""The fake's header and answers are those of the lab's Asterisk now, and of the oldest one when captured."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from agi.protocol import AgiSession, HungUp, Reply, Request
from dialpact.testing.agi_commands import PROBES, AgiChannel
from dialpact.testing.agi_header import Ringing, header
from dialpact.testing.transcripts import FOLDER, Transcript, read
from tests.agi.test_transcripts import shape
from tests.lab.bootstrap import bootstrap
from tests.lab.capture_agi import CALLER_ID, NUMBER, listening, probe
from tests.lab.carrier import Carrier
from tests.lab.pbx import Pbx
from tests.lab.phone import Phone
from tests.lab.site import DIALPLAN
from tests.patience import WAIT

OLDEST = FOLDER / "16"
OLDER = sorted(path for major in ("16", "18", "20") for path in (FOLDER / major).glob("*.txt"))


def placed(lines: list[bytes]) -> list[bytes]:
    """Without where our dialplan asks, which is its own affair."""
    return [line for line in shape(lines) if not line.startswith(b"agi_priority")]


def compare(found: Transcript, *, longest: bool = True) -> None:
    """Header fields and order; every command's answer; the hang-up's own line at the end.

    ``longest`` False leaves out the command that is longer than Asterisk's line, and what comes after it.
    """
    fake = header(Ringing(agent="agent1001")).splitlines()
    assert placed(fake) == placed(found.header)
    channel = AgiChannel(CALLER_ID)
    channel.set("DIALPACT_VERDICT", "")
    assert [command for command, _ in found.exchanges] == list(PROBES)
    for command, lines in found.exchanges if longest else found.exchanges[:-1]:
        real = [line for line in lines if line != b"HANGUP"]
        answer = channel.execute(command).splitlines()
        if real[0].startswith(b"520-"):  # the usage text itself is documentation
            assert (answer[0], answer[-1]) == (real[0], real[-1]), command[:80]
        else:
            assert answer == real, command[:80]
    assert not longest or found.exchanges[-1][1][-1] == b"HANGUP"


@pytest.fixture(scope="module")
def lab() -> Iterator[Pbx]:
    gate = {"DIALPACT_GATE": "127.0.0.1:@gate_port@"}
    with Pbx(dialplan=[DIALPLAN], variables=gate, installation=bootstrap()) as pbx, Carrier(pbx):
        yield pbx


@pytest.mark.lab
@pytest.mark.timeout(120)
async def test_fake_answers_as_the_lab_does(lab: Pbx) -> None:
    """Also unknown commands (510), usage (520), and a hang-up while the session goes on."""
    seen, over = Transcript(), asyncio.Event()
    phone = Phone(lab)
    async with (
        listening(lab.ports.gate, probe(seen, over)),
        phone.calling(NUMBER, caller_id=CALLER_ID, hangup_by="test") as call,
    ):
        await asyncio.wait_for(over.wait(), WAIT)
        await call.hang_up()
    compare(seen)


def test_fake_answers_as_the_oldest_did() -> None:
    """But for its line, a quarter as long: 8191 bytes are five commands to it and two to the fake."""
    found = read("commands", OLDEST)
    compare(found, longest=False)
    assert sum(line[3:4] == b" " for line in found.exchanges[-1][1]) == 5


@pytest.mark.parametrize("path", OLDER, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_our_protocol_understands_the_older(path: Path) -> None:
    name, found = path.stem, read(path.stem, path.parent)
    assert f"Asterisk {path.parent.name}." in found.about[0]
    if name.startswith("broken") or name == "classic":  # refused at sight; another reader
        return
    session = AgiSession()
    [request] = session.receive(b"\n".join(found.header) + b"\n")
    assert isinstance(request, Request)
    for command, lines in found.exchanges:
        if len(command) > 2047:  # our side never says so much
            break
        session.ask(command.decode() or "x")
        events = session.receive(b"".join(line + b"\n" for line in lines))
        assert isinstance(events[0], Reply)
        assert all(isinstance(event, Reply | HungUp) for event in events), command[:80]
