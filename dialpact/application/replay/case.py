"""What a profile would have blocked of old CDRs."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import datetime, tzinfo
from typing import Literal

import msgspec

from dialpact.application.actor import Actor, Right
from dialpact.application.aside import aside
from dialpact.application.cdr_file import CdrReading, FileTold
from dialpact.application.replay.trial import RULES, Trial, Trialled
from dialpact.compliance import numbers
from dialpact.compliance.external_sort import ExternalSort
from dialpact.compliance.judge import Judge
from dialpact.compliance.model import PolicyVersion, Value
from dialpact.compliance.outbound import Dialled, Outbound
from dialpact.compliance.reconcile.shift import Shift
from dialpact.compliance.registers.fault import Fault
from dialpact.store.ports import Store

STEP = 1000  # lines between two reports of progress
Stage = Literal["reading", "judging"]


class ReplayOrder(msgspec.Struct, frozen=True, kw_only=True):
    """``zone``: of the files' times. ``rules``: those whose failures count. ``pick``: which records are calls
    to the outside.
    """

    cdr: CdrReading
    zone: tzinfo
    judge: Judge
    rules: frozenset[str]
    pick: Outbound


class Share(Value, frozen=True, kw_only=True):
    """Of one caller ID, campaign or hour."""

    attempts: int
    blocked: int


class Sums(Value, frozen=True, kw_only=True):
    """``reasons``: how many attempts each was among, the most frequent first. ``hours``: 00 to 23, as the
    first profile's rules count them, in whatever zone the file is.
    """

    attempts: int
    blocked: int
    first: datetime | None
    last: datetime | None
    reasons: dict[str, int]
    caller_ids: dict[str, Share]
    campaigns: dict[str, Share]
    hours: dict[str, Share]


class Replayed(Value, frozen=True, kw_only=True):
    """``lines`` of the files: ``bad`` could not be read, ``others`` are no calls to the outside. ``shift``:
    seconds by which the times are off, by the files' own unique ids; 0: they are right, or nothing tells.
    """

    lines: int
    bad: int
    others: int
    profiles: tuple[PolicyVersion, ...]
    rules: tuple[str, ...]
    registers: bool  # whether they were looked at
    sums: Sums
    files: tuple[FileTold, ...]
    shift: int


async def replayed(
    order: ReplayOrder,
    store: Store | None,
    actor: Actor,
    *,
    bad: Callable[[str, int, Fault], None],
    say: Callable[[Trialled], None],
    progress: Callable[[Stage, int, int | None], None],
) -> Replayed:
    """``store`` None: the registers are not looked at. Changes nothing.

    ``say`` takes every outcome in the order of time, ``bad`` every unreadable line with its file (it may come
    from another thread, one at a time), ``progress`` how much of how much is done: bytes, then attempts.
    """
    actor.need(Right.CALLS)
    await asyncio.to_thread(numbers.warm)
    lines = 0
    shift = Shift()
    adding = _Adding(order.judge.policy.profiles[0].zone)
    with ExitStack() as stack:
        past = stack.enter_context(ExternalSort(Dialled))
        async for count in aside(_read(order, past, shift, bad)):
            lines = count
            progress("reading", order.cdr.position, order.cdr.size)
        progress("judging", 0, past.count)
        trial = Trial(order.judge, order.rules, store)
        async for outcome in trial.outcomes(past):
            adding.add(outcome)
            say(outcome)
            if adding.attempts % STEP == 0:
                progress("judging", adding.attempts, past.count)
    unread = sum(told.bad for told in order.cdr.told)
    return Replayed(
        lines=lines,
        bad=unread,
        others=lines - unread - past.count,
        profiles=order.judge.policy.versions,
        rules=tuple(rule for rule in RULES if rule in order.rules),
        registers=store is not None,
        sums=adding.sums,
        files=tuple(order.cdr.told),
        shift=shift.seconds,
    )


def _read(
    order: ReplayOrder, past: ExternalSort[Dialled], shift: Shift, bad: Callable[[str, int, Fault], None]
) -> Iterator[int]:
    """The attempts into ``past``, their lines counted through all files; yields how many lines now and then,
    and at the end.
    """
    lines = before = 0
    for source, told in zip(order.cdr.sources, order.cdr.told, strict=True):
        for number, record in source.records:
            lines += 1
            if isinstance(record, Fault):
                told.bad += 1
                bad(source.name, number, record)
            else:
                shift.row(record.uniqueid or record.stamp, record.start.timestamp())
                if (dialled := order.pick(record)) is not None:
                    past.add(dialled._replace(line=before + number) if before else dialled)
                touched = dialled is not None or order.pick.touches(record)
                told.saw(record, touched=touched)
                told.unlisted += not touched and order.pick.unlisted(record)
            if lines % STEP == 0:
                yield lines
        before += told.last
    yield lines


def place(line: int, files: Sequence[FileTold]) -> tuple[str, int]:
    """Of a line that is counted through all files: the file, and the line in it."""
    for told in files:
        if line <= told.last:
            return told.file, line
        line -= told.last
    raise ValueError(line)


class _Adding:
    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone
        self.attempts = self._blocked = 0
        self._first: datetime | None = None
        self._last: datetime | None = None
        self._reasons: Counter[str] = Counter()
        # (attempts, blocked) by caller ID, campaign and hour
        self._by: tuple[tuple[Counter[str], Counter[str]], ...] = tuple(
            (Counter(), Counter()) for _ in range(3)
        )

    def add(self, outcome: Trialled) -> None:
        self._first, self._last = self._first or outcome.at, outcome.at
        self.attempts += 1
        self._blocked += bool(outcome.failures)
        self._reasons.update(outcome.reasons)
        hour = f"{outcome.at.astimezone(self._zone).hour:02}"
        keys = (outcome.attempt.caller_id, outcome.attempt.campaign, hour)
        for key, (attempts, blocked) in zip(keys, self._by, strict=True):
            attempts[key] += 1
            blocked[key] += bool(outcome.failures)

    @property
    def sums(self) -> Sums:
        caller_ids, campaigns, hours = (
            {key: Share(attempts=count, blocked=blocked[key]) for key, count in attempts.items()}
            for attempts, blocked in self._by
        )
        return Sums(
            attempts=self.attempts,
            blocked=self._blocked,
            first=self._first,
            last=self._last,
            reasons=dict(self._reasons.most_common()),
            caller_ids=_worst_first(caller_ids),
            campaigns=_worst_first(campaigns),
            hours=dict(sorted(hours.items())),
        )


def _worst_first(found: dict[str, Share]) -> dict[str, Share]:
    return dict(sorted(found.items(), key=lambda item: (-item[1].blocked, -item[1].attempts, item[0])))
