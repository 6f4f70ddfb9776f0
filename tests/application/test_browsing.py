"""The registers looked through: who may, and by what an entry is found."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from dialpact.application import browsing, do_not_call, scripts
from dialpact.application.actor import Actor, Door, Right
from dialpact.application.context import Context
from dialpact.compliance.errors import NotPermitted
from dialpact.compliance.registers.fault import Fault
from dialpact.store.sqlite import Store, create
from dialpact.testing.clock import FixedClock

NUMBER = "+8613800138000"
CLOCK = FixedClock("2026-11-24T02:00:00Z")


@pytest.fixture
async def context(tmp_path: Path) -> AsyncIterator[Context]:
    create(tmp_path / "a.db")
    async with await Store.open(tmp_path / "a.db") as store:
        yield Context(store, Actor(name="chen", door=Door.SHELL), CLOCK)


async def test_who_may_not_read_calls_looks_at_nothing(context: Context) -> None:
    actor = Actor(name="x", door=Door.PAGE, rights=frozenset(Right) - {Right.CALLS})
    other = Context(context.store, actor, CLOCK)
    asks = (
        browsing.businesses(other, most=1),
        browsing.campaigns(other, most=1),
        browsing.shown_numbers(other, most=1),
        browsing.read_scripts(other, most=1),
        browsing.consents(other, most=1),
        browsing.opt_outs(other, most=1),
        browsing.batches(other, most=1),
        browsing.suspensions(other, most=1),
        browsing.registrations(other, most=1),
        browsing.opt_outs_of(other, NUMBER),
        browsing.more_acts(other, "dnc", NUMBER, after=""),
        browsing.key_of(other, "dnc", 0),
        browsing.last_leaf(other, "dnc", NUMBER),
        scripts.marked(other, "s", 1, ()),
    )
    for ask in asks:
        with pytest.raises(NotPermitted):
            await ask


async def test_an_entry_is_found_by_the_leaf_of_an_act_on_it_alone(context: Context) -> None:
    await do_not_call.add(context, NUMBER, node="n")
    leaf = await browsing.last_leaf(context, "dnc", NUMBER)
    assert leaf is not None
    assert await browsing.key_of(context, "dnc", leaf) == NUMBER
    for register, other in (
        ("consent", leaf),
        ("dnc", leaf + 1),
        ("dnc", 10**6),
        ("dnc", -1),
        ("dnc", 1 << 63),
    ):
        with pytest.raises(Fault, match="not registered"):
            await browsing.key_of(context, register, other)
    assert await browsing.last_leaf(context, "dnc", "+8613800138001") is None
    with pytest.raises(Fault, match="not registered"):
        await browsing.opt_outs_of(context, "+8613800138001")


async def test_the_version_that_was_looked_at_is_approved_or_none(context: Context) -> None:
    await scripts.add(context, "s", "一".encode())
    await scripts.add(context, "s", "二".encode())
    with pytest.raises(Fault, match="script changed"):
        await scripts.approve(context, "s", (), version=1)
    done = await scripts.approve(context, "s", (), version=2)
    assert done.approved is not None and done.approved.version == 2
    with pytest.raises(Fault, match="not registered"):
        await scripts.marked(context, "s", 3, ())
