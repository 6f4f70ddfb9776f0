"""The registers in the store: what may be changed, by what, and what the log says of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest

from dialpact.compliance.model import Business, CallerId, Campaign, Consent, Refusal
from dialpact.compliance.registers.fault import Fault
from dialpact.store.sqlite import Store, create, registers
from tests.compliance.store_values import ASKED, AT, BY, NUMBER, attempt

ACME = Business(id="acme", name="某某公司", actor="own-business")
RENEWAL = Campaign(id="renewal", business="acme", industry="保险", purpose="marketing")
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
REFUSED = Refusal(number=NUMBER, scope="industry", value="保险", requested_at=AT, source="hotline")


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    create(tmp_path / "a.db")
    async with await Store.open(tmp_path / "a.db") as store:
        await registers.add_business(store, ACME, **BY)
        yield store


def but(entry, **changes):
    return msgspec.structs.replace(entry, **changes)


async def actions(store: Store, register: str, key: str) -> list[str]:
    return [change.action for change in await store.changes.of(register, key)]


async def test_the_same_business_again_changes_nothing(store: Store) -> None:
    assert await registers.add_business(store, ACME, **BY) == "already"
    assert await registers.list_businesses(store) == [ACME]
    assert await actions(store, "business", "acme") == ["add"]


async def test_another_business_under_the_same_id_is_refused(store: Store) -> None:
    with pytest.raises(Fault, match="taken"):
        await registers.add_business(store, but(ACME, actor="licensed-call-centre"), **BY)
    assert await registers.list_businesses(store) == [ACME]


async def test_a_campaign_needs_its_business_and_keeps_its_purpose(store: Store) -> None:
    with pytest.raises(Fault, match="unknown business"):
        await registers.add_campaign(store, but(RENEWAL, business="nobody"), **BY)
    assert await registers.add_campaign(store, RENEWAL, **BY) == "added"
    assert await registers.add_campaign(store, RENEWAL, **BY) == "already"
    with pytest.raises(Fault, match="taken"):
        await registers.add_campaign(store, but(RENEWAL, purpose="service"), **BY)
    assert await registers.list_campaigns(store, business="acme") == [RENEWAL]
    assert await registers.list_campaigns(store, business="beta") == []


async def test_a_caller_id_is_updated_with_a_trace(store: Store) -> None:
    with pytest.raises(Fault, match="unknown business"):
        await registers.put_caller_id(store, but(SHOWN, business="nobody"), **BY)
    renewed = but(SHOWN, licence="L-2", valid_to=date(2027, 1, 1))
    assert await registers.put_caller_id(store, SHOWN, **BY) == "added"
    assert await registers.put_caller_id(store, SHOWN, **BY) == "already"
    assert await registers.put_caller_id(store, renewed, **BY) == "updated"
    assert await registers.list_caller_ids(store) == [renewed]
    changes = await store.changes.of("caller-id", SHOWN.number)
    assert [change.action for change in changes] == ["add", "update"]
    assert changes[1].detail["from"][0]["licence"] == "L-1"
    assert (changes[1].by, changes[1].at) == ("tester", AT)


async def test_a_removed_caller_id_is_gone_and_remembered(store: Store) -> None:
    await registers.put_caller_id(store, SHOWN, **BY)
    assert await registers.remove_caller_id(store, SHOWN.number, reason="sold", **BY) == SHOWN
    assert await registers.list_caller_ids(store) == []
    (_, removal) = await store.changes.of("caller-id", SHOWN.number)
    assert removal.detail["reason"] == "sold"
    assert removal.detail["from"][0]["licence"] == "L-1"
    with pytest.raises(Fault, match="not registered"):
        await registers.remove_caller_id(store, SHOWN.number, reason="", **BY)


async def test_a_consent_can_be_shortened_but_not_prolonged_or_rewritten(store: Store) -> None:
    assert await registers.add_consent(store, AGREED, **BY) == "added"
    assert await registers.add_consent(store, AGREED, **BY) == "already"
    for other in (
        but(AGREED, expires_at=None),
        but(AGREED, expires_at=AT + timedelta(days=11)),
        but(AGREED, evidence="another"),
    ):
        with pytest.raises(Fault, match="differs"):
            await registers.add_consent(store, other, **BY)
    shorter = but(AGREED, expires_at=AT + timedelta(days=9))
    assert await registers.add_consent(store, shorter, **BY) == "updated"
    assert await registers.list_consents(store) == [shorter]
    assert await actions(store, "consent", NUMBER) == ["add", "shorten"]


async def test_an_unlimited_consent_can_be_limited(store: Store) -> None:
    await registers.add_consent(store, but(AGREED, expires_at=None), **BY)
    assert await registers.add_consent(store, AGREED, **BY) == "updated"


async def test_a_withdrawal_stays_and_reaches_older_consents(store: Store) -> None:
    await registers.add_consent(store, AGREED, **BY)
    await registers.add_consent(store, but(AGREED, industry="房产"), **BY)
    assert await registers.withdraw_consent(store, NUMBER, "acme", "保险", **BY) == 1
    assert await registers.withdraw_consent(store, NUMBER, "acme", "保险", **BY) == 0
    assert await registers.add_consent(store, AGREED, **BY) == "already"
    older = but(AGREED, granted_at=AT - timedelta(days=20))
    newer = but(AGREED, granted_at=AT + timedelta(days=1))
    await registers.add_consent(store, older, **BY)
    await registers.add_consent(store, newer, **BY)
    found = await registers.list_consents(store, number=NUMBER)
    withdrawn = {(entry.industry, entry.granted_at): entry.withdrawn_at for entry in found}
    assert withdrawn == {
        ("保险", AGREED.granted_at): AT,
        ("保险", older.granted_at): AT,
        ("保险", newer.granted_at): None,
        ("房产", AGREED.granted_at): None,
    }


async def test_a_withdrawal_without_industry_is_of_all_of_the_business(store: Store) -> None:
    await registers.add_consent(store, AGREED, **BY)
    await registers.add_consent(store, but(AGREED, industry="房产"), **BY)
    await registers.add_consent(store, but(AGREED, business="beta"), **BY)
    assert await registers.withdraw_consent(store, NUMBER, "acme", **BY) == 2
    with pytest.raises(Fault, match="no consent"):
        await registers.withdraw_consent(store, NUMBER, "gamma", **BY)


async def test_a_refusal_counts_at_once_and_stays_as_first_recorded(store: Store) -> None:
    assert await registers.add_refusal(store, REFUSED, **BY) == "added"
    assert (await store.calls.facts(attempt(), ASKED, AT, live=False)).refusals == (REFUSED,)
    assert await registers.add_refusal(store, but(REFUSED, source="", requested_at=AT), **BY) == "already"
    assert await registers.list_refusals(store, number=NUMBER) == [REFUSED]


async def test_a_removal_is_of_one_scope_and_leaves_its_trace(store: Store) -> None:
    await registers.add_refusal(store, REFUSED, **BY)
    await registers.add_refusal(store, but(REFUSED, scope="all", value=""), **BY)
    await registers.remove_refusal(store, NUMBER, "industry", "保险", reason="asked in writing", **BY)
    assert [entry.scope for entry in await registers.list_refusals(store)] == ["all"]
    removal = (await store.changes.of("dnc", NUMBER))[-1]
    assert removal.action == "remove"
    assert removal.detail["reason"] == "asked in writing"
    assert removal.detail["source"] == "hotline"
    with pytest.raises(Fault, match="no refusal"):
        await registers.remove_refusal(store, NUMBER, "industry", "保险", reason="again", **BY)


async def test_filters_and_limits(store: Store) -> None:
    for place in range(3):
        await registers.add_refusal(store, but(REFUSED, number=f"+861380013800{place}"), **BY)
        await registers.add_consent(store, but(AGREED, number=f"+861380013800{place}"), **BY)
    assert len(await registers.list_refusals(store, most=2)) == 2
    assert len(await registers.list_refusals(store, scope="industry", value="保险")) == 3
    assert await registers.list_refusals(store, scope="all") == []
    assert len(await registers.list_consents(store, most=2)) == 2
    assert len(await registers.list_consents(store, number=NUMBER, business="acme", industry="保险")) == 1


async def test_unknown_names(store: Store) -> None:
    await registers.add_campaign(store, RENEWAL, **BY)
    assert await registers.unknown(store, business="acme", industry="保险") == []
    assert await registers.unknown(store, business="acne", industry="保健") == ["acne", "保健"]


async def test_files_that_no_recording_names(store: Store) -> None:
    assert await store.custody.foreign(["/r/b", "/r/a"]) == ["/r/a", "/r/b"]
    assert await store.custody.foreign([]) == []
