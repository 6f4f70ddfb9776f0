"""``dialpact consent``: who agreed to be called, by whom, about what, with which evidence."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated

import typer

from dialpact.cli import entry, imports
from dialpact.cli.command import command, group
from dialpact.cli.flag import By, Limit, SkipBad, Why
from dialpact.cli.session import Session
from dialpact.compliance.model import Consent
from dialpact.compliance.registers import consent as register
from dialpact.compliance.registers.cell import identifier
from dialpact.compliance.registers.fault import Fault
from dialpact.store.sqlite import registers

app = group("The consents: who agreed to be called, by whom, about what, with which evidence.")

Number = Annotated[str, typer.Argument(help="The callee's number.")]
COLUMNS = f"{', '.join(register.COLUMNS)}, perhaps {' and '.join(register.OPTIONAL)}"


@command(app, "add")
async def add(
    session: Session,
    number: Number,
    *,
    business: Annotated[str, typer.Option(help="To whom it was given.")],
    industry: Annotated[str, typer.Option(help="For which kind of offer.")],
    evidence: Annotated[str, typer.Option(help="Where its proof is: a form, a recording, a hash.")],
    granted_at: Annotated[str, typer.Option(help="When; else now. Without a zone: Asia/Shanghai.")] = "",
    expires_at: Annotated[str, typer.Option(help="A bare date ends with that day; else never.")] = "",
    evidence_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The proof itself: its SHA-256 is registered.")
    ] = None,
    evidence_sha256: Annotated[str, typer.Option(metavar="HEX", help="The proof's SHA-256.")] = "",
    wording: Annotated[str, typer.Option(help="Version of the text that the person agreed to.")] = "",
    by: By,
) -> None:
    """Register a consent."""
    now = session.clock.now()
    digest = _digest(evidence_file, evidence_sha256)
    granted = granted_at or now.isoformat()
    new = register.consent(number, business, industry, granted, expires_at, evidence, digest, wording)
    async with session.store() as store:
        outcome = await registers.add_consent(store, new, by=by, at=now)
        entry.done(session, "consent", outcome, new)
        await entry.warn_unknown(session, store, business=new.business, industry=new.industry)


@command(app, "import")
async def import_(
    session: Session,
    file: Annotated[Path, typer.Argument(metavar="FILE", help=f"CSV with {COLUMNS}.")],
    *,
    skip_bad: SkipBad = False,
    by: By,
) -> int:
    """Register consents from a CSV file; withdrawals stay."""
    return await imports.run(
        session,
        file,
        "consent",
        register.COLUMNS,
        register.read,
        optional=register.OPTIONAL,
        skip_bad=skip_bad,
        by=by,
    )


@command(app, "withdraw")
async def withdraw(
    session: Session,
    number: Number,
    *,
    business: Annotated[str, typer.Option(help="From whom it is withdrawn.")],
    industry: Annotated[str, typer.Option(help="Only for this industry; else for all.")] = "",
    reason: Why = "",
    by: By,
) -> None:
    """Record that a person withdrew the consent: it counts from the next attempt on."""
    wanted = entry.callee(number)
    holder = identifier(business, "business")
    scope = identifier(industry, "industry") if industry else ""
    async with session.store() as store:
        count = await registers.withdraw_consent(
            store, wanted, holder, scope, reason=reason, by=by, at=session.clock.now()
        )
    result = "withdrawn" if count else "already"
    answer = {
        "register": "consent",
        "result": result,
        "number": wanted,
        "business": holder,
        "withdrawn": count,
    }
    register_name = session.text("register.consent")
    session.answer(answer, session.text(f"done.{result}", register=register_name, entry=wanted))


@command(app, "list")
async def list_(
    session: Session,
    *,
    number: Annotated[str, typer.Option()] = "",
    business: Annotated[str, typer.Option()] = "",
    industry: Annotated[str, typer.Option()] = "",
    limit: Limit = 100,
) -> None:
    """Consents, also expired and withdrawn ones."""
    filters = {
        "number": entry.callee(number),
        "business": identifier(business, "business") if business else "",
        "industry": identifier(industry, "industry") if industry else "",
    }
    async with session.store() as store:
        found = await registers.list_consents(store, **filters, most=limit + 1 if limit else registers.ALL)
    entry.listed(session, Consent, session.limited(found, limit))


@command(app, "show")
async def show(session: Session, number: Number) -> int:
    """The consents of one number and their history."""
    wanted = entry.callee(number)
    async with session.store() as store:
        found = await registers.list_consents(store, number=wanted)
        return await entry.of_register(session, store, "consent", wanted, Consent, found)


def _digest(file: Path | None, given: str) -> str:
    """The SHA-256 of the file, read in pieces: it may be a recording. One given beside it must agree."""
    if file is None:
        return given
    try:
        with file.open("rb") as opened:
            found = hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError as error:
        raise Fault("file", file=str(file), error=error.strerror or str(error)) from error
    if given and given.strip().lower() != found:
        raise Fault("another-file", file=str(file), sha256=found)
    return found
