"""``dialpact leads``: whom a partner supplied, under which contract and on which legal basis."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from dialpact.application import leads
from dialpact.application.exports import Asked
from dialpact.application.policy import load_policy
from dialpact.cli import entry, exports, imports, lead_report, scrub
from dialpact.cli.command import command, group
from dialpact.cli.command_context import DONE, FAILED, FOUND, CommandContext
from dialpact.cli.exports import Force, Output
from dialpact.cli.flag import After, BadTo, By, Limit, OfSheets, SkipBad, Why
from dialpact.cli.layout import Layout, Map, NumbersOnly, SaveAs, Saved
from dialpact.compliance.held import finding_of, owes_scrub
from dialpact.compliance.registers import leads as register
from dialpact.compliance.registers.formats import LEADS

app = group("The leads: numbers that a partner supplied for a campaign, in batches.")

COLUMNS = ("id", "campaign", "partner", "contract", "basis", "file", "rows", "imported_at", "imported_by")
STATE = ("held", "withdrawn_at")

Batch = Annotated[int, typer.Argument(metavar="BATCH", help="The batch's ID.")]


@command(app, "import")
async def import_(
    session: CommandContext,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help=f"CSV or workbook with {', '.join(register.COLUMNS)}.")
    ],
    *,
    campaign: Annotated[str, typer.Option(help="The campaign that may call these numbers.")],
    partner: Annotated[str, typer.Option(help="Who supplied them.")],
    contract: Annotated[str, typer.Option(help="Under which contract.")],
    basis: Annotated[str, typer.Option(help="On which legal basis, and where its proof is.")],
    sheet: OfSheets = None,
    map: Map = None,
    mapping: Saved = "",
    save_mapping: SaveAs = "",
    numbers_only: NumbersOnly = False,
    skip_bad: SkipBad = False,
    bad: BadTo = None,
    by: By,
) -> int:
    """Import a partner's list as a batch. Exit 3 if it looks like range dialling: then it is held."""
    delivery = register.delivery(campaign, partner, contract, basis)
    sections = leads.thresholds(load_policy(session.config).profiles)
    asked = imports.Asked(bad, sheet, layout=Layout(map, mapping, save_mapping, numbers_only=numbers_only))
    async with session.context(by) as context:
        how = asked.how(session, file, await asked.layout.given(context, LEADS))
        with imports.opened(session, file) as (opened, watch):
            done = await leads.take(
                context,
                delivery,
                sections,
                opened,
                name=imports.name_of(file),
                skip_bad=skip_bad,
                how=how,
                progress=watch,
            )
        await asked.layout.keep(context, how.given, done)
    looked = done.about
    with done:
        imports.tell(session, file, done, msgspec.structs.asdict(looked))
    if not session.as_json:
        lead_report.imported(session, looked)
    return FAILED if not done.done else FOUND if finding_of(looked.held) else DONE


@command(app, "export")
async def export(
    session: CommandContext,
    batch: Batch,
    *,
    output: Output = None,
    reason: Why = "",
    force: Force = False,
    by: By,
) -> None:
    """Write a batch's numbers as the CSV file that import takes: logged with who and why."""
    asked = Asked(register="leads", batch=batch)
    await exports.export(session, asked, output, reason=reason, force=force, by=by)


@command(app, "template")
def template(session: CommandContext, *, output: Output = None, force: Force = False) -> None:
    """An empty CSV file to fill in, with the columns' names in the language asked for."""
    exports.template(session, "leads", output, force=force)


@command(app, "list")
async def list_(
    session: CommandContext,
    *,
    campaign: Annotated[str, typer.Option()] = "",
    limit: Limit = 100,
    after: After = "",
) -> None:
    """The batches, the newest first, also held and withdrawn ones."""
    async with session.context() as context:
        found = await leads.listed(context, campaign=campaign, after=after, most=limit)
    _listed(session, found.rows)
    session.more(found)


@command(app, "show")
async def show(session: CommandContext, batch: Batch) -> None:
    """One batch, what the detector found in it, and its history."""
    async with session.context() as context:
        found = await leads.show(context, batch)
    if session.as_json:
        session.json({"key": str(batch), "entry": found.batch, "history": found.history})
        return
    fields = msgspec.structs.asdict(found.batch)
    session.facts([(column, fields[column]) for column in (*COLUMNS, "sha256", *STATE)])
    for profile, report in found.batch.finding.items():
        lead_report.report(session, profile, report)
    session.note(session.text("say.history"))
    entry.changes(session, found.history)


@command(app, "find")
async def find(
    session: CommandContext,
    number: Annotated[str, typer.Argument(help="The number that is looked for.")],
    *,
    limit: Limit = 0,
    after: After = "",
) -> int:
    """The batches that a number is on; exit 1 if there is none."""
    async with session.context() as context:
        found = await leads.find(context, number, after=after, most=limit)
    _listed(session, found.rows)
    session.more(found)
    return DONE if found.rows else FAILED


@command(app, "scrub")
async def scrub_(
    session: CommandContext,
    batch: Batch,
    *,
    caller_id: Annotated[str, typer.Option(help="With which it is to be dialled.")],
    trunk: scrub.Trunk = "",
    agent: Annotated[str, typer.Option()] = "",
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="FILE", help="The result; else figures alone. No file is written over."
        ),
    ] = None,
    format: scrub.AsForm = None,
    force: Force = False,
    by: By,
) -> int:
    """Judge each number of a batch before it is dialled, logged: one that waits for it counts then."""
    return await scrub.batch(
        session,
        batch,
        caller_id=caller_id,
        trunk=trunk,
        agent=agent,
        out=out,
        form=format,
        force=force,
        by=by,
    )


@command(app, "release")
async def release(
    session: CommandContext,
    batch: Batch,
    *,
    reason: Annotated[str, typer.Option(help="What was looked at and found; kept in the log.")],
    by: By,
) -> None:
    """Let the numbers of a held batch count, after an officer has looked at it: logged with who and why."""
    async with session.context(by) as context:
        found = await leads.release(context, batch, reason=reason)
    _done(session, "released", found)
    if owes_scrub(found.held):
        session.note(session.text("say.not-scrubbed", batch=batch))
    else:
        session.note(session.text("say.released"))


@command(app, "withdraw")
async def withdraw(
    session: CommandContext,
    batch: Batch,
    *,
    reason: Annotated[str, typer.Option(help="Why, for the log.")],
    by: By,
) -> None:
    """Take a batch back: its numbers count no longer. The batch stays on record."""
    async with session.context(by) as context:
        found = await leads.withdraw(context, batch, reason=reason)
    _done(session, "withdrawn", found)


def _listed(session: CommandContext, found: Sequence[register.Delivered]) -> None:
    """Without the detector's findings: ``show`` has them."""
    columns = (*COLUMNS, *STATE)
    answer = [
        {name: value for name, value in msgspec.structs.asdict(batch).items() if name != "finding"}
        for batch in found
    ]
    session.table(columns, [[line[name] for name in columns] for line in answer], answer)


def _done(session: CommandContext, result: str, batch: register.Delivered) -> None:
    session.answer(
        {"register": "leads", "result": result, "entry": batch},
        session.text(f"done.{result}", register=session.text("register.leads"), entry=batch.id),
    )
