"""``dialpact asterisk``: this installation beside its PBX."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ami_listener.ami.connection import Session as ManagerSession
from dialpact.application.doctor.examination import Patient, examined
from dialpact.application.doctor.finding import DoctorFinding
from dialpact.cli.command import command, group
from dialpact.cli.command_context import DONE, FOUND, CommandContext
from dialpact.compliance.config import Config

app = group("This installation beside its PBX.")

ETC = Path("/etc/asterisk")


@command(app, "doctor")
async def doctor(
    session: CommandContext,
    *,
    asterisk_etc: Annotated[
        Path,
        typer.Option(metavar="FOLDER", help="Asterisk's configuration, looked at as text if it is there."),
    ] = ETC,
) -> int:
    """Look at all that a call needs, and say what to do. Changes nothing. Exit 3 if something fails."""
    patient = Patient(
        config=lambda: session.config,
        store=session.store,
        manager=_manager,
        etc=asterisk_etc,
        actor=session.actor(),
        clock=session.clock,
    )
    found = [item async for item in examined(patient)]
    answer = [_object(session, check, item) for check, item in found]
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


async def _manager(config: Config) -> ManagerSession:
    ami = config.ami
    return await ManagerSession.open(ami.host, ami.port, ami.doctor_username, config.doctor_secret())


def _object(session: CommandContext, check: str, item: DoctorFinding) -> dict[str, Any]:
    """For programs; ``code`` is the same in every language. ``place``: of what is in the dialplan."""
    text = session.text(f"doctor.{item.key}", **item.values)
    advice = session.text(f"advice.{item.key}", **item.values) if item.result in ("warn", "fail") else ""
    row: dict[str, Any] = {
        "check": check,
        "result": item.result,
        "code": item.key,
        "text": text,
        "advice": advice,
    }
    return row | ({"place": item.place} if item.place else {})
