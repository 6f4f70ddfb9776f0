"""A supervisor at a call: his recording and his presence, wherever the call's recordings are listed."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

import pytest

from dialpact.cli.command_context import Machine
from tests.cli.conftest import Home
from tests.cli.evidence.packages import (
    called,
    dispose,
    erase,
    export,
    files,
    ours,
    recorded,
    signer,
    theirs,
    witnessed,
)

PRESENCE = {
    "channel": "PJSIP/agent1002-2",
    "way": "ChanSpy",
    "heard_by": "customer",
    "since": "2026-11-24T02:00:00.000000Z",
    "until": "2026-11-24T02:00:02.000000Z",
}
LISTENED = PRESENCE | {"channel": "PJSIP/agent1003-3", "heard_by": "nobody"}


@pytest.fixture
def call(stocked: Home) -> str:
    stocked.machine = Machine(pdf=lambda html: b"")
    call = called(stocked)
    recorded(stocked, call, "a")
    recorded(stocked, call, "boss", part="supervisor", after=0.1)
    # He comes once more, on the same channel: between the two he was not there, and nothing is missing.
    recorded(stocked, call, "again", part="supervisor", after=10)
    told = {"1.2 a": PRESENCE, "1.3 b": {name: LISTENED[name] for name in LISTENED if name != "until"}}
    witnessed(stocked, call, supervision=json.dumps(told))
    return call


def test_a_package_has_his_voice_and_says_whose_it_is(stocked: Home, call: str) -> None:
    package = export(stocked, "--call", call, "--reason", "12321")
    whole = files(package)
    assert {f"calls/{call}/recordings/boss{side}.wav" for side in ("", "-callee", "-agent")} <= set(whole)
    sound: Any = json.loads(whole[f"calls/{call}/recordings.json"])
    assert [segment["part"] for segment in sound["segments"]] == ["carrier", "supervisor", "supervisor"]
    assert sound["gaps"] == []
    about: Any = json.loads(whole[f"calls/{call}/call.json"])
    (leg,) = about["carrier_legs"]
    assert leg["supervision"] == [PRESENCE, {name: LISTENED[name] for name in LISTENED if name != "until"}]
    for language, words in (
        ("en", ("supervisor", "could be heard by the customer", "listened only")),
        ("zh", ("督导", "客户可能听到", "仅监听")),
    ):
        report = whole[f"report.{language}.html"].decode()
        assert all(word in report for word in words), language
        assert PRESENCE["channel"] in report
    key = signer(stocked).vkey
    assert (ours(package, key), theirs(package, key)) == (set(), set())


def test_the_command_line_names_the_part(stocked: Home, call: str) -> None:
    shown = stocked("calls", "show", call)
    assert sorted(row["part"] for row in shown["recordings"]) == ["carrier", "supervisor", "supervisor"]
    assert [one["heard_by"] for one in shown["carrier_legs"][0]["supervision"]] == ["customer", "nobody"]
    text = " ".join(stocked.run("calls", "show", call).stdout.split())
    assert "boss.wav (supervisor)" in text
    assert "a.wav (" not in text
    assert "ChanSpy), could be heard by the customer" in text
    listed = stocked("recordings", "list")
    assert sorted(row["part"] for row in listed) == ["carrier", "supervisor", "supervisor"]
    (boss,) = [row["id"] for row in listed if row["path"].endswith("boss.wav")]
    assert "supervisor" in stocked.run("recordings", "show", boss).stdout
    stocked.run("recordings", "verify", code=0)


def test_what_was_written_of_him_is_proven_and_goes_with_the_call(stocked: Home, call: str) -> None:
    def supervision() -> str:
        with sqlite3.connect(stocked.path / "dialpact.db") as connection:
            (found,) = connection.execute("SELECT supervision FROM carrier_leg").fetchone()
        connection.close()
        return str(found)

    assert "PJSIP/agent1002-2" in supervision()
    assert stocked("ledger", "verify")["findings"] == 0
    for name in ("a", "boss", "again"):
        dispose(stocked, name)
    erase(stocked)
    assert supervision() == "{}"
    assert stocked("ledger", "verify")["findings"] == 0


def test_who_makes_a_listener_of_a_speaker_is_found(stocked: Home, call: str) -> None:
    with sqlite3.connect(stocked.path / "dialpact.db") as connection:
        change = "UPDATE carrier_leg SET supervision = replace(supervision, 'customer', 'nobody')"
        with pytest.raises(sqlite3.IntegrityError, match="never changed"):
            connection.execute(change)
        connection.execute("DROP TRIGGER carrier_leg_end_is_final")
        connection.execute(change)
    connection.close()
    assert "not the one that was logged" in stocked.run("ledger", "verify", code=3).stdout
