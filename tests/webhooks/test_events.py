"""What is told of what happens: each event, for whom, and with which numbers in it."""

from __future__ import annotations

import io
import re
from collections.abc import AsyncIterator, Callable
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from dialpact.application import complaints, do_not_call, imports
from dialpact.application.webhooks.receiver import Timings
from dialpact.compliance.model import Decision
from dialpact.compliance.reasons import Reason
from dialpact.compliance.recorded import Finished, NewRecording
from dialpact.compliance.registers.moment import HOME
from dialpact.compliance.webhooks import events
from dialpact.compliance.webhooks.delivery import NewDelivery
from dialpact.compliance.webhooks.packing import MOST_TOGETHER, SINGLES
from dialpact.compliance.webhooks.settings import EVENTS, WebhookConfig
from dialpact.store.ports.decisions import Undelivered
from tests.compliance.store_values import Fixed, Still, attempt, decision, waiting
from tests.webhooks.ear import Ear, said
from tests.webhooks.office import Office, office

A, B = "+8613800138000", "+8613900139000"
FULL = re.compile(r"1[3-9][0-9]{9}")


@pytest.fixture
async def ear() -> AsyncIterator[Ear]:
    async with Ear().listening() as one:
        yield one


@pytest.fixture
async def here(tmp_path: Path, ear: Ear) -> AsyncIterator[Office]:
    """Told everything: with numbers, without, and of one business alone."""
    hooks = {
        "all": WebhookConfig(url=f"{ear.url}/all", numbers=True),
        "masked": WebhookConfig(url=f"{ear.url}/masked"),
        "acme": WebhookConfig(url=f"{ear.url}/acme", business="acme"),
    }
    async with office(tmp_path, **hooks) as one:
        yield one


async def told(here: Office, ear: Ear) -> Callable[..., list[dict[str, Any]]]:
    """All of them now; then the events of one by his name, in the order in which they happened. Without what
    has a test of its own and comes on that day whatever is tried.
    """
    for name in here.config.webhooks:
        await here.sent(name)
    order = dict(here.rows("SELECT id, seq FROM webhook_delivery"))  # (what is old is gone)

    def of(name: str, but: str = "calendar.ending") -> list[dict[str, Any]]:
        came = sorted(ear.came, key=lambda one: order.get(one.id, 0))
        return [one.event for one in came if one.target == f"/hook/{name}" and one.event["type"] != but]

    return of


async def blocked(here: Office, business: str = "", number: str = A, **changes: Any) -> Decision:
    made = await here.block(number, **changes)
    if business:  # (of its campaign, which these decisions do not know)
        here.write("UPDATE decision SET business = ? WHERE id = ?", business, made.id)
    return made


async def allowed(here: Office) -> Decision:
    asked = attempt(A)
    made = msgspec.structs.replace(decision(asked), decided_at=here.clock.now())
    await here.store.decisions.decide([waiting(asked)], Fixed(made), Still())
    return made


def test_every_type_of_event_has_its_schema() -> None:
    names = [name for name, _ in events.WEBHOOKS]
    assert names == [*EVENTS, "webhook.test"]
    assert {kind for _, kind in events.WEBHOOKS} == set(get_args(events.Event))
    for name, kind in events.WEBHOOKS:
        (schema,) = [
            found for title, found in msgspec.json.schema(kind)["$defs"].items() if title == kind.__name__
        ]
        assert schema["properties"]["type"] == {"enum": [name]}
        assert set(schema["required"]) == {"type", "timestamp", "data"}


async def test_a_call_that_was_allowed_is_not_told_until_that_is_withdrawn(here: Office, ear: Ear) -> None:
    made = await allowed(here)
    assert (await told(here, ear))("all") == []
    mark = Undelivered(made.id, here.clock.now(), Reason.DEADLINE)
    await here.store.decisions.undelivered([mark])
    (event,) = (await told(here, ear))("all")
    (call,) = event["data"]["decisions"]
    assert (call["decision"], call["reasons"], call["undelivered"]) == (made.id, ["deadline"], True)


