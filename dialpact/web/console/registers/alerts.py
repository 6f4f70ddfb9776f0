"""What of an entry wants a person, for its page: a suspension, a request that waits for a second officer."""

from __future__ import annotations

from collections.abc import Mapping

from dialpact.application import approvals, suspensions
from dialpact.application.context import Context
from dialpact.compliance.model import Suspendable
from dialpact.compliance.registers.approval import About

MOST = 200  # requests that are looked at, the oldest first
Alert = tuple[str, Mapping[str, str]]  # a text's key, and its values


async def suspended(context: Context, kind: Suspendable, key: str) -> list[Alert]:
    """Where one is in force."""
    found = await suspensions.in_force(context, kind, key)
    return [("registers.is-suspended", {"cause": one.cause}) for one in found]


async def asked_for(context: Context, *abouts: About) -> list[Alert]:
    """Of each that waits."""
    found = await approvals.waiting(context, most=MOST)
    return [
        ("registers.is-asked", {"by": one.asked_by, "reason": one.reason})
        for one in found.rows
        if one.about in abouts
    ]
