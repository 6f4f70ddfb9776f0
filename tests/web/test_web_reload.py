"""``dialpact web`` takes part in a reload, as every daemon of the node."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from dialpact.application import daemon_registry
from dialpact.compliance import config as configuration
from tests.cli.conftest import Home, stock
from tests.cli.test_reload import change, events_until, finding, until

PROGRAM = "from dialpact.cli.app import main; main()"


@pytest.fixture
def web(home: Home) -> Iterator[subprocess.Popen[str]]:
    stock(home)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        change(home, "127.0.0.1:9080", f"127.0.0.1:{free.getsockname()[1]}")
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "--config", home.config, "web"], stderr=subprocess.PIPE, text=True
    )
    events_until(process, "listening")
    there = configuration.load(home.config)
    until(lambda: bool(daemon_registry.running(there)))
    yield process
    process.terminate()
    process.communicate(timeout=30)


def test_new_rules_are_in_force(home: Home, web: subprocess.Popen[str]) -> None:
    assert finding(home)[1] == "running"
    change(home, 'mode = "enforce"', 'mode = "shadow"')
    assert finding(home)[:2] == ("warn", "running-differs")
    (told,) = home("reload")["daemons"]
    assert (told["role"], told["outcome"], told["pid"]) == ("web", "taken", web.pid)
    assert finding(home)[1] == "running"


def test_a_setting_of_its_own_needs_a_restart_and_one_of_the_gate_is_none(
    home: Home, web: subprocess.Popen[str]
) -> None:
    change(home, "max_sessions = 4096", "max_sessions = 4097")
    assert home("reload")["daemons"][0]["outcome"] == "taken"
    change(home, "requests_per_minute = 15000", "requests_per_minute = 1")
    assert "needs a restart: api.requests_per_minute" in home("reload", code=1)["error"]
    web.send_signal(signal.SIGHUP)
    *_, refused = events_until(web, "reload refused")
    assert "api.requests_per_minute" in refused["why"]


def test_its_group_may_read_what_it_applies(home: Home, web: subprocess.Popen[str]) -> None:
    (file,) = home.path.glob(".dialpact-pbx1-web.*.json")
    assert file.stat().st_mode & 0o777 == 0o640