async def test_opt_outs_however_they_came(here: Office, ear: Ear) -> None:
    made = await allowed(here)
    at = here.clock.now()
    node = {"node": "pbx1", "channel": "PJSIP/carrier-1"}
    await here.store.opt_outs.from_call(made.id, how="callee-key", scope="all", at=at, **node)
    await here.store.opt_outs.from_line(B, at=at, **node)
    await do_not_call.add(here.context, "13700137000", source="letter", node="pbx1")
    here.clock.forward(minutes=1)
    await complaints.add(
        here.context, "13600136000", here.policy, called_at="2026-11-23T10:00+08:00", source="12321"
    )
    found = [one["data"] for one in (await told(here, ear))("all")]
    assert [(one["number"], one["how"]) for one in found] == [
        (A, "callee-key"),
        (B, "line"),
        ("+8613700137000", "command"),
        ("+8613600136000", "complaint"),
    ]
    assert [one["by"] for one in found] == [A, B, "chen", "chen"]
    assert found[0]["decision"] == made.id
    # What is in force already is no news.
    await here.store.opt_outs.from_line(A, at=here.clock.now(), **node)
    assert len((await told(here, ear))("all")) == 4
    for event in (await told(here, ear))("masked"):
        assert not FULL.search(msgspec.json.encode(event).decode()), event


async def test_two_people_whose_numbers_look_alike_are_two_events(here: Office, ear: Ear) -> None:
    """At one instant, by one officer, in one letter: masked, nothing tells one from the other."""
    alike = [do_not_call.Told(number=f"138{middle}8000", source="letter") for middle in ("0013", "0014")]
    await do_not_call.add_all(here.context, alike, node="pbx1")
    sent = (await told(here, ear))("masked")
    assert len(sent) == 2 and sent[0] == sent[1]
    ids = [one.id for one in ear.came if one.target == "/hook/masked" and one.event == sent[0]]
    assert len(set(ids)) == len(ids) == 2


async def test_what_one_person_said_at_one_instant_is_each_told_as_it_was(here: Office, ear: Ear) -> None:
    """One no in a call, and another, to somebody else, in no call: neither is told with the other's."""
    made = await blocked(here, "acme")
    said = [
        do_not_call.Told(number=A, scope="all", call=made.id),
        do_not_call.Told(number=A, scope="business", value="beta"),
    ]
    await do_not_call.add_all(here.context, said, node="pbx1")
    find = await told(here, ear)
    for name, expected in (("all", {"": made.id, "beta": ""}), ("acme", {"": made.id})):
        found = [one["data"] for one in find(name) if one["type"] == "opt_out.added"]
        assert {one["value"]: one["decision"] for one in found} == expected
    here.clock.forward(days=1)
    (digest,) = [one for one in (await told(here, ear))("acme") if one["type"] == "digest.daily"]
    assert digest["data"]["opt_outs"] == 1


async def test_a_list_of_opt_outs_is_one_event(here: Office, ear: Ear) -> None:
    file = io.BytesIO(
        f"number,scope,value,requested_at,source\n{A},all,,2026-11-01,x\n{B},all,,2026-11-01,x\n".encode()
    )
    for _ in range(2):  # the second time it brings nothing new
        file.seek(0)
        with await imports.into_register(here.context, "dnc", file, name="list 13800138000.csv"):
            pass
    (event,) = (await told(here, ear))("masked")
    assert event["data"] == {
        "number": "",
        "scope": "",
        "value": "",
        "requested_at": event["timestamp"],
        "source": "",
        "how": "import",
        "by": "chen",
        "decision": "",
        "count": 2,
        "file": "list 138****8000.csv",
    }


async def recorded(here: Office, state: str, **changes: Any) -> str:
    made = await allowed(here)
    if business := changes.get("business"):
        here.write("UPDATE decision SET business = ? WHERE id = ?", business, made.id)
    id = made.id[::-1]
    new = NewRecording(
        id=id,
        decision=made.id,
        node="pbx1",
        channel="PJSIP/carrier-1",
        uniqueid=id,
        number=A,
        caller_id="02787654321",
        campaign="renewal",
        started_at=here.clock.now(),
        format="wav",
        path=f"/x/{id}.wav",
        callee_path="",
        agent_path="",
    )
    await here.store.recordings.start(new)
    ended = here.clock.now() + timedelta(seconds=9)
    await here.store.recordings.finish(Finished(id=id, state=state, ended_at=ended, seconds=8.5))
    return id


