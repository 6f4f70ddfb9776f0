"""``dialpact evidence``: what can be handed to an inspector, and the check of what was handed over."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from dialpact.application.evidence import check, maker, matching
from dialpact.application.evidence.check import Verdict
from dialpact.application.evidence.maker import Made
from dialpact.application.evidence.outside import Outsiders
from dialpact.application.evidence.verdict import SeenCall
from dialpact.application.ledger import signing
from dialpact.cli.command import command, group
from dialpact.cli.command_context import DONE, FOUND, CommandContext
from dialpact.cli.flag import By, Why
from dialpact.cli.progress import progress
from dialpact.compliance.errors import ConfigError, LedgerError
from dialpact.compliance.ledger import cosignature, keys, timestamp
from dialpact.compliance.ledger.history import History
from dialpact.compliance.ledger.note import Verifier
from dialpact.compliance.registers.fault import Fault
from dialpact.presentation.evidence_report import note_text, reports
from dialpact.presentation.visible import visible

app = group("Evidence packages: everything about a call, proven by the ledger, for somebody else to check.")

MOST_NOTE = 1 << 18  # bytes of a signed checkpoint


@command(app, "export")
async def export(
    session: CommandContext,
    *,
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE.zip", help="The package to make.")],
    call: Annotated[str, typer.Option(metavar="ID", help="This decision.")] = "",
    complaint: Annotated[int | None, typer.Option(min=1, help="The call of this complaint.")] = None,
    callee: Annotated[str, typer.Option(help="Every attempt to call this person.")] = "",
    caller_id: Annotated[str, typer.Option(help="With --callee: over this number only.")] = "",
    around: Annotated[
        str, typer.Option(help="With --callee: about this time; without a zone: Asia/Shanghai.")
    ] = "",
    within: Annotated[
        int | None, typer.Option(min=0, max=527_040, help="With --around: minutes either side; else 30.")
    ] = None,
    by: By,
    reason: Why = "",
    force: Annotated[bool, typer.Option("--force", help="Over a file that is there.")] = False,
) -> int:
    """Make a package. Exit 3 when a recording is missing or changed; the package then says so."""
    async with session.context(by) as context:
        question = await matching.asked(context, call, complaint, callee, caller_id, around, within)
        matched = await matching.match(context, question)
        with progress(session) as bar:
            task = bar.add_task(output.name, total=len(matched.calls))
            made = await maker.make(
                context,
                matched,
                output.absolute(),
                signer=await signing.key(context, session.config),
                config=session.config,
                render=partial(reports, session.language, session.machine.pdf),
                reason=reason,
                force=force,
                progress=lambda done, _: bar.update(task, completed=done),
            )
    _tell(session, made)
    lacking = any(one.why not in ("running", "disposed", "erased") for one in made.absent)
    return FOUND if lacking or any(note.code == "unrecorded" for note in made.notes) else DONE


@command(app, "verify")
def verify(
    session: CommandContext,
    file: Annotated[Path, typer.Argument(metavar="FILE.zip", help="The package.")],
    *,
    key: Annotated[
        str, typer.Option(metavar="VKEY|FILE", help="The public key; else this configuration's ledger.pub.")
    ] = "",
    checkpoint: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A checkpoint of this ledger that you kept.")
    ] = None,
    witness: Annotated[
        list[str] | None, typer.Option(metavar="VKEY|FILE", help="An outsider who cosigns, whom you know.")
    ] = None,
    quorum: Annotated[
        int | None, typer.Option(min=1, help="So many of the witnesses must have seen each call; else all.")
    ] = None,
    tsa_ca: Annotated[
        Path | None,
        typer.Option("--tsa-ca", metavar="FILE.pem", help="Certificates of an authority for timestamps."),
    ] = None,
    history: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="What earlier keys have signed; else ledger.history beside the key."
        ),
    ] = None,
) -> int:
    """Check a package. Needs no configuration; exit 3 when anything is wrong, or nobody's key was given."""
    if file.is_dir():
        raise Fault("evidence-folder", file=str(file))
    held = _read(checkpoint) if checkpoint else ""
    believed = _key(session, key)
    told = _history(session, key, believed, history)
    outsiders = _outsiders(witness or (), quorum, tsa_ca)
    verdict = check.examine(file, believed, held, told, outsiders)
    if session.as_json:
        findings = [found._asdict() | {"text": _said(session, found.code)} for found in verdict.findings]
        session.json({"file": str(file), "valid": verdict.valid, "findings": findings, "package": verdict})
    else:
        _show(session, file, verdict)
    return DONE if verdict.valid else FOUND


