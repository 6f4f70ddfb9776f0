"""``dialpact`` as a program of its own, at an hour at which a call may be made; and its ``dialpact web``."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.patience import WAIT

ROOT = Path(__file__).parents[2]
# The product's own, which takes no clock but from Python.
PROGRAM = f"""#!{sys.executable}
import sys
from dialpact.cli.app import app
from dialpact.cli.command_context import Machine
from dialpact.testing import FixedClock
app(sys.argv[1:], prog_name="dialpact", obj={{"machine": Machine(clock=FixedClock())}})
"""
ENVIRONMENT = {**os.environ, "LC_ALL": "C.UTF-8", "PYTHONPATH": str(ROOT)}


def program(folder: Path) -> Path:
    """Written into ``folder``."""
    file = folder / "dialpact"
    file.write_text(PROGRAM, "utf-8")
    file.chmod(0o755)
    return file


def free_address() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{free.getsockname()[1]}"


@contextmanager
def web(program: Path, folder: Path) -> Iterator[None]:
    """With the configuration in ``folder``. Ready when it says so, as to systemd."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        place = folder / "notify"
        line.bind(str(place))
        line.settimeout(WAIT)
        running = subprocess.Popen(
            [program, "web"], cwd=folder, env={**ENVIRONMENT, "NOTIFY_SOCKET": str(place)}
        )
        try:
            assert line.recv(64) == b"READY=1"
            yield
            running.send_signal(signal.SIGTERM)
            running.wait(WAIT)
        finally:
            running.kill()
            running.wait(WAIT)
