"""A log that nobody reads: lines are dropped and counted, and no call waits for one."""

from __future__ import annotations

import asyncio
import fcntl
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from io import StringIO
from typing import TextIO

import pytest

from dialpact.cli.drain import Drain
from dialpact.testing.asterisk import FakeAsterisk
from tests.cli.conftest import Home
from tests.cli.test_app import PROGRAM, ROOT
from tests.patience import WAIT

PAGE = 4096  # the smallest pipe there is


class Pipe:
    """Standard error, as a service manager or a shell gives it; small, and not read until it is asked for."""

    def __init__(self) -> None:
        self.reads, self.writes = os.pipe()
        fcntl.fcntl(self.writes, fcntl.F_SETPIPE_SZ, PAGE)

    def close(self) -> None:
        for end in (self.reads, self.writes):
            if end >= 0:
                os.close(end)
        self.reads = self.writes = -1

    def shut(self) -> None:
        """This process's writing end: the other process is then the last one."""
        os.close(self.writes)
        self.writes = -1

    def until(self, done: Callable[[str], bool]) -> str:
        text = b""
        while not done(text.decode()):
            got = os.read(self.reads, 65536)
            assert got, f"it ended with {text[-500:]!r}"
            text += got
        return text.decode()


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    made = Pipe()
    yield made
    made.close()


def shown(text: str) -> list[int]:
    return [int(line) for line in text.splitlines() if len(line) == 200]


def dropped(text: str) -> int:
    return sum(
        int(line.removeprefix("dropped ")) for line in text.splitlines() if line.startswith("dropped ")
    )


def test_what_has_no_room_is_counted_and_told_when_the_stream_moves(pipe: Pipe) -> None:
    stream: TextIO = os.fdopen(os.dup(pipe.writes), "w")
    drain = Drain(stream, lambda lines: drain.write(f"dropped {lines}\n"), most=50)
    for number in range(1000):
        drain.write(f"{number:0200}\n")  # 200 kB into 4 kB: it returns
    text = pipe.until(lambda text: text.endswith("\n") and len(shown(text)) + dropped(text) == 1000)
    assert shown(text) == sorted(shown(text))
    assert dropped(text) >= 900
    drain.write("after\n")
    pipe.until(lambda text: "after" in text)
    drain.close()
    stream.close()


class Stalled(StringIO):
    """A stream without a descriptor, which takes nothing until it may."""

    def __init__(self) -> None:
        super().__init__()
        self.came, self.may = threading.Event(), threading.Event()

    def write(self, text: str) -> int:
        self.came.set()
        assert self.may.wait(WAIT)
        return super().write(text)


def test_how_many_were_dropped_has_room_when_nothing_else_has() -> None:
    stream = Stalled()
    drain = Drain(stream, lambda lines: drain.write(f"dropped {lines}\n"), most=1)
    drain.write("first\n")
    assert stream.came.wait(WAIT)
    for line in ("waits\n", "lost\n", "lost\n"):
        drain.write(line)
    stream.may.set()
    drain.close()
    assert stream.getvalue() == "first\nwaits\ndropped 2\n"


def test_a_stream_that_is_closed_ends_nothing(pipe: Pipe) -> None:
    stream: TextIO = os.fdopen(os.dup(pipe.writes), "w")
    told: list[int] = []
    others = set(threading.enumerate())
    drain = Drain(stream, told.append)
    os.close(pipe.reads)
    pipe.reads = -1
    for _ in range(3):
        drain.write("x\n")
    drain.close()
    stream.close()
    assert not set(threading.enumerate()) - others


def test_a_stream_without_a_descriptor() -> None:
    stream = StringIO()
    drain = Drain(stream, lambda _: None)
    drain.write("x\n")
    drain.close()
    assert stream.getvalue() == "x\n"


@pytest.mark.alone  # a hundred calls, each within the gate's deadline
async def test_a_gate_whose_log_nobody_reads_answers_every_call_and_ends(home: Home, pipe: Pipe) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    home.config.write_text(home.config.read_text("utf-8").replace("4573", str(port)), "utf-8")
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "gate"],
        cwd=home.path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8"},
        stderr=pipe.writes,
    )
    pipe.shut()
    try:
        pipe.until(lambda text: "gate listening" in text)
        asterisk = FakeAsterisk("127.0.0.1", port)
        async with asyncio.timeout(WAIT):
            for _ in range(100):  # some 40 kB of lines, of which the pipe holds 4
                told = await asterisk.dial("13800138000", caller_id="02788880007", trunk="carrier")
                assert told.verdict == "BLOCK"
    finally:
        process.terminate()
        code = await asyncio.to_thread(process.wait, WAIT)
    assert code == 0, os.read(pipe.reads, PAGE)