async def test_a_recording_that_failed_and_none_that_is_kept(here: Office, ear: Ear) -> None:
    await recorded(here, "kept")
    failed = await recorded(here, "failed", business="acme")
    sent = await told(here, ear)
    for name in ("all", "masked", "acme"):
        (event,) = sent(name)
        assert (event["type"], event["data"]["recording"]) == ("recording.failed", failed)
        assert event["data"]["seconds"] == 8.5
    assert sent("all")[0]["data"]["number"] == A and sent("acme")[0]["data"]["number"] == "+86138****8000"


async def test_incidents_and_whom_they_are_about(here: Office, ear: Ear) -> None:
    made = await blocked(here, "acme")
    about = {"at": here.clock.now(), "node": "pbx1", "kind": "refused-decision"}
    dialled = "Local/13800138000@out-1;1"
    await here.store.incidents.add(
        **about, decision=made.id, channel=dialled, detail="dialled 13800138000, 138-0013 8000"
    )
    await here.store.incidents.add(**about | {"kind": "asterisk-stalled"})
    sent = await told(here, ear)
    types = ["decision.blocked", "incident.created"]
    assert [one["type"] for one in sent("all")] == [*types, "incident.created"]
    assert [one["type"] for one in sent("acme")] == types
    data = sent("acme")[1]["data"]
    assert (data["channel"], data["detail"]) == (
        "Local/138****8000@out-1;1",
        "dialled 138****8000, 138****8000",
    )
    assert sent("all")[1]["data"]["channel"] == dialled


async def test_a_receiver_of_a_business_hears_of_that_alone(here: Office, ear: Ear) -> None:
    mine, _, _ = await blocked(here, "acme"), await blocked(here, "other"), await blocked(here)
    for scope, value in (("business", "acme"), ("business", "other"), ("all", "")):
        number = f"1370013700{len(value)}"
        await do_not_call.add(here.context, number, scope=scope, value=value, source="x", node="pbx1")
    sent = await told(here, ear)
    assert len(sent("all")) == 6
    blocks, opt_outs = sent("acme")
    assert [one["decision"] for one in blocks["data"]["decisions"]] == [mine.id]
    assert opt_outs["data"]["value"] == "acme"


async def test_a_caller_id_that_is_nobody_s_is_masked_as_a_person_s(here: Office, ear: Ear) -> None:
    await here.block(A, caller_id="13600136000")
    sent = await told(here, ear)
    (call,) = sent("masked")[0]["data"]["decisions"]
    assert call["caller_id"] == "136****6000"
    assert sent("all")[0]["data"]["decisions"][0]["caller_id"] == "13600136000"


@pytest.mark.parametrize("given", ["1380013800a", "+8613800138000", "sip:13800138000@x", ""])
async def test_what_was_dialled_and_is_no_number(here: Office, ear: Ear, given: str) -> None:
    asked = attempt(A)
    callee = msgspec.structs.replace(asked.callee, given=given, e164="", problem="invalid-number")
    await here.block(A, callee=callee)
    (event,) = (await told(here, ear))("masked")
    shown = event["data"]["decisions"][0]["number"]
    assert not re.search("[0-9]{9}", shown)


async def test_a_flood_is_told_whole_and_in_order(here: Office, ear: Ear) -> None:
    count = SINGLES + 3 * MOST_TOGETHER
    made = [(await here.block(f"+86138{number:08}")).id for number in range(count)]
    await do_not_call.add(here.context, A, source="x", node="pbx1")
    made += [(await here.block(A)).id for _ in range(2)]
    sent = (await told(here, ear))("all")
    parts = [[call["decision"] for call in one["data"].get("decisions", ())] for one in sent]
    assert max(map(len, parts)) == MOST_TOGETHER and len(sent) < 10
    found = [id for part in parts for id in part]
    assert sorted(found) == sorted(made) and len(found) == len(made)
    for part in parts:
        assert part == sorted(part, key=made.index)
    assert [one["type"] for one in sent][-2:] == ["opt_out.added", "decision.blocked"]
    assert found[-2:] == made[-2:]


