"""What became of a call: what people look for in a list of calls. Pure: rows in, a word and seconds out.

A decision may have several legs (``Dial(A&B)``, another address of the trunk): the best of them tells.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple, get_args

from dialpact.compliance.clock import instant

Word = Literal[
    "answered",
    "in-progress",  # it rings, or somebody talks
    "interlock-refused",  # answered, and not bridged because it was not being recorded
    "busy",
    "no-answer",
    "redirected",  # the carrier sent the call on to another number (302)
    "cancelled",  # the caller hung up, or another leg was answered
    "failed",  # the network or the trunk
    "not-dialled",  # allowed, and no leg of it was seen
    "refused",  # by the gate
]
WORDS: tuple[Word, ...] = get_args(Word)
Row = Mapping[str, Any]
_DIAL_STATUS: dict[str, Word] = {"BUSY": "busy", "NOANSWER": "no-answer", "CANCEL": "cancelled"}
_REDIRECTED = 23  # Q.850
_CAUSE: dict[int | None, Word] = {17: "busy", 18: "no-answer", 19: "no-answer"}  # Q.850, without a DialEnd


class Outcome(NamedTuple):
    """``talk_seconds``: None where nobody talked, or where it is not known yet."""

    word: Word
    talk_seconds: float | None = None


def outcome(put_through: bool, legs: Sequence[Row], recordings: Sequence[Row]) -> Outcome:
    """``legs``: rows of ``carrier_leg``; ``recordings``: of ``recording``, for calls from before there were
    legs.
    """
    if not put_through:
        return Outcome("refused")
    told = legs or recordings
    words = [_of_leg(row) if legs else _of_recording(row) for row in told]
    if not words:
        return Outcome("not-dialled")
    word = min(words, key=WORDS.index)
    talks = [row for row, own in zip(told, words, strict=True) if own == "answered"]
    return Outcome(word, max(map(_talk, talks)) if word == "answered" else None)


def _of_leg(leg: Row) -> Word:
    if leg["interlock"] == "refused":
        return "interlock-refused"
    if leg["ended_at"] is None:
        return "in-progress"
    if leg["answered_at"]:
        return "answered"
    if leg["hangup_cause"] == _REDIRECTED:  # Dial gives the leg up, whether it follows or not
        return "redirected"
    return _DIAL_STATUS.get(leg["dial_status"]) or _CAUSE.get(leg["hangup_cause"], "failed")


def _of_recording(row: Row) -> Word:
    if row["ended_at"] is None:
        return "in-progress"
    return "answered" if row["answered_at"] else "no-answer"


def _talk(row: Row) -> float:
    """Seconds from the answer to the end."""
    return round((instant(row["ended_at"]) - instant(row["answered_at"])).total_seconds(), 1)
