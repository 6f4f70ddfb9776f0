"""``dialpact consent``: who agreed to be called, by whom, about what, with which evidence."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dialpact.application import consents
from dialpact.application.exports import Asked
from dialpact.cli import consent_proof, entry, exports, imports
from dialpact.cli.command import command, group
from dialpact.cli.command_context import CommandContext
from dialpact.cli.exports import Force, Output
from dialpact.cli.flag import After, BadTo, By, Limit, OfSheets, SkipBad, Why
from dialpact.cli.layout import Layout, Map, SaveAs, Saved
from dialpact.compliance.model import Consent
from dialpact.compliance.registers import consent as register
from dialpact.compliance.registers.fault import Fault

app = group("The consents: who agreed to be called, by whom, about what, with which evidence.")

Number = Annotated[str, typer.Argument(help="The callee's number.")]
COLUMNS = f"{', '.join(register.COLUMNS)}, perhaps {' and '.join(register.OPTIONAL)}"


@command(app, "add")
async def add(
    session: CommandContext,
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
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep that file too, in the folder of the proofs.")
    ] = False,
    evidence_sha256: Annotated[str, typer.Option(metavar="HEX", help="The proof's SHA-256.")] = "",
    wording: Annotated[str, typer.Option(help="Version of the text that the person agreed to.")] = "",
    by: By,
) -> None:
    """Register a consent."""
    if keep and evidence_file is None:
        raise Fault("keep-what")
    digest = consent_proof.digest(evidence_file, evidence_sha256)
    async with session.context(by) as context:
        if keep and evidence_file is not None:
            await consent_proof.keep(session, context, evidence_file, digest)
        done = await consents.add(
            context,
            number,
            business=business,
            industry=industry,
            evidence=evidence,
            granted_at=granted_at,
            expires_at=expires_at,
            evidence_sha256=digest,
            wording=wording,
        )
    entry.done(session, "consent", done.outcome, done.entry)
    entry.warn_unknown(session, done.unknown)


@command(app, "import")
async def import_(
    session: CommandContext,
    file: Annotated[Path, typer.Argument(metavar="FILE", help=f"CSV or workbook with {COLUMNS}.")],
    *,
    sheet: OfSheets = None,
    map: Map = None,
    mapping: Saved = "",
    save_mapping: SaveAs = "",
    skip_bad: SkipBad = False,
    bad: BadTo = None,
    by: By,
) -> int:
    """Register consents from a CSV file or a workbook; withdrawals stay."""
    asked = imports.Asked(bad, sheet, layout=Layout(map, mapping, save_mapping))
    return await imports.into_register(session, "consent", file, skip_bad=skip_bad, by=by, asked=asked)


@command(app, "export")
async def export(
    session: CommandContext,
    *,
    output: Output = None,
    business: Annotated[str, typer.Option(help="Only what was given to this business.")] = "",
    industry: Annotated[str, typer.Option(help="Only for this industry.")] = "",
    reason: Why = "",
    force: Force = False,
    by: By,
) -> None:
    """Write the consents, not withdrawn ones, as the CSV file that import takes: logged with who and why."""
    asked = Asked(register="consent", business=business, industry=industry)
    await exports.export(session, asked, output, reason=reason, force=force, by=by)


@command(app, "template")
def template(session: CommandContext, *, output: Output = None, force: Force = False) -> None:
    """An empty CSV file to fill in, with the columns' names in the language asked for."""
    exports.template(session, "consent", output, force=force)


@command(app, "withdraw")
async def withdraw(
    session: CommandContext,
    number: Number,
    *,
    business: Annotated[str, typer.Option(help="From whom it is withdrawn.")],
    industry: Annotated[str, typer.Option(help="Only for this industry; else for all.")] = "",
    reason: Why = "",
    by: By,
) -> None:
    """Record that a person withdrew the consent: it counts from the next attempt on."""
    async with session.context(by) as context:
        done = await consents.withdraw(context, number, business=business, industry=industry, reason=reason)
    result = "withdrawn" if done.count else "already"
    answer = {
        "register": "consent",
        "result": result,
        "number": done.number,
        "business": done.business,
        "withdrawn": done.count,
    }
    register_name = session.text("register.consent")
    session.answer(answer, session.text(f"done.{result}", register=register_name, entry=done.number))


@command(app, "list")
async def list_(
    session: CommandContext,
    *,
    number: Annotated[str, typer.Option()] = "",
    business: Annotated[str, typer.Option()] = "",
    industry: Annotated[str, typer.Option()] = "",
    limit: Limit = 100,
    after: After = "",
) -> None:
    """Consents, also expired and withdrawn ones."""
    async with session.context() as context:
        found = await consents.listed(
            context, number=number, business=business, industry=industry, after=after, most=limit
        )
    entry.listed(session, Consent, found.rows)
    session.more(found)


@command(app, "show")
async def show(session: CommandContext, number: Number) -> int:
    """The consents of one number and their history."""
    async with session.context() as context:
        found = await consents.show(context, number)
    return entry.shown(session, Consent, found)


command(app, "verify")(consent_proof.verify)
