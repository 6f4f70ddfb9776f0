"""A scrub that is killed or cancelled at any row leaves no result, and has changed nothing."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from dialpact.application.actor import Actor, Door
from dialpact.application.context import Context
from dialpact.application.scrub import TOGETHER, ScrubRequest, scrub
from dialpact.compliance.clock import SystemClock
from dialpact.compliance.config import Trunk
from dialpact.compliance.judge import Judge
from dialpact.store.sqlite import Store
from tests.cli.conftest import Home
from tests.compliance.world import policy
from tests.patience import WAIT

# (No door leads between two rows of another process.)
CUT = """
import os, signal, sys
from dialpact.application.scrub.result import Result
whole, left = Result.flush, [int(sys.argv.pop())]
def flush(self):
    whole(self)
    left[0] -= 1
    if not left[0]:
        self._out.flush()
        os.kill(os.getpid(), signal.SIGKILL)
Result.flush = flush
from dialpact.cli.app import main
main()
"""
CALLER_ID = ("--caller-id", "02787654321")
ROWS = 5 * TOGETHER


def cut(home: Home, after: int, *arguments: str) -> None:
    run = subprocess.run(
        [sys.executable, "-c", CUT, *arguments, "--out", "result.csv", str(after)],
        cwd=home.path,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == -signal.SIGKILL, run.stdout + run.stderr


def numbers(rows: int) -> str:
    return "number\n" + "".join(f"{13000000000 + 4999 * place}\n" for place in range(rows))


@pytest.mark.parametrize("after", [1, 3, 5])
def test_killed(stocked: Home, after: int) -> None:
    file = stocked.file("list.csv", numbers(ROWS))
    cut(stocked, after, "scrub", file, "--campaign", "renewal", *CALLER_ID)
    assert not (stocked.path / "result.csv").exists()
    answer = stocked("scrub", file, "--campaign", "renewal", *CALLER_ID, "--out", "result.csv", code=3)
    assert answer["rows"] == ROWS, "and what is left is in nobody's way"
    stocked.run("ledger", "verify")


@pytest.mark.parametrize("after", [1, 5])
def test_a_batch_is_held_as_before(stocked: Home, after: int) -> None:
    stocked.run("campaign", "change", "renewal", "--scrub-leads", "--reason", "as agreed")
    about = ("--campaign", "renewal", "--partner", "P", "--contract", "K", "--basis", "b")
    batch = str(stocked("leads", "import", stocked.file("list.csv", numbers(ROWS)), *about)["batch"])
    cut(stocked, after, "leads", "scrub", batch, *CALLER_ID)
    shown = stocked("leads", "show", batch)
    assert shown["entry"]["held"] == "not-scrubbed"
    assert [act["action"] for act in shown["history"]] == ["import"]
    stocked("leads", "scrub", batch, *CALLER_ID, "--out", "result.csv", code=3)
    assert stocked("leads", "show", batch)["entry"]["held"] == ""
    stocked.run("ledger", "verify")


async def test_cancelled(stocked: Home) -> None:
    """Whoever is cancelled waits for one step at most."""
    judge = Judge(policy(), {"carrier": Trunk(endpoint="c")}, "pbx1")
    file, out = io.BytesIO(numbers(20 * TOGETHER).encode()), io.BytesIO()
    steps = 0
    begun = asyncio.Event()

    def progress(done: int, size: int | None) -> None:
        nonlocal steps
        steps += 1
        if steps > 3:
            begun.set()

    async with await Store.open(stocked.path / "dialpact.db") as store:
        context = Context(store, Actor(name="x", door=Door.SHELL), SystemClock())
        request = ScrubRequest(campaign="renewal", caller_id="02787654321")
        task = asyncio.create_task(scrub(context, judge, file, out, request, progress))
        await asyncio.wait_for(begun.wait(), WAIT)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert steps < 20
    assert out.getvalue().count(b"\r\n") < 20 * TOGETHER
