"""``dialpact replay``: a profile over old CDRs, and what it would have refused."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from dialpact.application.cdr_file import the_zone
from dialpact.application.replay.choice import the_policy, the_rules
from dialpact.application.replay.trial import RULES, Trial
from dialpact.cli.flag import Limit
from dialpact.cli.imports import BadRows
from dialpact.cli.progress import progress
from dialpact.cli.reconcile.files import given
from dialpact.cli.replay.report import Report
from dialpact.cli.session import DONE, FAILED, FOUND, Session
from dialpact.compliance import config as configuration
from dialpact.compliance import numbers
from dialpact.compliance.cdr import Master
from dialpact.compliance.config import Config, Trunk
from dialpact.compliance.errors import ConfigError
from dialpact.compliance.judge import Judge
from dialpact.compliance.ordered import Ordered
from dialpact.compliance.outbound import Dialled, Field, Outbound
from dialpact.compliance.registers.fault import Fault

STEP = 1000  # lines between two looks at the progress bar
ASSUMED = {"cdr": Trunk(endpoint="cdr")}  # without a configuration: one trunk that everything leaves by


async def replay(
    session: Session,
    *,
    cdr: Annotated[Path, typer.Option(metavar="FILE", help="Asterisk's Master.csv; - for standard input.")],
    profile: Annotated[
        list[str] | None,
        typer.Option(help="A name that ships or a .toml file; several bind together. Else as configured."),
    ] = None,
    rules: Annotated[
        list[str] | None,
        typer.Option(help="Only these rules count: hours,days,... Else all there is a basis for."),
    ] = None,
    timezone: Annotated[
        str, typer.Option(help="Of the file's times; UTC with usegmtime=yes.")
    ] = "Asia/Shanghai",
    contexts: Annotated[
        list[str] | None,
        typer.Option("--context", help="Each call of this context counts too, by whatever it left."),
    ] = None,
    campaign: Annotated[str, typer.Option(help="Of all calls.")] = "",
    campaign_from: Annotated[Field, typer.Option(help="The field that names it.")] = "accountcode",
    caller_id: Annotated[str, typer.Option(help="Of all calls, where the trunk sets it.")] = "",
    list_: Annotated[bool, typer.Option("--list", help="Each refused call, too.")] = False,
    limit: Limit = 100,
    full: Annotated[bool, typer.Option("--full", help="Show numbers unmasked.")] = False,
) -> int:
    """What would have been refused? Judges old CDRs by a profile, changes nothing. Exit 3 if any would be."""
    config = the_config(session)
    counted = the_rules(rules, config)
    judge = Judge(the_policy(profile, config), config.trunks if config else ASSUMED, "replay")
    zone = the_zone(timezone)
    pick = Outbound(
        config.trunks if config else None,
        contexts=contexts or (),
        campaign=campaign,
        campaign_from=campaign_from,
        caller_id=caller_id,
    )
    numbers.warm()
    async with AsyncExitStack() as stack:
        bad = stack.enter_context(BadRows(session))
        past = stack.enter_context(Ordered(Dialled))
        report = stack.enter_context(Report(session, zone, limit=limit if list_ else None, full=full))
        lines = _read(session, cdr, zone, pick, past, bad)
        store = await stack.enter_async_context(session.store()) if config else None
        trial = Trial(judge, counted, store)
        with progress(session) as bar:
            task = bar.add_task(session.text("say.judging"), total=past.count)
            async for outcome in trial.outcomes(past):
                report.add(outcome)
                if report.attempts % STEP == 0:
                    bar.update(task, completed=report.attempts)
        about = {
            "file": str(cdr),
            "lines": lines,
            "bad": bad.count,
            "others": lines - bad.count - past.count,
            "profiles": judge.policy.versions,
            "rules": [rule for rule in RULES if rule in counted],
            "registers": store is not None,
        }
        if store is None:
            session.note(session.text("say.replay-no-registers", rules=", ".join(sorted(counted))))
        report.print(about, bad)
        if lines and bad.count == lines:
            return FAILED
    return FOUND if report.refused else DONE


def _read(
    session: Session, path: Path, zone: ZoneInfo, pick: Outbound, past: Ordered[Dialled], bad: BadRows
) -> int:
    """The attempts into ``past``, the unreadable lines into ``bad``; how many lines there were."""
    lines = 0
    cdr = given(path)
    with cdr.open() as file, progress(session) as bar:
        task = bar.add_task(path.name, total=cdr.size or None)
        master = Master(file, zone)
        for number, record in master:
            lines += 1
            if isinstance(record, Fault):
                bad.add(number, record)
            elif (dialled := pick(record)) is not None:
                past.add(dialled)
            if lines % STEP == 0:
                bar.update(task, completed=master.position)
    return lines


def the_config(session: Session) -> Config | None:
    """None only where none was named and none is found: who has nothing but CDRs can still ask."""
    try:
        configuration.find(session.config_file)
    except ConfigError:
        return None
    return session.config
