"""What is asked for of an entry and waits for a second officer, for its page."""

from __future__ import annotations

from collections.abc import Mapping

from dialpact.application import approvals
from dialpact.application.context import Context
from dialpact.compliance.registers.approval import About

MOST = 200  # requests that are looked at, the oldest first


async def asked_for(context: Context, *abouts: About) -> list[tuple[str, Mapping[str, str]]]:
    """An alert for each that waits."""
    found = await approvals.waiting(context, most=MOST)
    return [
        ("registers.is-asked", {"by": one.asked_by, "reason": one.reason})
        for one in found.rows
        if one.about in abouts
    ]
