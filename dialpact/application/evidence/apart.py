"""A package from a stranger, verified in a process of its own, with bounds that the kernel holds.

1. The process is given the open file and nothing else of this host: no configuration, no database, no
   environment. It may write no file and start no process, and computes when nobody else does.
2. Its memory, its processor time and its whole time are bounded, and so is what it may answer. What goes over
   a bound is no verdict: it says which bound it was.
3. At most a few run at once; who comes more waits for his turn, for a bounded time.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import BinaryIO, Literal

import msgspec

from dialpact.application.evidence.contents import FileSeen
from dialpact.application.evidence.verdict import Verdict
from dialpact.compliance.errors import DialpactError
from dialpact.compliance.model import Value

AT_ONCE = 2
TURN_SECONDS = 60.0
WHOLE_SECONDS = 120.0
CPU_SECONDS = 60
MEMORY = 1 << 30  # bytes of address space: what a package keeps in memory, and the lists that are made of it
MOST_SAID = 4 << 20  # bytes of an answer
MOST_LISTED = 1000  # of each list in an answer
MODULE = "dialpact.application.evidence.apart_child"
Why = Literal["busy", "time", "memory", "broken"]


class NotExamined(DialpactError):
    """A package was not verified: that says nothing of it."""

    def __init__(self, why: Why) -> None:
        super().__init__(why)
        self.why = why


class ExamineAsked(Value, frozen=True, kw_only=True):
    """As :func:`dialpact.application.evidence.check.examine` takes them. ``memory``, ``cpu_seconds``: bounds
    of the process. ``witnesses``: their keys.
    """

    key: str = ""
    held: str = ""
    witnesses: tuple[str, ...] = ()
    quorum: int = 0
    memory: int = MEMORY
    cpu_seconds: int = CPU_SECONDS


class ExaminedApart(Value, frozen=True, kw_only=True):
    """``verdict``, ``files``: of each list so many as are shown; ``findings``, ``all_files``: how many there
    are. ``failed``: why there is no verdict.
    """

    verdict: Verdict | None = None
    findings: int = 0
    files: tuple[FileSeen, ...] = ()
    all_files: int = 0
    origin: str = ""  # the ledger's name, as its checkpoint has it
    failed: Literal["", "memory", "broken"] = ""


class Apart:
    """Whoever verifies packages of strangers. ``at_once``, ``turn_seconds``, ``seconds``: see above."""

    def __init__(
        self, at_once: int = AT_ONCE, turn_seconds: float = TURN_SECONDS, seconds: float = WHOLE_SECONDS
    ) -> None:
        self._turn, self._turn_seconds = asyncio.Semaphore(at_once), turn_seconds
        self._seconds = seconds

    async def examine(self, file: BinaryIO, asked: ExamineAsked) -> ExaminedApart:
        """``file``: one with a descriptor; where it stands does not matter. NotExamined; OSError."""
        async with self._in_turn():
            try:
                async with asyncio.timeout(self._seconds):
                    return await _examined(file, asked)
            except TimeoutError:
                raise NotExamined("time") from None

    @asynccontextmanager
    async def _in_turn(self) -> AsyncIterator[None]:
        try:
            await asyncio.wait_for(self._turn.acquire(), self._turn_seconds)
        except TimeoutError:
            raise NotExamined("busy") from None
        try:
            yield
        finally:
            self._turn.release()


async def _examined(file: BinaryIO, asked: ExamineAsked) -> ExaminedApart:
    with tempfile.TemporaryFile() as told:  # (a pipe would hold less than a checkpoint may have)
        told.write(msgspec.json.encode(asked))
        told.flush()
        running = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-B", "-m", MODULE, str(told.fileno())),
            stdin=file.fileno(),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            pass_fds=(told.fileno(),),
            env={"LC_ALL": "C.UTF-8"},
            cwd="/",
        )
        try:
            said = await _said(running)
            code = await running.wait()
        finally:
            with contextlib.suppress(ProcessLookupError):
                running.kill()
            await running.wait()
    if code != 0:  # ended by the kernel: of the bounds that end a process, only its time is left
        raise NotExamined("time" if code < 0 else "broken")
    try:
        found = msgspec.json.decode(said, type=ExaminedApart)
    except msgspec.MsgspecError as error:
        raise NotExamined("broken") from error
    if found.failed:
        raise NotExamined(found.failed)
    return found


async def _said(running: asyncio.subprocess.Process) -> bytes:
    assert running.stdout is not None
    said = bytearray()
    while piece := await running.stdout.read(1 << 16):
        said += piece
        if len(said) > MOST_SAID:
            raise NotExamined("broken")
    return bytes(said)
