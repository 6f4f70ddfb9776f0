"""``make chaos`` in short, and its observer: whatever is broken on purpose, it finds."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import time

import pytest

from tests.lab.bootstrap import Installation
from tests.lab.chaos import chaos
from tests.lab.chaos_calls import BYPASS, PERSON, Plan, World, callee_refuses, talk
from tests.lab.chaos_faults import Stage
from tests.lab.chaos_seen import HEADER, PACKET, SECOND_TONE, strengths
from tests.lab.chaos_ways import refuses_in, sent_to
from tests.lab.manager import act
from tests.lab.soak_crowd import Pair

pytestmark = [pytest.mark.lab, pytest.mark.long, pytest.mark.timeout(600)]


def test_no_promise_is_broken_while_things_break(installation: Installation) -> None:
    report = chaos(minutes=1.3, agents=4, seed=1)
    assert report.violations == []
    assert len(report.faults) >= 5
    assert len(report.calls) >= 20


def test_whatever_is_broken_on_purpose_is_found(installation: Installation) -> None:
    report = chaos(minutes=0.2, agents=1, seed=1, faults=(), meddle=meddle, keep=False)
    silent = [name for name, seen in report.promises.items() if not seen.violations]
    assert silent == [], report.text()
    # Of who joined a call as well, of a key that nobody hears, and of a refusal that had no cause.
    assert any("second agent's voice; 0.0 s" in what for what in report.promises["P2"].violations)
    assert any("a key; taken: None" in what for what in report.promises["P6"].violations)
    assert any("recording-unavailable" in str(one) and not one.cause for one in report.missed)


def meddle(world: World, stage: Stage) -> None:
    """Each promise is broken once."""
    asyncio.run(_meddle(world, stage))


TRANSFER = sent_to("blind transfer inside", "*1002")
WAITS = refuses_in("refuses while waiting in a queue", "*7003")


async def _meddle(world: World, stage: Stage) -> None:
    pbx, site = world.pbx, world.site
    gone = min(pbx.recordings.rglob("*-1.wav"), key=lambda path: path.stat().st_mtime)
    await callee_refuses(world)
    await TRANSFER(world)
    transferred = world.plans[-1].number
    await talk(world)
    spoken = world.plans[-1].number
    world.look()
    # P6: the refusal is taken out of the registers.
    refused = next(iter(world.refused))
    caller = next(plan.caller for plan in world.plans if plan.number == refused)
    with contextlib.closing(sqlite3.connect(site.database)) as connection, connection:
        connection.execute("DELETE FROM do_not_call WHERE number = ?", (int(f"86{refused}"),))
    site.dialpact(
        "consent", "add", refused, "--business", "jianghan", "--industry", "loans", "--evidence", "x"
    )
    await world._call_again(Pair(refused, caller))
    # P3: a recording is deleted. P4: a decision is changed. (P2: below.)
    gone.unlink()
    (told,) = world.console.allowed[spoken]
    with contextlib.closing(sqlite3.connect(site.database)) as connection, connection:
        connection.execute("DROP TRIGGER decision_is_final")
        connection.execute("UPDATE decision SET number = '+8613800000000' WHERE id = ?", (told.decision,))
    # P5: the dialplan knows no emergency number.
    pbx.cli("dialplan set global DIALPACT_EMERGENCY_NUMBERS 911")
    await world.dial("emergency", PERSON, "110", world.stranger(), campaign="", talk_seconds=1.0)
    # P1 and P7: nobody listens; one of the two is planned as one that goes round. A call that may be made is
    # refused, and a key that is pressed in a queue is heard by nobody.
    waiting = asyncio.ensure_future(WAITS(world))
    await asyncio.sleep(2)
    site.stop("listener")
    await talk(world)
    await waiting
    planned = world.stranger()
    world.plans.append(Plan("round", BYPASS, "02712345602", planned, time.time()))
    for number, caller in (("02712345602", planned), ("02712345702", "02700000000")):
        act(
            pbx,
            "Originate",
            Channel=f"PJSIP/{number}@carrier",
            Application="Wait",
            Data="9",
            CallerID=caller,
            Async="true",
        )
    await asyncio.sleep(4)
    site.start("listener")
    site.ready(seconds=20)
    # P2: a recording has not the voices of its call, or not that of who took the call over.
    (one,) = world.console.allowed[transferred]
    for path in pbx.recordings.rglob(f"{one.decision}-*.wav"):
        path.write_bytes(without(path.read_bytes(), SECOND_TONE))
    for path in pbx.recordings.rglob(f"{told.decision}-*.wav"):
        path.write_bytes(path.read_bytes()[:44] + bytes(path.stat().st_size - 44))


def without(sound: bytes, tone: float) -> bytes:
    """A wav file in which nothing is left where ``tone`` was heard."""
    step, kept = 2 * PACKET, [sound[:HEADER]]
    for start in range(HEADER, len(sound), step):
        block = sound[start : start + step]
        heard = strengths(list(memoryview(block[: len(block) // 2 * 2]).cast("h")), [tone])
        kept.append(bytes(len(block)) if len(block) == step and heard.get(tone, 0) > 0.1 else block)
    return b"".join(kept)
