"""``dialpact caller-id reconcile``: the register against the carrier's own list."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import msgspec
import typer

from dialpact.cli import imports
from dialpact.cli.imports import BadRows
from dialpact.cli.replay.report import echo_list
from dialpact.cli.session import DONE, FAILED, FOUND, Session
from dialpact.compliance.registers import carrier_list as register
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.moment import moment
from dialpact.store.sqlite import Store
from dialpact.store.sqlite.carrier_list import MONTH, CarrierList
from dialpact.store.sqlite.imports import Applied, Import


async def reconcile(session: Session, file: Path, *, since: str, until: str, skip_bad: bool, by: str) -> int:
    """Exit 3 with differences; 1, and nothing is logged, because of bad rows."""
    last = moment(until, "until", end_of_day=True) if until else session.clock.now()
    first = moment(since, "since") if since else last - MONTH
    if last <= first:
        raise Fault("ends-before-start", start=since or str(first), end=until or str(last))
    made: list[CarrierList] = []

    def opening(store: Store, sha256: str) -> Import:
        made.append(CarrierList(store, since=first, until=last))
        return made[0]

    def report(session: Session, path: Path, total: int, bad: BadRows, applied: Applied) -> None:
        _report(session, path, total, bad, applied, made[0], (first, last))

    applied = await imports.load(
        session,
        file,
        opening,
        register.COLUMNS,
        register.read,
        optional=register.OPTIONAL,
        skip_bad=skip_bad,
        by=by,
        report=report,
    )
    if not applied.done:
        return FAILED
    return FOUND if made[0].differences else DONE


def _report(
    session: Session,
    path: Path,
    total: int,
    bad: BadRows,
    applied: Applied,
    made: CarrierList,
    period: tuple[datetime, datetime],
) -> None:
    if session.as_json:
        about = {"file": str(path), "rows": total, "bad": bad.count, "done": applied.done, **applied.about}
        about |= {"differences": made.differences, "caller_ids": made.usage}
        typer.echo(msgspec.json.encode(about).decode()[:-1], nl=False)
        echo_list("errors", bad)
        typer.echo("}")
        return
    imports.note_bad_rows(session, path, bad)
    if not applied.done:
        session.note(session.text("say.list-not-compared", bad=bad.count))
        return
    span = {name: session.cell(at) for name, at in zip(("since", "until"), period, strict=True)}
    figures = {name: applied.about[name] for name in ("registered", "listed", "calls", "calls_not_listed")}
    typer.echo(session.text("say.list-compared", file=path, rows=total, **figures, **span))
    rows: list[list[object]] = [
        [
            session.text(f"carrier-list.{one.kind}"),
            one.number,
            *(_said(session, text) for text in (one.register, one.carrier)),
            one.calls,
        ]
        for one in made.differences
    ]
    if rows:
        typer.echo("")
        session.table(("finding", "number", "register", "carrier", "calls"), rows, None)
    if made.usage:
        typer.echo("")
        columns = ("caller_id", "calls", "refused", "registered", "listed")
        used = [[one.number, one.calls, one.refused, one.registered, one.listed] for one in made.usage]
        session.table(columns, used, None)
    typer.echo("")
    typer.echo(session.text("say.cdr-findings", count=len(rows)))


def _said(session: Session, text: str) -> str:
    return session.text(f"say.{text}") if text in ("yes", "no") else text
