"""``dialpact reload`` and what the doctor says of running daemons, with real processes."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dialpact.application import daemon_registry, reload
from dialpact.application.actor import Actor, Door
from dialpact.compliance import config as configuration
from dialpact.compliance import profile
from tests.cli.conftest import Home
from tests.cli.test_app import events_until, start

# Alone: daemons are killed here, and what a busy one was just writing would stay where nothing must be left.
pytestmark = pytest.mark.alone

SHIPPED = Path(profile.__file__).parent / "profiles" / "cn-hubei-2018.toml"


def change(home: Home, old: str, new: str) -> None:
    text = home.config.read_text("utf-8")
    assert old in text
    home.config.write_text(text.replace(old, new), "utf-8")


def until(condition: Callable[[], bool]) -> None:
    """The test's own timeout ends the waiting."""
    while not condition():
        time.sleep(0.02)


def finding(home: Home, code: int = 3) -> tuple[str, str, str]:
    """(The gate of this test is on port 0: the doctor can not find it, and something always fails.)"""
    (row,) = [row for row in home("asterisk", "doctor", code=code)["checks"] if row["check"] == "running"]
    return row["result"], row["code"], row["text"]


@pytest.fixture
def ruled(home: Home) -> Home:
    """With the rules in a file of its own."""
    home.file("rules.toml", SHIPPED.read_bytes())
    change(home, "4573", "0")
    change(home, '"cn-hubei-2018"', '"rules.toml"')
    return home


@pytest.fixture
def gate(ruled: Home) -> Iterator[subprocess.Popen[str]]:
    process = start(ruled, "gate")
    events_until(process, "gate listening")
    there = configuration.load(ruled.config)
    until(lambda: bool(daemon_registry.running(there)))
    yield process
    process.terminate()
    process.communicate(timeout=30)


def test_without_a_daemon(ruled: Home) -> None:
    assert ruled("reload", "--check")["daemons"] == []
    assert "No daemon of node pbx1" in ruled("reload", code=1)["error"]
    assert "没有节点 pbx1" in ruled.run("reload", "--check", "--lang", "zh").stdout
    assert finding(ruled)[:2] == ("skip", "running-none")
    ruled.file("rules.toml", "")
    assert "rules.toml" in ruled("reload", "--check", code=1)["error"]


def test_a_check_changes_nothing_and_a_reload_does(ruled: Home, gate: subprocess.Popen[str]) -> None:
    assert ruled("reload", "--check")["daemons"][0]["outcome"] == "same"
    assert finding(ruled)[1] == "running"
    ruled.file("rules.toml", SHIPPED.read_text("utf-8").replace('version = "1"', 'version = "2"'))
    (would,) = ruled("reload", "--check")["daemons"]
    assert (would["role"], would["pid"], would["outcome"]) == ("gate", gate.pid, "would-change")
    assert [each["key"] for each in would["changes"]] == ["profile cn-hubei-2018"]
    assert finding(ruled)[:2] == ("warn", "running-differs")
    said = ruled.run("reload", "--lang", "zh").stdout
    assert "已生效" in said and "profile cn-hubei-2018：1 " in said
    assert ruled("reload", "--check")["daemons"][0]["outcome"] == "same"
    assert finding(ruled)[1] == "running"
    change(ruled, 'mode = "enforce"', 'mode = "shadow"')
    assert ruled("reload")["daemons"][0]["outcome"] == "taken"
    assert events_until(gate, "shadow mode: every call is decided and recorded, none is blocked")


def test_what_needs_a_restart_is_told_before_a_signal_is_sent(
    ruled: Home, gate: subprocess.Popen[str]
) -> None:
    text = re.sub(r"max_sessions = \d+", "max_sessions = 4097", ruled.config.read_text("utf-8"))
    ruled.config.write_text(text, "utf-8")
    for words in (("reload",), ("reload", "--check")):
        assert "needs a restart: gate.max_sessions" in ruled(*words, code=1)["error"]
    (found,) = daemon_registry.running(configuration.load(ruled.config))
    assert found.reloads == 0
    assert finding(ruled)[:2] == ("warn", "running-restart")


