"""``dialpact dnc``: who refused to be called."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from dialpact.cli import entry, heard, imports
from dialpact.cli.command import command, group
from dialpact.cli.flag import By, Limit, SkipBad
from dialpact.cli.session import Session
from dialpact.compliance.model import Refusal, Scope
from dialpact.compliance.registers import dnc as register
from dialpact.compliance.registers.cell import free_text
from dialpact.compliance.registers.fault import Fault
from dialpact.store.sqlite import Store, optout, registers

app = group("Do not call: who refused what. A refusal has no expiry.")

Number = Annotated[str, typer.Argument(help="The number that is not to be called.")]
Value = Annotated[str, typer.Option("--value", help="The industry or the business; nothing for all.")]


@command(app, "add")
async def add(
    session: Session,
    number: Number,
    *,
    scope: Annotated[Scope, typer.Option(help="What was refused.")] = "all",
    value: Value = "",
    source: Annotated[str, typer.Option(help="How it became known.")] = "",
    call: Annotated[str, typer.Option(help="The call in which it was said: its decision's id.")] = "",
    by: By,
) -> None:
    """Record a refusal: it counts from the next attempt on."""
    now = session.clock.now()
    new = register.refusal(number, scope, value, "", source, now=now)
    async with session.store() as store:
        decision = await _call_to(store, call, new.number) if call else ""
        node = session.config.node.name
        outcome = await optout.by_command(store, new, by=by, at=now, node=node, decision=decision)
        entry.done(session, "dnc", outcome, new)
        if scope != "all":
            await entry.warn_unknown(session, store, **{scope: new.value})


async def _call_to(store: Store, call: str, number: str) -> str:
    """A slip of the pen in an id would name somebody else's call. Fault when there is no such call."""
    found = await store.calls.get(call.strip().lower())
    if found is None:
        raise Fault("not-registered", entry=call)
    if found.decision.attempt.callee.e164 != number:
        raise Fault("call-to-another", call=call, entry=number)
    return found.decision.id


@command(app, "import")
async def import_(
    session: Session,
    file: Annotated[Path, typer.Argument(metavar="FILE", help=f"CSV with {', '.join(register.COLUMNS)}.")],
    *,
    skip_bad: SkipBad = False,
    by: By,
) -> int:
    """Record refusals from a CSV file; none is ever removed by it."""
    return await imports.run(session, file, "dnc", register.COLUMNS, register.read, skip_bad=skip_bad, by=by)


@command(app, "remove")
async def remove(
    session: Session,
    number: Number,
    *,
    scope: Annotated[Scope, typer.Option(help="Of which refusal.")],
    value: Value = "",
    reason: Annotated[str, typer.Option(help="Why the refusal no longer stands; kept for ever.")],
    by: By,
) -> None:
    """Take a refusal back, at the person's own wish: logged with who and why."""
    why = free_text(reason, "reason")
    wanted, holder = entry.callee(number), register.scoped(scope, value)
    async with session.store() as store:
        await registers.remove_refusal(
            store, wanted, scope, holder, reason=why, by=by, at=session.clock.now()
        )
    answer = {"register": "dnc", "result": "removed", "number": wanted, "scope": scope, "value": holder}
    session.answer(answer, session.text("done.removed", register=session.text("register.dnc"), entry=wanted))


@command(app, "list")
async def list_(
    session: Session,
    *,
    number: Annotated[str, typer.Option()] = "",
    scope: Annotated[Scope | None, typer.Option()] = None,
    value: Annotated[str, typer.Option()] = "",
    limit: Limit = 100,
) -> None:
    """The refusals in force."""
    async with session.store() as store:
        found = await registers.list_refusals(
            store,
            number=entry.callee(number),
            scope=scope or "",
            value=value,
            most=limit + 1 if limit else registers.ALL,
        )
    entry.listed(session, Refusal, session.limited(found, limit))


@command(app, "show")
async def show(session: Session, number: Number) -> int:
    """The refusals of one number, each time that the person refused, and the history."""
    wanted = entry.callee(number)
    async with session.store() as store:
        found = await registers.list_refusals(store, number=wanted)
        taken = await optout.of_number(store, wanted)
        code = await entry.of_register(session, store, "dnc", wanted, Refusal, found, opt_outs=taken)
    if taken and not session.as_json:
        session.note(session.text("say.opt_outs"))
        columns = ("at", "how", "by", "decision", "path", "position")
        shown = [row | {"position": _place(row)} for row in taken]
        session.table(columns, [[row[column] for column in columns] for row in shown], None)
    return code


def _place(row: dict[str, Any]) -> str:
    return heard.place((row["position"], row["position_to"]) if row["position"] is not None else None)
