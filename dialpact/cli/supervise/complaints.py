"""``dialpact supervise complaint``: what 12321 passes on, put to every operator."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dialpact.application.supervision import asking, complaints, overview, packages
from dialpact.application.supervision.overview import ComplaintStanding
from dialpact.cli.command import command, group
from dialpact.cli.command_context import DONE, FOUND, CommandContext
from dialpact.cli.flag import By, Limit, Why
from dialpact.cli.supervise.desk import desk
from dialpact.compliance.registers.complaint import WITHIN
from dialpact.compliance.supervision.words import why, word

app = group("The complaints that 12321 passes on: put to every operator, and what each one said.")

Id = Annotated[int, typer.Argument(metavar="NUMBER", min=1, help="Of the complaint.")]


@command(app, "add")
async def add(
    session: CommandContext,
    number: Annotated[str, typer.Argument(help="Of the person who was called.")],
    *,
    reference: Annotated[str, typer.Option(help="12321's own number of it.")],
    called_at: Annotated[str, typer.Option(help="When; without a zone: Asia/Shanghai.")],
    within: Annotated[
        int,
        typer.Option(min=1, max=complaints.MOST_WITHIN, help="Minutes on either side that are asked about."),
    ] = WITHIN,
    received_at: Annotated[str, typer.Option(help="When it came; else now.")] = "",
    note: Annotated[str, typer.Option(help="For the file.")] = "",
    by: By,
) -> None:
    """File a complaint; its last day is counted in working days."""
    async with desk(session, by) as here:
        new = await complaints.add(
            here,
            number,
            reference=reference,
            called_at=called_at,
            received_at=received_at,
            within=within,
            note=note,
        )
        shown = await overview.complaint(here, new.id)
    due = shown.due or session.text("say.supervise-due-unknown")
    session.answer(shown, session.text("say.supervise-complaint", id=new.id, due=due))


@command(app, "list")
async def list_(session: CommandContext, *, limit: Limit = 100) -> None:
    """The complaints: open ones first, the most pressing one first."""
    async with desk(session) as here:
        found = await complaints.listed(here, limit or 1_000_000)
        shown = [await overview.complaint(here, one.id) for one in found]
    rows = [
        [one.id, one.reference, one.number, one.called_at, one.due, one.left, state(session, one)]
        for one in shown
    ]
    session.table(("id", "reference", "number", "called_at", "due", "left", "status"), rows, shown)


@command(app, "show")
async def show(session: CommandContext, id: Id) -> int:
    """One complaint, and how each operator stands to it. Exit 3 when one is contradicted."""
    async with desk(session) as here:
        shown = await overview.complaint(here, id)
    return _shown(session, shown)


@command(app, "ask")
async def ask(
    session: CommandContext,
    id: Id,
    *,
    operator: Annotated[
        list[str] | None, typer.Option("--operator", help="Only this one; may be repeated.")
    ] = None,
    by: By,
) -> int:
    """Ask every operator whether he called, and fetch and verify the evidence. Exit 3: one is
    contradicted, has not answered, or gave no evidence that holds.
    """
    async with desk(session, by) as here:
        before = {each.id for each in await here.store.complaints.asked(id)}
        asked = [one for one in await asking.ask(here, id, operator or ()) if one.id not in before]
        shown = await overview.complaint(here, id)
    whole = all(one.outcome == "answered" and one.package_state in ("", "valid") for one in asked)
    return max(_shown(session, shown), DONE if whole else FOUND)


@command(app, "package")
async def package(
    session: CommandContext,
    id: Id,
    file: Annotated[Path, typer.Argument(metavar="FILE.zip", help="An evidence package, from whomever.")],
    *,
    operator: Annotated[str, typer.Option("--operator", help="Whose log it is of.")],
    source: Annotated[str, typer.Option("--source", help="Who handed it in.")],
    by: By,
) -> int:
    """Verify a package that came another way: it can contradict who said that he did not call. Exit 3:
    invalid.
    """
    async with desk(session, by) as here:
        looked = await packages.handed_in(here, id, operator, file, source)
        shown = await overview.complaint(here, id)
    if session.as_json:
        session.json({"package": looked, "complaint": shown})
    else:
        typer.echo(word(f"package-state.{looked.state}", session.language))
        for found in looked.found:
            session.note(f"  {found}")
        _shown(session, shown)
    return DONE if looked.state == "valid" else FOUND


@command(app, "close")
async def close(
    session: CommandContext,
    id: Id,
    *,
    conclusion: Annotated[str, typer.Option(help="What was answered to who complained.")],
    by: By,
) -> None:
    """The complaint is answered."""
    async with desk(session, by) as here:
        await complaints.close(here, id, conclusion)
    session.answer({"id": id, "result": "closed"}, session.text("say.supervise-closed", id=id))


@command(app, "erase")
async def erase(session: CommandContext, id: Id, *, by: By, reason: Why) -> None:
    """Take number, note and evidence of a closed complaint, once nobody needs them; it can not be undone."""
    async with desk(session, by) as here:
        packages = await complaints.erase(here, id, reason=reason)
    session.answer(
        {"id": id, "packages": packages}, session.text("say.supervise-erased", id=id, packages=packages)
    )


def state(session: CommandContext, one: ComplaintStanding) -> str:
    name = "closed" if one.closed_at else "overdue" if one.overdue else "open"
    return word(f"complaint-state.{name}", session.language)


def _shown(session: CommandContext, one: ComplaintStanding) -> int:
    wrong = any(each.found == "contradicted" for each in one.answers)
    if session.as_json:
        session.json(one)
        return FOUND if wrong else DONE
    session.facts(
        [
            ("reference", one.reference),
            ("number", one.number),
            ("called_at", one.called_at),
            ("due", one.due),
            ("left", one.left),
            ("status", state(session, one)),
            ("conclusion", one.conclusion),
        ]
    )
    rows = []
    for each in one.answers:
        last = each.asked[-1] if each.asked else None
        package = last.package_state if last else ""
        if each.shown:
            package = "valid"
        rows.append(
            [
                each.operator,
                word(f"answer-found.{each.found}", session.language),
                word(f"package-state.{package}", session.language) if package else "",
                why(last.why, session.language) if last else "",
                last.answered_at if last else None,
            ]
        )
    session.table(("operator", "answer", "package", "why", "at"), rows, None)
    return FOUND if wrong else DONE
