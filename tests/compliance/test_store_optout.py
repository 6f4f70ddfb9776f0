"""Each opt-out is a row of its own, in force at once, and says where in the recording it can be heard."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from dialpact.compliance.clock import stamp
from dialpact.compliance.model import DncEntry
from dialpact.compliance.recorded import Finished, NewRecording
from dialpact.compliance.soundtrack import Soundtrack
from dialpact.store.sqlite import Store, create
from dialpact.store.units import decisions, optout
from tests.compliance.store_values import AT, NUMBER, attempt, decision


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    create(tmp_path / "dialpact.db")
    async with await Store.open(tmp_path / "dialpact.db") as opened:
        yield opened


def seconds(count: float) -> datetime:
    return AT + timedelta(seconds=count)


async def recorded(
    store: Store, call: str, id: str, start: float, answer: float | None, part: str = "carrier"
) -> None:
    await store.recordings.start(
        NewRecording(
            id=id,
            decision=call,
            node="pbx1",
            channel="PJSIP/carrier-1",
            uniqueid="1.2",
            number=NUMBER,
            caller_id="",
            campaign="",
            started_at=seconds(start),
            answered_at=seconds(answer) if answer is not None else None,
            format="wav",
            path=f"/r/{id}.wav",
            callee_path="",
            agent_path="",
            part=part,
        ),
    )


async def ended(store: Store, id: str, at: float, length: float, sound: str = "") -> None:
    end = Finished(id=id, state="kept", ended_at=seconds(at), seconds=length, sound=sound)
    await store.recordings.finish(end)


@pytest.fixture
async def call(store: Store) -> str:
    made = decision()
    await store.transact(lambda connection: decisions.record(connection, [made]))
    return made.id


async def take(
    store: Store, call: str, at: float, how: Any = "callee-key", channel: str = "PJSIP/x-1"
) -> Any:
    return await store.opt_outs.from_call(
        call, how=how, scope="all", node="pbx1", channel=channel, at=seconds(at)
    )


def soundtrack(*pairs: tuple[float, float], since: float = 5) -> str:
    return Soundtrack(since=stamp(seconds(since)), index=pairs).encode()


@pytest.mark.parametrize(
    ("press", "position"),
    [
        (12.5, (7.4, 7.4)),  # the first tenth of a second had no packets
        (25, (10.0, 12.0)),  # in the step in which nobody sent for ten seconds: so much is known
        (30, (14.9, 14.9)),  # and what comes after is true again
        (4.9, (0.0, 0.0)),  # the clocks' grain
    ],
)
async def test_position_is_true_to_time(
    store: Store, call: str, press: float, position: tuple[float, float]
) -> None:
    await recorded(store, call, "r1", 0, 5)
    found = await take(store, call, press)
    assert (found.recording, found.position) == ("r1", None), "while the call lasts nobody knows"
    [row] = await optout.of_number(store, NUMBER)
    assert (row["position"], row["path"], row["at"]) == (None, "/r/r1.wav", seconds(press))
    index = ((0.1, 0.0), (10.1, 10.0), (22.1, 12.0), (30.1, 20.0))
    await ended(store, "r1", 35.1, 20.0, soundtrack(*index))
    [row] = await optout.of_number(store, NUMBER)
    assert (row["position"], row["position_to"]) == (
        pytest.approx(position[0], abs=0.01),
        pytest.approx(position[1], abs=0.01),
    )
    assert "sound" not in row


async def test_position_of_a_recording_without_an_index(store: Store, call: str) -> None:
    """Of before: from the wall time that was stored, and from the file's length."""
    await recorded(store, call, "r1", 0, 5)
    await take(store, call, 12)
    await ended(store, "r1", 32, 30.0)
    [row] = await optout.of_number(store, NUMBER)
    assert (row["position"], row["position_to"]) == (None, None)
    await store.transact(lambda connection: connection.execute("DROP TRIGGER opt_out_is_final"))
    await store.transact(lambda connection: connection.execute("UPDATE opt_out SET position = 7"))
    [row] = await optout.of_number(store, NUMBER)
    assert row["position"] == row["position_to"] == pytest.approx(10.0, abs=0.01)


async def test_the_carrier_legs_recording_before_that_of_another_channel(store: Store, call: str) -> None:
    await recorded(store, call, "r1", 0, 5)
    await recorded(store, call, "r2", 7, 5, part="joined")
    assert (await take(store, call, 12)).recording == "r1"
    await ended(store, "r1", 20, 15)
    assert (await take(store, call, 21, "agent-key")).recording == "r2", "the one that runs"


