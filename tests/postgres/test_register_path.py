"""The registers in the store: each engine, asked for the same, says the same."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from msgspec.structs import replace

from dialpact.compliance import profile
from dialpact.compliance.errors import StoreRefused
from dialpact.compliance.fact_requirements import FactRequirements
from dialpact.compliance.model import Business, DncEntry, Registration
from dialpact.compliance.registers.campaign import CampaignEntry
from dialpact.compliance.registers.fault import Fault
from dialpact.store.units.terms import SQL as TERMS
from tests.compliance.store_values import AT, BY
from tests.plain_rooms import GIVEN, ROOMS
from tests.postgres.calling import CALLER_ID, JUDGE, NUMBER, OTHER, SHOWN, after, agreed, no_flaw, ready
from tests.postgres.engines import Engines

CHEN = {"by": "chen", "at": after(60)}


async def paged(ask: Any, **wanted: Any) -> Sequence[Any]:
    """A list in pages of one, which is the list as a whole."""
    whole = (await ask(**wanted)).rows
    found, page = [], await ask(most=1, **wanted)
    found.extend(page.rows)
    while page.next:
        page = await ask(most=1, after=page.next, **wanted)
        found.extend(page.rows)
    assert found == whole
    return found


async def test_businesses_campaigns_and_caller_ids(engines: Engines) -> None:
    other = Business(id="other", name="Other", actor="licensed-call-centre")
    summer = CampaignEntry(id="summer", business="other", industry="保险", purpose="survey", script="pitch")

    async def run(store: Any) -> Any:
        await ready(store)
        said = [await store.businesses.add(other, **BY) for _ in range(2)]
        with pytest.raises(Fault, match="taken"):
            await store.businesses.add(replace(other, name="x"), **BY)
        said.extend([await store.campaigns.add(summer, **BY) for _ in range(2)])
        with pytest.raises(Fault, match="business"):
            await store.campaigns.add(replace(summer, id="x", business="nobody"), **BY)
        changes = {"purpose": "service", "scrub_leads": True}
        changed = await store.campaigns.change("summer", changes, reason="law", **CHEN)
        said.append(await store.caller_ids.put(replace(SHOWN, number="1", business="other"), **BY))
        said.extend([await store.caller_ids.put(replace(SHOWN, licence="L-2"), **CHEN) for _ in range(2)])
        lists = [
            await paged(store.businesses.list),
            await paged(store.campaigns.list),
            await paged(store.campaigns.list, business="other"),
            await paged(store.caller_ids.list),
            await paged(store.caller_ids.list, business="other"),
        ]
        gone = await store.caller_ids.remove("1", reason="sold", **CHEN)
        left = [(await store.caller_ids.list(number=number)).rows for number in ("1", SHOWN.number)]
        reading = await store.campaigns.reading("pitch"), await store.campaigns.unknown(industry="x")
        history = await store.changes.of("caller-id", "1", SHOWN.number)
        made = [one.action for one in history], await store.changes.made([1, 3, 10_000])
        purposes = [one.by for one in await store.changes.of("campaign", "summer")]
        return said, changed, lists, gone, left, reading, made, purposes, await no_flaw(store)

    said, changed, lists, _, left, reading, made, purposes, _ = await engines.same(run)
    assert said == ["added", "already", "added", "already", "added", "updated", "already"]
    assert (changed[1].purpose, changed[1].scrub_leads) == ("service", True)
    assert [len(one) for one in lists] == [2, 2, 1, 2, 1]
    assert [len(one) for one in left] == [0, 1]
    assert reading[0] == ["acme", "other"] and "x" in str(reading[1])
    assert made[0] == ["add", "add", "update", "remove"]
    assert [one.seq for one in made[1]] == [1, 3]
    assert "database" in purposes  # a trigger's own trace


async def test_consents(engines: Engines) -> None:
    first = agreed(NUMBER)

    async def run(store: Any) -> Any:
        await ready(store)
        add = store.consents.add
        said = [await add(first, **BY)]
        said.append(await add(replace(first, expires_at=after(500)), **CHEN))
        with pytest.raises(Fault):
            await add(replace(first, evidence="form 8"), **CHEN)
        newer = replace(first, granted_at=AT - timedelta(days=1), industry="保险")
        said.append(await add(newer, **BY))
        lists = [
            await paged(store.consents.list),
            await paged(store.consents.list, number=first.number, industry="loans"),
        ]
        count = await store.consents.withdraw(first.number, "acme", reason="he said so", **CHEN)
        older = replace(newer, granted_at=AT - timedelta(days=30))
        said.append(await add(older, **CHEN))
        lists.append(await paged(store.consents.list, number=first.number))
        with pytest.raises(Fault):
            await store.consents.withdraw("+8613700137000", "acme", **CHEN)
        return said, lists, count, await no_flaw(store)

    said, lists, count, _ = await engines.same(run)
    assert said == ["already", "updated", "added", "added"]
    assert ([len(one) for one in lists], count) == ([3, 1, 3], 2)
    assert [one.withdrawn_at for one in lists[2]] == [CHEN["at"]] * 3


async def test_opt_outs(engines: Engines) -> None:
    entries = [
        DncEntry(number=f"+86{NUMBER}", scope="all", value="", requested_at=AT, source="hotline"),
        DncEntry(number=f"+86{NUMBER}", scope="business", value="acme", requested_at=AT, source="letter"),
        DncEntry(number=f"+86{OTHER}", scope="industry", value="保险", requested_at=AT, source="letter"),
    ]

    async def run(store: Any) -> Any:
        await ready(store)
        said = [await store.dnc.add(entry, **BY) for entry in (*entries, entries[0])]
        told = [(replace(entries[2], scope="all", value=""), ""), (entries[2], "")]
        said.append(await store.dnc.told(told, how="api", by="crm", at=after(3), node=""))
        lists = [
            await paged(store.dnc.list),
            await paged(store.dnc.list, number=f"+86{NUMBER}"),
            await paged(store.dnc.list, scope="business", value="acme"),
        ]
        await store.dnc.remove(entries[0].number, "all", "", reason="it was another", **CHEN)
        with pytest.raises(Fault):
            await store.dnc.remove(entries[0].number, "all", "", reason="it was another", **CHEN)
        lists.append(await paged(store.dnc.list))
        return said, lists, await store.dnc.said(f"+86{OTHER}"), await no_flaw(store)

    said, lists, heard, _ = await engines.same(run)
    assert said[:4] == ["added", "added", "added", "already"]
    assert [outcome for outcome, _ in said[4]] == ["added", "already"]
    assert [len(one) for one in lists] == [4, 2, 1, 3]
    assert [(one.how, one.by) for one in heard] == [("api", "crm")] * 2


async def test_scripts_and_their_versions(engines: Engines) -> None:
    async def run(store: Any) -> Any:
        said = [await store.scripts.add("pitch", text, **BY) for text in ("您好", "您好！", "您好！")]
        said.append(await store.scripts.add("other", "Good day", **BY))
        approve = partial(store.scripts.approve, "pitch", checked=["b", "a"], expires_at=after(9), **CHEN)
        approved = await approve(sha256=said[1][1].sha256)
        revoked = await store.scripts.revoke("pitch", reason="law", **CHEN)
        lists = await paged(store.scripts.list), await store.scripts.versions("pitch")
        with pytest.raises(StoreRefused, match="never changed"):
            await store.transact(lambda connection: connection.execute("UPDATE script SET text = 'x'"))
        return said, approved, revoked, lists, await store.scripts.newest("no"), await no_flaw(store)

    said, approved, revoked, lists, newest, _ = await engines.same(run)
    assert [(outcome, one.version) for outcome, one in said[:3]] == [
        ("added", 1),
        ("updated", 2),
        ("already", 2),
    ]
    assert (approved.approved_by, approved.checked, revoked.approved_by) == ("chen", ("a", "b"), "")
    assert [[one.version for one in some] for some in lists] == [[1, 2], [1, 2]]
    assert newest is None


async def test_registrations_and_what_a_decision_reads_of_them(engines: Engines) -> None:
    year = {"valid_from": date(2026, 1, 1), "valid_to": date(2026, 12, 31), "number": "7"}
    first = Registration(holder="business", id="acme", kind="us-tx", **year)
    news = (
        first,
        replace(first, valid_from=date(2027, 1, 1), valid_to=None, number="8"),
        replace(first, holder="campaign", id="spring"),
        first,
    )

    async def run(store: Any) -> Any:
        await ready(store)
        said = [await store.registrations.add(new, **BY) for new in news]
        lists = [await paged(store.registrations.list), await paged(store.registrations.list, id="spring")]
        attempt = JUDGE.attempt(NUMBER, "spring", CALLER_ID)
        facts = [(await store.calls.look(attempt, FactRequirements({}, registrations=True), AT)).facts]
        await store.registrations.remove("business", "acme", "us-tx", date(2026, 1, 1), reason="x", **CHEN)
        facts.append((await store.calls.look(attempt, FactRequirements({}, registrations=True), AT)).facts)
        return said, lists, facts, await no_flaw(store)

    said, lists, facts, _ = await engines.same(run)
    assert said == ["added", "added", "added", "already"]
    assert [len(one) for one in lists] == [3, 1]
    assert [len(one.registrations) for one in facts] == [3, 2]


async def test_suspensions(engines: Engines) -> None:
    async def run(store: Any) -> Any:
        await ready(store)
        add = partial(store.suspensions.add, cause="complaints", **BY)
        said = [await add(*one) for one in (("agent", "1001"), ("campaign", "spring"), ("agent", "1001"))]
        with pytest.raises(Fault, match="registered"):
            await add("caller-id", "1")
        lists = [await paged(store.suspensions.list), await paged(store.suspensions.list, kind="agent")]
        lifted = await store.suspensions.lift("agent", "1001", reason="trained", **CHEN)
        said.append(await add("agent", "1001"))
        lists.extend([await paged(store.suspensions.list), await paged(store.suspensions.list, lifted=True)])
        return said, lists, lifted, await no_flaw(store)

    said, lists, lifted, _ = await engines.same(run)
    assert said == ["added", "added", "already", "added"]
    assert ([len(one) for one in lists], lifted.lifted_by) == ([2, 1, 2, 3], "chen")


async def test_leads(engines: Engines) -> None:
    async def run(store: Any) -> Any:
        await ready(store)
        (batch,) = await paged(store.leads.list, number=f"+86{NUMBER}")
        none = await paged(store.leads.list, campaign="summer")
        numbers = await paged(partial(store.leads.numbers, batch.id))
        with pytest.raises(Fault):
            await store.leads.release(batch.id, reason="x", **CHEN)
        gone = await store.leads.withdraw(batch.id, reason="no basis", **CHEN)
        return batch, none, numbers, gone, await store.leads.get(batch.id), await no_flaw(store)

    batch, none, numbers, gone, again, _ = await engines.same(run)
    assert (batch.rows, none, numbers) == (2, [], [f"+86{NUMBER}", f"+86{OTHER}"])
    assert gone == again and gone.withdrawn_at == CHEN["at"]


async def test_plain_registers_and_the_texts_of_profiles(engines: Engines) -> None:
    rooms = [ROOMS.read(name, GIVEN) for name in ("一号", "二号")]
    text = profile.load("cn-hubei-2018")

    async def run(store: Any) -> Any:
        said = [await store.entries.add(ROOMS, room, **BY) for room in (*rooms, rooms[0])]
        lists = [await paged(partial(store.entries.list, ROOMS))]
        await store.entries.remove(ROOMS, "一号", reason="closed", **CHEN)
        lists.append(await paged(partial(store.entries.list, ROOMS)))
        found = [await store.entries.get(ROOMS, name) for name in ("一号", "二号")]
        for _ in range(2):
            await store.profiles.note([text], at=AT)

        def texts(connection: Any) -> Any:
            one = TERMS.profile_text(connection, sha256=text.sha256)["text"]
            return one, [row["text"] for row in TERMS.profile_texts(connection)]

        return said, lists, found, await store.read(texts), await no_flaw(store)

    said, lists, found, (one, all_of_them), _ = await engines.same(run)
    assert said == ["added", "added", "already"]
    assert [len(one) for one in lists] == [2, 1]
    assert found == [None, rooms[1]]
    assert all_of_them == [one] and 'id = "cn-hubei-2018"' in one
