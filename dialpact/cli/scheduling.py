"""Calls wait for no process that has time: short slices for the threads that answer them, and a processor.

Since Linux 6.12 a thread may say how long a slice of the processor it wants, and one that wakes with a
shorter slice need not wait until the slice of who runs is over, about 3 ms; that who runs is nicer
does not help against that. Older kernels take the wish and do nothing with it: there niceness helps.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import struct
from collections.abc import Collection, Sequence
from pathlib import Path

SLICE = 100_000  # nanoseconds, the shortest there is
_LEFT: list[int] = []
# linux/sched/types.h: size, policy, flags, nice, priority, runtime, deadline, period, two clamps.
_FORM = struct.Struct("=IIQiIQQQII")
_CALLS = {"x86_64": (314, 315), "aarch64": (274, 275)}  # sched_setattr, sched_getattr


def promptly() -> bool:
    """For every thread of this process, and those that they start. False: this host can not be told, or has
    been told otherwise (a real-time policy stays).
    """
    numbers = _CALLS.get(platform.machine())
    if numbers is None:
        return False
    try:
        # A thread that has ended meanwhile wants nothing.
        told = [_wish(numbers[0], thread) for thread in _threads()]
    except OSError:
        return False
    return any(told)


def aside() -> bool:
    """Every thread of this process, and what it starts, keeps to the second half of the processors, so that
    who calls finds another. False: there is but one, or this host can not be told.
    """
    may = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    _LEFT[:] = may
    return keep_to(second_half(may)) and len(may) > 1


def left() -> Sequence[int]:
    """The processors that there were for this process before it went aside; none where it has not."""
    return tuple(_LEFT)


def keep_to(processors: Collection[int]) -> bool:
    """For every thread of this process, and what it starts. False: this host can not be told."""
    if not processors:
        return False
    try:
        for thread in _threads():
            with contextlib.suppress(ProcessLookupError):
                os.sched_setaffinity(thread, processors)
    except OSError:
        return False
    return True


def second_half(processors: Collection[int]) -> list[int]:
    """The one there is, where there is one."""
    return sorted(processors)[len(processors) // 2 :]


def slice_of(thread: int) -> int:
    """In nanoseconds; 0: it has no wish, or this host knows of none."""
    numbers = _CALLS.get(platform.machine())
    found = ctypes.create_string_buffer(_FORM.size)
    if numbers is None or _syscall(numbers[1], thread, found, _FORM.size, 0) != 0:
        return 0
    return int(_FORM.unpack(found.raw)[5])


def _threads() -> list[int]:
    return [int(task.name) for task in Path("/proc/self/task").iterdir()]


def _wish(number: int, thread: int) -> bool:
    try:
        policy, nice = os.sched_getscheduler(thread), os.getpriority(os.PRIO_PROCESS, thread)
    except ProcessLookupError:
        return False
    if policy != os.SCHED_OTHER:
        return False
    wish = _FORM.pack(_FORM.size, policy, 0, nice, 0, SLICE, 0, 0, 0, 0)
    return _syscall(number, thread, ctypes.create_string_buffer(wish, _FORM.size), 0) == 0


def _syscall(number: int, *arguments: object) -> int:
    return int(ctypes.CDLL(None, use_errno=True).syscall(number, *arguments))
