"""The registers in the store: what may be changed, by what, and what the log says of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest

from dialpact.compliance.model import Business, CallerId, Consent, DncEntry
from dialpact.compliance.registers.campaign import CampaignEntry
from dialpact.compliance.registers.fault import Fault
from dialpact.store.sqlite import Store, create
from tests.compliance.store_values import ASKED, AT, BY, NUMBER, attempt

ACME = Business(id="acme", name="某某公司", actor="own-business")
RENEWAL = CampaignEntry(id="renewal", business="acme", industry="保险", purpose="marketing")
SHOWN = CallerId(
    number="02787654321",
    business="acme",
    licence="L-1",
    carrier="电信",
    authenticated=True,
    trunks=("carrier",),
    purposes=("marketing",),
    valid_from=date(2026, 1, 1),
    valid_to=None,
)
AGREED = Consent(
    number=NUMBER,
    business="acme",
    industry="保险",
    granted_at=AT - timedelta(days=10),
    expires_at=AT + timedelta(days=10),
    evidence="form 7",
)
REFUSED = DncEntry(number=NUMBER, scope="industry", value="保险", requested_at=AT, source="hotline")


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    create(tmp_path / "a.db")
    async with await Store.open(tmp_path / "a.db") as store:
        await store.businesses.add(ACME, **BY)
        yield store


def but(entry, **changes):
    return msgspec.structs.replace(entry, **changes)


async def actions(store: Store, register: str, key: str) -> list[str]:
    return [change.action for change in await store.changes.of(register, key)]


async def test_the_same_business_again_changes_nothing(store: Store) -> None:
    assert await store.businesses.add(ACME, **BY) == "already"
    assert (await store.businesses.list()).rows == [ACME]
    assert await actions(store, "business", "acme") == ["add"]


async def test_another_business_under_the_same_id_is_refused(store: Store) -> None:
    with pytest.raises(Fault, match="taken"):
        await store.businesses.add(but(ACME, actor="licensed-call-centre"), **BY)
    assert (await store.businesses.list()).rows == [ACME]


async def test_a_campaign_needs_its_business_and_keeps_its_purpose(store: Store) -> None:
    with pytest.raises(Fault, match="unknown business"):
        await store.campaigns.add(but(RENEWAL, business="nobody"), **BY)
    assert await store.campaigns.add(RENEWAL, **BY) == "added"
    assert await store.campaigns.add(RENEWAL, **BY) == "already"
    with pytest.raises(Fault, match="taken"):
        await store.campaigns.add(but(RENEWAL, purpose="service"), **BY)
    assert (await store.campaigns.list(business="acme")).rows == [RENEWAL]
    assert (await store.campaigns.list(business="beta")).rows == []


async def test_a_caller_id_is_updated_with_a_trace(store: Store) -> None:
    with pytest.raises(Fault, match="unknown business"):
        await store.caller_ids.put(but(SHOWN, business="nobody"), **BY)
    renewed = but(SHOWN, licence="L-2", valid_to=date(2027, 1, 1))
    assert await store.caller_ids.put(SHOWN, **BY) == "added"
    assert await store.caller_ids.put(SHOWN, **BY) == "already"
    assert await store.caller_ids.put(renewed, **BY) == "updated"
    assert (await store.caller_ids.list()).rows == [renewed]
    changes = await store.changes.of("caller-id", SHOWN.number)
    assert [change.action for change in changes] == ["add", "update"]
    assert changes[1].detail["from"][0]["licence"] == "L-1"
    assert (changes[1].by, changes[1].at) == ("tester", AT)


async def test_a_removed_caller_id_is_gone_and_remembered(store: Store) -> None:
    await store.caller_ids.put(SHOWN, **BY)
    assert await store.caller_ids.remove(SHOWN.number, reason="sold", **BY) == SHOWN
    assert (await store.caller_ids.list()).rows == []
    (_, removal) = await store.changes.of("caller-id", SHOWN.number)
    assert removal.detail["reason"] == "sold"
    assert removal.detail["from"][0]["licence"] == "L-1"
    with pytest.raises(Fault, match="not registered"):
        await store.caller_ids.remove(SHOWN.number, reason="", **BY)


async def test_a_consent_can_be_shortened_but_not_prolonged_or_rewritten(store: Store) -> None:
    assert await store.consents.add(AGREED, **BY) == "added"
    assert await store.consents.add(AGREED, **BY) == "already"
    for other in (
        but(AGREED, expires_at=None),
        but(AGREED, expires_at=AT + timedelta(days=11)),
        but(AGREED, evidence="another"),
    ):
        with pytest.raises(Fault, match="differs"):
            await store.consents.add(other, **BY)
    shorter = but(AGREED, expires_at=AT + timedelta(days=9))
    assert await store.consents.add(shorter, **BY) == "updated"
    assert (await store.consents.list()).rows == [shorter]
    assert await actions(store, "consent", NUMBER) == ["add", "shorten"]


async def test_an_unlimited_consent_can_be_limited(store: Store) -> None:
    await store.consents.add(but(AGREED, expires_at=None), **BY)
    assert await store.consents.add(AGREED, **BY) == "updated"


async def test_a_withdrawal_stays_and_reaches_older_consents(store: Store) -> None:
    await store.consents.add(AGREED, **BY)
    await store.consents.add(but(AGREED, industry="房产"), **BY)
    assert await store.consents.withdraw(NUMBER, "acme", "保险", **BY) == 1
    assert await store.consents.withdraw(NUMBER, "acme", "保险", **BY) == 0
    assert await store.consents.add(AGREED, **BY) == "already"
    older = but(AGREED, granted_at=AT - timedelta(days=20))
    newer = but(AGREED, granted_at=AT + timedelta(days=1))
    await store.consents.add(older, **BY)
    await store.consents.add(newer, **BY)
    found = (await store.consents.list(number=NUMBER)).rows
    withdrawn = {(entry.industry, entry.granted_at): entry.withdrawn_at for entry in found}
    assert withdrawn == {
        ("保险", AGREED.granted_at): AT,
        ("保险", older.granted_at): AT,
        ("保险", newer.granted_at): None,
        ("房产", AGREED.granted_at): None,
    }


async def test_a_withdrawal_without_industry_is_of_all_of_the_business(store: Store) -> None:
    await store.consents.add(AGREED, **BY)
    await store.consents.add(but(AGREED, industry="房产"), **BY)
    await store.consents.add(but(AGREED, business="beta"), **BY)
    assert await store.consents.withdraw(NUMBER, "acme", **BY) == 2
    with pytest.raises(Fault, match="no consent"):
        await store.consents.withdraw(NUMBER, "gamma", **BY)


async def test_a_refusal_counts_at_once_and_stays_as_first_recorded(store: Store) -> None:
    assert await store.dnc.add(REFUSED, **BY) == "added"
    assert (await store.calls.look(attempt(), ASKED, AT, live=False)).facts.opt_outs == (REFUSED,)
    assert await store.dnc.add(but(REFUSED, source="", requested_at=AT), **BY) == "already"
    assert (await store.dnc.list(number=NUMBER)).rows == [REFUSED]


async def test_a_removal_is_of_one_scope_and_leaves_its_trace(store: Store) -> None:
    await store.dnc.add(REFUSED, **BY)
    await store.dnc.add(but(REFUSED, scope="all", value=""), **BY)
    await store.dnc.remove(NUMBER, "industry", "保险", reason="asked in writing", **BY)
    assert [entry.scope for entry in (await store.dnc.list()).rows] == ["all"]
    removal = (await store.changes.of("dnc", NUMBER))[-1]
    assert removal.action == "remove"
    assert removal.detail["reason"] == "asked in writing"
    assert removal.detail["source"] == "hotline"
    with pytest.raises(Fault, match="no refusal"):
        await store.dnc.remove(NUMBER, "industry", "保险", reason="again", **BY)


async def test_filters_and_limits(store: Store) -> None:
    for place in range(3):
        await store.dnc.add(but(REFUSED, number=f"+861380013800{place}"), **BY)
        await store.consents.add(but(AGREED, number=f"+861380013800{place}"), **BY)
    assert len((await store.dnc.list(most=2)).rows) == 2
    assert len((await store.dnc.list(scope="industry", value="保险")).rows) == 3
    assert (await store.dnc.list(scope="all")).rows == []
    assert len((await store.consents.list(most=2)).rows) == 2
    assert len((await store.consents.list(number=NUMBER, business="acme", industry="保险")).rows) == 1


async def test_unknown_names(store: Store) -> None:
    await store.campaigns.add(RENEWAL, **BY)
    assert await store.campaigns.unknown(business="acme", industry="保险") == []
    assert await store.campaigns.unknown(business="acne", industry="保健") == ["acne", "保健"]


async def test_files_that_no_recording_names(store: Store) -> None:
    assert await store.custody.foreign(["/r/b", "/r/a"]) == ["/r/a", "/r/b"]
    assert await store.custody.foreign([]) == []
