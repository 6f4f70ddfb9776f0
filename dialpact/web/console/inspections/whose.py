"""It is of the whole installation, so it is nobody's who is limited to a team."""

from __future__ import annotations

from typing import Any

from dialpact.application.jobs import inspecting, queue
from dialpact.application.jobs.inspecting import KIND
from dialpact.compliance.jobs import Job, JobKind
from dialpact.compliance.registers.account import Role
from dialpact.web.console.page import Asked

LOOK = frozenset({Role.ADMINISTRATOR, Role.OFFICER, Role.AUDITOR})
ASK = LOOK


async def job_of(asked: Asked[Any], kind: JobKind = KIND) -> Job:
    """The job that the address names. Fault; NotPermitted for numbers that this account may not have."""
    if kind == KIND:
        return await inspecting.shown(asked.context, asked.path["id"])
    return await queue.show(asked.context, kind, asked.path["id"])
