"""The life of one carrier leg as a literal table. Pure: a state and a happening give a state and actions.

A leg's state is a phase (what is known of its recording) and a line (how far the call is). Lines change by
themselves; what a happening means for the phase, and what is to be done, stands in ``TABLE``. What is not in
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
    PARTING = auto()  # a MixMonitor stopped outside a bridge: the hangup handler, or a hand?
    CHECKING = auto()  # one stopped: ours, or another's on the same channel?
    RESUMING = auto()  # stopped, muted or stalled; a new segment is being proven
    CUT = auto()  # told to hang up, as it could not be recorded or went round the gate
    ENDED = auto()


class Line(StrEnum):
    RINGING = auto()
    UP = auto()
    BRIDGED = auto()


class Happening(StrEnum):
    ALLOWED = auto()  # the decision fits
    REFUSED = auto()  # it does not, and is let be: an emergency call, or a trunk that only reports
    BYPASSED = auto()  # it does not
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


P, L, H, A = Phase, Line, Happening, Action
ANY = tuple(Line)

# happening: (the lines it is possible on, the line it leads to)
LINES: dict[Happening, tuple[tuple[Line, ...], Line]] = {
    H.ANSWERED: ((L.RINGING,), L.UP),
    H.BRIDGED: ((L.RINGING, L.UP), L.BRIDGED),
    H.UNBRIDGED: ((L.BRIDGED,), L.UP),
}

# (phase, lines, happening): (phase, actions); the line is the one after the happening.
TABLE: dict[tuple[Phase, tuple[Line, ...], Happening], tuple[Phase, tuple[Action, ...]]] = {
    (P.JUDGING, (L.RINGING,), H.ALLOWED): (P.WAITING, (A.PREPARE,)),
    (P.JUDGING, (L.UP, L.BRIDGED), H.ALLOWED): (P.STARTING, (A.START, A.NOTE_ANSWER)),
    (P.JUDGING, ANY, H.REFUSED): (P.FOREIGN, ()),
    (P.JUDGING, ANY, H.BYPASSED): (P.CUT, (A.HANG_UP,)),
    (P.JUDGING, ANY, H.HUNG_UP): (P.ENDED, (A.FINISH,)),
    (P.ADOPTING, ANY, H.ADOPTED): (P.RECORDED, (A.OPEN,)),
    (P.ADOPTING, ANY, H.GAP): (P.RESUMING, (A.REPORT_GAP, A.RESTART)),
    (P.ADOPTING, (L.RINGING,), H.PREPARED): (P.WAITING, ()),
    (P.ADOPTING, (L.UP,), H.PREPARED): (P.STARTING, (A.START,)),
    (P.ADOPTING, (L.BRIDGED,), H.PREPARED): (P.RESUMING, (A.REPORT_GAP, A.RESTART)),
    (P.ADOPTING, (L.UP,), H.ANSWERED): (P.ADOPTING, (A.NOTE_ANSWER,)),
    (P.ADOPTING, ANY, H.HUNG_UP): (P.ENDED, (A.FINISH,)),
    (P.FOREIGN, ANY, H.HUNG_UP): (P.ENDED, (A.FINISH,)),
    (P.WAITING, (L.UP,), H.ANSWERED): (P.STARTING, (A.START, A.NOTE_ANSWER)),
    (P.WAITING, (L.BRIDGED,), H.BRIDGED): (P.STARTING, (A.START, A.NOTE_ANSWER)),
    (P.WAITING, (L.RINGING,), H.UNPROVEN): (P.UNRECORDED, (A.REPORT_NOT_STARTED, A.PENALTY)),
    (P.WAITING, ANY, H.HUNG_UP): (P.ENDED, (A.FINISH,)),
    (P.STARTING, (L.UP, L.BRIDGED), H.PROVEN): (P.RECORDED, (A.OPEN,)),
    (P.STARTING, (L.UP,), H.UNPROVEN): (P.UNRECORDED, (A.REPORT_NOT_STARTED, A.PENALTY)),
    (P.STARTING, (L.BRIDGED,), H.UNPROVEN): (P.CUT, (A.HANG_UP, A.REPORT_UNRECORDED, A.PENALTY)),
    (P.STARTING, ANY, H.HUNG_UP): (P.ENDED, (A.FINISH,)),
    (P.UNRECORDED, (L.UP,), H.ANSWERED): (P.UNRECORDED, (A.NOTE_ANSWER,)),
    (P.UNRECORDED, (L.BRIDGED,), H.BRIDGED): (P.CUT, (A.HANG_UP, A.REPORT_UNRECORDED)),
    (P.UNRECORDED, (L.UP,), H.OVERDUE): (P.CUT, (A.HANG_UP, A.REPORT_UNRECORDED)),
    (P.UNRECORDED, ANY, H.HUNG_UP): (P.ENDED, (A.FINISH,)),
    (P.RECORDED, (L.UP,), H.ANSWERED): (P.RECORDED, (A.NOTE_ANSWER,)),
    (P.RECORDED, (L.RINGING, L.BRIDGED), H.STOPPED): (P.CHECKING, (A.CHECK,)),
    (P.RECORDED, (L.UP,), H.STOPPED): (P.PARTING, (A.WAIT_GRACE,)),
    (P.RECORDED, ANY, H.MUTED): (P.RESUMING, (A.RESTART, A.REPORT_MUTED)),
    (P.RECORDED, ANY, H.STALLED): (P.RESUMING, (A.REPORT_STALLED, A.RESTART)),
    (P.RECORDED, ANY, H.VANISHED): (P.RESUMING, (A.RESTART, A.REPORT_VANISHED)),
    (P.RECORDED, ANY, H.HUNG_UP): (P.ENDED, (A.FINISH,)),
    (P.PARTING, ANY, H.GRACE_OVER): (P.CHECKING, (A.CHECK,)),
    (P.PARTING, (L.BRIDGED,), H.BRIDGED): (P.CHECKING, (A.CHECK,)),
    (P.PARTING, ANY, H.MUTED): (P.RESUMING, (A.RESTART, A.REPORT_MUTED)),
    (P.PARTING, ANY, H.HUNG_UP): (P.ENDED, (A.FINISH,)),
    (P.CHECKING, (L.UP,), H.ANSWERED): (P.CHECKING, (A.NOTE_ANSWER,)),
    (P.CHECKING, ANY, H.STILL_ATTACHED): (P.RECORDED, ()),
    (P.CHECKING, ANY, H.DETACHED): (P.RESUMING, (A.RESTART, A.REPORT_STOPPED)),
    (P.CHECKING, ANY, H.MUTED): (P.RESUMING, (A.RESTART, A.REPORT_MUTED)),
    (P.CHECKING, ANY, H.HUNG_UP): (P.ENDED, (A.FINISH,)),
    (P.RESUMING, (L.UP,), H.ANSWERED): (P.RESUMING, (A.NOTE_ANSWER,)),
    (P.RESUMING, ANY, H.PROVEN): (P.RECORDED, (A.OPEN,)),
    (P.RESUMING, (L.RINGING,), H.UNPROVEN): (P.UNRECORDED, (A.SHUT, A.REPORT_LOST, A.PENALTY)),
    (P.RESUMING, (L.UP, L.BRIDGED), H.UNPROVEN): (P.CUT, (A.SHUT, A.HANG_UP, A.REPORT_LOST, A.PENALTY)),
    (P.RESUMING, ANY, H.HUNG_UP): (P.ENDED, (A.FINISH,)),
    (P.CUT, ANY, H.HUNG_UP): (P.ENDED, (A.FINISH,)),
}
_BY_LINE = {
    (phase, line, happening): outcome
    for (phase, lines, happening), outcome in TABLE.items()
    for line in lines
}


def step(state: State, happening: Happening) -> tuple[State, tuple[Action, ...]]:
    """The next state and what is to be done, in this order."""
    line = state.line
    if happening in LINES:
        before, line = LINES[happening]
        if state.line not in before:
            return state, ()
    phase, actions = _BY_LINE.get((state.phase, line, happening), (state.phase, ()))
    return State(phase, line), actions
