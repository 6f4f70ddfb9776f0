"""The registers' use cases: each list in parts that make the whole, and nothing without the right to it."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from dialpact.application import (
    businesses,
    caller_ids,
    campaigns,
    complaints,
    consents,
    do_not_call,
    imports,
    leads,
    plain_registers,
    scripts,
    suspensions,
)
from dialpact.application.actor import EVERYTHING, Actor, Door, Right
from dialpact.application.context import Context
from dialpact.compliance import calendars, profile
from dialpact.compliance.errors import NotPermitted
from dialpact.compliance.profile import Policy
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.leads import delivery
from dialpact.store.ports.page import Page
from dialpact.store.sqlite import Store, create
from dialpact.testing import FixedClock
from tests.plain_rooms import GIVEN as FURNISHED
from tests.plain_rooms import ROOMS

POLICY = Policy(profiles=(profile.load("cn-hubei-2018"),), calendar=calendars.load())
HOLDER = {"business": "acme", "licence": "L", "carrier": "C", "authenticated": True}
GIVEN = delivery("spring", "P", "K", "art. 13")
PEOPLE = [f"1380013800{place}" for place in range(5)]

Listed = Callable[..., Awaitable[Page[Any]]]
LISTS: dict[str, Listed] = {
    "business": businesses.listed,
    "campaign": campaigns.listed,
    "caller-id": caller_ids.listed,
    "script": scripts.listed,
    "consent": consents.listed,
    "dnc": do_not_call.listed,
    "leads": leads.listed,
    "leads of a number": lambda context, **more: leads.find(context, PEOPLE[0], **more),
    "complaint": lambda context, **more: complaints.listed(context, POLICY.calendar, **more),
    "overdue": lambda context, **more: complaints.listed(context, POLICY.calendar, overdue=True, **more),
    "suspension": suspensions.listed,
    "plain register": lambda context, **more: plain_registers.listed(context, ROOMS, **more),
}


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Context]:
    """Five of each."""
    create(tmp_path / "a.db")
    clock = FixedClock("2026-06-01T10:00+08:00")
    async with await Store.open(tmp_path / "a.db") as store:
        context = Context(store, Actor(name="chen", door=Door.SHELL), clock)
        for id in ("acme", "b", "c", "丁", "x.y"):
            await businesses.add(context, id, name=id, capacity="own-business")
            await plain_registers.add(context, ROOMS, id, FURNISHED)
        for id in ("spring", "2", "3", "夏", "5"):
            await campaigns.add(context, id, business="acme", industry="loans", purpose="marketing")
            await scripts.add(context, id, b"Good day")
            await suspensions.suspend(context, "campaign", id, reason="x")
        for place, number in enumerate(PEOPLE):
            shown = {"trunks": ["*"], "purposes": ["*"], "known_trunks": ()}
            await caller_ids.put(context, f"0278888000{place}", **HOLDER, **shown)
            agreed = {"business": "acme", "industry": "loans", "evidence": "form"}
            await consents.add(context, number, **agreed, granted_at="2026-05-01")
            await do_not_call.add(context, number, node="pbx1")
            called = {"called_at": "2026-05-31 10:00", "source": "12321"}
            await complaints.add(context, number, POLICY, **called)
            file = io.BytesIO(b"number\n" + b"\n" * place + PEOPLE[0].encode())
            with await leads.take(context, GIVEN, {}, file, name=f"{place}.csv") as done:
                assert done.about.batch == place + 1
        clock.forward(days=60)
        yield context


@pytest.mark.parametrize("name", LISTS)
async def test_the_parts_of_a_list_are_the_whole(office: Context, name: str) -> None:
    whole = await LISTS[name](office)
    assert (len(whole.rows), whole.next) == (5, "")
    found: list[Any] = []
    after = ""
    for size in (2, 2, 1):
        part = await LISTS[name](office, most=2, after=after)
        assert len(part.rows) == size
        found += part.rows
        after = part.next
    assert (found, after) == (list(whole.rows), "")
    assert (await LISTS[name](office, most=5)).next == "", "exactly all: nothing is behind them"


@pytest.mark.parametrize("cursor", ["x", "!", "WzFd", "W10", "九", "9" * 40, "WzEsICIiLCAiIl0x"])
@pytest.mark.parametrize("name", LISTS)
async def test_what_is_no_cursor(office: Context, name: str, cursor: str) -> None:
    with pytest.raises(Fault, match="cursor"):
        await LISTS[name](office, after=cursor)


async def refused(context: Context, right: Right, act: Callable[[Context], Awaitable[object]]) -> None:
    actor = Actor(name="guest", door=Door.API, rights=EVERYTHING - {right})
    with pytest.raises(NotPermitted, match=f"guest: {right}"):
        await act(Context(context.store, actor, context.clock))


async def test_nobody_does_what_he_has_no_right_to(office: Context) -> None:
    def file() -> io.BytesIO:
        return io.BytesIO(b"number\n13800138000\n")

    for right, act in [
        (Right.REGISTERS, lambda c: businesses.add(c, "q", name="q", capacity="own-business")),
        (Right.REGISTERS, lambda c: campaigns.change(c, "2", purpose="survey", reason="x")),
        (Right.REGISTERS, lambda c: caller_ids.remove(c, "02788880000")),
        (Right.REGISTERS, lambda c: scripts.approve(c, "2", POLICY.profiles)),
        (Right.REGISTERS, lambda c: complaints.answer(c, 1, "sorry")),
        (Right.REGISTERS, lambda c: suspensions.lift(c, "campaign", "2", reason="x")),
        (Right.REGISTERS, lambda c: imports.into_register(c, "caller-id", file(), name="x")),
        (Right.REGISTERS, lambda c: plain_registers.add(c, ROOMS, "q", FURNISHED)),
        (Right.REGISTERS, lambda c: plain_registers.remove(c, ROOMS, "b", reason="x")),
        (Right.CALLS, lambda c: plain_registers.show(c, ROOMS, "b")),
        (Right.CONSENT, lambda c: consents.withdraw(c, PEOPLE[0], business="acme")),
        (Right.CONSENT, lambda c: imports.into_register(c, "consent", file(), name="x")),
        (Right.OPT_OUT, lambda c: do_not_call.remove(c, PEOPLE[0], scope="all", reason="x")),
        (Right.OPT_OUT, lambda c: imports.into_register(c, "dnc", file(), name="x")),
        (Right.LEADS, lambda c: leads.take(c, GIVEN, {}, file(), name="x")),
        (Right.LEADS, lambda c: leads.withdraw(c, 1, reason="x")),
    ]:
        await refused(office, right, act)
    for listed in LISTS.values():
        await refused(office, Right.CALLS, listed)
    assert len((await do_not_call.listed(office)).rows) == 5


async def test_a_file_tells_how_far_it_is_read(office: Context) -> None:
    header = b"number,scope,value,requested_at,source\n"
    file = io.BytesIO(
        header + b"".join(b"1390013900%d,all,,,\n" % place for place in range(5)) + b"110,all,,,\n"
    )
    told: list[tuple[int, int]] = []
    with await imports.into_register(
        office, "dnc", file, name="a.csv", skip_bad=True, progress=lambda *at: told.append(at), together=2
    ) as done:
        assert (done.rows, done.good, done.bad, done.applied, done.done) == (6, 5, 1, 5, True)
        assert [(row.line, row.fault.key) for row in done.bad_rows] == [(7, "number")]
        assert len(list(done.bad_rows)) == 1, "as often as wished"
    size = len(file.getvalue())
    assert told[-1] == (size, size) and len(told) == 4
    assert not file.closed
