"""``dialpact asterisk``: this installation beside its PBX."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ami_listener.ami.connection import Session as ManagerSession
from dialpact.application.doctor.examination import ETC, Patient, examined
from dialpact.cli import pbx, trying
from dialpact.cli.command import command, group
from dialpact.cli.command_context import DONE, FOUND, CommandContext
from dialpact.compliance.config import Config
from dialpact.presentation.doctor import told

app = group("This installation beside its PBX.")
command(app, "install")(pbx.install)
command(app, "uninstall")(pbx.uninstall)
command(app, "try")(trying.try_)


@command(app, "doctor")
async def doctor(
    session: CommandContext,
    *,
    asterisk_etc: Annotated[
        Path,
        typer.Option(metavar="FOLDER", help="Asterisk's configuration, looked at as text if it is there."),
    ] = ETC,
    call: Annotated[
        bool,
        typer.Option(
            "--call", help="Try each route by a call that must be refused, to a number of nobody's."
        ),
    ] = False,
) -> int:
    """Look at all that a call needs, and say what to do. Changes nothing. Exit 3 if something fails."""
    patient = Patient(
        config=lambda: session.config,
        store=session.store,
        manager=manager,
        etc=asterisk_etc,
        actor=session.actor(),
        clock=session.clock,
        pbx=lambda config: pbx.installed(session, config, asterisk_etc, call),
    )
    found = [item async for item in examined(patient)]
    answer = [told(check, item, session.language) for check, item in found]
    rows = [
        [
            session.text(f"check.{row['check']}"),
            session.text(f"result.{row['result']}"),
            row["text"],
            row["advice"],
        ]
        for row in answer
    ]
    failed = sum(item.result == "fail" for _, item in found)
    warned = sum(item.result == "warn" for _, item in found)
    columns = ("check", "result", "text", "advice")
    session.table(columns, rows, {"failed": failed, "warned": warned, "checks": answer})
    if not session.as_json:
        typer.echo(session.text("say.doctor", failed=failed, warned=warned))
    return FOUND if failed else DONE


async def manager(config: Config) -> ManagerSession:
    ami = config.ami
    return await ManagerSession.open(ami.host, ami.port, ami.doctor_username, config.doctor_secret())
