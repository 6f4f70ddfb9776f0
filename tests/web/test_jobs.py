"""Jobs with a real worker: done once, whatever ends the worker, or the process that is its parent."""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import signal
import sqlite3
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from dialpact.application.actor import Actor, Door
from dialpact.application.context import Context
from dialpact.application.jobs import files as job_files
from dialpact.application.jobs import kinds, queue, runner
from dialpact.application.jobs.files import JobFiles
from dialpact.application.jobs.runner import Runner
from dialpact.compliance.clock import SystemClock
from dialpact.compliance.errors import NoRoom, StoreError
from dialpact.compliance.jobs import UNDER_WAY, Job
from dialpact.compliance.judge import new_id
from dialpact.compliance.meters import METERS
from dialpact.compliance.registers.fault import Fault
from dialpact.store.sqlite import Store
from tests.cli.conftest import Home
from tests.patience import WAIT
from tests.web import job_work

SENT, MADE = b"a\nb\nc\n", b"A\nB\nC\n"
KEPT = timedelta(days=7)


class Pipe:
    """Words of a job to a test, or of a test to a job."""

    def __init__(self, path: Path) -> None:
        os.mkfifo(path)
        self.path = str(path)
        self._opened = os.open(path, os.O_RDWR | os.O_NONBLOCK)

    async def hear(self) -> None:
        def heard() -> bool:
            ready, _, _ = select.select([self._opened], [], [], WAIT)
            return bool(ready) and os.read(self._opened, 1) == b"."

        assert await asyncio.to_thread(heard)

    def say(self, times: int = 1) -> None:
        os.write(self._opened, b"." * times)

    def close(self) -> None:
        os.close(self._opened)


class Bench:
    """A store, the files, and a runner with its worker."""

    def __init__(self, home: Home, store: Store, kept: timedelta = KEPT) -> None:
        self.store, self.home = store, home
        self.files = JobFiles(home.path / "api-files")
        self.context = Context(store, Actor(name="api:crm", door=Door.API), SystemClock())
        self.runner = Runner(self.context, self.files, lambda idle: job_work.command(home.config, idle), kept)
        self.stop = asyncio.Event()

    async def submit(self, sent: bytes = SENT, **detail: Any) -> Job:
        job = await queue.submit(
            self.context,
            self.files,
            "scrub",
            detail,
            id=new_id(),
            key="crm",
            businesses=("acme",),
            sent=BytesIO(sent),
        )
        self.runner.wake()
        return job

    async def over(self, job: Job) -> Job:
        async with asyncio.timeout(WAIT):
            while (found := await self.job(job)).state in UNDER_WAY:
                await asyncio.sleep(0.02)
        return found

    async def job(self, job: Job) -> Job:
        found = await self.store.jobs.get(job.id)
        assert found is not None
        return found

    def there(self, job: Job) -> list[str]:
        folder = self.files.of(job.id)
        return sorted(each.name for each in folder.iterdir()) if folder.exists() else []

    def result(self, job: Job) -> bytes:
        return (self.files.of(job.id) / job_work.RESULT).read_bytes()

    @property
    def worker(self) -> int:
        assert self.runner._worker is not None
        return self.runner._worker.pid

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.runner.run(self.stop))
        try:
            yield
        finally:
            self.stop.set()
            async with asyncio.timeout(WAIT):
                await task


@pytest.fixture
def pipes(tmp_path: Path) -> Any:
    made: list[Pipe] = []

    def pipe() -> Pipe:
        made.append(Pipe(tmp_path / f"pipe{len(made)}"))
        return made[-1]

    yield pipe
    for each in made:
        each.close()


