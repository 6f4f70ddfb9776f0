"""Who changed an entry of a register, when and how."""

from __future__ import annotations

from dialpact.application.context import Context
from dialpact.compliance.registers.change import Change


async def history(context: Context, register: str, *keys: str) -> tuple[Change, ...]:
    """Of one entry under any of its keys, the oldest first."""
    return tuple(await context.store.changes.of(register, *keys))
