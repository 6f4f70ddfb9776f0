"""Programs of anyone's under Asterisk's side of AGI and AMI, and the clock."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dialpact.testing import Dialpact, FakeAmi, FastAgi, FixedClock, ProcessAgi, UnexpectedCommand

SHOW = """
import os, sys
header = {}
for line in sys.stdin:
    if line == "\\n":
        break
    key, _, value = line.rstrip("\\n").partition(": ")
    header[key] = value
def say(command):
    print(command, flush=True)
    return sys.stdin.readline().rstrip("\\n")
"""


def script(tmp_path: Path, code: str) -> list[str]:
    file = tmp_path / "script.py"
    file.write_text(SHOW + code, "utf-8")
    return [sys.executable, str(file)]


async def test_what_a_script_is_given(process_agi: ProcessAgi, tmp_path: Path) -> None:
    """Asterisk's folders, what the test adds, and nothing of the test's own environment."""
    code = """
say(f"VERBOSE {header['agi_request']} {header['agi_arg_1']} {header['agi_arg_2']} {header['agi_callerid']}")
say("VERBOSE " + ",".join(sorted(os.environ)))
print("a word", file=sys.stderr)
sys.exit(3)
"""
    environment = {"GREETING": "hello", "PYTHONUTF8": "1"}
    asterisk = process_agi(
        script(tmp_path, code),
        expect=["VERBOSE dialpact-agi 13800138000 loans 02788880007", "VERBOSE AST_.*"],
        answers={"VERBOSE .*": "200 result=1"},
        environment=environment,
    )
    told = await asterisk.call("13800138000", "loans", caller_id="02788880007")
    names = set(told.commands[1].removeprefix("VERBOSE ").split(","))
    assert {"AST_AGI_DIR", "AST_CONFIG_DIR", "GREETING", "PATH"} <= names
    assert not names & {"HOME", "PYTHONPATH", "DIALPACT_GATE", "PYTEST_CURRENT_TEST"}
    assert (told.exit, told.stderr) == (3, "a word\n")


async def test_variables_and_text_of_any_language(process_agi: ProcessAgi, tmp_path: Path) -> None:
    code = """
found = say("GET VARIABLE CITY")
say(f'SET VARIABLE SAID "{found}"')
"""
    asterisk = process_agi(
        script(tmp_path, code),
        expect=["GET VARIABLE CITY", "SET VARIABLE SAID .*"],
        variables={"CITY": "武汉"},
        environment={"PYTHONUTF8": "1"},
    )
    told = await asterisk.call()
    assert told.channel.variables["SAID"] == "200 result=1 (武汉)"


async def test_caller_hangs_up(process_agi: ProcessAgi, tmp_path: Path) -> None:
    """SIGHUP, as Asterisk sends it, after the first command."""
    code = (
        'import signal\nsignal.signal(signal.SIGHUP, lambda *_: os._exit(7))\nsay("ANSWER")\nsignal.pause()\n'
    )
    asterisk = process_agi(script(tmp_path, code), expect=["ANSWER"], hang_up_after=1)
    told = await asterisk.call()
    assert (told.hung_up, told.exit) == (True, 7)


async def test_script_with_much_to_say_on_stderr(process_agi: ProcessAgi, tmp_path: Path) -> None:
    asterisk = process_agi(
        script(tmp_path, 'sys.stderr.write("x" * 300_000)\nsay("ANSWER")\n'), expect=["ANSWER"]
    )
    assert len((await asterisk.call()).stderr) == 300_000


def test_script_that_is_not_there(process_agi: ProcessAgi) -> None:
    with pytest.raises(FileNotFoundError, match=r"no such script: /nowhere/x\.agi"):
        process_agi("/nowhere/x.agi", expect=[])


async def test_command_without_an_answer(fastagi: FastAgi, dialpact: Dialpact) -> None:
    """What the fake can not know is said, not guessed."""
    asterisk = fastagi(await dialpact.gate(), expect=["SET VARIABLE NOTHING 1"])
    with pytest.raises(UnexpectedCommand, match="expected 'SET VARIABLE NOTHING 1' as command 1, then came"):
        await asterisk.call("13800138000", "loans", "1001", "carrier", caller_id="02788880007")


def test_at_most_four_arguments(fastagi: FastAgi) -> None:
    with pytest.raises(ValueError, match="at most four"):
        asyncio.run(fastagi("agi://127.0.0.1:4573/x", expect=[]).call("1", "2", "3", "4", "5"))


async def test_ami_with_more_actions_and_a_plain_recording(fake_ami: FakeAmi, tmp_path: Path) -> None:
    """A program of anyone's: another action with its answer, a MixMonitor without options, no ActionID."""
    reader, writer = await asyncio.open_connection("127.0.0.1", fake_ami.port)

    async def act(*lines: str) -> str:
        writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        while not (found := (await reader.readuntil(b"\r\n\r\n")).decode()).startswith("Response: "):
            pass
        return found

    await reader.readline()
    await act("Action: Login", "Username: dialpact", "Secret: hush")
    fake_ami.knows("QueuePause", {"Response": "Success", "Message": "paused"})
    fake_ami.expect("QueuePause", Queue="sales")
    answer = await act("Action: QueuePause", "ActionID: 7", "Queue: sales")
    assert answer == "Response: Success\r\nActionID: 7\r\nMessage: paused\r\n\r\n"
    leg = fake_ami.dial("13800138000")
    file = tmp_path / "call.wav"
    answer = await act("Action: MixMonitor", f"Channel: {leg.name}", f"File: {file}")
    assert answer.startswith("Response: Success")
    leg.answer()
    leg.speak(2.0)
    leg.hang_up()
    assert file.stat().st_size == 44 + 2 * 16000
    writer.close()


async def test_the_pbx_has_the_tests_time() -> None:
    clock = FixedClock("2030-01-01T00:00Z")
    async with FakeAmi(clock=clock) as ami:
        assert ami.channel("carrier").uniqueid == f"{int(clock.now().timestamp())}.0"


def test_clock() -> None:
    clock = FixedClock()
    assert clock.now() == datetime(2026, 11, 24, 2, tzinfo=UTC)
    clock.forward(minutes=1, seconds=1)
    assert clock.now() == datetime(2026, 11, 24, 2, 1, 1, tzinfo=UTC)
    clock.set(datetime(2026, 11, 24, 12, tzinfo=UTC) + timedelta(hours=1))
    assert clock.now().hour == 13
    with pytest.raises(ValueError, match="say the zone"):
        clock.set(datetime(2026, 11, 24))  # noqa: DTZ001
