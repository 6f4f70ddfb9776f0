"""The fake does what Asterisk did when it was captured, and what the lab's Asterisk does now."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ami_listener.ami import events
from tests.contract import transcript
from tests.contract.manager import Manager
from tests.contract.scenarios import SCENARIOS
from tests.contract.shape import actions, answers, messages_of, of_the_leg
from tests.contract.worlds import RINGS, RULES, FakeWorld, LabWorld, options
from tests.lab.bootstrap import bootstrap
from tests.lab.carrier import Carrier
from tests.lab.pbx import Pbx

Said = list[tuple[str, bytes]]
CURRENT = transcript.MAJORS[0]


async def on_the_fake(name: str, folder: Path) -> Said:
    async with FakeWorld(folder) as world, Manager(world.host, world.port) as ami:
        await SCENARIOS[name](world, ami)
        return ami.said


def compare(fake: Said, real: Said) -> None:
    """Answers and events apart: which of the two comes first is a matter of Asterisk's threads."""
    assert fake[0] == real[0], "the greeting"
    assert actions(fake) == actions(real)
    assert answers(messages_of(fake)) == answers(messages_of(real))
    assert of_the_leg(messages_of(fake)) == of_the_leg(messages_of(real))


def test_every_scenario_was_captured_and_every_transcript_is_used() -> None:
    for major in transcript.MAJORS:
        assert {path.stem for path in (transcript.TOP / major).glob("*.txt")} == {*SCENARIOS, "listener"}
        for path in (transcript.TOP / major).glob("*.txt"):
            assert transcript.read(path)[0][0].startswith(f"# Asterisk {major}."), path


@pytest.mark.parametrize("name", SCENARIOS)
async def test_fake_does_as_asterisk_did(name: str, tmp_path: Path) -> None:
    _, real = transcript.read(transcript.TOP / CURRENT / f"{name}.txt")
    compare(await on_the_fake(name, tmp_path), real)


@pytest.mark.parametrize("major", transcript.MAJORS)
@pytest.mark.parametrize("name", [*SCENARIOS, "listener"])
def test_our_readers_understand_all_of_it(name: str, major: str) -> None:
    _, said = transcript.read(transcript.TOP / major / f"{name}.txt")
    for message in messages_of(said):
        assert not message.flaw, message
        if message.kind == "Event" and not message.get("ActionID"):
            assert events.read(message) is not None, message


def test_a_transcript_holds_no_secret_and_no_path_of_a_machine() -> None:
    for path in transcript.TOP.glob("*/*.txt"):
        text = path.read_text("utf-8")
        assert text == transcript.normalised(text), f"{path}: a new capture would not be the same"
        assert "/tmp/" not in text
        assert "lab-secret" not in text
        assert "wrong\n" not in text


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabWorld]:
    made = options(tmp_path_factory.mktemp("conf"))
    with Pbx(installation=bootstrap(), **made) as pbx, Carrier(pbx, RINGS, RULES) as carrier:
        yield LabWorld(pbx, carrier)


@pytest.mark.lab
@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", SCENARIOS)
async def test_fake_does_as_the_lab_does(lab: LabWorld, name: str, tmp_path: Path) -> None:
    async with Manager(lab.host, lab.port) as ami:
        await SCENARIOS[name](lab, ami)
    compare(await on_the_fake(name, tmp_path), ami.said)
