"""What is drawn of a recording: only what the ledger bears out, or what its file is made of."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from dialpact.application import waveforms
from dialpact.application.actor import Actor, Door, Right
from dialpact.application.context import Context
from dialpact.application.waveforms import Drawing, Drawn
from dialpact.compliance.errors import NotPermitted, StoreBusy
from dialpact.compliance.recorded import Finished
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.soundtrack import Soundtrack
from dialpact.compliance.waveform import Waveform
from dialpact.store.ports.recording_search import Whose
from dialpact.store.sqlite import Store
from dialpact.testing.ami_calls import tone, wav_header
from tests.application.test_hearing import ID, by_hand, store, told
from tests.compliance.store_values import AT, Still

assert store  # (a fixture)
CHEN = Actor(name="chen", door=Door.PAGE, rights=frozenset({Right.EVIDENCE}))
KNOWN = Waveform(1, bytes([51, 255]))


class World:
    def __init__(self, store: Store) -> None:
        self.store, self.folder = store, store.path.parent / "spool"
        self.drawing, self.hashes = Drawing(), dict[str, str]()
        for side, seconds in (("callee", 1.0), ("agent", 0.5)):
            sound = tone(seconds)
            file = wav_header(len(sound)) + sound
            (self.folder / f"{side}.wav").write_bytes(file)
            self.hashes[side] = hashlib.sha256(file).hexdigest()

    async def finish(self, *drawn: str, stored: Waveform = KNOWN) -> None:
        """With what the listener drew of these sides."""
        track = Soundtrack(
            since="2026-11-24T02:00:00.000000Z",
            seconds={"mix": 1.0, "callee": 1.0, "agent": 0.5},
            drawn={side: KNOWN.digest(self.hashes[side]) for side in drawn},
        )
        end = Finished(
            id=ID,
            state="kept",
            ended_at=AT,
            seconds=1.0,
            callee_sha256=self.hashes["callee"],
            agent_sha256=self.hashes["agent"],
            sound=track.encode(),
            waveforms=dict.fromkeys(drawn, stored),
        )
        await self.store.recordings.finish(end)

    async def drawn(self, actor: Actor = CHEN, whose: Whose | None = None) -> Drawn:
        context = Context(self.store, actor, Still())
        return await waveforms.drawn(context, ID, self.folder, self.drawing, whose=whose or Whose())


@pytest.fixture
async def world(store: Store) -> AsyncIterator[World]:
    yield World(store)


async def test_what_the_listener_drew_needs_no_file(world: World) -> None:
    await world.finish("callee", "agent")
    for side in ("callee", "agent"):
        (world.folder / f"{side}.wav").unlink()
    found = await world.drawn()
    assert found == Drawn(seconds=1.0, sides=("callee", "agent"), levels=[[0.2, 1.0], [0.2, 1.0]])
    assert await told(world.store) == []


async def test_one_of_before_is_made_of_its_file_once(world: World) -> None:
    await world.finish()
    found = await world.drawn()
    assert found.sides == ("callee", "agent")
    callee, agent = found.levels
    assert len(callee) == len(agent) == 50
    assert min(callee) > 0.1 and not any(agent[25:]) and min(agent[:25]) > 0.1
    for side in ("callee", "agent"):
        (world.folder / f"{side}.wav").unlink()
    assert await world.drawn() == found


async def test_a_file_that_is_not_what_was_recorded_is_not_drawn(world: World) -> None:
    await world.finish()
    with (world.folder / "callee.wav").open("ab") as file:
        file.write(b"xx")
    with pytest.raises(Fault) as fault:
        await world.drawn()
    assert fault.value.key == "recording-changed"
    assert await told(world.store) == [("recording-changed", f"recording {ID}, callee: changed")]


async def test_another_waveform_in_its_place_is_an_incident_and_the_file_is_drawn(world: World) -> None:
    await world.finish("callee", "agent")
    by_hand(
        world.store,
        "DROP TRIGGER waveform_is_final; UPDATE waveform SET levels = x'0000' WHERE side = 'callee'",
    )
    callee, agent = (await world.drawn()).levels
    assert min(callee) > 0.1 and agent[:2] == [0.2, 1.0]
    assert await told(world.store) == [("recording-changed", f"recording {ID}, callee: waveform")]


async def test_one_with_another_digest_is_another_row_than_its_leaf_has(world: World) -> None:
    """Who changes the digest as well has changed the recording's row."""
    await world.finish("callee", "agent", stored=Waveform(1, b"\0\0"))
    forged = Waveform(1, b"\0\0")
    sound = Soundtrack(
        since="", drawn={side: forged.digest(world.hashes[side]) for side in ("callee", "agent")}
    ).encode()
    by_hand(world.store, f"DROP TRIGGER recording_end_is_final; UPDATE recording SET sound = '{sound}'")
    with pytest.raises(Fault) as fault:
        await world.drawn()
    assert fault.value.key == "recording-flawed"


async def test_a_row_that_was_taken_away_is_made_anew(world: World) -> None:
    await world.finish("callee", "agent")
    by_hand(world.store, "DELETE FROM waveform")
    assert len((await world.drawn()).levels[0]) == 50


async def test_it_needs_the_right_to_hear_and_another_s_is_none(world: World) -> None:
    await world.finish()
    with pytest.raises(NotPermitted):
        await world.drawn(Actor(name="admin", door=Door.PAGE, rights=frozenset({Right.CALLS})))
    with pytest.raises(Fault) as fault:
        await world.drawn(whose=Whose(businesses=("rival",)))
    assert fault.value.key == "not-registered"


async def test_many_who_look_at_once_make_it_once_and_no_more_wait_than_may(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.finish()
    begun = list[Path]()
    original = waveforms.hearing.opened

    async def opened(context: Context, kept: waveforms.Kept, directory: Path) -> waveforms.OpenFile:
        begun.append(kept.path)
        return await original(context, kept, directory)

    monkeypatch.setattr(waveforms.hearing, "opened", opened)  # no door counts what is opened
    found = await asyncio.gather(*(world.drawn() for _ in range(5)))
    assert len({str(one) for one in found}) == 1 and sorted(path.name for path in begun) == [
        "agent.wav",
        "callee.wav",
    ]
    world.drawing = Drawing(most_waiting=0)
    with pytest.raises(StoreBusy):
        await world.drawn()
