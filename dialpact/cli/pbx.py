"""``dialpact asterisk install`` and ``uninstall``: into the PBX of this host, and out of it again."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from dialpact.application.doctor.examination import ETC
from dialpact.application.doctor.installed import InstalledPbx
from dialpact.application.pbx import difference
from dialpact.application.pbx import install as installing
from dialpact.application.pbx import uninstall as uninstalling
from dialpact.application.pbx.adapter import Adapter, Found, Wishes
from dialpact.application.pbx.host import Host
from dialpact.application.pbx.known import ADAPTERS
from dialpact.application.pbx.manifest import FOLDER, Backup
from dialpact.application.pbx.notice import Notice
from dialpact.application.pbx.program import run
from dialpact.application.pbx.prove import Proof, prove
from dialpact.application.pbx.reloading import Reloaded
from dialpact.application.pbx.wishes import wished
from dialpact.cli.command_context import DONE, FAILED, FOUND, CommandContext
from dialpact.compliance.config import Config
from dialpact.compliance.errors import DialpactError
from dialpact.compliance.registers.fault import Fault
from dialpact.presentation import pbx as words

SLASH = Path("/")
Pbx = Annotated[str, typer.Option("--pbx", metavar="NAME", help="Which PBX; else the one that is there.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would change; change nothing.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
Etc = Annotated[Path, typer.Option(metavar="FOLDER", help="Asterisk's configuration.")]
Root = Annotated[
    Path,
    typer.Option("--root", metavar="FOLDER", help="A folder that stands for /: nothing is run or proven."),
]
Campaign = Annotated[str, typer.Option(metavar="ID", help="Of calls for which the PBX names none.")]
Trunk = Annotated[
    list[str] | None,
    typer.Option("--trunk", metavar="PBX=NAME", help="Which trunk of dialpact.toml one of the PBX is."),
]


def host_of(root: Path, etc: Path) -> Host:
    """Fault: the folder is outside of the root."""
    top, folder = root.absolute(), etc.absolute()
    if not folder.is_relative_to(top):
        folder = top.joinpath(*folder.parts[1:])
    if not folder.is_relative_to(top):
        raise Fault("pbx-outside", file=str(folder), folder=str(top))
    if not folder.is_dir():
        raise Fault("no-directory", file=str(folder))
    return Host(top, folder, run) if top == SLASH else Host(top, folder)


def installed(session: CommandContext, config: Config, etc: Path, calls: bool) -> InstalledPbx:
    """What doctor looks at."""
    folder = etc.absolute()
    host = Host(SLASH, folder, run)
    return InstalledPbx(host, Backup(config.path(FOLDER)), ADAPTERS, session.looking(), calls)


async def install(
    session: CommandContext,
    *,
    pbx: Pbx = "",
    dry_run: DryRun = False,
    yes: Yes = False,
    campaign: Campaign = "",
    trunk: Trunk = None,
    asterisk_etc: Etc = ETC,
    root: Root = SLASH,
) -> int:
    """Put Dialpact into the PBX of this host: shows what changes, asks, does it, and proves it.

    Exit 0 when every route refuses a call that may not be made, 3 when one is not proven or goes round.
    """
    host = host_of(root, asterisk_etc)
    backup = Backup(session.config.path(FOLDER))
    wishes = wished(session.config, campaign, trunk or (), await asyncio.to_thread(backup.look))
    adapter, found = await asyncio.to_thread(installing.choose, host, ADAPTERS, pbx)
    plan = await asyncio.to_thread(installing.look, host, adapter, found, wishes, backup)
    answer = words.planned(plan) | {"done": False, "remarks": [], "reloaded": [], "proof": None}
    _say(session, "say.pbx-found", pbx=found.name, version=found.version, seen_in=found.seen_in)
    if plan.nothing:
        _say(session, "say.pbx-nothing")
        if dry_run or not host.runs:
            return _json(session, answer, DONE)
        return await _proven(session, answer, host, adapter, found, wishes)
    if not session.as_json:
        for lines in difference.whole(plan):
            typer.echo(words.shown(difference.shortened(lines)) + "\n")
    if dry_run:
        _say(session, "say.pbx-dry")
        return _json(session, answer, DONE)
    if not yes and not _agreed(session, session.text("ask.pbx-install", count=_count(answer))):
        return FAILED
    done = await asyncio.to_thread(installing.apply, host, plan, backup)
    answer |= {"done": True} | _became(session, done.remarks, done.reloaded)
    _say(session, "say.pbx-written", folder=backup.folder)
    place = await asyncio.to_thread(adapter.cdr, host, found)
    answer |= {"cdr": msgspec.to_builtins(place)}
    _say(session, "say.pbx-cdr", place=place.place, kind=place.kind, recordings=place.recordings or "-")
    if not host.runs:
        _say(session, "say.pbx-root", root=root)
        return _json(session, answer, DONE)
    if any(not one.done and not one.absent for one in done.reloaded):
        return _json(session, answer, FAILED)
    return await _proven(session, answer, host, adapter, found, wishes)


async def uninstall(
    session: CommandContext,
    *,
    dry_run: DryRun = False,
    yes: Yes = False,
    asterisk_etc: Etc = ETC,
    root: Root = SLASH,
) -> int:
    """Take Dialpact out of the PBX: every file as it was, byte for byte; what others changed since is kept.

    Calls then go out that nobody was asked about.
    """
    host = host_of(root, asterisk_etc)
    backup = Backup(session.config.path(FOLDER))
    would = await asyncio.to_thread(uninstalling.uninstall, host, ADAPTERS, backup, dry=True)
    answer: dict[str, Any] = {"pbx": would.adapter, "restored": list(would.restored), "done": False}
    answer |= {"remarks": words.remarked(would.remarks, session.language), "reloaded": []}
    if not session.as_json:
        for path in would.restored:
            typer.echo(session.text("say.pbx-restores", file=path))
    if dry_run:
        _say(session, "say.pbx-dry")
        return _json(session, answer, DONE)
    if not yes and not _agreed(session, session.text("ask.pbx-uninstall", pbx=would.adapter)):
        return FAILED
    done = await asyncio.to_thread(uninstalling.uninstall, host, ADAPTERS, backup)
    answer |= {"done": True} | _became(session, done.remarks, done.reloaded)
    _say(session, "say.pbx-removed", pbx=done.adapter)
    bad = any(not one.done and not one.absent for one in done.reloaded)
    return _json(session, answer, FAILED if bad else DONE)


async def _proven(
    session: CommandContext,
    answer: dict[str, Any],
    host: Host,
    adapter: Adapter,
    found: Found,
    wishes: Wishes,
) -> int:
    """That files are as they should be says nothing of what runs, nor of a trunk that came since."""
    try:
        proof = await prove(host, adapter, found, wishes, session.config, session.looking())
    except DialpactError as error:  # all is written: what can not be looked at is not proven
        session.note(session.error_text(error))
        _say(session, "say.pbx-not-proven")
        return _json(session, answer, FOUND)
    answer |= {"proof": words.proven(proof, session.language)}
    show_proof(session, proof)
    return _json(session, answer, DONE if proof.holds else FOUND)


def show_proof(session: CommandContext, proof: Proof) -> None:
    """Route by route, and what has to be written where one goes round."""
    if session.as_json:
        return
    told = words.proven(proof, session.language)
    rows = [[one["route"], session.text(f"pbx-result.{one['result']}"), one["why"]] for one in told["routes"]]
    if rows:
        session.table(("route", "result", "text"), rows, told)
    else:
        _say(session, "say.pbx-no-routes")
    for one in told["routes"]:
        if one["write"]:
            typer.echo(session.text("say.pbx-write", place=one["place"]))
            for line in one["write"]:
                typer.echo(f"    {line}")
    _say(session, "say.pbx-proven" if proof.holds else "say.pbx-not-proven")


def _agreed(session: CommandContext, question: str) -> bool:
    if session.as_json or not at_a_terminal(session):
        session.failed(session.text("say.pbx-no-terminal"))
        return False
    if typer.confirm(question):
        return True
    _say(session, "say.pbx-left")
    return False


def at_a_terminal(session: CommandContext) -> bool:
    return sys.stdin.isatty() and session.machine.terminal()


def _became(
    session: CommandContext, remarks: Sequence[Notice], programs: Sequence[Reloaded]
) -> dict[str, Any]:
    told = {"remarks": words.remarked(remarks, session.language), "reloaded": words.reloaded(programs)}
    for one in told["remarks"]:
        if not session.as_json:
            session.note(one["text"])
    for one in told["reloaded"]:
        if not session.as_json and not one["done"]:
            session.note(session.text("say.pbx-not-reloaded", program=one["program"], why=one["why"]))
    return told


def _count(answer: dict[str, Any]) -> int:
    files = sum(one["change"] != "none" for one in answer["changes"])
    return int(files) + sum(bool(one["diff"]) for one in answer["rows"])


def _say(session: CommandContext, key: str, **values: object) -> None:
    if not session.as_json:
        typer.echo(session.text(key, **values))


def _json(session: CommandContext, answer: dict[str, Any], code: int) -> int:
    if session.as_json:
        session.json(answer)
    return code
