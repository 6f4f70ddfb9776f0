"""The state machine of one carrier leg, as a table. Pure: a state and an event give a state and actions.

A leg's state is a phase (what is known of its recording) and a line (how far the call is). Lines change by
themselves; what an event means for the phase, and what is to be done, stands in ``TABLE``. What is not in
it changes nothing. The order of AMI's events is the one seen on Asterisk 22 (tests/transcripts/ami).

1. A leg's first recorder starts with the answer, never while it rings: what was said then is no part of the
   conversation, and one that lived through early media loses the callee when the source of his sound changes.
2. The interlock is opened only on the way into RECORDED, that is after PROVEN.
3. No line is BRIDGED for longer than the proof takes while the phase is not RECORDED: it is resumed, or cut.
4. A leg that went round the gate is cut on whatever line it is, and stays CUT until it is gone.
"""

from __future__ import annotations

from enum import StrEnum, auto

import msgspec


class Phase(StrEnum):
    JUDGING = auto()  # dialled; the decision id is being looked up
    ADOPTING = auto()  # found after a restart, with a recording that may be running
    FOREIGN = auto()  # without a fitting decision; watched until its end
    WAITING = auto()  # it may be made; row, folder and names are made while it rings
    STARTING = auto()  # MixMonitor asked for, not proven
    UNRECORDED = auto()  # not proven in time; the interlock stays shut, the dialplan gives up
    RECORDED = auto()  # proven
    # A recorder on its channel stopped while it talked with nobody. Most likely the call ends: the hangup
    # handler stops our recorder just before the Hangup event. So that event is waited for, for a moment.
    PARTING = auto()
    CHECKING = auto()  # a recorder stopped, and the call goes on: was it ours, or another's on this channel?
    RESUMING = auto()  # stopped, muted or stalled; a new segment is being proven
    CUT = auto()  # told to hang up, as it could not be recorded or went round the gate
    ENDED = auto()


class Line(StrEnum):
    RINGING = auto()
    UP = auto()
    BRIDGED = auto()


class LegEvent(StrEnum):
    ALLOWED = auto()  # the decision fits
    LET_BE = auto()  # it does not, and goes on: an emergency call, or a trunk that only reports
    BYPASSED = auto()  # it does not, and is cut
    ADOPTED = auto()  # the recording that was running still is
    GAP = auto()  # it is not, or there never was one
    PREPARED = auto()  # found ringing with its row, and nothing has begun
    PROVEN = auto()
    UNPROVEN = auto()
    ANSWERED = auto()
    BRIDGED = auto()
    UNBRIDGED = auto()
    STOPPED = auto()
    MUTED = auto()
    STALLED = auto()
    VANISHED = auto()  # a file of it is gone from the disk
    GRACE_OVER = auto()
    STILL_ATTACHED = auto()  # what stopped was another's
    DETACHED = auto()
    OVERDUE = auto()  # answered, not recorded, and the dialplan does not give up
    HUNG_UP = auto()


class Action(StrEnum):
    PREPARE = auto()  # row, folder, names: all of a recording that needs no answer
    START = auto()  # the same if it was not done yet; MixMonitor, proof
    RESTART = auto()  # the same in new files; then end the old MixMonitor if it still runs
    OPEN = auto()  # set the interlock
    SHUT = auto()  # take it back
    NOTE_ANSWER = auto()
    WAIT_GRACE = auto()
    CHECK = auto()  # is our MixMonitor still on the channel?
    HANG_UP = auto()
    FINISH = auto()
    PENALTY = auto()  # no new calls for a while: something fails that the checks did not foresee
    REPORT_NOT_STARTED = "recording-not-started"
    REPORT_STOPPED = "recording-stopped"
    REPORT_MUTED = "recording-muted"
    REPORT_STALLED = "recording-stalled"
    REPORT_VANISHED = "recording-vanished"
    REPORT_GAP = "recording-gap"
    REPORT_LOST = "recording-lost"  # could not be resumed
    REPORT_UNRECORDED = "bridged-unrecorded"


class State(msgspec.Struct, frozen=True):
    phase: Phase = Phase.JUDGING
    line: Line = Line.RINGING


P, L, E, A = Phase, Line, LegEvent, Action
ANY = tuple(Line)

# event: (the lines it is possible on, the line it leads to)
LINES: dict[LegEvent, tuple[tuple[Line, ...], Line]] = {
    E.ANSWERED: ((L.RINGING,), L.UP),
    E.BRIDGED: ((L.RINGING, L.UP), L.BRIDGED),
    E.UNBRIDGED: ((L.BRIDGED,), L.UP),
}