async def test_newest_recording_that_had_begun(store: Store, call: str) -> None:
    await recorded(store, call, "r1", 0, 5)
    await ended(store, "r1", 20, 15)
    await recorded(store, call, "r2", 20, 5)
    heard = [await take(store, call, at, "agent-key", f"PJSIP/agent{at}-1") for at in (10, 19, 21, 40)]
    assert [said.recording for said in heard] == ["r1", "r1", "r2", "r2"]


async def test_call_without_a_recording(store: Store, call: str) -> None:
    found = await take(store, call, 5)
    assert (found.recording, found.position) == ("", None)
    assert (await optout.of_number(store, NUMBER))[0]["path"] is None


async def test_officer_is_told_after_the_call(store: Store, call: str) -> None:
    await recorded(store, call, "r1", 0, 5)
    await ended(store, "r1", 20, 15)
    new = DncEntry(number=NUMBER, scope="all", value="", requested_at=seconds(90), source="letter")
    said = {"how": "command", "by": "officer", "at": seconds(90), "node": "pbx1"}
    assert await optout.told(store, [(new, call)], **said) == [("added", new)]  # type: ignore[arg-type]
    later = said | {"at": seconds(91)}
    assert await optout.told(store, [(new, "")], **later) == [("already", new)]  # type: ignore[arg-type]
    first, second = await optout.of_number(store, NUMBER)
    assert (first["how"], first["by"], first["decision"], first["recording"]) == (
        *("command", "officer", call),
        "r1",
    )
    assert first["position"] is None
    assert (second["decision"], second["recording"]) == ("", "")
    [kept] = (await store.dnc.list(number=NUMBER)).rows
    assert kept == new


async def test_unknown_call_and_unknown_node(store: Store, call: str) -> None:
    assert await take(store, "f" * 32, 1) is None
    other = {"how": "callee-key", "scope": "all", "node": "pbx2", "channel": "", "at": AT}
    assert await store.opt_outs.from_call(call, **other) is None  # type: ignore[arg-type]
    assert await optout.of_number(store, NUMBER) == []
    assert await store.changes.of("dnc", NUMBER) == []


async def test_call_without_a_number(store: Store) -> None:
    made = decision()
    none = replace(made.attempt.callee, e164="")
    made = replace(made, id="0" * 32, attempt=replace(made.attempt, callee=none))
    await store.transact(lambda connection: decisions.record(connection, [made]))
    assert await take(store, made.id, 1) is None


async def test_what_many_hear_at_once_is_said_once_by_each(store: Store, call: str) -> None:
    """The dialplan and the listener hear the same key; each person's word stays one, and its first time."""
    first = await take(store, call, 3)
    found = await asyncio.gather(
        *(take(store, call, n, how) for n in range(4, 24) for how in ("callee-key", "agent-key"))
    )
    assert {said.at for said in found if said.how == "callee-key"} == {first.at}
    assert [said["how"] for said in await optout.of_number(store, NUMBER)] == ["callee-key", "agent-key"]
    assert len((await store.dnc.list(number=NUMBER)).rows) == 1
    said = [row.action for row in await store.changes.of("dnc", NUMBER)]
    assert sorted(said) == ["add", "opt-out", "opt-out"]


async def test_in_another_call_it_is_another_word(store: Store, call: str) -> None:
    other = decision()
    await store.transact(lambda connection: decisions.record(connection, [other]))
    await take(store, call, 1)
    await take(store, other.id, 2)
    assert [said["decision"] for said in await optout.of_number(store, NUMBER)] == [call, other.id]


@pytest.mark.parametrize(
    ("presses", "by"),
    [
        ("PJSIP/agent1001-00000003", "wang"),  # the phone that made the call
        ("PJSIP/agent1001-0000001f", "wang"),  # another line of it
        ("PJSIP/agent1002-00000004", "agent1002"),  # the customer was transferred to it
        ("PJSIP/agent-north-2-00000004", "agent-north-2"),
        ("DAHDI/1-1", "DAHDI/1"),
        ("Local/1002@agents-00000007;1", "Local/1002@agents"),
        ("", "wang"),
    ],
)
async def test_agent_is_whoever_pressed(store: Store, presses: str, by: str) -> None:
    made = decision(replace(attempt(), agent="wang", channel="PJSIP/agent1001-00000003"))
    await store.transact(lambda connection: decisions.record(connection, [made]))
    assert (await take(store, made.id, 1, "agent-key", presses)).by == by
