"""Receivers outside: each node tells what its own log says, and both engines say the same of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from msgspec.structs import replace

from dialpact.compliance.model import DncEntry, Facts
from dialpact.compliance.reasons import Reason
from dialpact.compliance.recorded import Finished, NewRecording
from dialpact.compliance.webhooks.delivery import Mark, NewDelivery
from dialpact.compliance.webhooks.events import OptOutAdded
from dialpact.store.ports.decisions import Undelivered
from dialpact.store.postgres.engine import Store
from dialpact.store.units import decisions
from tests.compliance.store_values import AT, BY, NUMBER, decision
from tests.compliance.test_store_complaints import RENEWAL, file
from tests.compliance.test_store_registers import ACME, SHOWN
from tests.postgres.engines import PATIENT, Engines
from tests.postgres.said import same
from tests.postgres.server import Database

LATER = AT + timedelta(minutes=1)
DAY = timedelta(days=1)
EVENTS = ("decision.blocked", "opt_out.added", "recording.failed", "incident.created")
NEW = [
    NewDelivery(f"msg_{key}", "incident.created", AT, (key,), b"\x00" + key.encode(), key) for key in "abc"
]


def calls() -> list[Any]:
    made = [
        replace(decision(allowed=allowed), facts=Facts(campaign=RENEWAL)) for allowed in (True, False, True)
    ]
    return [replace(one, decided_at=AT + timedelta(seconds=place)) for place, one in enumerate(made)]


async def furnished(store: Any, made: list[Any]) -> None:
    """What receivers are told of, each once."""
    await store.businesses.add(ACME, **BY)
    await store.campaigns.add(RENEWAL, **BY)
    await store.caller_ids.put(SHOWN, **BY)
    await store.transact(lambda connection: decisions.record(connection, made))
    await store.decisions.undelivered([Undelivered(made[2].id, AT, Reason.DEADLINE)])
    refusal = DncEntry(number=NUMBER, scope="business", value="acme", requested_at=AT, source="said")
    await store.dnc.add(refusal, **BY)
    told = {"node": "pbx1", "kind": "unchecked", "decision": made[0].id, "channel": "c", "detail": "d"}
    await store.incidents.add(at=AT, **told)
    new = NewRecording(
        id="1" * 32,
        decision=made[0].id,
        node="pbx1",
        channel="c",
        uniqueid="1",
        number=NUMBER,
        caller_id="1",
        campaign="renewal",
        started_at=AT,
        format="wav",
        path="/r/1",
        callee_path="/r/2",
        agent_path="/r/3",
    )
    await store.recordings.start(new)
    await store.recordings.finish(Finished(id=new.id, state="failed", ended_at=LATER))


async def test_what_the_log_says_and_a_day_comes_to(engines: Engines) -> None:
    made = calls()
    told = await same(
        engines,
        lambda store: furnished(store, made),
        lambda store: store.webhooks.tail(0, 100, EVENTS),
        lambda store: store.webhooks.tail(4, 2, EVENTS),
        lambda store: store.webhooks.figures(AT - DAY, AT + DAY, ""),
        lambda store: store.webhooks.figures(AT - DAY, AT + DAY, "acme"),
        lambda store: store.webhooks.figures(AT - DAY, AT + DAY, "rival"),
        file,
        lambda store: store.webhooks.open_complaints(),
    )
    types = [type(one.data).__name__ for one in told[1].happened]
    assert sorted(types) == [
        *("BlockedCall", "BlockedCall", "IncidentCreated", "OptOutAdded", "RecordingFailed"),
    ]
    figures = told[4]
    assert (figures.allowed, figures.blocked, figures.undelivered, figures.opt_outs) == (1, 2, 1, 1)
    assert figures.recordings_failed == 1 and figures.incidents == {"unchecked": 1}
    assert told[5].blocked == 0
    assert len(told[7]) == 1


async def test_the_outbox_from_making_to_forgetting(engines: Engines) -> None:
    async def marked(store: Any, state: Any, **more: Any) -> None:
        waiting = await store.webhooks.waiting("crm")
        mark = Mark(waiting[0].seq, state, LATER, "HTTP 500", next_at=more.pop("next_at", None))
        await store.webhooks.mark("crm", [mark], LATER, node="pbx1", **more)

    async def sending(store: Any) -> Any:
        return await store.webhooks.sending([one.seq for one in await store.webhooks.waiting("crm")])

    await same(engines, lambda store: store.businesses.add(ACME, **BY))
    steps = await same(
        engines,
        lambda store: store.webhooks.begin(["crm", "sms"], AT),
        lambda store: store.webhooks.make("crm", 1, 2, NEW, AT),
        lambda store: store.webhooks.make("crm", 1, 3, NEW, AT),
        lambda store: store.webhooks.make("crm", 2, 2, [NEW[0]._replace(id="again")], AT),
        lambda store: store.webhooks.told("crm", ["a", "x"]),
        lambda store: store.webhooks.waiting("crm"),
        sending,
        lambda store: marked(store, "waiting", next_at=LATER + DAY, pause=LATER),
        lambda store: store.webhooks.states(),
        lambda store: marked(store, "delivered"),
        lambda store: marked(store, "dead"),
        lambda store: store.webhooks.states(),
        lambda store: store.webhooks.unsent("crm", "no name", LATER),
        lambda store: store.webhooks.gone("sms", "HTTP 410", LATER, node="pbx1"),
        lambda store: store.webhooks.list(),
        lambda store: store.webhooks.list(names=["sms"]),
        lambda store: store.webhooks.list(state="dead", most=1),
        lambda store: store.webhooks.list(most=1),
        lambda store: store.webhooks.get("msg_a"),
        lambda store: store.webhooks.get("msg_c"),
        lambda store: store.webhooks.replay(["sms"], "", **BY),
        lambda store: store.webhooks.replay(None, "", **BY),
        lambda store: store.webhooks.states(),
        lambda store: store.webhooks.resume("sms", skip=False, **BY),
        lambda store: store.webhooks.resume("crm", skip=True, **BY),
        lambda store: store.webhooks.states(),
        lambda store: store.webhooks.expire("crm", AT - DAY, LATER),
        lambda store: store.webhooks.told("crm", ["a"]),
        lambda store: store.webhooks.expire("crm", LATER, LATER),
        lambda store: store.webhooks.forget("crm", **BY),
        lambda store: store.webhooks.forget("crm", **BY),
        lambda store: store.webhooks.states(),
    )
    assert steps[1] is True and steps[2] is False, "another has been there"
    assert len(steps[5]) == 3 and steps[4] == {"a"}
    assert steps[11][0].dead == 1 and steps[11][0].delivered == 1
    assert steps[21] == 1
    assert [state.name for state in steps[-1]] == ["sms"]


async def test_each_node_has_its_own_place_and_outbox(postgres_migrated: Database) -> None:
    async with (
        await Store.open(postgres_migrated.url, "pbx1", seconds=PATIENT) as one,
        await Store.open(postgres_migrated.url, "pbx2", seconds=PATIENT) as other,
    ):
        await furnished(one, calls())
        (here,), (there,) = await one.webhooks.begin(["crm"], AT), await other.webhooks.begin(["crm"], AT)
        assert here.next_leaf > 0 and there.next_leaf == 0
        numbers = [f"+861391111{place:04}" for place in range(20)]
        for number in numbers:
            said = DncEntry(number=number, scope="all", value="", requested_at=AT, source="said")
            await other.dnc.add(said, **BY)
        happened = (await other.webhooks.tail(0, 100, EVENTS)).happened
        assert [one.data.number for one in happened if isinstance(one.data, OptOutAdded)] == numbers
        assert len(happened) == len(numbers), "its own log alone"
        assert await one.webhooks.make("crm", here.next_leaf, here.next_leaf, NEW, AT)
        assert await other.webhooks.make("crm", 0, 0, [NEW[0]._replace(id="second")], AT)
        assert await other.webhooks.waiting("crm") == [], "it was told by another already"
        await other.webhooks.gone("crm", "HTTP 410", AT, node="pbx2")
        assert [state.disabled_at for state in await one.webhooks.states()] == [None]
        assert len((await other.webhooks.list()).rows) == 3, "people see all of them"
        await other.webhooks.forget("crm", **BY)
        assert await one.webhooks.states() == [], "forgotten on all nodes"
