"""Decisions of one call: what counts as another way of it, and what is a call of its own."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from dialpact.compliance import calendars
from dialpact.compliance.clock import stamp
from dialpact.compliance.config import Trunk
from dialpact.compliance.judge import Judge
from dialpact.compliance.model import Decision
from dialpact.compliance.policy import attempts
from dialpact.compliance.profile import Policy
from dialpact.store.units import carrier_legs, decisions, enforcement, linked
from dialpact.store.units.facts import facts
from tests.compliance.test_laws_of_the_gate import PROFILES, START, history

TRUNKS = {name: Trunk(endpoint=name) for name in ("a", "b", "c", "d", "e")}
STRICT = Judge(Policy((PROFILES["strict"],), calendars.load()), TRUNKS, "pbx1")  # two at a callee in 5 h
NUMBER, OTHER = "13800138000", "13800138001"
CALLERS = ("02788880007", "02788880008")


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    with history() as connection:
        yield connection


def ask(
    db: sqlite3.Connection,
    trunk: str,
    *,
    after: float = 0,
    number: str = NUMBER,
    uniqueid: str = "1.1",
    caller_id: str = CALLERS[0],
    campaign: str = "spring",
    judge: Judge = STRICT,
) -> Decision:
    """Decided and recorded, as the gate does it, ``after`` seconds."""
    now = START + timedelta(seconds=after)
    attempt = judge.attempt(number, campaign, caller_id, trunk=trunk, uniqueid=uniqueid)
    decision = judge.decide(attempt, facts(db, attempt, judge.asked, now, live=True), now)
    decisions.record(db, [decision])
    enforcement.enforce(db, decision, judge.asked)
    return decision


def answer(db: sqlite3.Connection, decision: Decision) -> None:
    leg = {"channel": "x", "uniqueid": decision.id, "linkedid": "", "sip_call_id": "", "sent_from": ""}
    at = stamp(decision.decided_at)
    carrier_legs.SQL.write(
        db,
        id=decision.id,
        decision=decision.id,
        node="pbx1",
        dialled_at=at,
        ringing_at=None,
        answered_at=at,
        ended_at=None,
        dial_status="ANSWER",
        hangup_cause=None,
        interlock="",
        supervision="{}",
        **leg,
    )


def test_the_next_trunk_is_another_way_of_the_call(db: sqlite3.Connection) -> None:
    first = ask(db, "a")
    others = [ask(db, trunk, after=place) for place, trunk in enumerate(("b", "c&d"), 1)]
    assert [other.facts.continues for other in (first, *others)] == ["", first.id, first.id]
    assert all(decision.allowed for decision in (first, *others))
    stored = [row["continues"] for row in db.execute("SELECT continues FROM decision ORDER BY seq")]
    assert stored == ["", first.id, first.id]


@pytest.mark.parametrize(
    "change",
    [
        {"uniqueid": "1.2"},
        {"uniqueid": ""},
        {"number": OTHER},
        {"campaign": "summer"},
        {"after": 120},
        {"after": -1},  # the clock went back
        {"trunk": "a"},
        {"trunk": "b&a"},
    ],
)
def test_what_is_a_call_of_its_own(db: sqlite3.Connection, change: dict[str, Any]) -> None:
    ask(db, "a")
    assert ask(db, **({"trunk": "b", "after": 1} | change)).facts.continues == ""


def test_just_before_a_decision_is_stale(db: sqlite3.Connection) -> None:
    first = ask(db, "a")
    assert ask(db, "b", after=119.999).facts.continues == first.id
    # The time runs from the first one.
    assert ask(db, "c", after=121).facts.continues == ""


def test_after_an_answer(db: sqlite3.Connection) -> None:
    answer(db, ask(db, "a"))
    assert ask(db, "b", after=1).facts.continues == ""


def test_after_an_answer_on_the_second_way(db: sqlite3.Connection) -> None:
    ask(db, "a")
    answer(db, ask(db, "b", after=1))
    assert ask(db, "c", after=2).facts.continues == ""


def test_after_a_refusal_and_after_an_answer_that_was_never_told(db: sqlite3.Connection) -> None:
    refused = ask(db, "a", caller_id="95xxx")
    assert not refused.allowed
    lost = ask(db, "b", after=1)
    decisions.SQL.insert_undelivered(db, decision=lost.id, at=stamp(START), reason="deadline")
    assert ask(db, "c", after=2).facts.continues == ""


def test_no_more_than_so_many(db: sqlite3.Connection) -> None:
    made = [ask(db, trunk, after=place) for place, trunk in enumerate("abcde")]
    assert [bool(one.facts.continues) for one in made] == [False, True, True, True, False]
    assert linked.MOST == 4
    # The fifth is an attempt of its own, and with it the callee's two are used up.
    assert ask(db, "a", after=9, uniqueid="2.1").reasons == ("too-many-attempts",)


def test_a_call_counts_once(db: sqlite3.Connection) -> None:
    for call in ("1.1", "2.1"):
        for place, trunk in enumerate("abc"):
            assert ask(db, trunk, after=place, uniqueid=call).allowed
    assert ask(db, "a", after=5, uniqueid="3.1").reasons == ("too-many-attempts",)


def test_another_caller_id_is_counted_for_itself(db: sqlite3.Connection) -> None:
    """Four an hour over a caller ID: a call that goes on over another one is a call over that one, too."""
    for place, number in enumerate((NUMBER, NUMBER, OTHER, OTHER)):
        ask(db, "a", after=place, number=number, uniqueid=f"{place}.1")
        ask(db, "b", after=place, number=number, uniqueid=f"{place}.1", caller_id=CALLERS[1])
    for caller_id in CALLERS:
        found = ask(
            db, "a", after=9, number="02787654321", uniqueid="9.1", caller_id=caller_id, campaign="summer"
        )
        assert "too-many-attempts" in found.reasons, caller_id


steps = st.lists(
    st.tuples(
        st.sampled_from(["a", "a", "b", "c", "d", "e", "a&b", "c&d&e", "x"]),
        st.sampled_from(["1.1", "1.1", "2.1", ""]),
        st.sampled_from([NUMBER, NUMBER, OTHER, "13912345678", "110"]),
        st.sampled_from([*CALLERS, "95xxx"]),
        st.floats(0, 100),
        st.booleans(),
    ),
    min_size=1,
    max_size=14,
)


@settings(max_examples=200, deadline=None)
@given(steps)
def test_a_link_spares_a_call_the_caps_and_nothing_else(happened: list[Any]) -> None:
    """Whatever is asked on whatever channel: a linked decision is the one that it would be as a call of its
    own but for the count, and attempts stay within the cap, each in at most four ways.
    """
    with history() as db:
        after = 0.0
        made: list[tuple[Decision, bool]] = []
        for trunk, uniqueid, number, caller_id, pause, answers in happened:
            after += pause
            now = START + timedelta(seconds=after)
            alone = STRICT.attempt(number, "spring", caller_id, trunk=trunk)
            apart = STRICT.decide(alone, facts(db, alone, STRICT.asked, now, live=True), now)
            found = ask(db, trunk, after=after, number=number, uniqueid=uniqueid, caller_id=caller_id)
            if found.facts.continues:
                event(f"{apart.verdict} alone, {found.verdict} linked")
                assert set(apart.reasons) - set(found.reasons) <= {"too-many-attempts"}
                assert set(found.reasons) <= set(apart.reasons)
                rest = [one for one in apart.findings if one.rule != attempts.NAME]
                assert rest == [one for one in found.findings if one.rule != attempts.NAME]
            else:
                assert apart.findings == found.findings
            if found.allowed and answers:
                answer(db, found)
            made.append((found, answers))
    through = [(one, answers) for one, answers in made if one.allowed]
    for number in (NUMBER, OTHER):
        of_number = [one for one, _ in through if one.attempt.callee.e164.endswith(number)]
        assert len([one for one in of_number if not one.facts.continues]) <= 2
    for root in (one for one, _ in through if not one.facts.continues):
        call = [(one, answers) for one, answers in through if root.id in (one.id, one.facts.continues)]
        names = [name for one, _ in call for name in one.attempt.trunks]
        assert len(call) <= linked.MOST and len(names) == len(set(names))
        assert not any(answers for _, answers in call[:-1])
        assert all(one.decided_at - root.decided_at < linked.FRESH for one, _ in call)
        assert (
            len({(one.attempt.uniqueid, one.attempt.callee.e164, one.attempt.campaign) for one, _ in call})
            == 1
        )


def test_the_time_is_what_the_listener_takes_for_fresh() -> None:
    from ami_listener.legs.leg_policy import FRESH

    assert linked.FRESH == FRESH
