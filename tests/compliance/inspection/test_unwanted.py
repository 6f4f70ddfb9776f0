"""Calls after an opt-out and calls without a consent: from the history, whatever the gate said."""

from __future__ import annotations

import pytest

from dialpact.compliance.reasons import Reason
from tests.compliance.inspection.world import NUMBER, World, finding, local, number, verdict


async def late(world: World, first: str = "2026-11-24") -> tuple[int, int]:
    opt_outs = (await world.report(first, "2026-11-30")).conduct.opt_outs
    assert len(opt_outs.late) == opt_outs.after
    return opt_outs.after, opt_outs.between


@pytest.mark.parametrize(
    ("call", "figures"),
    [
        ("2026-11-24 10:00:00", (0, 0)),
        ("2026-11-24 10:00:01", (0, 1)),  # she had said so, the register did not know
        ("2026-11-24 11:00:00", (0, 1)),
        ("2026-11-24 11:00:01", (1, 0)),
    ],
    ids=["as she opts out", "a second after", "as it is registered", "a second after that"],
)
async def test_said_and_registered(world: World, call: str, figures: tuple[int, int]) -> None:
    await world.opt_out("2026-11-24 11:00", said="2026-11-24 10:00")
    await world.call(call)
    assert await late(world) == figures


@pytest.mark.parametrize(
    ("scope", "value", "of", "counts"),
    [
        ("all", "", {}, 1),
        ("industry", "loans", {}, 1),
        ("industry", "cars", {}, 0),
        ("business", "acme", {}, 1),
        ("business", "other", {}, 0),
        ("all", "", {"campaign": "repair", "purpose": "service"}, 0),  # the covenant binds marketing
        ("all", "", {"campaign": "unknown", "purpose": "", "industry": ""}, 1),
        ("industry", "loans", {"industry": "cars"}, 0),  # the industry at the time of the call
        ("all", "", {"to": number(1)}, 0),
    ],
)
async def test_in_scope(world: World, scope: str, value: str, of: dict[str, str], counts: int) -> None:
    await world.opt_out("2026-11-24 09:00", scope, value)
    await world.call("2026-11-24 10:00", **of)  # type: ignore[arg-type]
    assert (await late(world))[0] == counts


async def test_only_what_was_put_through(world: World) -> None:
    await world.opt_out("2026-11-24 09:00")
    await world.call("2026-11-24 10:00", Reason.DO_NOT_CALL)
    await world.call("2026-11-24 10:01", undelivered=True)
    assert await late(world) == (0, 0)
    await world.call("2026-11-24 10:02", Reason.DO_NOT_CALL, shadow=True)  # the verdict was right, and yet
    report = await world.report()
    assert report.conduct.opt_outs.after == 1
    assert finding(report, "conduct-after-refusal") == {"count": 1}
    assert verdict(report, "conduct") == "violation"


async def test_each_call_once_however_many_opt_outs(world: World) -> None:
    await world.opt_out("2026-11-24 08:00")
    await world.opt_out("2026-11-24 08:01", "business", "acme")
    await world.store.opt_outs.from_line(NUMBER, node="pbx1", channel="x", at=local("2026-11-24 08:02"))
    await world.call("2026-11-24 10:00")
    await world.call("2026-11-24 10:30")
    assert await late(world) == (2, 0)


async def test_an_opt_out_that_was_taken_back(world: World) -> None:
    await world.opt_out("2026-11-24 08:00")
    await world.call("2026-11-24 09:00")  # while it stood
    await world.store.dnc.remove(NUMBER, "all", "", reason="her wish", by="li", at=local("2026-11-24 10:00"))
    await world.call("2026-11-24 10:30")
    assert await late(world) == (1, 0)
    await world.opt_out("2026-11-24 11:00")  # and opted out again
    await world.call("2026-11-24 11:30")
    assert await late(world) == (2, 0)
    opt_outs = (await world.report()).conduct.opt_outs
    assert (opt_outs.in_force, opt_outs.added, opt_outs.removed) == (1, 1, 1)


async def test_an_entry_that_vanished_is_still_missed(world: World) -> None:
    """Deleted with the database in hand: the log and the opt-out remember it."""
    await world.opt_out("2026-11-24 08:00")
    await world.store.opt_outs.from_line(number(2), node="pbx1", channel="x", at=local("2026-11-24 08:30"))
    await world.sql("DELETE FROM do_not_call")
    await world.call("2026-11-24 09:00")
    await world.call("2026-11-24 09:01", to=number(2))
    assert await late(world) == (2, 0)


