"""The table of a leg's life, and the promises that hold in every corner of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ami_listener.legs.states import LINES, TABLE, Action, LegEvent, Line, Phase, State, step

A, E, L, P = Action, LegEvent, Line, Phase


def run(*events: LegEvent, state: State | None = None) -> tuple[State, list[Action]]:
    state, done = state or State(), []
    for event in events:
        state, actions = step(state, event)
        done += actions
    return state, done


RECORDED = (E.ALLOWED, E.ANSWERED, E.PROVEN)
TALK = (*RECORDED, E.BRIDGED)


@pytest.mark.parametrize(
    ("events", "phase", "actions"),
    [
        (TALK, P.RECORDED, [A.PREPARE, A.START, A.NOTE_ANSWER, A.OPEN]),
        ((E.ALLOWED,), P.WAITING, [A.PREPARE]),
        ((E.ALLOWED, E.HUNG_UP), P.ENDED, [A.PREPARE, A.FINISH]),
        ((*TALK, E.UNBRIDGED, E.STOPPED, E.HUNG_UP), P.ENDED, [A.WAIT_GRACE, A.FINISH]),
        ((E.ALLOWED, E.UNPROVEN), P.UNRECORDED, [A.PREPARE, A.REPORT_NOT_STARTED, A.PENALTY]),
        ((E.ALLOWED, E.ANSWERED, E.UNPROVEN), P.UNRECORDED, [A.REPORT_NOT_STARTED, A.PENALTY]),
        ((E.ALLOWED, E.ANSWERED, E.UNPROVEN, E.BRIDGED), P.CUT, [A.HANG_UP, A.REPORT_UNRECORDED]),
        ((E.ALLOWED, E.UNPROVEN, E.ANSWERED, E.BRIDGED), P.CUT, [A.HANG_UP, A.REPORT_UNRECORDED]),
        ((E.ALLOWED, E.ANSWERED, E.BRIDGED, E.UNPROVEN), P.CUT, [A.HANG_UP, A.REPORT_UNRECORDED, A.PENALTY]),
        ((E.ANSWERED, E.ALLOWED, E.PROVEN), P.RECORDED, [A.START, A.NOTE_ANSWER, A.OPEN]),
        ((E.ALLOWED, E.BRIDGED, E.PROVEN), P.RECORDED, [A.START, A.NOTE_ANSWER, A.OPEN]),
        ((*TALK, E.STOPPED), P.CHECKING, [A.CHECK]),
        ((*TALK, E.STOPPED, E.STILL_ATTACHED), P.RECORDED, [A.CHECK]),
        ((*TALK, E.STOPPED, E.DETACHED), P.RESUMING, [A.CHECK, A.RESTART, A.REPORT_STOPPED]),
        ((*TALK, E.STOPPED, E.DETACHED, E.PROVEN), P.RECORDED, [A.OPEN]),
        (
            (*TALK, E.STOPPED, E.DETACHED, E.UNPROVEN),
            P.CUT,
            [A.SHUT, A.HANG_UP, A.REPORT_LOST, A.PENALTY],
        ),
        ((*TALK, E.UNBRIDGED, E.STOPPED, E.GRACE_OVER), P.CHECKING, [A.WAIT_GRACE, A.CHECK]),
        ((*TALK, E.UNBRIDGED, E.STOPPED, E.BRIDGED), P.CHECKING, [A.WAIT_GRACE, A.CHECK]),
        ((*TALK, E.MUTED), P.RESUMING, [A.RESTART, A.REPORT_MUTED]),
        ((*TALK, E.STALLED), P.RESUMING, [A.REPORT_STALLED, A.RESTART]),
        ((*TALK, E.VANISHED), P.RESUMING, [A.RESTART, A.REPORT_VANISHED]),
        ((E.LET_BE, E.ANSWERED, E.BRIDGED, E.STOPPED), P.FOREIGN, []),
        ((E.BYPASSED,), P.CUT, [A.HANG_UP]),
        ((E.ANSWERED, E.BRIDGED, E.BYPASSED, E.ALLOWED, E.PROVEN), P.CUT, [A.HANG_UP]),
        ((E.ALLOWED, E.UNPROVEN, E.ANSWERED, E.OVERDUE), P.CUT, [A.HANG_UP, A.REPORT_UNRECORDED]),
        ((*TALK, E.STOPPED, E.MUTED), P.RESUMING, [A.RESTART, A.REPORT_MUTED]),
        ((*TALK, E.UNBRIDGED, E.STOPPED, E.MUTED), P.RESUMING, [A.RESTART, A.REPORT_MUTED]),
        ((E.HUNG_UP, E.ALLOWED, E.PROVEN), P.ENDED, [A.FINISH]),
    ],
)
def test_life(events: tuple[LegEvent, ...], phase: Phase, actions: list[Action]) -> None:
    state, done = run(*events)
    assert state.phase is phase
    assert done[len(done) - len(actions) :] == actions


def test_adoption() -> None:
    state = State(P.ADOPTING, L.BRIDGED)
    assert run(E.ADOPTED, state=state) == (State(P.RECORDED, L.BRIDGED), [A.OPEN])
    assert run(E.GAP, E.PROVEN, state=state)[1] == [A.REPORT_GAP, A.RESTART, A.OPEN]
    assert run(E.PREPARED, E.PROVEN, state=state)[1] == [A.REPORT_GAP, A.RESTART, A.OPEN]


def test_adoption_while_it_rings() -> None:
    state = State(P.ADOPTING, L.RINGING)
    assert run(E.PREPARED, state=state) == (State(P.WAITING, L.RINGING), [])
    assert run(E.PREPARED, E.ANSWERED, state=state)[1] == [A.START, A.NOTE_ANSWER]
    assert run(E.ANSWERED, E.PREPARED, state=state)[1] == [A.NOTE_ANSWER, A.START]
    # One that a listener of before this rule was recording already, and can not be resumed.
    lost = (E.ADOPTED, E.STOPPED, E.DETACHED, E.UNPROVEN)
    assert run(*lost, state=state)[1][-3:] == [A.SHUT, A.REPORT_LOST, A.PENALTY]


events = st.lists(st.sampled_from(list(E)), max_size=40)


@given(events)
def test_nothing_starts_while_it_rings(sequence: list[LegEvent]) -> None:
    state = State()
    for event in sequence:
        state, actions = step(state, event)
        if A.START in actions or A.RESTART in actions:
            assert state.line is not L.RINGING


@given(events)
def test_the_interlock_opens_only_after_a_proof(sequence: list[LegEvent]) -> None:
    state = State()
    for event in sequence:
        state, actions = step(state, event)
        if A.OPEN in actions:
            assert event in (E.PROVEN, E.ADOPTED)
            assert state.phase is P.RECORDED


@given(events)
def test_a_bridge_without_a_recording_is_being_mended_or_cut(sequence: list[LegEvent]) -> None:
    state = State()
    for event in sequence:
        state, _ = step(state, event)
        assert (state.phase, state.line) != (P.UNRECORDED, L.BRIDGED)
        assert (state.phase, state.line) != (P.PARTING, L.BRIDGED)


@given(events)
def test_the_end_is_the_end(sequence: list[LegEvent]) -> None:
    assert run(E.HUNG_UP, *sequence)[0].phase is P.ENDED
    assert run(*sequence, E.HUNG_UP)[0].phase is P.ENDED
    assert run(*sequence, E.HUNG_UP)[1].count(A.FINISH) == 1


@pytest.mark.parametrize("phase", [phase for phase in P if phase is not P.ENDED])
@pytest.mark.parametrize("line", list(L))
def test_every_leg_can_end(phase: Phase, line: Line) -> None:
    assert step(State(phase, line), E.HUNG_UP) == (State(P.ENDED, line), (A.FINISH,))


def test_every_event_and_action_is_used() -> None:
    assert {event for _, _, event in TABLE} | set(LINES) == set(E)
    assert {action for _, actions in TABLE.values() for action in actions} == set(A)
