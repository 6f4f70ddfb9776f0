"""A kind of job for tests, in the place of the scrub, and a worker that knows it.

``python -m tests.web.job_work CONFIG (idle|ready)``. The job puts what was sent into capitals, as its
``detail`` says: ``at``, ``go``: pipes with names; at each row's turn it says so into the one and waits for a
word on the other. ``die``: it kills its process there. ``fault``, ``broken``, ``write``: how it fails.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from dialpact.application.actor import Right
from dialpact.application.context import Context
from dialpact.application.jobs import files, kinds
from dialpact.application.jobs.kinds import Kind, Outcome, Task
from dialpact.cli import job_worker
from dialpact.compliance.jobs import Job
from dialpact.compliance.registers.fault import Fault
from dialpact.store.ports.together import Write
from tests.cutting import cut

RESULT = "result"
KIND = Kind(__name__ if __name__ != "__main__" else "tests.web.job_work", (Right.CHECK,), idle=True)
CONCLUDING = KIND._replace(concludes=True)


async def work(task: Task) -> Outcome:
    told = task.job.detail
    rows = (task.folder / files.INPUT).read_bytes().splitlines(keepends=True)
    if told.get("fault"):
        raise Fault("no-batch", entry="13")
    if told.get("write"):
        await task.context.store.incidents.add(at=task.context.now(), node="pbx1", kind="test")
    if told.get("broken"):
        raise RuntimeError("13800138000")
    with files.whole(task.folder / RESULT) as out:
        for number, row in enumerate(rows, 1):
            out.write(row.upper())
            task.progress(number, len(rows))
            if told.get("at"):
                Path(told["at"]).write_bytes(b".")
            if told.get("die"):
                os.kill(os.getpid(), signal.SIGKILL)
            if told.get("go"):
                await asyncio.to_thread(_word, told["go"])
    made = b"".join(rows).upper()
    return Outcome(
        file=RESULT,
        media_type="text/plain",
        bytes=len(made),
        sha256=hashlib.sha256(made).hexdigest(),
        counts={"rows": len(rows), "rest": type(task.rest).__name__},
    )


def _word(pipe: str) -> None:
    with Path(pipe).open("rb", buffering=0) as opened:
        opened.read(1)


def conclude(context: Context, job: Job, outcome: Outcome) -> Write:
    """An act by which it is seen how often it was done."""

    async def act() -> None:
        if job.detail.get("late"):
            raise Fault("no-batch", entry="14")
        await context.store.incidents.add(at=context.now(), node="pbx1", kind="test", detail=job.id)

    return act


def know(kind: Kind = KIND) -> None:
    kinds.KINDS["scrub"] = kind  # type: ignore[index]


def command(config: Path, idle: bool) -> list[str]:
    return [sys.executable, "-m", "tests.web.job_work", str(config), "idle" if idle else "ready"]


def main(given: Sequence[str]) -> None:
    know()
    if place := os.environ.get("CUT_WORKER"):
        function, passing, when = place.split()
        once = Path(os.environ["CUT_ONCE"])
        if not once.exists():
            once.touch()
            cut(function, int(passing), when)
    sys.argv = ["job_worker", *given]
    job_worker.main()


if __name__ == "__main__":
    main(sys.argv[1:])
