"""``dialpact reload``: the running daemons of this node take what lies on the disk, or say why not."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from typing import Annotated

import typer

from dialpact.application import active_config as in_force
from dialpact.application import daemon_registry as running
from dialpact.application.active_config import Change, InForce
from dialpact.application.daemon_registry import Running
from dialpact.cli.session import DONE, FAILED, Session
from dialpact.compliance.config import Config

SECONDS = 10.0  # for all daemons together
LOOK_SECONDS = 0.05
HASH = re.compile(r"\b([0-9a-f]{12})[0-9a-f]{52}\b")  # the beginning is enough for a reader


async def reload(
    session: Session,
    *,
    check: Annotated[bool, typer.Option("--check", help="Say what would change; change nothing.")] = False,
) -> int:
    """Put changed profiles, calendars, mode and trunks in force without dropping a call.

    Exit 0 only when every running daemon of this node has taken them; registers need no reload.
    """
    config, policy = in_force.load(session.config_file)
    wanted = in_force.in_force(config, policy)
    daemons = running.running(config)
    for daemon in daemons:
        in_force.check(in_force.changes(daemon.in_force, wanted))
    if not daemons:
        said = session.text("say.reload-nobody", node=config.node.name)
        if not check:
            return session.failed(said)
        session.answer({"digest": wanted.digest, "daemons": []}, said)
        return DONE
    if check:
        _show(session, wanted, [(daemon, "would-change") for daemon in daemons], daemons)
        return DONE
    outcomes = await asyncio.gather(*(_told(config, daemon, wanted) for daemon in daemons))
    _show(session, wanted, outcomes, daemons)
    return DONE if all(outcome == "taken" for _, outcome in outcomes) else FAILED


async def _told(config: Config, before: Running, wanted: InForce) -> tuple[Running, str]:
    """How it ended, and the daemon as it is then."""
    try:
        os.kill(before.pid, signal.SIGHUP)
    except ProcessLookupError:
        return before, "ended"
    except PermissionError:
        return before, "forbidden"
    try:
        async with asyncio.timeout(SECONDS):
            while True:
                now = running.again(config, before)
                if now is None:
                    return before, "ended"
                if now.reloads > before.reloads:
                    if not now.last_ok:
                        return now, "refused"
                    return now, "taken" if now.in_force == wanted else "other"
                await asyncio.sleep(LOOK_SECONDS)
    except TimeoutError:
        return before, "silent"


def _show(
    session: Session, wanted: InForce, outcomes: list[tuple[Running, str]], before: list[Running]
) -> None:
    answer = []
    for (daemon, outcome), old in zip(outcomes, before, strict=True):
        changed = in_force.changes(old.in_force, wanted)
        if outcome == "would-change" and not changed:
            outcome = "same"
        why = daemon.why if outcome == "refused" else ""
        answer.append(
            {"role": daemon.role, "pid": daemon.pid, "outcome": outcome, "why": why, "changes": changed}
        )
        if not session.as_json:
            said = session.text(f"reload.{outcome}", why=why)
            typer.echo(session.text("reload.daemon", role=daemon.role, pid=daemon.pid, said=said))
            if outcome in ("taken", "would-change"):
                for change in changed:
                    typer.echo(_line(session, change))
    if session.as_json:
        session.json({"digest": wanted.digest, "daemons": answer})


def _line(session: Session, change: Change) -> str:
    none = session.text("reload.none")
    old, new = (HASH.sub(r"\1", value) or none for value in (change.old, change.new))
    return session.text("reload.change", name=change.key, old=old, new=new)
