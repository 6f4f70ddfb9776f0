"""The lists that people and programs page through: both engines show the same, in the same order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from dialpact.compliance.model import Consent, DncEntry, Registration
from dialpact.compliance.reasons import Reason
from dialpact.compliance.recorded import Finished, NewRecording
from dialpact.store.ports.acts import ActsWanted
from dialpact.store.ports.browsing import Within
from dialpact.store.ports.decisions import Undelivered
from dialpact.store.ports.listings import Wanted
from dialpact.store.ports.recording_search import Sought, Whose
from dialpact.store.units import decisions
from dialpact.store.units.acts import Acts
from dialpact.store.units.browsing import Browsing
from dialpact.store.units.listings import Listings
from dialpact.store.units.live import Live
from dialpact.store.units.recording_search import RecordingSearch
from tests.compliance.store_values import AT, BY, NUMBER
from tests.compliance.test_store_complaints import complaint, file
from tests.compliance.test_store_registers import ACME, RENEWAL, SHOWN
from tests.postgres.engines import Engines
from tests.postgres.said import same
from tests.store.test_listings import OTHER, by, call, paged

TODAY = date(2026, 11, 24)
MADE = [
    by(
        call(
            second // 2,
            "acme" if second % 3 else "rival" if second % 2 else "",
            number="" if second == 11 else OTHER if second > 7 else NUMBER,
            given="95a" if second == 11 else "",
            allowed=second % 4 != 3,
        ),
        f"10{second % 3}",
    )
    for second in range(12)
]
LOST, *RECORDED = (one for one in MADE if one.verdict == "ALLOW")  # (never told: no recording begins of it)


def recording(place: int, id: str) -> NewRecording:
    own = f"{place:032x}"
    return NewRecording(
        id=own,
        decision=id,
        node="pbx1",
        channel="c",
        uniqueid=own,
        number=NUMBER,
        caller_id="1",
        campaign="x",
        started_at=AT,
        format="wav",
        path=f"/r/{own}",
        callee_path=f"/r/{own}c",
        agent_path=f"/r/{own}a",
    )


async def furnished(store: Any) -> None:
    """Calls of two businesses and of none, with two recordings each; registers; what was done to them."""
    await store.businesses.add(ACME, **BY)
    await store.campaigns.add(RENEWAL, **BY)
    await store.caller_ids.put(SHOWN, **BY)
    await store.transact(lambda connection: decisions.record(connection, MADE))
    await store.decisions.undelivered([Undelivered(LOST.id, AT, Reason.DEADLINE)])
    for place, one in enumerate(RECORDED * 2):
        new = recording(place, one.id)
        await store.recordings.start(new)
        if place % 5:
            state = "failed" if place % 4 == 1 else "kept"
            end = Finished(id=new.id, state=state, ended_at=AT, sha256="x", keep_until=TODAY)  # type: ignore[arg-type]
            await store.recordings.finish(end)
    await store.holds.add("call", RECORDED[2].id, reason="court", **BY)
    await store.holds.add("callee", OTHER, reason="court", **BY)
    for place, kind in enumerate(("unchecked", "leg", "unchecked", "clock")):
        about = MADE[place].id if place else ""
        await store.incidents.add(at=AT + timedelta(seconds=place), node="pbx1", kind=kind, decision=about)
    for place in range(5):
        number = f"+86138{place:08}"
        scope: Any = ("all", "business")[place % 2]
        value = "acme" if place % 2 else ""
        await store.dnc.add(
            DncEntry(number=number, scope=scope, value=value, requested_at=AT, source=""), **BY
        )
        consent = Consent(
            number=number,
            business="acme",
            industry="loans",
            granted_at=AT,
            expires_at=AT + timedelta(days=place) if place else None,
            evidence="form",
        )
        await store.consents.add(consent, **BY)
    await store.consents.withdraw("+8613800000002", "acme", **BY)
    await store.suspensions.add("campaign", "renewal", cause="c", **BY)
    await store.suspensions.add("agent", "101", cause="c", **BY)
    await store.suspensions.lift("agent", "101", reason="r", **BY)
    await store.registrations.add(
        Registration(holder="business", id="acme", kind="icp", valid_from=TODAY, valid_to=None, number="N1"),
        **BY,
    )
    await file(store, complaint(called_at=AT))


WANTED = [
    Wanted(),
    Wanted(businesses=("acme",)),
    Wanted(businesses=("acme", "rival"), campaigns=("of-acme",)),
    Wanted(agents=("100", "102")),
    Wanted(campaign="of-rival"),
    Wanted(verdict="BLOCK"),
    Wanted(verdict="ALLOW"),
    Wanted(since=AT + timedelta(seconds=1), until=AT + timedelta(seconds=4)),
]
SOUGHT = [
    Sought(),
    Sought(whose=Whose(businesses=("acme",))),
    Sought(whose=Whose(agents=("100",), campaigns=("of-acme", "of-rival"))),
    Sought(agent="101"),
    Sought(campaign="of-acme"),
    Sought(number=OTHER),
    Sought(number=NUMBER, whose=Whose(businesses=("rival",))),
    Sought(state="failed"),
    Sought(held=True),
    Sought(complained=True),
    Sought(due=date(2027, 1, 1)),
    Sought(since=AT + timedelta(seconds=2), until=AT + timedelta(seconds=4)),
]


def whole(page: Callable[[Any], Any], *given: Any, **more: Any) -> Any:
    """All pages of two."""
    return lambda store: paged(page(store), 2, *given, **more)


@pytest.mark.parametrize("looked", [3, 1000])
async def test_calls_recordings_and_incidents(engines: Engines, looked: int) -> None:
    await same(engines, furnished)
    counts = []
    for wanted in WANTED:
        lists = await same(
            engines,
            whole(lambda store: Listings(store, looked, looked).calls, wanted),
            whole(lambda store: Listings(store, looked, looked).recordings, wanted),
            whole(lambda store: Listings(store, looked, looked).incidents, wanted),
            whole(lambda store: Listings(store, looked, looked).calls_to, NUMBER, ["95a"], wanted),
            whole(lambda store: Listings(store, looked, looked).calls_to, "", ["95a"], wanted),
        )
        counts.append([len(found) for found in lists])
    assert counts[0][:3] == [len(MADE), 2 * len(RECORDED), 4]
    assert counts[5][0] == len(MADE) - len(RECORDED), "with the one that was never told"
    states = ("starting", "running", "kept", "failed", "unseen", "disposed")
    by_state = [
        await same(engines, whole(lambda store: store.listings.recordings, WANTED[0], state=state))
        for state in states
    ]
    assert sum(len(found) for (found,) in by_state) == 2 * len(RECORDED)


async def test_one_call_and_one_recording_whole(engines: Engines) -> None:
    await same(engines, furnished)
    one, id = RECORDED[2].id, recording(2, "").id
    numbers = ["95588", "02787654321", "+8613"]
    kept = await same(
        engines,
        lambda store: store.listings.call(one),
        lambda store: store.listings.call("none"),
        lambda store: store.listings.recording(id),
        lambda store: store.listings.recording("none"),
        lambda store: store.listings.ours([*numbers, SHOWN.number]),
        lambda store: store.listings.erased([one]),
        lambda store: store.recording_search.found(id),
        lambda store: store.recording_search.whole(id, acts=1),
        lambda store: store.recording_search.waveforms(id),
        lambda store: store.recording_search.heard(id, "chen"),
    )
    assert kept[0].standing is not None and len(kept[0].recordings) == 2
    assert SHOWN.number in kept[4]
    assert len(kept[7].holds) == 1


@pytest.mark.parametrize("looked", [3, 1000])
async def test_recordings_as_people_look_for_them(engines: Engines, looked: int) -> None:
    await same(engines, furnished)
    found = [
        (await same(engines, whole(lambda store: RecordingSearch(store, looked).search, sought)))[0]
        for sought in SOUGHT
    ]
    assert len(found[0]) == 2 * len(RECORDED) and found[8] and found[9] and found[10]


@pytest.mark.parametrize("looked", [3, 1000])
async def test_what_is_going_on_now(engines: Engines, looked: int) -> None:
    await same(engines, furnished)
    for wanted in WANTED:
        (rows,) = await same(engines, look(looked, wanted))
        assert wanted != Wanted() or (rows.under_way and rows.incidents)
        assert looked == 3 or wanted != Wanted() or sum(one.count for one in rows.counted) == len(MADE)


def look(looked: int, wanted: Wanted) -> Any:
    bounds = {"most": 3, "counted_since": AT, "incidents_since": AT}
    return lambda store: Live(store, looked, looked, looked).look(wanted, **bounds)


WITHIN = [Within(), Within(businesses=("acme",)), Within(campaigns=("none",)), Within(agents=("101",))]


@pytest.mark.parametrize("looked", [2, 1000])
async def test_registers_as_people_look_through_them(engines: Engines, looked: int) -> None:
    await same(engines, furnished)

    def browsing(name: str, **given: Any) -> Any:
        return whole(lambda store: getattr(Browsing(store, looked), name), **given)

    now = AT + timedelta(days=2)
    for within in WITHIN:
        for find in ("", "ACM", "某", "zzz"):
            await same(
                engines,
                *(
                    browsing(name, find=find, within=within)
                    for name in ("businesses", "campaigns", "scripts", "suspensions")
                ),
            )
    kept = await same(
        engines,
        browsing("suspensions", lifted=True),
        browsing("opt_outs"),
        browsing("opt_outs", scope="business", value="acme"),
        browsing("opt_outs", number="+8613800000001"),
        browsing("consents", now=now),
        browsing("consents", now=now, state="expired"),
        browsing("consents", now=now, state="withdrawn"),
        browsing("consents", now=now, number="+8613800000003"),
        browsing("caller_ids", today=TODAY),
        browsing("caller_ids", today=TODAY, state="coming"),
        browsing("registrations", today=TODAY, find="n1"),
        browsing("batches"),
        browsing("batches", number=NUMBER),
        browsing("acts", register="campaign", key="renewal"),
        lambda store: store.browsing.acts("campaign", "renewal", most=5),
        lambda store: store.browsing.imports_of("caller-id", "95588"),
        lambda store: store.browsing.imports_of("dnc", "+8613800000001"),
        lambda store: store.browsing.act(0),
        lambda store: store.browsing.leaves_of_said(NUMBER),
        lambda store: store.browsing.differs("campaign", "renewal"),
    )
    assert [len(found) for found in kept[:8]] == [2, 6, 3, 1, 5, 1, 1, 1]
    assert len(kept[10]) == 1


@pytest.mark.parametrize("looked", [2, 1000])
async def test_who_did_what(engines: Engines, looked: int) -> None:
    await same(engines, furnished)
    wanted = [
        ActsWanted(),
        ActsWanted(register="dnc"),
        ActsWanted(action="add", actor="TEST"),
        ActsWanted(actor="nobody"),
        ActsWanted(since=AT, until=AT + timedelta(seconds=1)),
    ]
    for one in wanted:
        first = await same(
            engines, lambda store: store.acts.kinds(), acts(looked, one, 3), acts(looked, one, 100)
        )
        if first[1].next:
            await same(engines, acts(looked, one, 3, after=first[1].next))


def acts(looked: int, wanted: ActsWanted, most: int, **given: Any) -> Any:
    return lambda store: Acts(store, looked).list(wanted, most=most, **given)