def test_a_signal_by_hand_is_refused_and_the_doctor_says_why(
    ruled: Home, gate: subprocess.Popen[str]
) -> None:
    """As systemd sends it, and a terminal that closes."""
    ruled.file("rules.toml", SHIPPED.read_text("utf-8").replace("[hours]", "[ours]"))
    gate.send_signal(signal.SIGHUP)
    *_, refused = events_until(gate, "reload refused")
    assert refused["level"] == "error" and "rules.toml" in refused["why"] and "ours" in refused["why"]
    assert gate.poll() is None
    there = configuration.load(ruled.config)
    until(lambda: not daemon_registry.running(there)[0].last_ok)
    assert finding(ruled)[:2] == ("fail", "running-refused")
    assert "ours" in ruled("reload", code=1)["error"]


def test_another_users_daemon_is_asked_by_a_file(
    ruled: Home, gate: subprocess.Popen[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `dialpact web` does it, and every time anew."""
    kill = os.kill

    def not_permitted(pid: int, number: int) -> None:
        if number == signal.SIGHUP:
            raise PermissionError
        kill(pid, number)

    monkeypatch.setattr(os, "kill", not_permitted)
    for version in ("2", "3"):
        rules = SHIPPED.read_text("utf-8").replace('version = "1"', f'version = "{version}"')
        ruled.file("rules.toml", rules)
        assert [told["outcome"] for told in ruled("reload")["daemons"]] == ["taken"]
    assert gate.poll() is None
    (file,) = ruled.path.glob(".dialpact-pbx1.*.reload")
    file.unlink()
    file.mkdir()  # this user has no other way
    ruled.file("rules.toml", SHIPPED.read_text("utf-8"))
    assert [told["outcome"] for told in ruled("reload", code=1)["daemons"]] == ["forbidden"]


def test_a_dead_daemons_file_is_not_believed(ruled: Home, gate: subprocess.Popen[str]) -> None:
    there = configuration.load(ruled.config)
    (file,) = ruled.path.glob(".dialpact-pbx1-gate.*.json")
    assert file.stat().st_mode & 0o777 == 0o640, "dialpact web is another user of the group"
    stranger = json.loads(file.read_bytes()) | {"pid": os.getpid()}
    ruled.file(f".dialpact-pbx1-gate.{os.getpid()}.json", json.dumps(stranger))
    ruled.file(".dialpact-pbx1-serve.1.json", "half")
    assert [found.pid for found in daemon_registry.running(there)] == [gate.pid]
    gate.kill()
    gate.wait(30)
    assert file.exists()
    assert daemon_registry.running(there) == []
    assert finding(ruled)[1] == "running-none"
    second = start(ruled, "gate")
    events_until(second, "gate listening")
    until(lambda: not file.exists())
    second.terminate()
    second.communicate(timeout=30)
    assert [path.name for path in ruled.path.glob(".dialpact-*gate*")] == []


async def test_one_that_does_not_answer_is_no_success(ruled: Home, gate: subprocess.Popen[str]) -> None:
    gate.send_signal(signal.SIGSTOP)
    done = await reload.reload(ruled.config, Actor(name="test", door=Door.SHELL), seconds=0.2)
    gate.send_signal(signal.SIGCONT)
    assert ([told.outcome for told in done.daemons], done.done) == (["silent"], False)


def test_one_that_ends_meanwhile_is_no_success(ruled: Home, gate: subprocess.Popen[str]) -> None:
    """It is sent the signal, and killed before it does anything about it."""

    def kill() -> None:
        until(lambda: signal.SIGHUP in pending(gate))
        gate.kill()

    gate.send_signal(signal.SIGSTOP)
    killing = threading.Thread(target=kill)
    killing.start()
    assert ruled("reload", code=1)["daemons"][0]["outcome"] == "ended"
    killing.join()


def pending(process: subprocess.Popen[str]) -> set[int]:
    """The signals that it was sent and has not seen."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    (mask,) = re.findall(r"^ShdPnd:\t([0-9a-f]+)$", status, re.MULTILINE)
    return {number for number in range(1, 65) if int(mask, 16) >> (number - 1) & 1}
