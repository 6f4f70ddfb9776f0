"""``dialpact caller-id``: the numbers that may be shown, and what for."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dialpact.application import caller_ids
from dialpact.application.exports import Asked
from dialpact.cli import carrier_list as carrier_lists
from dialpact.cli import entry, exports, imports, suspension
from dialpact.cli.command import command, group
from dialpact.cli.command_context import CommandContext
from dialpact.cli.exports import Force, Output
from dialpact.cli.flag import After, AsWritten, BadTo, By, Limit, OfSheets, SkipBad, Why
from dialpact.cli.layout import Layout, Map, NumbersOnly, SaveAs, Saved
from dialpact.compliance.model import CallerId
from dialpact.compliance.registers import caller_id as register

app = group("The caller IDs: issued, authenticated, held by one business, for trunks and purposes.")

COLUMNS = f"{', '.join(register.COLUMNS)}, perhaps {' and '.join(register.OPTIONAL)}"
Number = Annotated[str, typer.Argument(help="The exact string of 3 to 20 digits.")]


@command(app, "add")
async def add(
    session: CommandContext,
    number: Number,
    *,
    business: Annotated[str, typer.Option(help="The registered business that holds it.")],
    licence: Annotated[str, typer.Option(help="The authority's licence or approval number.")],
    carrier: Annotated[str, typer.Option(help="The carrier that assigned it.")],
    authenticated: Annotated[
        bool, typer.Option("--authenticated/--not-authenticated", help="By the carrier.")
    ],
    trunk: Annotated[list[str], typer.Option(help="A trunk it may use, or *; may be repeated.")],
    purpose: Annotated[list[str], typer.Option(help="A purpose it may serve, or *; may be repeated.")],
    valid_from: Annotated[str, typer.Option(help="First valid day; else today.")] = "",
    valid_to: Annotated[str, typer.Option(help="Last valid day; else open-ended.")] = "",
    sent_as: Annotated[
        list[str] | None, typer.Option(help="A form in which it leaves; may be repeated. Else as registered.")
    ] = None,
    as_written: AsWritten = False,
    by: By,
) -> None:
    """Register a caller ID, or update its entry."""
    async with session.context(by) as context:
        done = await caller_ids.put(
            context,
            number,
            business=business,
            licence=licence,
            carrier=carrier,
            authenticated=authenticated,
            trunks=trunk,
            purposes=purpose,
            valid_from=valid_from,
            valid_to=valid_to,
            sent_as=sent_as or (),
            as_written=as_written or not imports.at_home(session),
            known_trunks=session.config.trunks,
        )
    entry.done(session, "caller-id", done.outcome, done.entry)
    if done.unknown:
        session.note(session.text("say.unknown-trunk", names=", ".join(done.unknown)))


@command(app, "import")
async def import_(
    session: CommandContext,
    file: Annotated[Path, typer.Argument(metavar="FILE", help=f"CSV or workbook with {COLUMNS}.")],
    *,
    sheet: OfSheets = None,
    as_written: AsWritten = False,
    map: Map = None,
    mapping: Saved = "",
    save_mapping: SaveAs = "",
    skip_bad: SkipBad = False,
    bad: BadTo = None,
    by: By,
) -> int:
    """Register or update caller IDs from a CSV file or a workbook."""
    as_written = as_written or not imports.at_home(session)
    asked = imports.Asked(bad, sheet, as_written, Layout(map, mapping, save_mapping))
    return await imports.into_register(session, "caller-id", file, skip_bad=skip_bad, by=by, asked=asked)


@command(app, "export")
async def export(
    session: CommandContext,
    *,
    output: Output = None,
    business: Annotated[str, typer.Option(help="Only this business's.")] = "",
    reason: Why = "",
    force: Force = False,
    by: By,
) -> None:
    """Write the caller IDs as the CSV file that import takes: logged with who and why."""
    asked = Asked(register="caller-id", business=business)
    await exports.export(session, asked, output, reason=reason, force=force, by=by)


@command(app, "template")
def template(session: CommandContext, *, output: Output = None, force: Force = False) -> None:
    """An empty CSV file to fill in, with the columns' names in the language asked for."""
    exports.template(session, "caller-id", output, force=force)


@command(app, "list")
async def list_(
    session: CommandContext,
    *,
    business: Annotated[str, typer.Option(help="Only this business's.")] = "",
    limit: Limit = 0,
    after: After = "",
) -> None:
    """All caller IDs."""
    async with session.context() as context:
        found = await caller_ids.listed(context, business=business, after=after, most=limit)
    entry.listed(session, CallerId, found.rows)
    session.more(found)


@command(app, "show")
async def show(session: CommandContext, number: Number) -> int:
    """One caller ID and the history of its entry."""
    async with session.context() as context:
        found = await caller_ids.show(context, number)
    return entry.shown(session, CallerId, found)


@command(app, "remove")
async def remove(session: CommandContext, number: Number, *, reason: Why = "", by: By) -> None:
    """Take a caller ID off the register: calls with it are blocked from now on."""
    async with session.context(by) as context:
        removed = await caller_ids.remove(context, number, reason=reason)
    entry.done(session, "caller-id", "removed", removed)


@command(app, "suspend")
async def suspend(session: CommandContext, number: Number, *, reason: Why, by: By) -> None:
    """Block all calls with it until it is lifted: suspension lift caller-id NUMBER."""
    await suspension.suspend(session, "caller-id", number, reason=reason, by=by)


@command(app, "reconcile")
async def reconcile(
    session: CommandContext,
    *,
    carrier_list: Annotated[
        Path,
        typer.Option(metavar="FILE", help="CSV or workbook with number, and what else the carrier says."),
    ],
    since: Annotated[str, typer.Option(help="Count calls from then on; else 30 days back.")] = "",
    until: Annotated[str, typer.Option(help="Count calls before then; else now.")] = "",
    sheet: OfSheets = None,
    as_written: AsWritten = False,
    map: Map = None,
    mapping: Saved = "",
    save_mapping: SaveAs = "",
    numbers_only: NumbersOnly = False,
    skip_bad: SkipBad = False,
    bad: BadTo = None,
    by: By,
) -> int:
    """Compare the register with the carrier's list. Changes nothing, is logged. Exit 3 with differences."""
    as_written = as_written or not imports.at_home(session)
    asked = imports.Asked(
        bad, sheet, as_written, Layout(map, mapping, save_mapping, numbers_only=numbers_only)
    )
    return await carrier_lists.reconcile(
        session, carrier_list, since=since, until=until, skip_bad=skip_bad, by=by, asked=asked
    )