# (phase, lines, event): (phase, actions); the line is the one after the event.
TABLE: dict[tuple[Phase, tuple[Line, ...], LegEvent], tuple[Phase, tuple[Action, ...]]] = {
    (P.JUDGING, (L.RINGING,), E.ALLOWED): (P.WAITING, (A.PREPARE,)),
    (P.JUDGING, (L.UP, L.BRIDGED), E.ALLOWED): (P.STARTING, (A.START, A.NOTE_ANSWER)),
    (P.JUDGING, ANY, E.LET_BE): (P.FOREIGN, ()),
    (P.JUDGING, ANY, E.BYPASSED): (P.CUT, (A.HANG_UP,)),
    (P.JUDGING, ANY, E.HUNG_UP): (P.ENDED, (A.FINISH,)),
    (P.ADOPTING, ANY, E.ADOPTED): (P.RECORDED, (A.OPEN,)),
    (P.ADOPTING, ANY, E.GAP): (P.RESUMING, (A.REPORT_GAP, A.RESTART)),
    (P.ADOPTING, (L.RINGING,), E.PREPARED): (P.WAITING, ()),
    (P.ADOPTING, (L.UP,), E.PREPARED): (P.STARTING, (A.START,)),
    (P.ADOPTING, (L.BRIDGED,), E.PREPARED): (P.RESUMING, (A.REPORT_GAP, A.RESTART)),
    (P.ADOPTING, (L.UP,), E.ANSWERED): (P.ADOPTING, (A.NOTE_ANSWER,)),
    (P.ADOPTING, ANY, E.HUNG_UP): (P.ENDED, (A.FINISH,)),
    (P.FOREIGN, ANY, E.HUNG_UP): (P.ENDED, (A.FINISH,)),
    (P.WAITING, (L.UP,), E.ANSWERED): (P.STARTING, (A.START, A.NOTE_ANSWER)),
    (P.WAITING, (L.BRIDGED,), E.BRIDGED): (P.STARTING, (A.START, A.NOTE_ANSWER)),
    (P.WAITING, (L.RINGING,), E.UNPROVEN): (P.UNRECORDED, (A.REPORT_NOT_STARTED, A.PENALTY)),
    (P.WAITING, ANY, E.HUNG_UP): (P.ENDED, (A.FINISH,)),
    (P.STARTING, (L.UP, L.BRIDGED), E.PROVEN): (P.RECORDED, (A.OPEN,)),
    (P.STARTING, (L.UP,), E.UNPROVEN): (P.UNRECORDED, (A.REPORT_NOT_STARTED, A.PENALTY)),
    (P.STARTING, (L.BRIDGED,), E.UNPROVEN): (P.CUT, (A.HANG_UP, A.REPORT_UNRECORDED, A.PENALTY)),
    (P.STARTING, ANY, E.HUNG_UP): (P.ENDED, (A.FINISH,)),
    (P.UNRECORDED, (L.UP,), E.ANSWERED): (P.UNRECORDED, (A.NOTE_ANSWER,)),
    (P.UNRECORDED, (L.BRIDGED,), E.BRIDGED): (P.CUT, (A.HANG_UP, A.REPORT_UNRECORDED)),
    (P.UNRECORDED, (L.UP,), E.OVERDUE): (P.CUT, (A.HANG_UP, A.REPORT_UNRECORDED)),
    (P.UNRECORDED, ANY, E.HUNG_UP): (P.ENDED, (A.FINISH,)),
    (P.RECORDED, (L.UP,), E.ANSWERED): (P.RECORDED, (A.NOTE_ANSWER,)),
    (P.RECORDED, (L.RINGING, L.BRIDGED), E.STOPPED): (P.CHECKING, (A.CHECK,)),
    (P.RECORDED, (L.UP,), E.STOPPED): (P.PARTING, (A.WAIT_GRACE,)),
    (P.RECORDED, ANY, E.MUTED): (P.RESUMING, (A.RESTART, A.REPORT_MUTED)),
    (P.RECORDED, ANY, E.STALLED): (P.RESUMING, (A.REPORT_STALLED, A.RESTART)),
    (P.RECORDED, ANY, E.VANISHED): (P.RESUMING, (A.RESTART, A.REPORT_VANISHED)),
    (P.RECORDED, ANY, E.HUNG_UP): (P.ENDED, (A.FINISH,)),
    (P.PARTING, ANY, E.GRACE_OVER): (P.CHECKING, (A.CHECK,)),
    (P.PARTING, (L.BRIDGED,), E.BRIDGED): (P.CHECKING, (A.CHECK,)),
    (P.PARTING, ANY, E.MUTED): (P.RESUMING, (A.RESTART, A.REPORT_MUTED)),
    (P.PARTING, ANY, E.HUNG_UP): (P.ENDED, (A.FINISH,)),
    (P.CHECKING, (L.UP,), E.ANSWERED): (P.CHECKING, (A.NOTE_ANSWER,)),
    (P.CHECKING, ANY, E.STILL_ATTACHED): (P.RECORDED, ()),
    (P.CHECKING, ANY, E.DETACHED): (P.RESUMING, (A.RESTART, A.REPORT_STOPPED)),
    (P.CHECKING, ANY, E.MUTED): (P.RESUMING, (A.RESTART, A.REPORT_MUTED)),
    (P.CHECKING, ANY, E.HUNG_UP): (P.ENDED, (A.FINISH,)),
    (P.RESUMING, (L.UP,), E.ANSWERED): (P.RESUMING, (A.NOTE_ANSWER,)),
    (P.RESUMING, ANY, E.PROVEN): (P.RECORDED, (A.OPEN,)),
    (P.RESUMING, (L.RINGING,), E.UNPROVEN): (P.UNRECORDED, (A.SHUT, A.REPORT_LOST, A.PENALTY)),
    (P.RESUMING, (L.UP, L.BRIDGED), E.UNPROVEN): (P.CUT, (A.SHUT, A.HANG_UP, A.REPORT_LOST, A.PENALTY)),
    (P.RESUMING, ANY, E.HUNG_UP): (P.ENDED, (A.FINISH,)),
    (P.CUT, ANY, E.HUNG_UP): (P.ENDED, (A.FINISH,)),
}
# What a question that Asterisk does not answer is taken for: the worst.
UNANSWERED = {
    Phase.ADOPTING: LegEvent.GAP,
    Phase.CHECKING: LegEvent.DETACHED,
}
_BY_LINE = {
    (phase, line, event): outcome for (phase, lines, event), outcome in TABLE.items() for line in lines
}


def step(state: State, event: LegEvent) -> tuple[State, tuple[Action, ...]]:
    """The next state and what is to be done, in this order."""
    line = state.line
    if event in LINES:
        before, line = LINES[event]
        if state.line not in before:
            return state, ()
    phase, actions = _BY_LINE.get((state.phase, line, event), (state.phase, ()))
    return State(phase, line), actions
