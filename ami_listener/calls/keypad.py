"""A sequence of keys, recognised without keeping one: only how much of it has been pressed, and when."""

from __future__ import annotations

import msgspec

BETWEEN_SECONDS = 3.0  # two keys, as FEATURE(featuredigittimeout) in the dialplan


class Pressed(msgspec.Struct, frozen=True):
    """How many keys of a sequence have been pressed one after the other, the last of them ``at``."""

    count: int = 0
    at: float = 0.0


NOTHING = Pressed()


def press(sequence: str, so_far: Pressed, key: str, at: float) -> tuple[Pressed, bool]:
    """After one more key: how far it is now, and whether the sequence is complete."""
    count = so_far.count if at - so_far.at <= BETWEEN_SECONDS else 0
    entered = sequence[:count] + key  # the longest end of it that begins the sequence counts: *, then *9
    while entered and not sequence.startswith(entered):
        entered = entered[1:]
    if entered == sequence:
        return NOTHING, True
    return Pressed(len(entered), at), False
