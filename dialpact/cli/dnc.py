"""``dialpact dnc``: who opted out of being called."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from dialpact.application import do_not_call
from dialpact.application.exports import Asked
from dialpact.cli import entry, exports, imports
from dialpact.cli.command import command, group
from dialpact.cli.command_context import CommandContext
from dialpact.cli.exports import Force, Output
from dialpact.cli.flag import After, BadTo, By, Limit, OfSheets, SkipBad, Why
from dialpact.cli.layout import Layout, Map, NumbersOnly, SaveAs, Saved
from dialpact.compliance.model import DncEntry, Scope
from dialpact.compliance.registers import dnc as register
from dialpact.compliance.registers.dnc import Said
from dialpact.presentation import heard

app = group("Do not call: who opted out of what. An opt-out has no expiry.")

Number = Annotated[str, typer.Argument(help="The number that is not to be called.")]
Value = Annotated[str, typer.Option("--value", help="The industry or the business; nothing for all.")]


@command(app, "add")
async def add(
    session: CommandContext,
    number: Number,
    *,
    scope: Annotated[Scope, typer.Option(help="What the person opted out of.")] = "all",
    value: Value = "",
    source: Annotated[str, typer.Option(help="How it became known.")] = "",
    requested_at: Annotated[
        str, typer.Option(help="When the person said so; else now. Without a zone: Asia/Shanghai.")
    ] = "",
    call: Annotated[str, typer.Option(help="The call in which it was said: its decision's id.")] = "",
    by: By,
) -> None:
    """Record an opt-out: it counts from the next attempt on."""
    node = session.config.node.name
    async with session.context(by) as context:
        done = await do_not_call.add(
            context,
            number,
            scope=scope,
            value=value,
            requested_at=requested_at,
            source=source,
            call=call,
            node=node,
        )
    entry.done(session, "dnc", done.outcome, done.entry)
    entry.warn_unknown(session, done.unknown)


@command(app, "import")
async def import_(
    session: CommandContext,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help=f"CSV or workbook with {', '.join(register.COLUMNS)}.")
    ],
    *,
    sheet: OfSheets = None,
    map: Map = None,
    mapping: Saved = "",
    save_mapping: SaveAs = "",
    numbers_only: NumbersOnly = False,
    scope: Annotated[str | None, typer.Option(help="Of all rows, of a file without this column.")] = None,
    value: Annotated[str | None, typer.Option(help="The industry or the business, likewise.")] = None,
    requested_at: Annotated[str | None, typer.Option(help="When, likewise; else now.")] = None,
    source: Annotated[str | None, typer.Option(help="Where they come from, likewise.")] = None,
    skip_bad: SkipBad = False,
    bad: BadTo = None,
    by: By,
) -> int:
    """Record opt-outs from a CSV file or a workbook; none is ever removed by it."""
    constants = {"scope": scope, "value": value, "requested_at": requested_at, "source": source}
    layout = Layout(map, mapping, save_mapping, numbers_only=numbers_only, constants=constants)
    asked = imports.Asked(bad, sheet, layout=layout)
    return await imports.into_register(session, "dnc", file, skip_bad=skip_bad, by=by, asked=asked)


@command(app, "export")
async def export(
    session: CommandContext,
    *,
    output: Output = None,
    scope: Annotated[Scope | None, typer.Option()] = None,
    value: Annotated[str, typer.Option()] = "",
    reason: Why = "",
    force: Force = False,
    by: By,
) -> None:
    """Write the opt-outs in force as the CSV file that import takes: logged with who and why."""
    asked = Asked(register="dnc", scope=scope or "", value=value)
    await exports.export(session, asked, output, reason=reason, force=force, by=by)


@command(app, "template")
def template(session: CommandContext, *, output: Output = None, force: Force = False) -> None:
    """An empty CSV file to fill in, with the columns' names in the language asked for."""
    exports.template(session, "dnc", output, force=force)


@command(app, "remove")
async def remove(
    session: CommandContext,
    number: Number,
    *,
    scope: Annotated[Scope, typer.Option(help="Of which opt-out.")],
    value: Value = "",
    reason: Annotated[str, typer.Option(help="Why the opt-out no longer stands; kept for ever.")],
    by: By,
) -> None:
    """Take an opt-out back, at the person's own wish: logged with who and why."""
    async with session.context(by) as context:
        removed = await do_not_call.remove(context, number, scope=scope, value=value, reason=reason)
    answer = {"register": "dnc", "result": "removed", **msgspec.structs.asdict(removed)}
    name = session.text("register.dnc")
    session.answer(answer, session.text("done.removed", register=name, entry=removed.number))


@command(app, "list")
async def list_(
    session: CommandContext,
    *,
    number: Annotated[str, typer.Option()] = "",
    scope: Annotated[Scope | None, typer.Option()] = None,
    value: Annotated[str, typer.Option()] = "",
    limit: Limit = 100,
    after: After = "",
) -> None:
    """The opt-outs in force."""
    async with session.context() as context:
        found = await do_not_call.listed(
            context, number=number, scope=scope or "", value=value, after=after, most=limit
        )
    entry.listed(session, DncEntry, found.rows)
    session.more(found)


@command(app, "show")
async def show(session: CommandContext, number: Number) -> int:
    """The opt-outs of one number, each time that the person said so, and the history."""
    async with session.context() as context:
        found = await do_not_call.show(context, number)
    code = entry.shown(session, DncEntry, found.shown, opt_outs=found.said)
    if found.said and not session.as_json:
        session.note(session.text("say.opt_outs"))
        columns = ("at", "how", "by", "decision", "path", "position")
        rows = [[one.at, one.how, one.by, one.decision, one.path, _place(one)] for one in found.said]
        session.table(columns, rows, None)
    return code


def _place(said: Said) -> str:
    if said.position is None or said.position_to is None:
        return ""
    return heard.place((said.position, said.position_to))
