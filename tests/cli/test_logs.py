"""The one place through which every line of a daemon's log goes."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys

SPEAKS = """
import logging, threading, warnings
import structlog
from dialpact.cli.logs import configure_logs
configure_logs()
log = structlog.get_logger()
log.info("call 13800138000", channel="Local/13800138000@x-0000002a;1", deep={"a": ["+8613800138000"]})
log.warning("two\\nlines", why="a\\r\\n{\\"event\\": \\"forged\\"}\\x1b[2J")
number = "13800138000"
try:
    raise OSError("no such number: 13800138000\\nforged 13800138000")
except OSError:
    log.exception("failed")
logging.getLogger("panoramisk").error("login of %s", "13800138000")
logging.getLogger("asyncio").error("broken %d", "no number")
warnings.warn("odd 13800138000")
thread = threading.Thread(target=lambda: int("13800138000x"))
thread.start()
thread.join()
raise SystemError("13800138000")
"""


def test_every_line_is_json_without_a_number() -> None:
    command = [sys.executable, "-W", "default", "-c", SPEAKS]
    said = subprocess.run(command, capture_output=True, text=True).stderr
    assert "13800138000" not in said
    lines = [json.loads(line) for line in said.splitlines()]
    assert [line["event"][:12] for line in lines] == [
        "call 138****",
        "two\\x0alines",
        "failed",
        "login of 138",
        "broken %d",
        lines[5]["event"][:12],
        "uncaught in ",
        "uncaught",
    ]
    assert lines[0]["channel"] == "Local/138****8000@x-0000002a;1"
    assert lines[0]["timestamp"].endswith("Z") and "****" not in lines[0]["timestamp"]
    assert "line 1" in lines[2]["exception"] and lines[3]["logger"] == "panoramisk"


def test_on_a_terminal_too() -> None:
    ours, theirs = pty.openpty()
    child = subprocess.Popen([sys.executable, "-c", SPEAKS], stderr=theirs, stdout=theirs)
    os.close(theirs)
    said = b""
    try:
        while data := os.read(ours, 4096):
            said += data
    except OSError:  # the other end is gone
        pass
    os.close(ours)
    assert child.wait(20) == 1
    text = said.decode()
    assert "13800138000" not in text and "\x1b[2J" not in text
    assert not any(line.lstrip().startswith(("forged", "{")) for line in text.splitlines())
