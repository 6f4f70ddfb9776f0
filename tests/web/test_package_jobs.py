"""Evidence packages as jobs: as `dialpact evidence export` makes them, of nobody else's calls, once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from dialpact.application.evidence.matching import CallQuestion
from dialpact.application.jobs import package, queue, runner
from dialpact.compliance.jobs import Job
from dialpact.compliance.judge import new_id
from dialpact.compliance.registers.fault import Fault
from dialpact.store.sqlite import Store
from tests.cli.conftest import NUMBER, Home, stock
from tests.cli.evidence.packages import judged, recorded, signer
from tests.web import ready_worker
from tests.web.test_jobs import Bench

CALLEE = f"+86{NUMBER}"
CUT = "dialpact.application.new_file.give_name"


class Packages(Bench):
    async def ask(self, businesses: tuple[str, ...] = (), **question: Any) -> Job:
        told, whose = await package.asked(
            self.context, CallQuestion(**question), businesses=businesses, reason="12321", language="zh"
        )
        detail = msgspec.to_builtins(told)
        job = await queue.submit(
            self.context, self.files, "evidence-package", detail, id=new_id(), key="crm", businesses=whose
        )
        self.runner.wake()
        return job


@pytest.fixture
def call(home: Home) -> str:
    made = judged(stock(home))
    recorded(home, made, "a")
    return made


@pytest.fixture
async def packages(home: Home, call: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Packages]:
    monkeypatch.setattr(runner, "PAUSES", (0.01,))
    async with await Store.open(home.path / "dialpact.db") as store:
        yield Packages(home, store)


async def acts(store: Store, call: str) -> list[str]:
    return [one.action for one in await store.changes.of("evidence", call)]


async def test_it_is_whole_and_verifies(packages: Packages, home: Home, call: str) -> None:
    packages.runner._command = lambda idle: ready_worker.command(home.config, idle)
    job = await packages.ask(call=call)
    async with packages.running():
        done = await packages.over(job)
    assert done.state == "done", done.error
    assert done.result is not None
    assert (done.businesses, done.result["calls"], done.result["findings"]) == (("acme",), 1, [])
    _, path = await queue.result(packages.context, packages.files, "evidence-package", job.id)
    assert path.suffix == ".zip" and path.stat().st_size == done.result["bytes"]
    verdict = package.check.examine(path, signer(home).verifier)
    assert verdict.valid and verdict.made_by == "api:crm"
    assert sorted(await acts(packages.store, call)) == ["export", "given-out"]


async def test_one_that_is_there_is_not_taken_out_again(
    packages: Packages, home: Home, call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUT_WORKER", f"{CUT} 0 after")
    monkeypatch.setenv("CUT_ONCE", str(home.path / "cut"))
    job = await packages.ask(call=call)
    async with packages.running():
        done = await packages.over(job)
    assert (done.state, done.starts) == ("done", 2)
    assert (await acts(packages.store, call)).count("given-out") == 1
    assert done.result is not None and packages.there(job) == [done.result["file"]]


async def test_whose_calls_it_is_about(packages: Packages, call: str) -> None:
    """Of a callee, those of other businesses are not looked for, and the question says so."""
    with pytest.raises(Fault, match="not registered"):
        await packages.ask(("beta",), call=call)
    with pytest.raises(Fault, match="evidence no call"):
        await packages.ask(("beta",), callee=CALLEE)
    job = await packages.ask(("acme",), callee=CALLEE)
    assert job.businesses == ("acme",)
    assert job.detail["question"] == {"callee": CALLEE, "businesses": ("acme",)}
    everybody = await packages.ask(callee=CALLEE)
    assert "businesses" not in everybody.detail["question"]
