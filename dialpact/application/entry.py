"""What the registers' use cases answer with: what became of an entry, and an entry with its history."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, TypeVar

from dialpact.application.context import Context
from dialpact.application.history import history
from dialpact.compliance.model import Value
from dialpact.compliance.registers import Outcome
from dialpact.compliance.registers.change import Change
from dialpact.compliance.registers.fault import Fault

T = TypeVar("T")


class Entered(Value, Generic[T], frozen=True, kw_only=True):
    """``unknown``: names in it that nothing goes by here, likely a slip of the pen."""

    outcome: Outcome
    entry: T
    unknown: tuple[str, ...] = ()


class ShownEntry(Value, Generic[T], frozen=True, kw_only=True):
    """``entries`` are empty when there is none any more; ``history`` is the oldest first."""

    key: str
    entries: tuple[T, ...]
    history: tuple[Change, ...]


async def shown(context: Context, register: str, key: str, entries: Sequence[T]) -> ShownEntry[T]:
    """With the history from the register's log. Fault when there never was anything."""
    changes = await history(context, register, key)
    if not entries and not changes:
        raise Fault("not-registered", entry=key)
    return ShownEntry(key=key, entries=tuple(entries), history=changes)
