"""The look before an erasure, by the real worker."""

from __future__ import annotations

import msgspec

from dialpact.application.actor import Actor, Door, Right
from dialpact.application.jobs import erasing
from dialpact.compliance.judge import new_id
from dialpact.store.sqlite import Store
from tests.cli.conftest import Home
from tests.cli.conftest import home as home
from tests.web import ready_worker
from tests.web.test_jobs import Bench


async def test_it_says_what_is_over_and_erases_nothing(home: Home) -> None:
    async with await Store.open(home.path / "dialpact.db") as store:
        bench = Bench(home, store)
        bench.runner._command = lambda idle: ready_worker.command(home.config, idle)
        officer = Actor(name="li", door=Door.PAGE, rights=frozenset({Right.LEDGER}))
        context = msgspec.structs.replace(bench.context, actor=officer)
        job = await erasing.look(context, bench.files, id=new_id())
        bench.runner.wake()
        async with bench.running():
            done = await bench.over(job)
        assert done.state == "done", done.error
        made = await erasing.made(context, job.id)
        assert (made.erased.decisions, made.today.year > 2025) == (0, True)
        assert [act.action for act in await store.changes.of("ledger", "erase")] == []
