"""What is held against the calls beside decisions: legs that the listener told of, voices beside them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from itertools import groupby
from typing import NamedTuple

from dialpact.compliance.external_sort import ExternalSort
from dialpact.compliance.reconcile import (
    CdrCall,
    CdrJudge,
    Heard,
    HouseCalls,
    SeenLeg,
    Spoken,
    Talk,
    Voice,
    Whisper,
    heard,
    unrecorded,
)
from dialpact.compliance.reconcile.incidents import NEAR

STEP = 1000
OF_CALLER_ID = "caller-id-"  # a leg with its decision


class _Leg(NamedTuple):
    """A leg of the CDRs, by its channel."""

    channel: str
    call: CdrCall


class Beside:
    """All that is added before ``run``; in order on disk, as the calls are."""

    def __init__(self, stack: ExitStack, judge: CdrJudge, calls: HouseCalls) -> None:
        self._judge, self._calls = judge, calls
        self._told = stack.enter_context(ExternalSort(SeenLeg))
        self._legs = stack.enter_context(ExternalSort(_Leg))
        self._voices = stack.enter_context(ExternalSort(Voice))
        self._spoken = stack.enter_context(ExternalSort(Spoken))
        self._talks = stack.enter_context(ExternalSort(Talk))

    def add_legs(self, legs: Sequence[SeenLeg]) -> None:
        for leg in legs:
            self._told.add(leg)

    def add_voices(self, voices: Sequence[Voice]) -> None:
        for voice in voices:
            self._voices.add(voice)

    def add_whispers(self, whispers: Iterable[Whisper]) -> None:
        """Once the voices are there, and before the calls."""
        for one in unrecorded(whispers, self._voices):
            self._spoken.add(Spoken(one.at, one))

    def add_call(self, call: CdrCall) -> None:
        if self._told.count:
            for channel in {call.leg, call.channel if call.way == "house" else ""} - {""}:
                self._legs.add(_Leg(channel, call))
        if self._spoken.count and call.answer and call.way in ("out", "originated"):
            self._talks.add(Talk(call.answer, call))

    def run(self) -> Iterator[int]:
        """Yields how many now and then."""
        for place, (leg, call) in enumerate(self._seen(), 1):
            self._hold(leg, call)
            if place % STEP == 0:
                yield place
        for place, one in enumerate(heard(self._spoken, self._talks), 1):
            if isinstance(one, Heard):
                self._judge.whisper(one)
            if place % STEP == 0:
                yield place

    def _hold(self, leg: SeenLeg, call: CdrCall | None) -> None:
        if call is None:
            self._judge.unseen_leg(leg, self._calls.trunk(leg.channel))
        elif leg.kind.startswith(OF_CALLER_ID):
            return
        elif call.way in ("in", "elsewhere"):
            self._judge.originated_leg(leg, call)
        elif call.way == "house" and leg.cut:
            self._judge.unlisted_leg(leg)

    def _seen(self) -> Iterator[tuple[SeenLeg, CdrCall | None]]:
        """Each leg that was told of, and its call in the CDRs: of that name, and at that time."""
        legs = groupby(self._legs, key=lambda leg: leg.channel)
        channel, calls = "", list[CdrCall]()
        near = NEAR.total_seconds()
        for told in self._told:
            while channel < told.channel and (following := next(legs, None)) is not None:
                channel, calls = following[0], [leg.call for leg in following[1]]
            there = calls if channel == told.channel else []
            fits = (call for call in there if call.at - near <= told.at < call.end + near)
            yield told, next(fits, None)
