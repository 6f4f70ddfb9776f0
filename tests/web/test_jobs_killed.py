"""``dialpact web`` killed (kill -9) in a job, at each step: one whole result, and it was done once."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from dialpact.application.jobs import kinds, queue
from dialpact.application.jobs.scrubbing import ScrubAsked
from dialpact.application.scrub import ScrubRequest
from dialpact.compliance.jobs import Job
from dialpact.compliance.judge import new_id
from dialpact.store.sqlite import Store
from tests.cli.conftest import Home
from tests.patience import WAIT
from tests.web import job_work
from tests.web.test_jobs import MADE, Bench, acts, ended, pipes

__all__ = ["pipes"]
ROOT = Path(__file__).parents[2]
JOBS = "dialpact.store.units.jobs.Jobs"
RUNNER = "dialpact.application.jobs.runner.Runner"


class Killed:
    """A job, and web processes that are to do it."""

    def __init__(self, home: Home, bench: Bench) -> None:
        self.home, self.bench = home, bench
        text = home.config.read_text("utf-8")
        home.config.write_text(text.replace("127.0.0.1:9080", "127.0.0.1:0"), "utf-8")

    @contextlib.asynccontextmanager
    async def web(self, *cut: str, **environment: str) -> AsyncIterator[subprocess.Popen[bytes]]:
        words = [sys.executable, "-m", "tests.web.job_web", str(self.home.config), *cut]
        log = (self.home.path / "web.log").open("ab")
        child = subprocess.Popen(words, cwd=ROOT, stderr=log, env=os.environ | environment)
        try:
            yield child
        finally:
            child.terminate()
            try:
                await asyncio.to_thread(child.wait, WAIT)
            finally:
                child.kill()
                log.close()

    async def ends(self, child: subprocess.Popen[bytes]) -> None:
        assert await asyncio.to_thread(child.wait, WAIT) == -signal.SIGKILL, self.log

    @property
    def log(self) -> str:
        return (self.home.path / "web.log").read_text()

    async def done_once(self, job: Job, starts: int) -> None:
        done = await self.bench.over(job)
        assert (done.state, done.starts) == ("done", starts), self.log
        assert self.bench.result(job) == MADE
        assert acts(self.bench.store.path) == [job.id]

    def nothing_else(self, job: Job) -> None:
        """(The input goes after the row's end.)"""
        assert self.bench.there(job) == ["result"]


@pytest.fixture
async def killed(home: Home, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Killed]:
    monkeypatch.setitem(kinds.KINDS, "scrub", job_work.CONCLUDING)  # type: ignore[arg-type]
    async with await Store.open(home.path / "dialpact.db") as store:
        yield Killed(home, Bench(home, store))


async def test_in_the_midst_of_its_work(killed: Killed, pipes) -> None:  # type: ignore[no-untyped-def]
    at, go = pipes(), pipes()
    job = await killed.bench.submit(at=at.path, go=go.path)
    async with killed.web() as web:
        await at.hear()
        (worker,) = children(web.pid)
        web.kill()
        async with asyncio.timeout(WAIT):  # and nobody has told the worker
            while not ended(worker):
                await asyncio.sleep(0.01)
    assert (await killed.bench.job(job)).state == "running"
    assert b"A\n" not in b"".join(each.read_bytes() for each in killed.bench.files.of(job.id).glob("result"))
    async with killed.web():
        await at.hear()
        go.say(3)
        await killed.done_once(job, starts=2)
    killed.nothing_else(job)


@pytest.mark.parametrize(
    ("function", "when", "starts"),
    [
        (f"{JOBS}.take", "before", 1),
        (f"{JOBS}.take", "after", 2),
        (f"{RUNNER}._hired", "after", 2),
        (f"{RUNNER}._finish", "before", 2),  # the file has its name, the row does not say so
        (f"{JOBS}.finish", "before", 2),
        (f"{RUNNER}._finish", "after", 1),
    ],
)
async def test_at_each_step(killed: Killed, function: str, when: str, starts: int) -> None:
    job = await killed.bench.submit()
    async with killed.web(function, "0", when) as web:
        await killed.ends(web)
    async with killed.web():
        await killed.done_once(job, starts)
    killed.nothing_else(job)


@pytest.mark.parametrize("when", ["before", "after"])
async def test_between_the_row_and_the_end_of_what_was_sent(killed: Killed, when: str) -> None:
    job = await killed.bench.submit()
    async with killed.web("dialpact.application.jobs.files.JobFiles.drop_input", "0", when) as web:
        await killed.ends(web)
        await killed.done_once(job, starts=1)
    next = await killed.bench.submit()
    async with killed.web():
        assert (await killed.bench.over(next)).state == "done"
    killed.nothing_else(job)


@pytest.mark.parametrize(
    ("function", "when", "reason"),
    [
        ("dialpact.application.new_file.give_name", "before", "the result is whole and has no name"),
        ("dialpact.application.new_file.give_name", "after", "it has its name, and nobody has been told"),
        ("dialpact.cli.job_worker._Line.say", "before", "the same, a moment later"),
    ],
)
async def test_the_worker_alone(killed: Killed, function: str, when: str, reason: str) -> None:
    job = await killed.bench.submit()
    once = str(killed.home.path / "cut")
    async with killed.web(CUT_WORKER=f"{function} 0 {when}", CUT_ONCE=once):
        await killed.done_once(job, starts=2)
    killed.nothing_else(job)


@pytest.fixture
async def delivered(stocked: Home) -> AsyncIterator[tuple[Killed, int]]:
    """A batch that is held until it was scrubbed."""
    about = ("--business", "acme", "--industry", "保险", "--purpose", "marketing", "--script", "pitch")
    await asyncio.to_thread(stocked.run, "campaign", "add", "held", *about, "--scrub-leads")
    rows = "".join(f"{13_000_000_000 + place * 331}\n" for place in range(2000))
    origin = ("--campaign", "held", "--partner", "bank", "--contract", "K-9", "--basis", "consent")
    file = stocked.file("leads.csv", f"number\n{rows}")
    batch = (await asyncio.to_thread(stocked, "leads", "import", file, *origin))["batch"]
    async with await Store.open(stocked.path / "dialpact.db") as store:
        yield Killed(stocked, Bench(stocked, store)), int(batch)


@pytest.mark.parametrize(
    ("function", "when"),
    [
        (f"{JOBS}.progress", "before"),  # the worker is in the midst of it
        (f"{RUNNER}._finish", "before"),
        ("dialpact.application.jobs.scrubbing.conclude", "after"),
        ("dialpact.store.units.registers.leads.Leads.scrubbed", "before"),
        (f"{JOBS}.finish", "before"),
        (f"{RUNNER}._finish", "after"),
    ],
)
async def test_a_batch_is_scrubbed_and_released_once(
    delivered: tuple[Killed, int], function: str, when: str
) -> None:
    killed, batch = delivered
    bench = killed.bench
    request = ScrubRequest(campaign="held", caller_id="02787654321", form="jsonl")
    detail = msgspec.to_builtins(ScrubAsked(request=request, batch=batch))
    job = await queue.submit(
        bench.context, bench.files, "scrub", detail, id=new_id(), key="crm", businesses=("acme",)
    )
    async with killed.web(function, "0", when, REAL="1") as web:
        await killed.ends(web)
    held = (await bench.store.leads.get(batch)).held
    over = (await bench.job(job)).state == "done"
    assert bool(held) is not over, "released and done, or neither"
    async with killed.web(REAL="1"):
        done = await bench.over(job)
    assert done.state == "done" and done.result is not None, done.error
    result = bench.files.of(job.id) / str(done.result["file"])
    content = result.read_bytes()
    assert hashlib.sha256(content).hexdigest() == done.result["sha256"]
    assert len(content.splitlines()) == done.result["scrubbed"]["rows"] == 2000
    assert not (await bench.store.leads.get(batch)).held
    acts = [one for one in await bench.store.changes.of("leads", str(batch)) if one.action == "scrub"]
    assert [(one.by, one.detail["sha256"]) for one in acts] == [("api:crm", done.result["sha256"])]
    assert bench.there(job) == ["result"]


def children(pid: int) -> list[int]:
    found = (task.joinpath("children").read_text() for task in Path(f"/proc/{pid}/task").iterdir())
    return [int(child) for line in found for child in line.split()]
