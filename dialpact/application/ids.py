"""Ids as people give them: whole, or the first characters of one, as the lists show them."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence

from dialpact.application.context import Context
from dialpact.compliance.registers.fault import Fault

WHOLE = 32  # hex digits
FEWEST = 4  # that are taken for the beginning of one, as git does
SHOWN = 10  # candidates
ID = re.compile(rf"[0-9a-f]{{{WHOLE}}}")
BEGINNING = re.compile(rf"[0-9a-f]{{{FEWEST},{WHOLE - 1}}}")


async def decision(context: Context, text: str) -> str:
    """The id of the one decision that begins so; what begins none is handed on. Fault where several do."""
    return await _one(text, context.store.calls.ids_beginning)


async def recording(context: Context, text: str) -> str:
    """The same of a recording."""
    return await _one(text, context.store.recording_list.ids_beginning)


async def _one(text: str, beginning: Callable[..., Awaitable[Sequence[str]]]) -> str:
    wanted = text.strip().lower()
    if not BEGINNING.fullmatch(wanted):
        return wanted
    found = await beginning(wanted, most=SHOWN + 1)
    if len(found) > 1:
        listed = ", ".join(found[:SHOWN]) + (", ..." if len(found) > SHOWN else "")
        raise Fault("ambiguous-id", entry=wanted, candidates=listed)
    return found[0] if found else wanted
