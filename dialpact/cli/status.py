"""``dialpact status``: would a call that may be made be made now?"""

from __future__ import annotations

import asyncio
from dataclasses import replace

from dialpact.application.daemon_registry import Role
from dialpact.application.doctor.finding import DoctorFinding
from dialpact.application.health import Looking, Sources
from dialpact.application.incidents import kinds
from dialpact.application.policy import load_policy
from dialpact.cli.command_context import DONE, FOUND, CommandContext
from dialpact.compliance.config import Config
from dialpact.compliance.profile import Policy
from dialpact.presentation.finding import said
from dialpact.store.sqlite import Store
from dialpact.web.server import Outside, state


async def status(session: CommandContext) -> int:
    """Would a call that may be made be made now? What /health/ready says, for a shell."""
    looking = Looking(sources(session))
    try:
        look = await looking.look()
    finally:
        await looking.close()
    if session.as_json:
        session.json(state(look, in_english))
    else:
        lines = [session.text("status.not-ready" if look.problems else "status.ready")]
        lines += [f"- {item.key}: {said(item, session.language)}" for item in look.problems]
        lines += [session.text("status.remarks")] if look.remarks else []
        lines += [f"- {item.key}: {said(item, session.language)}" for item in look.remarks]
        session.answer(None, "\n".join(lines))
    return FOUND if look.problems else DONE


def sources(session: CommandContext) -> Sources:
    """A daemon's rules are its own, which no bad file on the disk changes; a command's are the disk's."""

    async def policy() -> Policy:
        if session.reloading:
            return session.reloading.policy
        return await asyncio.to_thread(load_policy, session.config)

    async def opened(config: Config) -> Store:
        return await Store.open(config.database)

    return Sources(config=lambda: session.config, policy=policy, open=opened, clock=session.clock)


def outside(session: CommandContext, role: Role = "serve") -> Outside:
    """What a daemon's pages show."""
    looked_at = replace(sources(session), recordings=role != "gate")
    return Outside(sources=looked_at, said=in_english, kinds=kinds, role=role)


def in_english(item: DoctorFinding) -> str:
    """For programs."""
    return said(item, "en")
