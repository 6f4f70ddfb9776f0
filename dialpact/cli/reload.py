"""``dialpact reload``: the running daemons of this node take what lies on the disk, or say why not."""

from __future__ import annotations

from typing import Annotated

import typer

from dialpact.application import reload as reloads
from dialpact.application.active_config import SettingChange
from dialpact.application.reload import Reloaded
from dialpact.cli.command_context import DONE, FAILED, CommandContext
from dialpact.presentation.setting import before_and_after


async def reload(
    session: CommandContext,
    *,
    check: Annotated[bool, typer.Option("--check", help="Say what would change; change nothing.")] = False,
) -> int:
    """Put changed profiles, calendars, mode and trunks in force without dropping a call.

    Exit 0 only when every running daemon of this node has taken them; registers need no reload.
    """
    done = await (reloads.check if check else reloads.reload)(session.config_file, session.actor())
    if not done.daemons:
        said = session.text("say.reload-nobody", node=done.node)
        if not check:
            return session.failed(said)
        session.answer({"digest": done.digest, "daemons": []}, said)
        return DONE
    _show(session, done)
    return DONE if check or done.done else FAILED


def _show(session: CommandContext, done: Reloaded) -> None:
    if session.as_json:
        session.json({"digest": done.digest, "daemons": done.daemons})
        return
    for told in done.daemons:
        said = session.text(f"reload.{told.outcome}", why=told.why)
        typer.echo(session.text("reload.daemon", role=told.role, pid=told.pid, said=said))
        if told.outcome in ("taken", "would-change"):
            for change in told.changes:
                typer.echo(_line(session, change))


def _line(session: CommandContext, change: SettingChange) -> str:
    old, new = before_and_after(change, session.language)
    return session.text("reload.change", name=change.key, old=old, new=new)
