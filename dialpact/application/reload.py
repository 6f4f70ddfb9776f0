"""Asking the running daemons of a node to take what lies on the disk; what they do then is ``reloading``."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import Literal

from dialpact.application import active_config, daemon_registry
from dialpact.application.active_config import ActiveConfig, SettingChange
from dialpact.application.actor import Actor, Right
from dialpact.application.context import Context
from dialpact.application.daemon_registry import Daemon, Role
from dialpact.compliance.config import Config
from dialpact.compliance.model import Value
from dialpact.compliance.registers.cell import free_text
from dialpact.compliance.registers.fault import Fault

SECONDS = 10.0  # for all daemons together to say what they did
LOOK_SECONDS = 0.05

# would-change, same: of a check. other: it took something else, that was written meanwhile.
Outcome = Literal["would-change", "same", "taken", "other", "refused", "ended", "forbidden", "silent"]


class ReloadTold(Value, frozen=True, kw_only=True):
    """What became of it at one daemon. ``why``: its own word where it refused; ``changes``: what differed."""

    role: Role
    pid: int
    outcome: Outcome
    why: str
    changes: tuple[SettingChange, ...]


class Reloaded(Value, frozen=True, kw_only=True):
    """``digest``: of what lies on the disk. ``done``: every daemon has taken it, and there was one."""

    node: str
    digest: str
    daemons: tuple[ReloadTold, ...]

    @property
    def done(self) -> bool:
        return bool(self.daemons) and all(told.outcome == "taken" for told in self.daemons)


async def check(origin: str | Path | None, actor: Actor) -> Reloaded:
    """What a reload would change; changes nothing. Raises as :func:`reload`."""
    actor.need(Right.OPERATE)
    config, wanted, daemons = await asyncio.to_thread(_there, origin)
    told = []
    for daemon in daemons:
        changed = active_config.changes(daemon.in_force, wanted)
        told.append(_said(daemon, "would-change" if changed else "same", changed))
    return Reloaded(node=config.node.name, digest=wanted.digest, daemons=tuple(told))


async def agreed(context: Context, origin: str | Path | None, *, digest: str, reason: str) -> Reloaded:
    """As :func:`reload`, of just what a person has looked at: that he asked for it is in the log before any
    daemon is. ``digest``: as :func:`check` has said it. Fault where something else lies on the disk now.
    """
    why = free_text(reason, "reason")
    planned = await check(origin, context.actor)
    if planned.digest != digest:
        raise Fault("reload-changed")
    detail = {
        "reason": why,
        "digest": digest,
        "daemons": [
            {"role": told.role, "pid": told.pid, "changes": [change.key for change in told.changes]}
            for told in planned.daemons
        ],
    }
    changes = context.store.changes
    await changes.note("settings", "reload", planned.node, detail, by=context.by, at=context.now())
    return await reload(origin, context.actor)


async def reload(origin: str | Path | None, actor: Actor, seconds: float = SECONDS) -> Reloaded:
    """Signals every daemon of the node and waits for what it says, at most ``seconds``.

    ConfigError, ProfileError, CalendarError, AreaError when what lies there is not usable or needs a restart:
    then none is asked. OSError when a daemon's file is closed to this user.
    """
    actor.need(Right.OPERATE)
    config, wanted, daemons = await asyncio.to_thread(_there, origin)
    told = await asyncio.gather(*(_told(config, daemon, wanted, seconds) for daemon in daemons))
    return Reloaded(node=config.node.name, digest=wanted.digest, daemons=tuple(told))


def _there(origin: str | Path | None) -> tuple[Config, ActiveConfig, list[Daemon]]:
    config, policy = active_config.load(origin)
    wanted = active_config.active(config, policy)
    daemons = daemon_registry.running(config)
    for daemon in daemons:
        active_config.check(active_config.changes(daemon.in_force, wanted), daemon.role)
    return config, wanted, daemons


async def _told(config: Config, before: Daemon, wanted: ActiveConfig, seconds: float) -> ReloadTold:
    now, outcome = await _asked(config, before, wanted, seconds)
    return _said(now, outcome, active_config.changes(before.in_force, wanted))


async def _asked(
    config: Config, before: Daemon, wanted: ActiveConfig, seconds: float
) -> tuple[Daemon, Outcome]:
    """The daemon as it is then, and how it ended."""
    unheard: Outcome = "silent"
    try:
        os.kill(before.pid, signal.SIGHUP)
    except ProcessLookupError:
        return before, "ended"
    except PermissionError:  # another user's, who looks for a file
        unheard = "forbidden"
        try:
            await asyncio.to_thread(daemon_registry.ask, config)
        except OSError:
            return before, unheard
    try:
        async with asyncio.timeout(seconds):
            while True:
                now = await asyncio.to_thread(daemon_registry.again, config, before)
                if now is None:
                    return before, "ended"
                if now.reloads > before.reloads:
                    if not now.last_ok:
                        return now, "refused"
                    return now, "taken" if now.in_force == wanted else "other"
                await asyncio.sleep(LOOK_SECONDS)
    except TimeoutError:
        return before, unheard


def _said(daemon: Daemon, outcome: Outcome, changed: list[SettingChange]) -> ReloadTold:
    why = daemon.why if outcome == "refused" else ""
    return ReloadTold(role=daemon.role, pid=daemon.pid, outcome=outcome, why=why, changes=tuple(changed))
