"""What an import would do, by one who can not write, is what it then does."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest

from dialpact.application import campaigns, imports, leads
from dialpact.application.actor import Actor, Door
from dialpact.application.context import Context
from dialpact.application.imports import Imported
from dialpact.compliance.clock import SystemClock
from dialpact.compliance.registers.leads import delivery
from dialpact.store.sqlite import Store
from tests.cli.conftest import Home, home, stocked

__all__ = ["home", "stocked"]
CONSENTS = "number,business,industry,granted_at,expires_at,evidence\n"
CALLER_IDS = "number,business,licence,carrier,authenticated,trunks,purposes,valid_from,valid_to\n"
LISTS = {
    "dnc": "number,scope,value,requested_at,source\n"
    "13800138001,all,,2026-01-05,x\n13800138001,all,,2026-01-05,x\n13800138002,business,nobody,,x\n1,all,,,x\n",
    "consent": f"{CONSENTS}"
    "13800138001,acme,保险,2026-01-05,,a\n"
    "13800138001,acme,保险,2026-01-05,,b\n"  # given twice
    "13800138000,acme,保险,2026-01-05,,form 7\n"  # there already
    "13800138000,acme,保险,2026-01-05,2027-01-05,form 7\n"
    "13800138003,nobody,游戏,2026-01-05,,c\n",
    "caller-id": f"{CALLER_IDS}"
    "02787654321,acme,L-1,电信,yes,carrier,marketing,2026-01-01,\n"
    "02787654322,acme,L-1,电信,yes,*,*,2026-01-01,\n"
    "02787654323,nobody,L-1,电信,yes,*,*,2026-01-01,\n",
}


def figures(done: Imported[Any]) -> tuple[object, ...]:
    with done:
        faults = [(row.line, row.fault.key) for row in done.bad_rows]
    return done.rows, done.bad, done.applied, done.already, done.unknown, faults


def context(store: Store) -> Context:
    return Context(store, Actor(name="chen", door=Door.PAGE), SystemClock())


@pytest.mark.parametrize("register", LISTS)
async def test_a_register(stocked: Home, register: str) -> None:
    path, content = stocked.path / "dialpact.db", LISTS[register].encode()
    async with await Store.open(path) as store, Store(path, read_only=True) as looking:
        for _ in range(2):  # the second time all is there
            before = path.with_name("dialpact.db-wal").read_bytes()
            seen = await imports.examine(context(looking), register, BytesIO(content), name="l.csv")
            assert not seen.done
            found = figures(seen)
            assert path.with_name("dialpact.db-wal").read_bytes() == before
            done = await imports.into_register(
                context(store), register, BytesIO(content), name="l.csv", skip_bad=True
            )
            assert done.done and figures(done) == found
        assert found[2] == 0


@pytest.mark.parametrize("scrub", [False, True])
async def test_leads(stocked: Home, scrub: bool) -> None:
    path, content = stocked.path / "dialpact.db", b"number\n13800138001\n13800138001\n13800138002\n12\n"
    about = delivery("renewal", "bank", "K-2", "consent")
    async with await Store.open(path) as store, Store(path, read_only=True) as looking:
        if scrub:
            await campaigns.change(context(store), "renewal", scrub_leads=True, reason="x")
        seen = await leads.examine(context(looking), about, {}, BytesIO(content), name="l.csv")
        assert seen.about.batch is None and seen.about.held == ("not-scrubbed" if scrub else "")
        found = figures(seen)
        done = await leads.take(context(store), about, {}, BytesIO(content), name="l.csv", skip_bad=True)
        assert figures(done) == found and done.about.held == seen.about.held
    assert found[:4] == (4, 1, 2, 1)
