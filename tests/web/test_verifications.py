"""The ledger's verification as a job: what it covered is said, and stays said; it is watched, and ended."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from dialpact.application.actor import Actor, Door, Right
from dialpact.application.context import Context
from dialpact.application.jobs import kinds, queue, runner, verifying
from dialpact.application.jobs.kinds import Task
from dialpact.compliance import config as configuration
from dialpact.compliance.errors import NotPermitted
from dialpact.compliance.jobs import Job
from dialpact.compliance.judge import new_id
from dialpact.compliance.registers.fault import Fault
from dialpact.store.sqlite import Store
from tests.cli.conftest import Home, stock
from tests.cli.evidence.packages import judged
from tests.web import ready_worker
from tests.web.test_jobs import Bench

KIND = verifying.KIND


class Verifications(Bench):
    async def ask(self, first: int | None = None, last: int | None = None, checkpoint: str = "") -> Job:
        told = msgspec.to_builtins(verifying.asked(first, last, checkpoint, ""))
        job = await queue.submit(self.context, self.files, KIND, told, id=new_id(), key="", businesses=())
        self.runner.wake()
        return job


@pytest.fixture
def key(home: Home) -> str:
    """Of a log with a call and a checkpoint."""
    judged(stock(home))
    home.run("ledger", "checkpoint", "-o", "older.note")
    return str(home("ledger", "key")["verifier_key"])


@pytest.fixture
async def runs(home: Home, key: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Verifications]:
    monkeypatch.setattr(runner, "PAUSES", (0.01,))
    async with await Store.open(home.path / "dialpact.db") as store:
        bench = Verifications(home, store)
        bench.runner._command = lambda idle: ready_worker.command(home.config, idle)
        yield bench


async def test_a_whole_run_says_what_it_covered(runs: Verifications, home: Home, key: str) -> None:
    job = await runs.ask(checkpoint=(home.path / "older.note").read_text("utf-8").replace("\n", "\r\n"))
    async with runs.running():
        done = await runs.over(job)
    assert done.state == "done", done.error
    made = verifying.made_of(done)
    assert made is not None and made.asked.whole and made.given
    assert (made.findings, made.checked) == (0, made.entries)
    assert made.registers is not None and made.registers["business"].rows == 1
    assert made.keys == (key,)
    assert (done.rows, done.of) == (made.entries, made.entries)
    assert await verifying.listed(runs.files, done) == ()


async def test_a_part_says_that_the_registers_were_not_looked_at(runs: Verifications) -> None:
    part, whole = await runs.ask(first=1, last=2), await runs.ask()
    async with runs.running():
        done = [await runs.over(one) for one in (part, whole)]
    made = verifying.made_of(done[0])
    assert made is not None and (made.checked, made.registers) == (2, None)
    assert made.entries > 2
    last = await verifying.last_whole(runs.context)
    assert last is not None and last.id == done[1].id


async def test_a_whole_run_is_found_behind_any_number_of_others(
    runs: Verifications, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verifying, "LOOKED", 1)
    assert await verifying.last_whole(runs.context) is None
    whole = await runs.ask()
    async with runs.running():
        await runs.over(whole)
        await runs.over(await runs.ask(first=1, last=2))
        await runs.over(await runs.ask(first=1, last=2))
    last = await verifying.last_whole(runs.context)
    assert last is not None and last.id == whole.id


async def test_what_it_finds_is_listed_and_what_it_covered_outlives_the_file(
    runs: Verifications, home: Home
) -> None:
    with sqlite3.connect(home.path / "dialpact.db") as connection:
        connection.execute("UPDATE business SET name = 'other'")
    connection.close()
    job = await runs.ask()
    async with runs.running():
        done = await runs.over(job)
    (found,) = await verifying.listed(runs.files, done) or ()
    assert (found.problem, found.code, found.key) == ("register", "row-changed", "acme")
    runs.files.drop(done.id)
    await runs.store.jobs.expire(done.id)
    left = await runs.job(done)
    made = verifying.made_of(left)
    assert left.detail == {} and made is not None and made.findings == 1
    assert await verifying.listed(runs.files, left) is None


async def test_whoever_may_see_the_calls_may_look_at_a_run_and_ask_for_one(runs: Verifications) -> None:
    job = await runs.ask()
    for rights, may in ((frozenset({Right.CALLS}), True), (frozenset({Right.CHECK}), False)):
        actor = Actor(name="li", door=Door.PAGE, rights=rights)
        context = msgspec.structs.replace(runs.context, actor=actor)
        if may:
            assert (await queue.show(context, KIND, job.id)).id == job.id
            await _submit(context, runs)
        else:
            with pytest.raises(NotPermitted, match="calls"):
                await queue.show(context, KIND, job.id)
            with pytest.raises(NotPermitted, match="calls"):
                await _submit(context, runs)


async def test_a_job_is_no_job_of_another_kind(runs: Verifications) -> None:
    """Else whoever may see the one could have the other's file by its address."""
    job = await runs.ask()
    for of in (queue.show, partial(queue.cancel, files=runs.files), partial(queue.result, files=runs.files)):
        with pytest.raises(Fault, match="not registered"):
            await of(runs.context, kind="evidence-package", id=job.id)
    assert (await queue.show(runs.context, KIND, job.id)).state in ("queued", "running")


async def _submit(context: Context, runs: Verifications) -> None:
    told = msgspec.to_builtins(verifying.asked(None, None, "", ""))
    await queue.submit(context, runs.files, KIND, told, id=new_id(), key="", businesses=())


def test_it_gives_way_to_all_others() -> None:
    assert kinds.KINDS[KIND].idle


@pytest.mark.parametrize(
    "given",
    [
        {"first": 3, "last": 2},
        {"checkpoint": "no note"},
        {"key": "/etc/passwd"},  # a key's text, and no file of this host
    ],
)
def test_what_can_not_be_asked(given: dict[str, Any]) -> None:
    with pytest.raises(Fault):
        verifying.asked(**{"first": None, "last": None, "checkpoint": "", "key": "", **given})


async def test_it_rests_often_and_says_how_far_it_is(
    runs: Verifications, home: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(verifying, "AT_A_TIME", 4)
    rests, told = [0], list[tuple[int, int | None]]()

    def rest() -> None:
        rests[0] += 1

    task = Task(
        context=runs.context,
        config=configuration.load(home.config),
        job=await runs.ask(),
        folder=tmp_path,
        progress=lambda done, of: told.append((done, of)),
        render=None,  # type: ignore[arg-type]
        printed=None,  # type: ignore[arg-type]
        rest=rest,
    )
    await verifying.work(task)
    size = told[-1][1]
    assert size and told[-1][0] == size
    assert rests[0] >= size // 4
