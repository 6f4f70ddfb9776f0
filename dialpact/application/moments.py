"""Where something is to be heard in a recording: an opt-out, and what is silent or missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from dialpact.compliance import soundtrack
from dialpact.compliance.model import Value
from dialpact.compliance.recording import Recording
from dialpact.compliance.registers.dnc import Said
from dialpact.compliance.soundtrack import Soundtrack, between

# An opt-out; a silence by its reason; nobody sent, and the file leaves it out.
Kind = Literal["opt-out", "lost", "sent", "unsent", "unknown", "left-out"]


class Moment(Value, frozen=True, kw_only=True):
    """Between ``begin`` and ``end`` seconds of the file. ``side``: callee, agent; of both it is empty.

    ``missing``: seconds that are in no recording. ``heard_in``: the recording that has it. ``said``: the
    opt-out.
    """

    kind: Kind
    begin: float
    end: float
    side: str = ""
    missing: float = 0.0
    heard_in: str = ""
    said: Said | None = None


def moments(one: Recording, said: Sequence[Said]) -> tuple[Moment, ...]:
    """In the order of their places. ``said``: the callee's opt-outs; those in others are left out."""
    found = [
        Moment(
            kind="opt-out",
            begin=each.position,
            end=each.position if each.position_to is None else each.position_to,
            said=each,
        )
        for each in said
        if each.recording == one.id and each.position is not None
    ]
    track = soundtrack.decode(one.sound)
    if track is not None and track.index:
        found += _silences(track)
    return tuple(sorted(found, key=lambda moment: (moment.begin, moment.end)))


def _silences(track: Soundtrack) -> Iterator[Moment]:
    for side, stretches in track.silent.items():
        for each in stretches:
            yield Moment(
                kind=each.reason,
                begin=between(track.index, each.begin)[0],
                end=between(track.index, each.end)[1],
                side=side,
                missing=each.missing,
                heard_in=each.heard_in,
            )
    for begin, end, missing in track.unsent:
        yield Moment(
            kind="left-out",
            begin=between(track.index, begin)[0],
            end=between(track.index, end)[1],
            missing=missing,
        )
