"""``calls`` and ``recordings``: lists, one decision in full, and the verification of what is kept."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest

from dialpact.compliance.carrier_leg import CarrierLeg
from dialpact.compliance.reasons import Reason
from dialpact.compliance.recorded import Finished, NewRecording
from dialpact.store.ports.decisions import Undelivered
from dialpact.store.sqlite import Store
from dialpact.store.units import decisions
from tests.cli.conftest import NUMBER, Home
from tests.compliance.store_values import AT, attempt, decision


@pytest.fixture
def spool(home: Home) -> Path:
    """The recordings' folder, as the configuration names it."""
    folder = home.path / "spool"
    folder.mkdir()
    text = home.config.read_text("utf-8").replace("/var/spool/asterisk/dialpact", str(folder))
    home.config.write_text(text, "utf-8")
    return folder


def recorded(
    home: Home, spool: Path, name: str, state: str = "kept", *, there: bool = True, ended: bool = True
) -> str:
    """A decision with a recording of three files, if they are ``there``; returns the decision's id."""
    made = decision()
    files = {side: spool / f"{name}{side}.wav" for side in ("", "-callee", "-agent")}
    hashes: dict[str, str | None] = dict.fromkeys(files)
    if there:
        for side, path in files.items():
            path.write_bytes(f"sound {name} {side}".encode())
            hashes[side] = hashlib.sha256(path.read_bytes()).hexdigest()

    async def store() -> None:
        async with await Store.open(home.path / "dialpact.db") as store:
            await store.transact(lambda connection: decisions.record(connection, [made]))
            await store.recordings.start(
                NewRecording(
                    id=hashlib.md5(name.encode()).hexdigest(),
                    decision=made.id,
                    node="pbx1",
                    channel="PJSIP/carrier-1",
                    uniqueid="1.1",
                    number="+86" + NUMBER,
                    caller_id="02787654321",
                    campaign="renewal",
                    started_at=AT,
                    format="wav",
                    path=str(files[""]),
                    callee_path=str(files["-callee"]),
                    agent_path=str(files["-agent"]),
                ),
            )
            if not ended:
                return
            await store.recordings.finish(
                Finished(
                    id=hashlib.md5(name.encode()).hexdigest(),
                    state=state,
                    ended_at=AT + timedelta(seconds=12),
                    bytes=9,
                    seconds=12.0,
                    sha256=hashes[""],
                    callee_sha256=hashes["-callee"],
                    agent_sha256=hashes["-agent"],
                    keep_until=date(2027, 11, 24) if hashes[""] else None,
                ),
            )

    asyncio.run(store())
    return made.id


def blocked(home: Home) -> str:
    made = decision(attempt("+8613800138001"), allowed=False)

    async def store() -> None:
        async with await Store.open(home.path / "dialpact.db") as store:
            await store.transact(lambda connection: decisions.record(connection, [made]))

    asyncio.run(store())
    return made.id


def test_calls(home: Home, spool: Path) -> None:
    allowed, refused = recorded(home, spool, "a"), blocked(home)
    calls = home("calls", "list")
    assert [call["id"] for call in calls] == [refused, allowed]
    assert {"id", "number", "caller_id", "campaign", "verdict", "reasons", "decided_at"} <= set(calls[0])
    assert (calls[0]["verdict"], calls[0]["reasons"]) == ("BLOCK", ["do-not-call"])

    def found(*filters: str) -> list[str]:
        return [call["id"] for call in home("calls", "list", *filters)]

    assert found("--number", "138 0013 8000") == [allowed]
    assert found("--verdict", "BLOCK") == [refused]
    assert found("--campaign", "other") == []
    assert found("--since", "2026-11-24", "--until", "2026-11-24") == [refused, allowed]
    assert found("--since", "2026-11-25") == []
    assert found("--until", "2026-11-24 10:00") == []
    assert found("--limit", "1") == [refused]


