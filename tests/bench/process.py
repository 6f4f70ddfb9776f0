"""A process that the bench measures: on its own core, asked by lines, with the processor time it took."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
ENDING_SECONDS = 5  # of a process that has closed its output


class Cores(NamedTuple):
    """One for what serves, one for who asks; None where the machine has only one."""

    server: int | None
    client: int | None


def cores() -> Cores:
    allowed = sorted(os.sched_getaffinity(0))
    return Cores(allowed[0], allowed[1]) if len(allowed) > 1 else Cores(None, None)


class Process:
    """Lines in, lines out."""

    def __init__(self, running: subprocess.Popen[str]) -> None:
        self._running = running

    @property
    def pid(self) -> int:
        return self._running.pid

    def ask(self, line: str = "") -> str:
        """Its next line, after ``line`` was said to it. RuntimeError when it has ended."""
        if line:
            self.tell(line)
        return self.hear()

    def tell(self, line: str) -> None:
        assert self._running.stdin is not None
        self._running.stdin.write(line + "\n")
        self._running.stdin.flush()

    def hear(self) -> str:
        """Its next line. RuntimeError when it has ended."""
        assert self._running.stdout is not None
        answer = self._running.stdout.readline()
        if not answer:
            raise RuntimeError(f"{self._running.args} ended with {self._running.wait(ENDING_SECONDS)}")
        return answer

    def end(self) -> None:
        """One that does not end with its stdin."""
        self._running.terminate()

    @property
    def own_processor(self) -> float:
        """Seconds of processor that it has taken so far, without its children."""
        return _clock(self.pid)

    @property
    def processor(self) -> float:
        """Seconds of processor that it and its children have taken so far."""
        return sum(_clock(pid) for pid in _family(self.pid))


def _clock(pid: int) -> float:
    """Of all its threads, those that have ended as well (clock_getcpuclockid(3) says how it is named)."""
    return time.clock_gettime((~pid << 3) | 2)


def _family(pid: int) -> Iterator[int]:
    yield pid
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield from _family(int(child))


@contextlib.contextmanager
def running(words: Sequence[str], log: Path, core: int | None) -> Iterator[Process]:
    """Until the block is left: then its stdin ends, and with it the process."""

    def pin() -> None:
        if core is not None:
            os.sched_setaffinity(0, {core})

    with log.open("w") as errors:
        started = subprocess.Popen(
            words,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            cwd=ROOT,
            preexec_fn=pin,
        )
    assert started.stdin is not None and started.stdout is not None
    try:
        yield Process(started)
    finally:
        started.stdin.close()
        try:
            started.wait(30)
        except subprocess.TimeoutExpired:
            started.kill()
            raise
        finally:
            started.stdout.close()


def module(name: str, *words: str) -> list[str]:
    return [sys.executable, "-m", name, *words]
