"""Whether a campaign or a caller ID is suspended, for its page."""

from __future__ import annotations

from collections.abc import Mapping

from dialpact.application.context import Context
from dialpact.compliance.model import Suspendable


async def suspended(context: Context, kind: Suspendable, key: str) -> list[tuple[str, Mapping[str, str]]]:
    """The alert, where one is in force."""
    found = await context.store.suspensions.list(kind=kind, key=key)
    return [("registers.is-suspended", {"cause": one.cause}) for one in found.rows]