async def test_a_clock_that_was_set_back_hides_nothing(world: World) -> None:
    await world.call("2026-11-24 10:00", to=number(3))
    await world.opt_out("2026-11-24 09:30")
    await world.call("2026-11-24 09:00")  # marked: an hour behind the one before
    report = await world.report()
    assert report.conduct.opt_outs.after == 1
    assert (report.control.clock.marked, report.control.clock.most_seconds) == (1, 3600.0)
    assert report.control.clock.steps == 1
    assert finding(report, "control-clock") == {"count": 1}


async def test_numbers_are_masked_unless_full(world: World) -> None:
    await world.opt_out("2026-11-24 09:00")
    call = await world.call("2026-11-24 10:00")
    (shown,) = (await world.report()).conduct.opt_outs.late
    assert (shown.number, shown.decision) == ("+86138****8000", call)
    (shown,) = (await world.report(full=True)).conduct.opt_outs.late
    assert shown.number == NUMBER


async def test_opt_outs_by_the_way_they_were_given(world: World) -> None:
    call = await world.call("2026-11-24 10:00")
    for how in ("callee-key", "agent-key"):
        await world.store.opt_outs.from_call(
            call,
            how=how,  # type: ignore[arg-type]
            scope="business",
            node="pbx1",
            channel="x",
            at=local("2026-11-24 10:01"),
        )
    await world.store.opt_outs.from_line(NUMBER, node="pbx1", channel="x", at=local("2026-11-25 10:00"))
    taken = {found.key: found.count for found in (await world.report()).conduct.opt_outs.taken}
    assert taken == {"callee-key": 1, "agent-key": 1}  # the third is of the next day


@pytest.mark.parametrize(
    ("since", "until", "withdrawn", "missing"),
    [
        ("2026-11-24 10:00", "", "", 0),  # to the second
        ("2026-11-24 10:01", "", "", 1),  # not prior
        ("2026-11-01 10:00", "2026-11-24 10:00", "", 1),
        ("2026-11-01 10:00", "2026-11-24 10:01", "", 0),
        ("2026-11-01 10:00", "", "2026-11-24 09:59", 1),
        ("2026-11-01 10:00", "", "2026-11-24 10:01", 0),  # withdrawn later
    ],
)
async def test_calls_without_a_consent(
    world: World, since: str, until: str, withdrawn: str, missing: int
) -> None:
    await world.agree(since, until)
    if withdrawn:
        await world.store.consents.withdraw(NUMBER, "acme", by="li", at=local(withdrawn))
    await world.call("2026-11-24 10:00")
    report = await world.report()
    assert report.consents.without == missing
    assert verdict(report, "consent") == ("violation" if missing else "ok")


async def test_consents_are_asked_of_marketing_put_through(world: World) -> None:
    await world.call("2026-11-24 10:00", campaign="repair", purpose="service")
    await world.call("2026-11-24 10:01", Reason.NO_CONSENT)
    await world.call("2026-11-24 10:02", undelivered=True)
    assert (await world.report()).consents.without == 0
    await world.call("2026-11-24 10:03", campaign="renewal", business="other")
    report = await world.report()
    assert report.consents.without == 1
    assert [call.number for call in report.consents.without_list] == ["+86138****8000"]


async def test_the_register_of_consents(world: World) -> None:
    await world.agree("2026-11-01 10:00", "2026-11-24 12:00", evidence_sha256="a" * 64)
    await world.agree("2026-11-24 10:00", to=number(1), wording="v2")
    await world.agree("2026-11-23 10:00", to=number(2))
    await world.store.consents.withdraw(number(2), "acme", by="li", at=local("2026-11-24 11:00"))
    found = (await world.report()).consents
    assert (found.entries, found.with_hash, found.with_wording) == (3, 1, 1)
    assert (found.granted, found.withdrawn, found.expired) == (1, 1, 1)


async def test_each_source_tells_by_itself(world: World) -> None:
    """An opt-out without any entry; an entry of an import, which logs no additions, and its removal."""
    stamp = "2026-11-24T01:00:00.000000Z"  # 09:00 in Shanghai
    await world.sql(
        "INSERT INTO opt_out (at, number, scope, value, how, by) VALUES (?, ?, 'all', '', 'line', 'x')",
        stamp,
        int(number(1)[1:]),
    )
    await world.sql(
        "INSERT INTO do_not_call VALUES (?, 'all', '', ?, 'list', ?)", int(number(2)[1:]), stamp, stamp
    )
    for place in (1, 2):
        await world.call("2026-11-24 10:00", to=number(place))
    assert await late(world) == (2, 0)
    await world.store.dnc.remove(
        number(2), "all", "", reason="her wish", by="li", at=local("2026-11-24 11:00")
    )
    assert await late(world) == (2, 0)  # it stood when she was called
