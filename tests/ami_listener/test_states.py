"""The table of a leg's life, and the promises that hold in every corner of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ami_listener.legs.states import LINES, TABLE, Action, Happening, Line, Phase, State, step

A, H, L, P = Action, Happening, Line, Phase


def run(*happenings: Happening, state: State | None = None) -> tuple[State, list[Action]]:
    state, done = state or State(), []
    for happening in happenings:
        state, actions = step(state, happening)
        done += actions
    return state, done


RECORDED = (H.ALLOWED, H.ANSWERED, H.PROVEN)
TALK = (*RECORDED, H.BRIDGED)


@pytest.mark.parametrize(
    ("happenings", "phase", "actions"),
    [
        (TALK, P.RECORDED, [A.PREPARE, A.START, A.NOTE_ANSWER, A.OPEN]),
        ((H.ALLOWED,), P.WAITING, [A.PREPARE]),
        ((H.ALLOWED, H.HUNG_UP), P.ENDED, [A.PREPARE, A.FINISH]),
        ((*TALK, H.UNBRIDGED, H.STOPPED, H.HUNG_UP), P.ENDED, [A.WAIT_GRACE, A.FINISH]),
        ((H.ALLOWED, H.UNPROVEN), P.UNRECORDED, [A.PREPARE, A.REPORT_NOT_STARTED, A.PENALTY]),
        ((H.ALLOWED, H.ANSWERED, H.UNPROVEN), P.UNRECORDED, [A.REPORT_NOT_STARTED, A.PENALTY]),
        ((H.ALLOWED, H.ANSWERED, H.UNPROVEN, H.BRIDGED), P.CUT, [A.HANG_UP, A.REPORT_UNRECORDED]),
        ((H.ALLOWED, H.UNPROVEN, H.ANSWERED, H.BRIDGED), P.CUT, [A.HANG_UP, A.REPORT_UNRECORDED]),
        ((H.ALLOWED, H.ANSWERED, H.BRIDGED, H.UNPROVEN), P.CUT, [A.HANG_UP, A.REPORT_UNRECORDED, A.PENALTY]),
        ((H.ANSWERED, H.ALLOWED, H.PROVEN), P.RECORDED, [A.START, A.NOTE_ANSWER, A.OPEN]),
        ((H.ALLOWED, H.BRIDGED, H.PROVEN), P.RECORDED, [A.START, A.NOTE_ANSWER, A.OPEN]),
        ((*TALK, H.STOPPED), P.CHECKING, [A.CHECK]),
        ((*TALK, H.STOPPED, H.STILL_ATTACHED), P.RECORDED, [A.CHECK]),
        ((*TALK, H.STOPPED, H.DETACHED), P.RESUMING, [A.CHECK, A.RESTART, A.REPORT_STOPPED]),
        ((*TALK, H.STOPPED, H.DETACHED, H.PROVEN), P.RECORDED, [A.OPEN]),
        (
            (*TALK, H.STOPPED, H.DETACHED, H.UNPROVEN),
            P.CUT,
            [A.SHUT, A.HANG_UP, A.REPORT_LOST, A.PENALTY],
        ),
        ((*TALK, H.UNBRIDGED, H.STOPPED, H.GRACE_OVER), P.CHECKING, [A.WAIT_GRACE, A.CHECK]),
        ((*TALK, H.UNBRIDGED, H.STOPPED, H.BRIDGED), P.CHECKING, [A.WAIT_GRACE, A.CHECK]),
        ((*TALK, H.MUTED), P.RESUMING, [A.RESTART, A.REPORT_MUTED]),
        ((*TALK, H.STALLED), P.RESUMING, [A.REPORT_STALLED, A.RESTART]),
        ((*TALK, H.VANISHED), P.RESUMING, [A.RESTART, A.REPORT_VANISHED]),
        ((H.REFUSED, H.ANSWERED, H.BRIDGED, H.STOPPED), P.FOREIGN, []),
        ((H.BYPASSED,), P.CUT, [A.HANG_UP]),
        ((H.ANSWERED, H.BRIDGED, H.BYPASSED, H.ALLOWED, H.PROVEN), P.CUT, [A.HANG_UP]),
        ((H.ALLOWED, H.UNPROVEN, H.ANSWERED, H.OVERDUE), P.CUT, [A.HANG_UP, A.REPORT_UNRECORDED]),
        ((*TALK, H.STOPPED, H.MUTED), P.RESUMING, [A.RESTART, A.REPORT_MUTED]),
        ((*TALK, H.UNBRIDGED, H.STOPPED, H.MUTED), P.RESUMING, [A.RESTART, A.REPORT_MUTED]),
        ((H.HUNG_UP, H.ALLOWED, H.PROVEN), P.ENDED, [A.FINISH]),
    ],
)
def test_life(happenings: tuple[Happening, ...], phase: Phase, actions: list[Action]) -> None:
    state, done = run(*happenings)
    assert state.phase is phase
    assert done[len(done) - len(actions) :] == actions


def test_adoption() -> None:
    state = State(P.ADOPTING, L.BRIDGED)
    assert run(H.ADOPTED, state=state) == (State(P.RECORDED, L.BRIDGED), [A.OPEN])
    assert run(H.GAP, H.PROVEN, state=state)[1] == [A.REPORT_GAP, A.RESTART, A.OPEN]
    assert run(H.PREPARED, H.PROVEN, state=state)[1] == [A.REPORT_GAP, A.RESTART, A.OPEN]


def test_adoption_while_it_rings() -> None:
    state = State(P.ADOPTING, L.RINGING)
    assert run(H.PREPARED, state=state) == (State(P.WAITING, L.RINGING), [])
    assert run(H.PREPARED, H.ANSWERED, state=state)[1] == [A.START, A.NOTE_ANSWER]
    assert run(H.ANSWERED, H.PREPARED, state=state)[1] == [A.NOTE_ANSWER, A.START]
    # One that a listener of before this rule was recording already, and can not be resumed.
    lost = (H.ADOPTED, H.STOPPED, H.DETACHED, H.UNPROVEN)
    assert run(*lost, state=state)[1][-3:] == [A.SHUT, A.REPORT_LOST, A.PENALTY]


happenings = st.lists(st.sampled_from(list(H)), max_size=40)


@given(happenings)
def test_nothing_starts_while_it_rings(sequence: list[Happening]) -> None:
    state = State()
    for happening in sequence:
        state, actions = step(state, happening)
        if A.START in actions or A.RESTART in actions:
            assert state.line is not L.RINGING


@given(happenings)
def test_the_interlock_opens_only_after_a_proof(sequence: list[Happening]) -> None:
    state = State()
    for happening in sequence:
        state, actions = step(state, happening)
        if A.OPEN in actions:
            assert happening in (H.PROVEN, H.ADOPTED)
            assert state.phase is P.RECORDED


@given(happenings)
def test_a_bridge_without_a_recording_is_being_mended_or_cut(sequence: list[Happening]) -> None:
    state = State()
    for happening in sequence:
        state, _ = step(state, happening)
        assert (state.phase, state.line) != (P.UNRECORDED, L.BRIDGED)
        assert (state.phase, state.line) != (P.PARTING, L.BRIDGED)


@given(happenings)
def test_the_end_is_the_end(sequence: list[Happening]) -> None:
    assert run(H.HUNG_UP, *sequence)[0].phase is P.ENDED
    assert run(*sequence, H.HUNG_UP)[0].phase is P.ENDED
    assert run(*sequence, H.HUNG_UP)[1].count(A.FINISH) == 1


@pytest.mark.parametrize("phase", [phase for phase in P if phase is not P.ENDED])
@pytest.mark.parametrize("line", list(L))
def test_every_leg_can_end(phase: Phase, line: Line) -> None:
    assert step(State(phase, line), H.HUNG_UP) == (State(P.ENDED, line), (A.FINISH,))


def test_every_happening_and_action_is_used() -> None:
    assert {happening for _, _, happening in TABLE} | set(LINES) == set(H)
    assert {action for _, actions in TABLE.values() for action in actions} == set(A)