async def test_more_than_may_wait_stays_in_the_log(tmp_path: Path, ear: Ear) -> None:
    hook = WebhookConfig(url=ear.url, events=("decision.blocked",))
    async with office(tmp_path, crm=hook) as here:
        made = [await here.block(f"+86138{number:08}") for number in range(12)]
        few = Timings(tick=20.0, gather=0.0, answer=20.0, most_waiting=5)
        ear.answer = said("400 No")
        receiver = here.receiver(timings=few)
        await here.rounds(receiver)
        assert (await here.state()).waiting == 5
        ear.answer = said("200 OK")
        here.clock.forward(minutes=6)
        for _ in range(4):
            await here.rounds(receiver)
    found = [call["decision"] for one in ear.came[-12:] for call in one.data["decisions"]]
    assert sorted(found) == sorted(one.id for one in made)


async def test_a_complaint_is_told_before_it_is_due_and_when_it_is_over(here: Office, ear: Ear) -> None:
    filed = await complaints.add(
        here.context, A, here.policy, called_at="2026-11-23T10:00+08:00", source="12321 13900139000"
    )
    assert [one["type"] for one in (await told(here, ear))("masked")] == ["opt_out.added"]
    due = filed.complaint.due
    assert due is not None and due.isoformat() == "2026-12-15"
    for day, expected in (("09", 0), ("10", 1), ("13", 1), ("15", 1), ("16", 2), ("31", 2)):
        here.clock.set(f"2026-12-{day}T00:01+08:00")
        sent = (await told(here, ear))("masked")
        found = [one["data"] for one in sent if one["type"] == "complaint.due"]
        assert len(found) == expected, day
    assert [(one["overdue"], one["working_days_left"]) for one in found] == [(False, 3), (True, -1)]
    assert (found[0]["number"], found[0]["source"]) == ("+86138****8000", "12321 139****9000")
    assert found[0]["complaint"] == filed.complaint.id and found[0]["due"] == "2026-12-15"


async def test_an_answered_complaint_is_not_told(here: Office, ear: Ear) -> None:
    filed = await complaints.add(
        here.context, A, here.policy, called_at="2026-11-23T10:00+08:00", source="12321"
    )
    await complaints.answer(here.context, filed.complaint.id, "done")
    here.clock.set("2026-12-20T10:00+08:00")
    assert "complaint.due" not in [one["type"] for one in (await told(here, ear))("all")]


async def test_the_calendar_s_end_is_told_in_stages(here: Office, ear: Ear) -> None:
    last = here.policy.calendar.last_known
    for left, expected in ((46, 0), (45, 1), (44, 1), (14, 2), (10, 2), (3, 3), (0, 4)):
        here.clock.set(datetime.combine(last - timedelta(days=left), time(12), HOME))
        sent = (await told(here, ear))("acme", but="digest.daily")
        found = [one["data"] for one in sent]
        assert len(found) == expected, left
    assert [one["days_left"] for one in found] == [45, 14, 3, 0]
    assert found[0]["last_known"] == last.isoformat() and found[0]["next_year"] == last.year + 1


