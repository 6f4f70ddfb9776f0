"""``dialpact replay``: a profile over old CDRs, and what it would have blocked."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import Annotated

import typer

from dialpact.application.cdr_file import the_zone
from dialpact.application.outside_line import the_prefixes
from dialpact.application.replay.case import ReplayOrder, Stage, replayed
from dialpact.application.replay.choice import the_policy, the_rules
from dialpact.cli.command_context import CommandContext
from dialpact.cli.flag import Limit
from dialpact.cli.imports import ShownBadRows
from dialpact.cli.progress import progress
from dialpact.cli.reconcile.files import (
    CdrPaths,
    ColumnsSaid,
    exit_code,
    looked,
    note_told,
    note_unlisted,
)
from dialpact.cli.replay.report import ReplayReport
from dialpact.compliance import config as configuration
from dialpact.compliance.config import Config, Trunk
from dialpact.compliance.errors import ConfigError
from dialpact.compliance.judge import Judge
from dialpact.compliance.outbound import Field, Outbound
from dialpact.compliance.registers.fault import Fault
from dialpact.presentation.hidden import Hidden
from dialpact.presentation.reconciliation import shift_hint

ASSUMED = {"cdr": Trunk(endpoint="cdr")}  # without a configuration: one trunk that everything leaves by


async def replay(
    session: CommandContext,
    *,
    cdr: CdrPaths,
    columns: ColumnsSaid = None,
    profile: Annotated[
        list[str] | None,
        typer.Option(help="A name that ships or a .toml file; several bind together. Else as configured."),
    ] = None,
    rules: Annotated[
        list[str] | None,
        typer.Option(help="Only these rules count: hours,days,... Else all there is a basis for."),
    ] = None,
    timezone: Annotated[
        str, typer.Option(help="Of the files' times; UTC with usegmtime=yes.")
    ] = "Asia/Shanghai",
    contexts: Annotated[
        list[str] | None,
        typer.Option("--context", help="Each call of this context counts too, by whatever it left."),
    ] = None,
    prefix: Annotated[
        list[str] | None, typer.Option(help="Dialled for an outside line, as 9; may be repeated.")
    ] = None,
    campaign: Annotated[str, typer.Option(help="Of all calls.")] = "",
    campaign_from: Annotated[Field, typer.Option(help="The field that names it.")] = "accountcode",
    caller_id: Annotated[str, typer.Option(help="Of all calls, where the trunk sets it.")] = "",
    list_: Annotated[bool, typer.Option("--list", help="Each blocked call, too.")] = False,
    limit: Limit = 100,
    full: Annotated[bool, typer.Option("--full", help="Show numbers unmasked.")] = False,
) -> int:
    """What would have been blocked? Judges old CDRs by a profile, changes nothing. Exit 3 if any would be."""
    config = the_config(session)
    counted = the_rules(rules, config)
    zone = the_zone(timezone)
    policy = the_policy(profile, config)
    order = ReplayOrder(
        cdr=looked(session, cdr, zone, columns, may_be_empty=False),
        zone=zone,
        judge=Judge(policy, config.trunks if config else ASSUMED, "replay"),
        rules=counted,
        pick=Outbound(
            config.trunks if config else None,
            contexts=contexts or (),
            campaign=campaign,
            campaign_from=campaign_from,
            caller_id=caller_id,
            prefixes=the_prefixes(prefix or ()),
        ),
    )
    async with AsyncExitStack() as stack:
        stack.callback(order.cdr.close)
        bad = stack.enter_context(ShownBadRows(session))
        store = await stack.enter_async_context(session.store()) if config else None
        own = [caller_id, *(await store.reconciliations.own_numbers() if store else ())]
        hidden = Hidden(own, full=full)
        report = stack.enter_context(ReplayReport(session, order, hidden, limit=limit if list_ else None))
        with progress(session) as bar:
            task = bar.add_task(cdr[0].name)

            def show(stage: Stage, done: int, total: int | None) -> None:
                text = cdr[0].name if stage == "reading" else session.text("say.judging")
                bar.update(task, description=text, completed=done, total=total)

            def unread(file: str, line: int, fault: Fault) -> None:
                more = {"file": file} if len(cdr) > 1 else {}
                bad.add(line, hidden.fault(fault), **more)

            done = await replayed(order, store, session.actor(), bad=unread, say=report.add, progress=show)
        if store is None:
            session.note(session.text("say.replay-no-registers", rules=", ".join(sorted(counted))))
        report.print(done, bad)
        if done.shift:
            at = done.sums.first.timestamp() if done.sums.first else session.clock.now().timestamp()
            session.note(shift_hint(done.shift, at, timezone, session.language))
        note_told(session, done.files, hidden)
        note_unlisted(session, done.files, hidden)
    return exit_code(done.files, found=bool(done.sums.blocked or done.shift))


def the_config(session: CommandContext) -> Config | None:
    """None only where none was named and none is found: who has nothing but CDRs can still ask."""
    try:
        configuration.find(session.config_file, session.machine.search)
    except ConfigError:
        return None
    return session.config
