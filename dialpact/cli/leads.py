"""``dialpact leads``: whom a partner supplied, under which contract and on which legal basis."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from dialpact.application.policy import load_policy
from dialpact.cli import entry, imports, lead_report
from dialpact.cli.command import command, group
from dialpact.cli.flag import By, Limit, SkipBad
from dialpact.cli.session import DONE, FAILED, FOUND, Session
from dialpact.compliance.registers import leads as register
from dialpact.compliance.registers.cell import free_text, identifier
from dialpact.store.sqlite import Store, registers
from dialpact.store.sqlite.imports import Import
from dialpact.store.sqlite.lead_import import LeadImport
from dialpact.store.sqlite.registers import leads as batches

app = group("The leads: numbers that a partner supplied for a campaign, in batches.")

COLUMNS = ("id", "campaign", "partner", "contract", "basis", "file", "rows", "imported_at", "imported_by")
STATE = ("held", "withdrawn_at")

Batch = Annotated[int, typer.Argument(metavar="BATCH", help="The batch's ID.")]


@command(app, "import")
async def import_(
    session: Session,
    file: Annotated[Path, typer.Argument(metavar="FILE", help=f"CSV with {', '.join(register.COLUMNS)}.")],
    *,
    campaign: Annotated[str, typer.Option(help="The campaign that may call these numbers.")],
    partner: Annotated[str, typer.Option(help="Who supplied them.")],
    contract: Annotated[str, typer.Option(help="Under which contract.")],
    basis: Annotated[str, typer.Option(help="On which legal basis, and where its proof is.")],
    skip_bad: SkipBad = False,
    by: By,
) -> int:
    """Import a partner's list as a batch. Exit 3 if it looks like range dialling: then it is held."""
    delivery = register.delivery(campaign, partner, contract, basis)
    profiles = load_policy(session.config).profiles
    sections = {found.id: found.range_dialling for found in profiles if found.range_dialling}

    def opening(store: Store, sha256: str) -> Import:
        return LeadImport(store, delivery, sha256, sections)

    applied = await imports.load(
        session, file, opening, register.COLUMNS, register.read, skip_bad=skip_bad, by=by
    )
    if not session.as_json:
        lead_report.imported(session, applied)
    return FAILED if not applied.done else FOUND if applied.about["held"] else DONE


@command(app, "list")
async def list_(
    session: Session, *, campaign: Annotated[str, typer.Option()] = "", limit: Limit = 100
) -> None:
    """The batches, the newest first, also held and withdrawn ones."""
    wanted = identifier(campaign, "campaign") if campaign else ""
    async with session.store() as store:
        found = await batches.list_batches(store, campaign=wanted, most=limit + 1 if limit else registers.ALL)
    _listed(session, session.limited(found, limit))


@command(app, "show")
async def show(session: Session, batch: Batch) -> None:
    """One batch, what the detector found in it, and its history."""
    async with session.store() as store:
        found = await batches.get_batch(store, batch)
        history = await store.changes.of("leads", str(batch))
    if session.as_json:
        session.json({"key": str(batch), "entry": found, "history": history})
        return
    fields = msgspec.structs.asdict(found)
    session.facts([(column, fields[column]) for column in (*COLUMNS, "sha256", *STATE)])
    for profile, report in found.finding.items():
        lead_report.report(session, profile, report)
    session.note(session.text("say.history"))
    entry.changes(session, history)


@command(app, "find")
async def find(
    session: Session, number: Annotated[str, typer.Argument(help="The number that is looked for.")]
) -> int:
    """The batches that a number is on; exit 1 if there is none."""
    wanted = entry.callee(number)
    async with session.store() as store:
        found = await batches.list_batches(store, number=wanted) if wanted else []
    _listed(session, found)
    return DONE if found else FAILED


@command(app, "release")
async def release(
    session: Session,
    batch: Batch,
    *,
    reason: Annotated[str, typer.Option(help="What was looked at and found; kept in the log.")],
    by: By,
) -> None:
    """Let the numbers of a held batch count, after an officer has looked at it: logged with who and why."""
    why = free_text(reason, "reason")
    async with session.store() as store:
        await batches.release_batch(store, batch, reason=why, by=by, at=session.clock.now())
        _done(session, "released", await batches.get_batch(store, batch))
    session.note(session.text("say.released"))


@command(app, "withdraw")
async def withdraw(
    session: Session,
    batch: Batch,
    *,
    reason: Annotated[str, typer.Option(help="Why, for the log.")],
    by: By,
) -> None:
    """Take a batch back: its numbers count no longer. The batch stays on record."""
    why = free_text(reason, "reason")
    async with session.store() as store:
        found = await batches.withdraw_batch(store, batch, reason=why, by=by, at=session.clock.now())
    _done(session, "withdrawn", found)


def _listed(session: Session, found: list[register.Delivered]) -> None:
    """Without the detector's findings: ``show`` has them."""
    columns = (*COLUMNS, *STATE)
    answer = [
        {name: value for name, value in msgspec.structs.asdict(batch).items() if name != "finding"}
        for batch in found
    ]
    session.table(columns, [[line[name] for name in columns] for line in answer], answer)


def _done(session: Session, result: str, batch: register.Delivered) -> None:
    session.answer(
        {"register": "leads", "result": result, "entry": batch},
        session.text(f"done.{result}", register=session.text("register.leads"), entry=batch.id),
    )