async def test_a_day_in_figures_once_a_day_and_for_each_that_was_missed(here: Office, ear: Ear) -> None:
    await blocked(here, "acme")
    await blocked(here, "other")
    await recorded(here, "failed", business="acme")
    await recorded(here, "kept")
    at = here.clock.now()
    await here.store.incidents.add(at=at, node="pbx1", kind="asterisk-stalled")
    await do_not_call.add(here.context, B, source="x", node="pbx1")

    def digests(name: str) -> list[dict[str, Any]]:
        return [one["data"] for one in sent(name) if one["type"] == "digest.daily"]

    for moment, expected in (
        ("24T23:59", 0),
        ("25T07:59", 0),
        ("25T08:00", 1),
        ("25T20:00", 1),
        ("27T09:00", 3),
    ):
        here.clock.set(f"2026-11-{moment}+08:00")
        sent = await told(here, ear)
        assert len(digests("all")) == expected, moment
    first = digests("all")[0]
    assert [one["day"] for one in digests("all")] == ["2026-11-24", "2026-11-25", "2026-11-26"]
    assert (first["allowed"], first["blocked"], first["undelivered"]) == (2, 2, 0)
    assert first["reasons"] == [{"key": "do-not-call", "count": 2}]
    assert (first["recordings_kept"], first["recordings_failed"], first["opt_outs"]) == (1, 1, 1)
    assert first["incidents"] == [{"key": "asterisk-stalled", "count": 1}]
    own = digests("acme")[0]
    assert (own["business"], own["allowed"], own["blocked"], own["recordings_failed"]) == ("acme", 1, 1, 1)
    assert (own["recordings_kept"], own["opt_outs"], own["incidents"]) == (0, 0, [])
    assert digests("all")[1]["blocked"] == 0


async def test_what_is_told_by_the_clock_is_told_once_by_whoever_is_started_again(
    here: Office, ear: Ear
) -> None:
    here.clock.set("2026-12-20T09:00+08:00")
    for _ in range(3):
        await told(here, ear)
    kinds = [one.event["type"] for one in ear.came if one.target == "/hook/all"]
    assert sorted(kinds) == ["calendar.ending", *["digest.daily"] * 7]


async def test_a_row_that_somebody_has_spoilt_holds_up_no_other(here: Office, ear: Ear) -> None:
    spoilt, whole = await here.block(A), await here.block(B)
    here.write("UPDATE decision SET reasons = '[' WHERE id = ?", spoilt.id)
    (event,) = (await told(here, ear))("all")
    assert [one["decision"] for one in event["data"]["decisions"]] == [whole.id]


async def test_a_receiver_is_not_told_of_its_own_dead_letters(here: Office, ear: Ear) -> None:
    for name in ("masked", "all"):
        detail = f"{name}: given up after 10 attempts: HTTP 500"
        await here.store.incidents.add(at=here.clock.now(), node="pbx1", kind="webhook-dead", detail=detail)
    sent = await told(here, ear)
    assert [one["data"]["detail"].partition(":")[0] for one in sent("masked")] == ["all"]
    assert [one["data"]["detail"].partition(":")[0] for one in sent("all")] == ["masked"]


async def test_two_that_look_at_once_make_nothing_twice(here: Office, ear: Ear) -> None:
    """Whoever is second writes nothing, and looks again from where the first has come to."""
    await here.block(A)
    state = await here.state("all")
    makers = [here.maker("all") for _ in range(2)]
    for maker in makers:
        await maker.make(state)
    count = "SELECT count(*) FROM webhook_delivery WHERE hook = 'all' AND type = 'decision.blocked'"
    assert here.rows(count) == [(1,)]
    await here.block(B)
    for maker in makers:
        await maker.make(await here.state("all"))
    assert here.rows(count) == [(2,)]
    late = NewDelivery("msg_late", "decision.blocked", here.clock.now(), ("x",), b"{}")
    moved = (await here.state("all")).next_leaf
    assert not await here.store.webhooks.make("all", state.next_leaf, moved + 1, [late], here.clock.now())
    assert here.rows(count) == [(2,)] and (await here.state("all")).next_leaf == moved


async def test_what_has_a_key_is_put_in_once(here: Office) -> None:
    leaf = (await here.state("all")).next_leaf
    for id in ("msg_1", "msg_2"):
        new = NewDelivery(id, "digest.daily", here.clock.now(), ("x",), b"{}", key="digest.daily 2026-11-24")
        assert await here.store.webhooks.make("all", leaf, leaf, [new], here.clock.now())
    assert here.rows("SELECT id FROM webhook_delivery") == [("msg_1",)]
