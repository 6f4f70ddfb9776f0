"""The registers as a person looks through them: parts of lists, and what was done to an entry."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dialpact.application import imports, leads
from dialpact.application.actor import Actor, Door
from dialpact.application.context import Context
from dialpact.compliance.model import Business, CallerId, Campaign, Consent, DncEntry, Registration
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.leads import delivery
from dialpact.store.ports.browsing import Within
from dialpact.store.ports.page import Page
from dialpact.store.sqlite import Store, create
from dialpact.store.units import browsing as engine
from dialpact.store.units.browsing import Browsing
from dialpact.testing.clock import FixedClock

AT = datetime(2026, 11, 24, 2, tzinfo=UTC)
TODAY = date(2026, 11, 24)
BY = {"by": "chen", "at": AT}


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    create(tmp_path / "a.db")
    async with await Store.open(tmp_path / "a.db") as store:
        yield store


def opt_out(number: int, scope: Any = "all", value: str = "") -> DncEntry:
    return DncEntry(number=f"+86138{number:08}", scope=scope, value=value, requested_at=AT, source="")


async def all_of(ask: Callable[..., Awaitable[Page[Any]]], most: int, **given: Any) -> list[list[Any]]:
    """Its parts, as somebody asks for one after the other."""
    found, after = [], ""
    while True:
        page = await ask(after=after, most=most, **given)
        found.append(list(page.rows))
        assert len(page.rows) <= most
        if not (after := page.next):
            return found


async def test_a_part_goes_no_further_than_its_look(store: Store) -> None:
    for number in range(10):
        await store.dnc.add(opt_out(number, *(("business", "acme") if number == 8 else ())), **BY)
    browsing = Browsing(store, looked=4)
    parts = await all_of(browsing.opt_outs, 2, scope="business")
    assert [len(part) for part in parts] == [0, 0, 1], "shorter than was asked for, and it goes on"
    assert parts[2] == [opt_out(8, "business", "acme")]
    assert [one.number for part in await all_of(browsing.opt_outs, 3) for one in part] == [
        opt_out(number).number for number in range(10)
    ]


async def test_one_persons_alone_are_looked_at(store: Store) -> None:
    for number in range(6):
        await store.dnc.add(opt_out(number), **BY)
    await store.dnc.add(opt_out(3, "industry", "loans"), **BY)
    browsing = Browsing(store, looked=2)
    page = await browsing.opt_outs(number=opt_out(3).number, most=50)
    assert list(page.rows) == [opt_out(3), opt_out(3, "industry", "loans")]
    first = await browsing.opt_outs(most=2)
    behind = await browsing.opt_outs(number=opt_out(3).number, after=first.next, most=50)
    assert {one.number for one in behind.rows} == {opt_out(3).number}, (
        "a cursor of another list shows nobody else"
    )
    assert [one.number for one in (await store.dnc.list(number=opt_out(3).number)).rows] == [
        opt_out(3).number
    ] * 2


async def test_consents_by_their_state(store: Store) -> None:
    def consent(number: int, expires: datetime | None = None, business: str = "acme") -> Consent:
        return Consent(
            number=f"+86138{number:08}",
            business=business,
            industry="loans",
            granted_at=AT,
            expires_at=expires,
            evidence="form",
        )

    for one in (consent(1), consent(2, AT + timedelta(days=1)), consent(3), consent(3, business="other")):
        await store.consents.add(one, **BY)
    await store.consents.withdraw(consent(3).number, "acme", **BY)
    now = AT + timedelta(days=2)

    async def found(**given: Any) -> list[tuple[str, str]]:
        page = await store.browsing.consents(now=now, most=50, **given)
        assert not page.next
        return [(one.number[-1], one.business) for one in page.rows]

    assert await found(state="valid") == [("1", "acme"), ("3", "other")]
    assert await found(state="expired") == [("2", "acme")]
    assert await found(state="withdrawn") == [("3", "acme")]
    assert await found(business="other") == [("3", "other")]
    assert await found(industry="cars") == []
    assert await found(number=consent(3).number) == [("3", "acme"), ("3", "other")]


@pytest.fixture
async def filled(store: Store) -> Store:
    for id, name in (("acme", "Acme 贷款"), ("rival", "Rival")):
        await store.businesses.add(Business(id=id, name=name, actor="own-business"), **BY)
    for id, business, script in (
        ("loans", "acme", "pitch"),
        ("cars", "acme", ""),
        ("cards", "rival", "other"),
    ):
        await store.campaigns.add(
            Campaign(id=id, business=business, industry=id, purpose="marketing", script=script), **BY
        )
    for id in ("pitch", "other", "unread"):
        await store.scripts.add(id, f"text of {id}", **BY)
    await store.scripts.add("pitch", "another text", **BY)
    for number, starts, ends in (
        ("4001", date(2026, 1, 1), None),
        ("4002", date(2026, 1, 1), date(2026, 11, 23)),
        ("4003", date(2026, 11, 25), None),
    ):
        await store.caller_ids.put(
            CallerId(
                number=number,
                business="acme",
                licence="L-7",
                carrier="电信",
                authenticated=True,
                trunks=("*",),
                purposes=("*",),
                valid_from=starts,
                valid_to=ends,
            ),
            **BY,
        )
    return store


async def test_names_are_found_by_a_piece(filled: Store) -> None:
    browsing = filled.browsing
    assert [one.id for one in (await browsing.businesses(find="贷款", most=9)).rows] == ["acme"]
    assert [one.id for one in (await browsing.businesses(find="RIV", most=9)).rows] == ["rival"]
    assert [one.id for one in (await browsing.campaigns(find="car", most=9)).rows] == ["cards", "cars"]
    assert [one.id for one in (await browsing.campaigns(business="acme", most=9)).rows] == ["cars", "loans"]
    assert (await browsing.campaigns(purpose="survey", most=9)).rows == []
    numbers = {
        state: [one.number for one in (await browsing.caller_ids(state=state, today=TODAY, most=9)).rows]
        for state in ("valid", "ended", "coming", "")
    }
    assert numbers == {
        "valid": ["4001"],
        "ended": ["4002"],
        "coming": ["4003"],
        "": ["4001", "4002", "4003"],
    }
    assert len((await browsing.caller_ids(find="电信", today=TODAY, most=9)).rows) == 3
    assert (await browsing.caller_ids(find="%", today=TODAY, most=9)).rows == [], "a sign is a sign"


async def test_scripts_by_their_newest_version(filled: Store) -> None:
    parts = await all_of(filled.browsing.scripts, 2)
    assert [[(one.id, one.version) for one in part] for part in parts] == [
        [("other", 1), ("pitch", 2)],
        [("unread", 1)],
    ]
    versions = await filled.browsing.script_versions("pitch")
    assert [one.version for one in versions] == [2, 1]
    assert await filled.browsing.script_text("pitch", 1) == "text of pitch"
    assert await filled.browsing.script_text("pitch", 3) is None


async def test_what_a_supervisor_may_see(filled: Store) -> None:
    browsing = filled.browsing
    his = Within(businesses=("acme",))
    assert [one.id for one in (await browsing.businesses(within=his, most=9)).rows] == ["acme"]
    assert [one.id for one in (await browsing.campaigns(within=his, most=9)).rows] == ["cars", "loans"]
    assert [one.id for one in (await browsing.scripts(within=his, most=9)).rows] == ["pitch"]
    one_campaign = Within(businesses=("acme",), campaigns=("cars",))
    assert [one.id for one in (await browsing.campaigns(within=one_campaign, most=9)).rows] == ["cars"]
    assert (await browsing.scripts(within=one_campaign, most=9)).rows == []
    for kind, key in (("campaign", "cars"), ("campaign", "cards"), ("agent", "7001"), ("caller-id", "4001")):
        await filled.suspensions.add(kind, key, cause="x", **BY)  # type: ignore[arg-type]
    seen = await browsing.suspensions(within=one_campaign, most=9)
    assert [(one.kind, one.key) for one in seen.rows] == [("campaign", "cars")]
    seen = await browsing.suspensions(within=Within(campaigns=("",), agents=("7001",)), most=9)
    assert [(one.kind, one.key) for one in seen.rows] == [("agent", "7001")]
    assert len((await browsing.suspensions(most=9)).rows) == 4


async def test_suspensions_the_newest_first(filled: Store) -> None:
    for key in ("cars", "cards"):
        await filled.suspensions.add("campaign", key, cause="x", **BY)
    await filled.suspensions.lift("campaign", "cars", reason="done", **BY)
    browsing = filled.browsing
    assert [one.key for one in (await browsing.suspensions(most=9)).rows] == ["cards"]
    assert [one.key for one in (await browsing.suspensions(lifted=True, most=9)).rows] == ["cards", "cars"]
    assert (await browsing.suspensions(kind="agent", most=9)).rows == []
    assert (await browsing.suspensions(find="xyz", most=9)).rows == []


async def test_registrations_by_their_holder_and_state(filled: Store) -> None:
    for starts, ends in ((date(2025, 1, 1), date(2025, 12, 31)), (TODAY, None)):
        await filled.registrations.add(
            Registration(
                holder="business", id="acme", kind="ico", number="Z-1", valid_from=starts, valid_to=ends
            ),
            **BY,
        )
    browsing = filled.browsing
    states = [
        len((await browsing.registrations(state=state, today=TODAY, most=9)).rows)
        for state in ("valid", "ended", "coming", "")
    ]
    assert states == [1, 1, 0, 2]
    assert len(await all_of(browsing.registrations, 1, today=TODAY)) == 2
    assert (await browsing.registrations(holder="campaign", today=TODAY, most=9)).rows == []
    assert len((await browsing.registrations(find="z-", today=TODAY, most=9)).rows) == 2


async def test_batches_and_a_numbers_batches(filled: Store) -> None:

    context = Context(filled, Actor(name="chen", door=Door.SHELL), FixedClock("2026-11-24T02:00:00Z"))
    for partner, numbers in (
        ("甲方", "13800138000\n13800138777\n"),
        ("乙方", "13800138000\n"),
        ("丙", "13911112222\n"),
    ):
        with await leads.take(
            context,
            delivery("loans", partner, "K", "basis"),
            {},
            io.BytesIO(f"number\n{numbers}".encode()),
            name="f.csv",
        ) as done:
            assert done.done
    await leads.withdraw(context, 2, reason="x")
    browsing = filled.browsing
    assert [one.id for one in (await browsing.batches(most=9)).rows] == [3, 2, 1]
    assert [one.id for one in (await browsing.batches(find="甲", most=9)).rows] == [1]
    assert [one.id for one in (await browsing.batches(state="withdrawn", most=9)).rows] == [2]
    assert [one.id for one in (await browsing.batches(campaign="cars", most=9)).rows] == []
    page = await browsing.batches(number="+8613800138000", most=1)
    assert [one.id for one in page.rows] == [2] and page.next
    assert [
        one.id for one in (await browsing.batches(number="+8613800138000", after=page.next, most=1)).rows
    ] == [1]


# What was done to an entry


async def test_each_act_has_its_leaf_the_newest_first(filled: Store) -> None:
    for change in ("a", "b", "c"):
        await filled.campaigns.change("loans", {"industry": change}, reason=f"because {change}", **BY)
    page = await filled.browsing.acts("campaign", "loans", most=3)
    assert [act.action for act in page.rows] == ["change"] * 3 and page.next
    rest = await filled.browsing.acts("campaign", "loans", after=page.next, most=3)
    assert [act.action for act in rest.rows] == ["add"] and not rest.next
    for act in (*page.rows, *rest.rows):
        assert act.leaf is not None
        standing = await filled.ledger.standing("register-change", str(act.seq))
        assert (standing.leaf, standing.flaw) == (act.leaf, "")
        assert await filled.browsing.act(act.leaf) == act
    assert await filled.browsing.act(10_000) is None
    assert (await filled.browsing.acts("campaign", "nobody", most=3)).rows == []


async def test_what_came_with_a_file_names_it(filled: Store) -> None:

    context = Context(filled, Actor(name="li", door=Door.SHELL), FixedClock("2026-11-24T03:00:00Z"))
    files = {
        "dnc": "number,scope,value,requested_at,source\n13800138000,all,,2026-11-20,x\n",
        "caller-id": "number,business,licence,carrier,authenticated,trunks,purposes,valid_from,valid_to\n"
        "95512,acme,L,CT,yes,*,*,2026-01-01,\n",
        "consent": "number,business,industry,granted_at,expires_at,evidence\n"
        "13800138000,acme,loans,2026-11-20,,form\n",
    }
    for register, text in files.items():
        file = io.BytesIO(text.encode())
        with await imports.into_register(context, register, file, name=f"{register}.csv") as done:
            assert done.applied == 1
    for register, key in (("dnc", "+8613800138000"), ("consent", "+8613800138000"), ("caller-id", "95512")):
        (act,), whole = await filled.browsing.imports_of(register, key)
        assert whole
        assert (act.action, act.key, act.by) == ("import", f"{register}.csv", "li")
        assert act.leaf is not None
        assert (await filled.browsing.acts(register, key, most=9)).rows == []
    for register, key in (("dnc", "+8613800138001"), ("caller-id", "4001"), ("campaign", "loans")):
        assert await filled.browsing.imports_of(register, key) == ((), True)


async def test_what_was_not_searched_is_said(filled: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    context = Context(filled, Actor(name="li", door=Door.SHELL), FixedClock("2026-11-24T03:00:00Z"))
    header = "number,business,licence,carrier,authenticated,trunks,purposes,valid_from,valid_to\n"
    for number in ("95512", "95513"):
        file = io.BytesIO(f"{header}{number},acme,L,CT,yes,*,*,2026-01-01,\n".encode())
        with await imports.into_register(context, "caller-id", file, name=f"{number}.csv") as done:
            assert done.applied == 1
    monkeypatch.setattr(engine, "SEARCHED", 1)
    acts, whole = await filled.browsing.imports_of("caller-id", "95513")
    assert ([act.key for act in acts], whole) == (["95513.csv"], False)
    assert await filled.browsing.imports_of("caller-id", "95512") == ((), False)


async def test_a_cursor_that_is_none(store: Store) -> None:
    for ask in (store.browsing.opt_outs, store.browsing.businesses, store.browsing.suspensions):
        with pytest.raises(Fault, match="cursor"):
            await ask(after="x", most=1)
