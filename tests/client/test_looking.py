"""The client looks at what was done: lists by their parts, sound into a file."""

from __future__ import annotations

import asyncio
import io
import wave
from pathlib import Path

import pytest

from dialpact.client import Problem, looking
from dialpact.testing import Api, Dialpact, FixedClock
from dialpact.testing.registers import CALLER_ID, CAMPAIGN, NUMBER

CALL = {"campaign": CAMPAIGN, "caller_id": CALLER_ID}


def test_a_list_is_read_to_its_end(
    dialpact_api: Api, dialpact_clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """(no door leads to how many rows are asked for at once)"""
    monkeypatch.setattr("dialpact.client.questions.PART", 2)
    monkeypatch.setattr(looking, "PART", 2)
    crm = dialpact_api.client()
    made = []
    for _ in range(5):
        dialpact_clock.forward(seconds=1)
        made.append(crm.predial(NUMBER, **CALL).decision)
    assert [one.id for one in crm.calls()] == made[::-1]
    assert [one.id for one in crm.calls_to(NUMBER)] == made[::-1]
    assert [one.path for one in dialpact_api.asked].count("/v1/calls") == 3
    assert list(crm.calls(verdict="BLOCK")) == list(crm.calls_to("13900139000")) == []
    assert crm.call(made[0]).number == "+8613800138000"


def test_what_is_not_there(dialpact_api: Api) -> None:
    crm = dialpact_api.client()
    for ask in (crm.call, crm.recording):
        with pytest.raises(Problem) as raised:
            ask("a/b 0")
        assert raised.value.status == 404
    assert dialpact_api.refused() == ["not-found"] * 2


async def test_the_sound_of_a_call_comes_into_a_file(
    dialpact: Dialpact, dialpact_api: Api, tmp_path: Path
) -> None:

    await dialpact.listens()
    call = await dialpact.agent("1001").dials()
    await call.answered()
    call.talks(seconds=2)
    assert (await call.hung_up()).kept

    def look() -> None:
        crm = dialpact_api.client(scopes=["calls", "evidence", "numbers"])
        (one,) = crm.recordings(decision=call.decision)
        assert crm.recording(one.id).ledger.flaw == ""
        assert [found.id for found in crm.recordings()] == [one.id]
        crm.audio(one.id, tmp_path / "callee.wav", side="callee")
        into = io.BytesIO()
        crm.audio(one.id, into)
        with wave.open(io.BytesIO(into.getvalue())) as sound:
            assert sound.getnframes() / sound.getframerate() == one.seconds == 2
        assert [path.name for path in tmp_path.glob("callee.wav*")] == ["callee.wav"]
        assert list(crm.incidents()) == []
        assert crm.inspection("2026-11").period.first.isoformat() == "2026-11-01"

    await asyncio.to_thread(look)


def test_a_file_of_sound_that_is_refused_is_not_there(dialpact_api: Api, tmp_path: Path) -> None:
    crm = dialpact_api.client()
    with pytest.raises(Problem):
        crm.audio("0" * 32, tmp_path / "a.wav")
    assert list(tmp_path.iterdir()) == []
    assert dialpact_api.refused() == ["not-found"]
