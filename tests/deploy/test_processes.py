"""What real daemons show to a scraper: each its own, at its own address."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from tests.cli.conftest import Home, home
from tests.deploy.monitored import parsed
from tests.patience import WAIT

__all__ = ["home"]
PROGRAM = "from dialpact.cli.app import main; main()"


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def daemon(home: Home, role: str) -> Iterator[None]:
    """Until it is told to stop, and has: with 0."""
    command = [sys.executable, "-c", PROGRAM, "--config", str(home.config), role]
    child = subprocess.Popen(command, env={**os.environ}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        yield
        child.send_signal(signal.SIGTERM)
        _, log = child.communicate(timeout=WAIT)
        assert child.returncode == 0, log.decode()
    finally:
        child.kill()
        child.wait()


def asked(port: int, path: str) -> tuple[int, str]:
    """Tried until there is somebody."""
    until = time.monotonic() + WAIT
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, ""
        except OSError:
            assert time.monotonic() < until, f"nobody answers at {port}"
            time.sleep(0.1)  # (a port has no event to wait for)


@pytest.mark.timeout(300)
def test_each_daemon_tells_its_own_at_its_own_address(home: Home) -> None:
    ports = {role: free_port() for role in ("gate", "listener", "web")}
    agi, web = free_port(), free_port()
    text = home.config.read_text("utf-8")
    listens = {"listen": ports["gate"], "listener": ports["listener"], "web": ports["web"]}
    section = "".join(f'{name} = "127.0.0.1:{port}"\n' for name, port in listens.items())
    text = text.replace("127.0.0.1:4573", f"127.0.0.1:{agi}").replace("127.0.0.1:9080", f"127.0.0.1:{web}")
    home.config.write_text(f"{text}\n[metrics]\n{section}", "utf-8")
    (home.path / "ami.secret").write_text("hush")
    with ExitStack() as stack:
        for role in ports:
            stack.enter_context(daemon(home, role))
        assert asked(web, "/health/live")[0] == 200
        assert asked(web, "/nothing")[0] == 404
        shown = {}
        for role, port in ports.items():
            status, page = asked(port, "/metrics")
            assert status == 200
            shown[role] = parsed(page)
            assert shown[role]["dialpact_process", (("role", role),)] == 1
        assert asked(ports["web"], "/health/ready")[0] == 404, "it is not its to say"
    names = {role: {name for name, _ in found} for role, found in shown.items()}
    assert "dialpact_gate_connections" in names["gate"] - names["listener"] - names["web"]
    assert "dialpact_ami_up" in names["listener"] - names["gate"] - names["web"]
    assert "dialpact_jobs" in names["web"] - names["gate"] - names["listener"]
    answers = {labels: value for (name, labels), value in shown["web"].items() if "requests_total" in name}
    assert answers[(("answer", "2xx"),)] == answers[(("answer", "4xx"),)] == 1
    assert shown["listener"]["dialpact_ami_up", ()] == 0, "there is no Asterisk"
    assert shown["web"]["dialpact_store_up", ()] == 1