def test_a_filter_looks_at_all_calls_and_not_at_the_newest(home: Home) -> None:
    """Behind more calls than a list shows there are three that are no ALLOW, and one of another campaign."""
    refused = [decision(attempt("+8613800138001"), allowed=False) for _ in range(2)]
    undelivered = decision()
    other = msgspec.structs.replace(decision(), attempt=msgspec.structs.replace(attempt(), campaign="other"))
    newer = [decision() for _ in range(101)]

    async def store() -> None:
        async with await Store.open(home.path / "dialpact.db") as store:
            made = [*refused, undelivered, other, *newer]
            await store.transact(lambda connection: decisions.record(connection, made))
            await store.decisions.undelivered([Undelivered(undelivered.id, AT, Reason.DEADLINE)])

    asyncio.run(store())

    def found(*filters: str) -> list[str]:
        return [call["id"] for call in home("calls", "list", *filters)]

    assert found("--verdict", "BLOCK") == [undelivered.id, refused[1].id, refused[0].id]
    assert found("--verdict", "BLOCK", "--limit", "1") == [undelivered.id]
    assert found("--verdict", "ALLOW") == [one.id for one in reversed(newer)][:100]
    assert found("--verdict", "ALLOW", "--limit", "0") == [one.id for one in reversed([other, *newer])]
    told = home.run("calls", "list", "--verdict", "BLOCK", "--limit", "2").output
    assert "2 rows; the list goes on: --after 2" in told
    assert found("--verdict", "BLOCK", "--after", "2") == [refused[0].id]
    assert found("--number", "13800138001") == [refused[1].id, refused[0].id]
    assert found("--campaign", "other") == [other.id]


def dialled(home: Home, call: str, **told: object) -> None:
    """What the listener wrote of a leg."""
    leg = CarrierLeg(
        decision=call,
        node="pbx1",
        channel="PJSIP/carrier-1",
        uniqueid="1.1",
        linkedid="1.0",
        dialled_at=AT,
        **told,
    )

    async def store() -> None:
        async with await Store.open(home.path / "dialpact.db") as store:
            await store.carrier_legs.write(leg)

    asyncio.run(store())


@pytest.mark.parametrize(
    ("told", "word", "seconds", "said"),
    [
        ({"answered_at": AT, "ended_at": AT + timedelta(seconds=12.5)}, "answered", 12.5, "answered, 12.5 s"),
        ({"dial_status": "BUSY", "ended_at": AT}, "busy", None, "busy"),
        ({"dial_status": "NOANSWER", "ended_at": AT}, "no-answer", None, "no answer"),
        (
            {"answered_at": AT, "interlock": "refused", "ended_at": AT},
            "interlock-refused",
            None,
            "answered, not bridged: it was not being recorded",
        ),
        ({}, "in-progress", None, "going on"),
    ],
)
def test_what_became_of_a_call(
    home: Home, spool: Path, told: dict[str, object], word: str, seconds: float | None, said: str
) -> None:
    dialled(home, recorded(home, spool, "a"), **told)
    refused = blocked(home)
    last, call = home("calls", "list")
    assert (last["id"], last["outcome"], last["talk_seconds"]) == (refused, "refused", None)
    assert (call["outcome"], call["talk_seconds"], call["continues"]) == (word, seconds, "")
    assert "dial" not in call
    assert said in home.run("calls", "list").stdout


def test_one_call(home: Home, spool: Path) -> None:
    allowed, refused = recorded(home, spool, "a"), blocked(home)
    shown = home("calls", "show", allowed)
    assert (shown["id"], shown["verdict"]) == (allowed, "ALLOW")
    assert shown["recordings"][0]["seconds"] == 12.0
    assert shown["attempt"]["campaign"] == "renewal"
    assert home("calls", "show", refused)["findings"][0]["text"]
    assert "opted out" in home.run("calls", "show", refused).stdout
    assert home("calls", "show", "0" * 32, code=1)["error"]


@pytest.mark.parametrize(
    ("state", "ended", "named"), [("kept", True, True), ("unanswered", True, False), ("", False, False)]
)
def test_a_file_that_is_not_there_is_not_named(
    home: Home, spool: Path, state: str, ended: bool, named: bool
) -> None:
    """Of a busy call, and of one whose recording has not begun."""
    id = recorded(home, spool, "a", state, there=named, ended=ended)
    (row,) = home("calls", "show", id)["recordings"]
    paths = [row[key] for key in ("path", "callee_path", "agent_path")]
    assert [bool(path) for path in paths] == [named] * 3
    assert ("a.wav" in home.run("calls", "show", id).stdout) == named
    assert ("a.wav" in home.run("recordings", "list").stdout) == (named or not ended)


