"""An answer holds as long as it says: looked at minute by minute, over random facts and profiles."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import msgspec
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dialpact.compliance import numbers
from dialpact.compliance.calendars import WorkingDays, Year
from dialpact.compliance.model import Facts, Tally
from dialpact.compliance.profile import Policy, Profile
from dialpact.compliance.sections import Cap
from tests.compliance.test_holding import MINUTE, said, until
from tests.compliance.world import CALLER_ID, HUBEI, SCRIPT, at, attempt, changed, consent, facts, opt_out

minutes = st.integers(0, 3 * 24 * 60).map(lambda count: at("2026-11-23 00:00:00") + count * MINUTE)
days = st.sampled_from([date(2026, 11, day) for day in range(22, 28)])
maybe = st.none() | minutes
consents = st.builds(
    lambda granted, expires, withdrawn: consent(
        granted_at=granted, expires_at=expires, withdrawn_at=withdrawn
    ),
    st.just(at("2026-02-25 10:00:00")) | minutes,
    maybe,
    maybe,
)
worlds = st.builds(
    lambda given, first, last, script, nth, imported, opted: facts(
        consents=tuple(given),
        caller_id=msgspec.structs.replace(CALLER_ID, valid_from=first, valid_to=last),
        script=msgspec.structs.replace(SCRIPT, expires_at=script),
        attempts=(Tally(per="callee", limit=3, nth=nth),),
        opt_outs_at=imported,
        opt_outs=(opt_out("all"),) if opted else (),
    ),
    st.lists(consents, min_size=1, max_size=3),
    st.just(date(2026, 1, 1)) | days,
    st.none() | days,
    maybe,
    maybe,
    maybe,
    st.sampled_from([False, False, False, True]),
)


def spans(bounds: list[int]) -> tuple[str, ...]:
    """Windows in quarters of an hour."""
    shown = [f"{quarter // 4:02}:{quarter % 4 * 15:02}" for quarter in sorted(bounds)]
    return tuple(f"{opens}-{closes}" for opens, closes in zip(shown[::2], shown[1::2], strict=False))


profiles = st.builds(
    lambda quarters, guard, kind, basis, months, age, since: changed(
        id="any",
        numbers={"regions": ("CN", "US")},
        hours={"windows": spans(quarters), "guard_seconds": guard, "basis": basis},
        days={"kind": kind, "basis": basis},
        consent={"valid_months": months, "effective_from": since},
        do_not_call={"max_list_age_days": age},
        attempts={"caps": (Cap(per="callee", limit=3, hours=7),)},
    ),
    st.lists(st.integers(0, 95), min_size=4, max_size=4, unique=True),
    st.sampled_from([0, 60, 240]),
    st.sampled_from(["working", "all", ("mon", "wed")]),
    st.sampled_from(["fixed", "callee", "both"]),
    st.sampled_from([0, 0, 9]),
    st.sampled_from([0, 0, 1]),
    st.sampled_from([date(2018, 12, 14), date(2026, 11, 25)]),
)
callees = st.sampled_from(["+8613800138000", "+12192345678", "+18082345678", "110"])
CALLEES = {
    text: numbers.parse(text, regions=("CN", "US"))
    for text in ("+8613800138000", "+12192345678", "+18082345678", "110")
}
ALL_WORK = WorkingDays({2026: Year("x")}, "x")


@settings(max_examples=40, deadline=None)
@given(minutes, worlds, profiles, callees)
@example(at("2026-11-24 11:58:00"), facts(), HUBEI, "+8613800138000")
def test_nothing_changes_before_minute_by_minute(
    now: datetime, known: Facts, rules: Profile, number: str
) -> None:
    call = attempt(callee=CALLEES[number])
    known = msgspec.structs.replace(
        known, consents=tuple(msgspec.structs.replace(one, number=call.callee.e164) for one in known.consents)
    )
    stack = Policy((rules,), ALL_WORK)
    found = until(call, known, stack, now)
    assert found is None or found > now
    answer, end = said(call, known, stack, now), now + timedelta(hours=30)
    step = now
    while (step := step + MINUTE) < (end if found is None else min(found, end)):
        assert said(call, known, stack, step) == answer, (step, found)