@pytest.fixture
async def bench(home: Home, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    monkeypatch.setitem(kinds.KINDS, "scrub", job_work.KIND)  # type: ignore[arg-type]
    monkeypatch.setattr(runner, "PAUSES", (0.01,))
    async with await Store.open(home.path / "dialpact.db") as store:
        yield Bench(home, store)


def ended(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def acts(database: Path) -> list[str]:
    with contextlib.closing(sqlite3.connect(database)) as db:
        return [detail for (detail,) in db.execute("SELECT detail FROM incident WHERE kind = 'test'")]


async def test_it_is_done_in_its_turn_and_what_was_sent_goes(bench: Bench) -> None:
    first, second = await bench.submit(), await bench.submit(b"x\n")
    assert bench.there(first) == ["input"]
    async with bench.running():
        done = await bench.over(first)
        assert (done.state, done.starts, done.rows, done.of) == (
            "done",
            1,
            3,
            3,
        )  # its last word is not waited for
        assert done.result is not None
        assert (done.result["bytes"], done.result["rows"]) == (6, 3)
        assert bench.result(first) == MADE
        assert (await bench.over(second)).state == "done"
        assert done.finished_at is not None and done.finished_at.utcoffset() == timedelta()
        job, path = await queue.result(bench.context, bench.files, "scrub", second.id)
        assert (job.id, path.read_bytes()) == (second.id, b"X\n")
        worker = bench.worker
    assert ended(worker)
    assert (bench.there(first), bench.there(second)) == (["result"], ["result"])
    assert (bench.files.of(first.id) / "result").stat().st_mode & 0o777 == 0o600
    assert bench.files.folder.stat().st_mode & 0o777 == 0o700


async def test_one_whose_end_was_written_and_said_to_fail_is_done(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk may fail behind a commit: what is written down then stands, and its result is there."""
    finish = bench.store.jobs.finish

    async def unsure(*given: Any) -> None:
        await finish(*given)
        monkeypatch.setattr(bench.store.jobs, "finish", finish)
        raise StoreError("disk full")

    monkeypatch.setattr(bench.store.jobs, "finish", unsure)
    job = await bench.submit()
    async with bench.running():
        assert (await bench.over(job)).state == "done"
        assert (await bench.over(await bench.submit(b"x\n"))).state == "done", "the end of the first is over"
    assert bench.result(job) == MADE


async def test_the_worker_gives_way_to_everybody(bench: Bench, pipes: Any) -> None:
    at, go = pipes(), pipes()
    job = await bench.submit(at=at.path, go=go.path)
    async with bench.running():
        await at.hear()
        for thread in Path(f"/proc/{bench.worker}/task").iterdir():
            assert os.sched_getscheduler(int(thread.name)) == os.SCHED_IDLE
        # Of another session it would be of another group, in which to be idle counts for nothing against us.
        assert (os.getsid(bench.worker), os.getpgid(bench.worker)) == (os.getsid(0), bench.worker)
        go.say(3)
        done = await bench.over(job)
        assert done.state == "done" and done.result is not None and done.result["rest"] == "Resting"


async def test_progress_is_told(bench: Bench, pipes: Any) -> None:
    at, go = pipes(), pipes()
    job = await bench.submit(at=at.path, go=go.path)
    async with bench.running():
        await at.hear()
        async with asyncio.timeout(WAIT):
            while (await bench.job(job)).rows != 1:
                await asyncio.sleep(0.02)
        found = await bench.job(job)
        assert (found.state, found.of) == ("running", 3)
        go.say(3)
        await bench.over(job)


async def test_cancelled_it_is_over_at_once_and_the_next_is_done(bench: Bench, pipes: Any) -> None:
    at, go = pipes(), pipes()
    job, waiting, next = (
        await bench.submit(at=at.path, go=go.path),
        await bench.submit(),
        await bench.submit(),
    )
    async with bench.running():
        await at.hear()
        worker = bench.worker
        cancelled = await queue.cancel(bench.context, bench.files, "scrub", job.id)
        bench.runner.cancel(job.id)
        assert cancelled.state == "cancelled"
        assert (await queue.cancel(bench.context, bench.files, "scrub", waiting.id)).state == "cancelled"
        async with asyncio.timeout(WAIT):  # (it waits for a word that nobody says)
            while not ended(worker):
                await asyncio.sleep(0.01)
        assert (await bench.over(next)).state == "done"
        assert (await bench.job(job)).state == (await bench.job(waiting)).state == "cancelled"
        assert bench.there(job) == bench.there(waiting) == []


async def test_cancelled_by_another_process_it_ends_at_its_next_word(bench: Bench, pipes: Any) -> None:
    at, go = pipes(), pipes()
    job = await bench.submit(b"a\n" * 10_000, at=at.path, go=go.path)
    async with bench.running():
        await at.hear()
        worker = bench.worker
        await bench.store.jobs.cancel(job.id, bench.context.now())
        async with asyncio.timeout(WAIT):
            while not ended(worker):
                go.say()
                await asyncio.sleep(0.05)
    assert ((await bench.job(job)).state, bench.there(job)) == ("cancelled", [])


async def test_a_result_that_was_cancelled_under_way_is_none(bench: Bench, pipes: Any) -> None:
    """The worker had ended it; the row says first that nobody wants it."""
    at, go = pipes(), pipes()
    job = await bench.submit(b"a\n", at=at.path, go=go.path)
    async with bench.running():
        await at.hear()
        await bench.store.jobs.cancel(job.id, bench.context.now())
        go.say()
        next = await bench.submit()
        assert (await bench.over(next)).state == "done"
    assert ((await bench.job(job)).state, bench.there(job)) == ("cancelled", [])


async def test_a_worker_that_is_killed_begins_it_anew(bench: Bench, pipes: Any) -> None:
    at, go = pipes(), pipes()
    job = await bench.submit(at=at.path, go=go.path)
    async with bench.running():
        await at.hear()
        worker = bench.worker
        os.kill(worker, signal.SIGKILL)
        await at.hear()
        assert bench.worker != worker
        go.say(3)
        done = await bench.over(job)
    assert (done.state, done.starts, bench.result(job)) == ("done", 2, MADE)
    assert bench.there(job) == ["result"]


async def test_a_job_that_kills_its_worker_fails_after_three_starts(bench: Bench) -> None:
    job, next = await bench.submit(die=True), await bench.submit()
    async with bench.running():
        failed = await bench.over(job)
        assert (failed.state, failed.starts) == ("failed", 3)
        assert failed.error is not None
        assert (failed.error.code, failed.error.detail) == ("job-crashed", {"starts": "3"})
        assert (await bench.over(next)).state == "done"
    assert bench.there(job) == []


@pytest.mark.parametrize(
    ("how", "code", "detail"),
    [("fault", "no-batch", {"entry": "13"}), ("broken", "job-broken", {})],
)
async def test_what_fails_says_why_and_leaves_nothing(
    bench: Bench, how: str, code: str, detail: dict[str, str]
) -> None:
    job, before = await bench.submit(**{how: True}), METERS.jobs["failed"]
    async with bench.running():
        failed = await bench.over(job)
    assert failed.error is not None and METERS.jobs["failed"] == before + 1
    assert (failed.state, failed.error.code, failed.error.detail) == ("failed", code, detail)
    assert bench.there(job) == []


async def test_who_is_idle_takes_no_lock(bench: Bench) -> None:
    job = await bench.submit(write=True)
    async with bench.running():
        failed = await bench.over(job)
    assert failed.error is not None and failed.error.code == "job-failed"
    assert "readonly" in failed.error.detail["why"] and acts(bench.store.path) == []


async def test_an_orderly_end_is_not_its_fault(bench: Bench, pipes: Any) -> None:
    at, go = pipes(), pipes()
    job = await bench.submit(at=at.path, go=go.path)
    async with bench.running():
        await at.hear()
        worker = bench.worker
    assert ended(worker)
    left = await bench.job(job)
    assert (left.state, left.starts) == ("queued", 0)


async def test_two_runners_do_it_once(bench: Bench, pipes: Any) -> None:
    at, go = pipes(), pipes()
    job = await bench.submit(at=at.path, go=go.path)
    other = Bench(bench.home, bench.store)
    async with bench.running(), other.running():
        await at.hear()
        go.say(3)
        done = await bench.over(job)
    assert (done.state, done.starts) == ("done", 1)


@pytest.mark.parametrize("late", [False, True])
async def test_what_it_does_to_the_registers_is_of_its_row(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, late: bool
) -> None:
    """Done together, or not at all."""
    monkeypatch.setitem(kinds.KINDS, "scrub", job_work.CONCLUDING)  # type: ignore[arg-type]
    job = await bench.submit(late=late)
    async with bench.running():
        over = await bench.over(job)
    assert over.state == ("failed" if late else "done")
    assert acts(bench.store.path) == ([] if late else [job.id])
    assert bench.there(job) == ([] if late else ["result"])


async def test_no_act_of_one_that_was_cancelled_before_its_end(
    bench: Bench, pipes: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(kinds.KINDS, "scrub", job_work.CONCLUDING)  # type: ignore[arg-type]
    at, go = pipes(), pipes()
    job = await bench.submit(b"a\n", at=at.path, go=go.path)
    async with bench.running():
        await at.hear()
        await bench.store.jobs.cancel(job.id, bench.context.now())
        go.say()
        assert (await bench.over(await bench.submit())).state == "done"
    assert job.id not in acts(bench.store.path)


async def test_what_is_kept_no_longer_is_swept(bench: Bench) -> None:
    job, failed = await bench.submit(secret=1), await bench.submit(fault=True)
    async with bench.running():
        for each in (job, failed):
            await bench.over(each)
    stray, fresh = (bench.files.of(letter * 32) for letter in "ab")
    for folder in (stray, fresh):
        folder.mkdir()
    os.utime(stray, (0, 0))
    await bench.runner.sweep()
    assert bench.there(job) == ["result"] and fresh.exists() and not stray.exists()
    later = Bench(bench.home, bench.store, timedelta(seconds=-1))
    await later.runner.sweep()
    assert bench.there(job) == []
    expired = await bench.job(job)
    assert (expired.state, expired.detail) == ("expired", {})
    assert ((await bench.job(failed)).state, (await bench.job(failed)).detail) == ("failed", {})
    with pytest.raises(Fault, match="job expired"):
        await queue.result(bench.context, bench.files, "scrub", job.id)


async def test_a_result_that_nobody_wants_goes_at_once(bench: Bench) -> None:
    job = await bench.submit()
    async with bench.running():
        await bench.over(job)
    assert (await queue.cancel(bench.context, bench.files, "scrub", job.id)).state == "expired"
    assert bench.there(job) == []


async def test_nothing_is_taken_where_there_is_no_room(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_files, "LEAST_FREE", 1 << 62)
    with pytest.raises(NoRoom):
        await bench.submit()
    assert (await bench.store.jobs.list("scrub")).rows == []
    assert [each.name for each in bench.files.folder.iterdir()] == []


async def test_a_key_has_so_many_and_no_more(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "MOST_WAITING", 2)
    for _ in range(2):
        await bench.submit()
    with pytest.raises(Fault, match="jobs waiting"):
        await bench.submit()


@pytest.mark.parametrize(("businesses", "seen"), [((), True), (("acme", "x"), True), (("x",), False)])
async def test_who_may_see_it(bench: Bench, businesses: Sequence[str], seen: bool) -> None:
    job = await bench.submit()
    asked = queue.show(bench.context, "scrub", job.id, businesses=businesses)
    if seen:
        assert (await asked).id == job.id
    else:
        with pytest.raises(Fault, match="not registered"):
            await asked
    with pytest.raises(Fault, match="not registered"):
        await queue.show(bench.context, "evidence-package", job.id)