def test_a_decision_from_before_the_last_one_is_marked(home: Home) -> None:
    made = [
        msgspec.structs.replace(decision(), decided_at=AT - back * timedelta(seconds=1)) for back in (0, 3, 0)
    ]

    async def store() -> None:
        async with await Store.open(home.path / "dialpact.db") as store:
            for one in made:
                await store.transact(lambda connection, one=one: decisions.record(connection, [one]))  # type: ignore[misc]

    asyncio.run(store())
    calls = {call["id"]: call["behind_us"] for call in home("calls", "list")}
    assert calls == {made[0].id: 0, made[1].id: 3_000_000, made[2].id: 0}
    assert home.run("calls", "list").stdout.count("2026-11-24 09:59:57+08:00 (-3 s)") == 1
    assert home.run("calls", "list").stdout.count("(-") == 1
    for one, behind in zip(made, (0, 3_000_000, 0), strict=True):
        assert home("calls", "show", one.id)["behind_us"] == behind
        english, chinese = (
            home.run("calls", "show", one.id, "--lang", language).stdout for language in ("en", "zh")
        )
        assert ("3.000000 s behind an earlier decision: the clock was set back" in english) == bool(behind)
        assert ("比此前的裁决早 3.000000 秒：时钟曾被回拨" in chinese) == bool(behind)


def test_recordings(home: Home, spool: Path) -> None:
    made = recorded(home, spool, "a")
    (entry,) = home("recordings", "list")
    assert {"decision", "path", "seconds", "bytes", "sha256", "keep_until"} <= set(entry)
    assert (entry["decision"], entry["keep_until"]) == (made, "2027-11-24")
    assert home("recordings", "list", "--number", NUMBER, "--state", "kept", "--decision", made) == [entry]
    assert home("recordings", "list", "--state", "failed") == []
    assert str(spool / "a.wav") in home.run("recordings", "list").stdout


def test_all_is_as_it_was_recorded(home: Home, spool: Path) -> None:
    for name in "abc":
        recorded(home, spool, name)
    assert home("recordings", "verify") == {"checked": 3, "files": 9, "findings": []}


def test_what_is_not_as_it_was_recorded(home: Home, spool: Path) -> None:
    made = {name: recorded(home, spool, name) for name in "abcde"}
    (spool / "a.wav").unlink()
    (spool / "b-callee.wav").write_bytes(b"other words")
    (spool / "c-agent.wav").write_bytes((spool / "c-agent.wav").read_bytes() + b"x")
    (spool / "d.wav").rename(spool / "copy.wav")
    (spool / "d.wav").symlink_to(spool / "copy.wav")
    (spool / "2026").mkdir()
    (spool / "2026" / "stranger.wav").write_bytes(b"")
    answer = home("recordings", "verify", code=3)
    assert {
        (found["decision"], Path(found["path"]).name, found["problem"]) for found in answer["findings"]
    } == {
        (made["a"], "a.wav", "missing"),
        (made["b"], "b-callee.wav", "changed"),
        (made["c"], "c-agent.wav", "changed"),
        (made["d"], "d.wav", "changed"),
        ("", "copy.wav", "foreign"),
        ("", "stranger.wav", "foreign"),
    }
    said = home.run("recordings", "verify", code=3).stdout
    assert "stranger.wav" in "".join(said.split()), "a path longer than a line is in several"


def test_files_of_unfinished_recordings_are_not_foreign(home: Home, spool: Path) -> None:
    recorded(home, spool, "a", state="failed")
    assert home("recordings", "verify") == {"checked": 0, "files": 0, "findings": []}


def test_early_media_of_an_unanswered_call_is_verified_too(home: Home, spool: Path) -> None:
    recorded(home, spool, "a", state="unanswered")
    assert home("recordings", "verify") == {"checked": 1, "files": 3, "findings": []}
    (spool / "a.wav").write_bytes(b"another")
    assert [found["problem"] for found in home("recordings", "verify", code=3)["findings"]] == ["changed"]


def test_a_folder_that_is_gone(home: Home, spool: Path) -> None:
    recorded(home, spool, "a")
    for path in spool.iterdir():
        path.unlink()
    spool.rmdir()
    problems = [found["problem"] for found in home("recordings", "verify", code=3)["findings"]]
    assert problems == ["missing"] * 3