def _tell(session: CommandContext, made: Made) -> None:
    values = {name: getattr(made, name) for name in ("file", "records", "bytes", "sha256", "size")}
    said = session.text("say.evidence-made", calls=len(made.calls), signer=made.key, **values)
    session.answer(made, said)
    for one in made.absent:
        why = session.text(f"absent.{one.why}")
        session.note(session.text("say.evidence-absent", path=one.path, why=why))
    for note in made.notes:
        session.note(session.text("say.evidence-note", text=note_text(note, session.language)))


def _show(session: CommandContext, file: Path, verdict: Verdict) -> None:
    rows = [[_said(session, found.code), visible(found.where)] for found in verdict.findings]
    if rows:
        session.table(("problem", "path"), rows, None)
    if verdict.made_at:
        about = {name: getattr(verdict, name) for name in ("calls", "records", "files", "size")}
        words = {"made_at": visible(verdict.made_at), "made_by": visible(verdict.made_by)}
        session.note(session.text("say.evidence-about", **about, **words, signer=visible(verdict.key)))
    if verdict.anew and verdict.made_at:
        session.note(session.text("say.evidence-anew"))
        if verdict.ignored:
            session.note(session.text("say.evidence-ignored", names=visible(", ".join(verdict.ignored))))
    if verdict.unproven:
        session.note(session.text("say.evidence-unproven", names=visible(", ".join(verdict.unproven))))
    if verdict.valid and verdict.older:
        session.note(session.text("say.evidence-older", count=verdict.older))
    for seen in verdict.seen:
        _show_seen(session, seen)
    said = "say.evidence-valid" if verdict.valid else "say.evidence-invalid"
    if verdict.intact:
        said = "say.evidence-intact"
    typer.echo(session.text(said, file=file, findings=len(verdict.findings)))


def _show_seen(session: CommandContext, seen: SeenCall) -> None:
    """When outsiders say that a call was in the log, and when it was not."""
    if seen.latest:
        about = {"call": visible(seen.call), "by": visible(", ".join(seen.by)), "latest": seen.latest}
        key = "say.evidence-seen-after" if seen.unseen else "say.evidence-seen"
        session.note(session.text(key, **about, unseen=seen.unseen))
    if seen.late:
        session.note(session.text("say.evidence-late", call=visible(seen.call), unseen=seen.unseen))
    if seen.stamped:
        session.note(session.text("say.evidence-stamped", call=visible(seen.call), latest=seen.stamped))


def _outsiders(given: Sequence[str], quorum: int | None, roots: Path | None) -> Outsiders:
    """Fault: more are asked for than there are. LedgerError: no witness's key; the extra is missing."""
    vkeys = [Path(one).read_text("utf-8").strip() if Path(one).is_file() else one for one in given]
    witnesses = cosignature.distinct(vkeys)
    if quorum is not None and quorum > len(witnesses):
        raise Fault("evidence-quorum", quorum=str(quorum), count=str(len(witnesses)))
    if roots:
        timestamp.needed()
    return Outsiders(witnesses, quorum or len(witnesses), roots.read_bytes() if roots else b"")


def _said(session: CommandContext, code: str) -> str:
    return session.text(f"evidence.{code}")


def _key(session: CommandContext, given: str) -> Verifier | None:
    """LedgerError for a key that is none. None: neither given nor configured."""
    if given:
        return keys.load_public(given)
    try:
        config = session.config
    except ConfigError:
        if session.config_file:
            raise
        return None
    public = keys.public_path(keys.path_of(config))
    return keys.load_public(public, keys.name_of(config)) if public.is_file() else None


def _history(session: CommandContext, given: str, key: Verifier | None, file: Path | None) -> History | None:
    """What the key says of earlier ones. One that is named must hold; one that lies beside the key may be of
    another, which is said.
    """
    if key is None:
        return None
    if file:
        return keys.read_history(file, key)
    public = Path(given) if given and "+" not in given else None
    if public is None:
        try:
            public = keys.public_path(keys.path_of(session.config))
        except ConfigError:
            return None
    try:
        return keys.load_history(public, key)
    except LedgerError as error:
        session.note(session.text("say.evidence-history", why=error))
        return None


def _read(file: Path) -> str:
    with file.open("rb") as opened:
        content = opened.read(MOST_NOTE + 1)
    if len(content) > MOST_NOTE:
        raise Fault("evidence-too-large", file=str(file), limit=str(MOST_NOTE))
    if not content.strip():
        raise Fault("evidence-no-checkpoint", file=str(file))
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise Fault("file", file=str(file), error="no UTF-8 text") from error
