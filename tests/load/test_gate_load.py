"""The gate under load: every honest call hears one verdict or loses its socket, and nothing told is lost.

A client on a busy machine may itself be too slow with its header: then it is cut off, which is an answer
too. That the gate answers at all is what each test ends with (``calm``). How fast that is, is the
benchmark's business (``tests.bench.load_bench``); here nothing is measured but what must hold on any machine.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from agi import server
from dialpact.testing.agi_header import Ringing, header
from tests.bench.gate_site import CALLER_ID, entry
from tests.load import crowd
from tests.load.crowd import House, Told
from tests.patience import WAIT

# The gate's deadline and three confirmations, and ten seconds for a machine that is busy elsewhere.
AT_MOST = 1.5 + 3 * 0.5 + 10
GROWTH = 300.0  # megabytes: 5,000 sessions of some 20 kB each, three times over
REST = 64  # descriptors of a gate that has nothing to do; 20 as a rule


# Alone: a crowd is what takes the whole machine, and would be the load of whoever is beside it.
pytestmark = pytest.mark.alone


@pytest.fixture(autouse=True)
def files() -> Iterator[int]:
    with crowd.many_files(12_000) as files:
        yield files


def answered(found: list[Told]) -> list[Told]:
    """Those that heard a verdict: each heard exactly one, with its id, and all were through in time."""
    heard = [told for told in found if told.verdicts or told.ids]
    assert all(len(told.verdicts) == len(told.ids) == 1 for told in heard)
    assert max(told.seconds for told in found) < AT_MOST
    return heard


async def calm(house: House, before: float) -> Told:
    """The crowd has left: descriptors and memory are given back, and the gate answers as ever."""
    async with asyncio.timeout(WAIT):
        while house.descriptors > REST:
            await asyncio.sleep(0.05)
        while not (told := await crowd.call(house.port, entry(0))).verdicts:
            await asyncio.sleep(0.05)
    assert len(told.ids) == 1
    assert house.megabytes - before < GROWTH
    return told


def nothing_lost(house: House, found: list[Told]) -> None:
    """Once the gate has ended: what was told is on disk and in the ledger, and is what was told."""
    stored = house.stored()
    for told in answered(found):
        verdict, reasons = stored[told.ids[0]]
        late = (
            told.verdicts == ["BLOCK"] and verdict == "ALLOW"
        )  # decided in time, on disk too late: withdrawn
        assert verdict == told.verdicts[0] or late, (told, reasons)
    assert house.process.returncode == 0
    assert "Traceback" not in house.log() and '"exception"' not in house.log()


async def test_slow_loris(tmp_path: Path) -> None:
    with crowd.house(tmp_path) as house:
        before, stop = house.megabytes, asyncio.Event()
        crowds = [asyncio.create_task(crowd.dribble(house.port, stop)) for _ in range(1000)]
        found: list[Told] = []
        for n in range(20):  # goes on while they are cut off and come again
            found += await crowd.calls(house.port, 2)
            await asyncio.sleep(0.1 if n < 10 else 0)
        stop.set()
        async with asyncio.timeout(WAIT):
            cuts = await asyncio.gather(*crowds)
        assert sum(cuts) > 0
        await calm(house, before)
    nothing_lost(house, found)


async def test_five_thousand_at_once(tmp_path: Path, files: int) -> None:
    half = min(2500, (files - 500) // 2)
    with crowd.house(tmp_path) as house:
        before = house.megabytes
        async with crowd.idle(house.port, half):
            found = await crowd.calls(house.port, half)
            assert house.megabytes - before < GROWTH
        await calm(house, before)
    nothing_lost(house, found)


async def test_few_file_descriptors(tmp_path: Path) -> None:
    """max_sessions asks for more than there are: callers must not be shut out by those who say nothing."""
    with crowd.house(tmp_path, hard_files=1024) as house:
        before = house.megabytes
        async with crowd.idle(house.port, 1500):
            found = await crowd.calls(house.port, 50)
        found += await crowd.calls(house.port, 1200)
        await calm(house, before)
        spent = house.cpu_seconds
        await asyncio.sleep(0.6)
        assert house.cpu_seconds - spent < 0.3, "busy with nobody there"
    nothing_lost(house, found)
    assert "too few file descriptors for max_sessions" in house.log()


async def test_flood_of_honest_calls(tmp_path: Path) -> None:
    """Either it is decided, or there was no time for it: nobody is refused for another reason."""
    with crowd.house(tmp_path) as house:
        before = house.megabytes
        found = await crowd.calls(house.port, 2000)
        await calm(house, before)
    nothing_lost(house, found)
    reasons = {reasons for _, reasons in house.stored().values()}
    assert reasons <= {"[]", '["deadline"]', '["gate-error"]', '["recent-call"]'}, reasons


async def test_a_client_that_never_reads(tmp_path: Path) -> None:
    """Asks and never listens, and goes on writing: each is cut off at its time, others are answered."""
    asked = header(Ringing(number=entry(7), caller_id=CALLER_ID))
    with crowd.house(tmp_path) as house:
        before = house.megabytes
        async with crowd.idle(house.port, 300) as pairs:
            for n, (_, writer) in enumerate(pairs):
                writer.transport.pause_reading()  # type: ignore[attr-defined]
                writer.write(asked + b"200 result=0\n" * (n % 3) * 1000)
            found = await crowd.calls(house.port, 20)
            async with asyncio.timeout(WAIT):
                while house.descriptors > REST:
                    await asyncio.sleep(0.05)
        found.append(await calm(house, before))
    nothing_lost(house, found)
    allowed = {ident for ident, (verdict, _) in house.stored().items() if verdict == "ALLOW"}
    assert allowed <= {told.ids[0] for told in found}, "allowed, and nobody heard it"


@pytest.mark.parametrize(
    ("wanted", "files", "places"),
    [
        (4096, 4096 + server.SPARE_FILES, 4096),
        (4096, 4095 + server.SPARE_FILES, 4095),
        (4096, 1024, 1024 - server.SPARE_FILES),
        (4096, 256, 128),  # less than the spare ones
        (10, 266, 10),
    ],
)
def test_places(wanted: int, files: int, places: int) -> None:
    assert server.places(wanted, files) == places
