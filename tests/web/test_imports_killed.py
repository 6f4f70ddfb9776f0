"""``dialpact web`` killed (kill -9) while a list is applied: it is in the register whole and once, or not."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from dialpact.application.jobs import importing, queue
from dialpact.compliance.jobs import Job
from dialpact.store.sqlite import Store
from tests.cli.conftest import Home
from tests.web.test_import_jobs import MANY, Importing, acts, figures, numbers
from tests.web.test_jobs_killed import JOBS, RUNNER, Killed

REAL = {"REAL": "1"}  # the product's own jobs


@pytest.fixture
async def killed(stocked: Home) -> AsyncIterator[Killed]:
    async with await Store.open(stocked.path / "dialpact.db") as store:
        yield Killed(stocked, Importing(stocked, store))


async def waiting(killed: Killed) -> Job:
    bench = killed.bench
    assert isinstance(bench, Importing)
    async with bench.running():
        job = await bench.examine(MANY)
    return await importing.apply(bench.context, bench.files, job.id, skip_bad=False)


@pytest.mark.parametrize(
    ("function", "when", "reason"),
    [
        (f"{JOBS}.take", "after", "it runs by its row, and nobody does it"),
        (f"{RUNNER}._finish", "before", "it is in the register, and its row does not say that it is done"),
        (f"{JOBS}.finish", "after", "its row says so, and the list is still there"),
    ],
)
async def test_at_each_step(killed: Killed, home: Home, function: str, when: str, reason: str) -> None:
    job = await waiting(killed)
    async with killed.web(function, "0", when, **REAL) as web:
        await killed.ends(web)
    assert numbers(home) in (0, 3000), reason
    async with killed.web(**REAL):
        done = await killed.bench.over(job)
    assert (figures(done).applied, figures(done).done) == (3000, True), killed.log
    assert numbers(home) == 3000 and len(acts(home)) == 1


async def test_one_that_is_in_is_not_cancelled_between_two_processes(killed: Killed, home: Home) -> None:
    job = await waiting(killed)
    async with killed.web(f"{RUNNER}._finish", "0", "before", **REAL) as web:
        await killed.ends(web)
    kept = await queue.cancel(killed.bench.context, killed.bench.files, "import", job.id)
    assert kept.state == "running" and numbers(home) == 3000
    async with killed.web(**REAL):
        assert figures(await killed.bench.over(job)).applied == 3000
