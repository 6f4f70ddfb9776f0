"""``dialpact ledger verify``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dialpact.application.ledger.audit import Audit, Finding
from dialpact.application.ledger.signing import read_note, trusted
from dialpact.cli.progress import progress
from dialpact.cli.session import DONE, FOUND, Session
from dialpact.store.sqlite.snapshot import opened

From = Annotated[int | None, typer.Option("--from", min=0, metavar="LEAF", help="First leaf; else 0.")]
To = Annotated[int | None, typer.Option("--to", min=0, metavar="LEAF", help="Last leaf; else the newest.")]
Notes = Annotated[
    list[Path] | None,
    typer.Option("--checkpoint", metavar="FILE", help="An older checkpoint that was kept elsewhere."),
]
Keys = Annotated[
    list[str] | None,
    typer.Option("--key", metavar="VKEY|FILE", help="Whom to believe; else this installation's own key."),
]


def verify(
    session: Session, *, first: From = None, last: To = None, checkpoint: Notes = None, key: Keys = None
) -> int:
    """Check each record, the tree, and what was signed. Changes nothing. Exit 3 when something is wrong."""
    believed = trusted(session.config, key or ())
    given = [(str(path), read_note(path)) for path in checkpoint or ()]
    audit = Audit(believed, given, first, last)
    with opened(session.config.database) as snapshot, progress(session) as bar:
        task = bar.add_task(session.text("say.verifying"), total=None)
        for done in audit.run(snapshot):
            bar.update(task, completed=done, total=audit.total)
    found = audit.found
    sums = {
        "entries": audit.size,
        "checked": audit.checked,
        "erased": audit.erased,
        "checkpoints": audit.checkpoints,
        "findings": found.count,
    }
    if session.as_json:
        listed = [_object(session, finding) for finding in found.listed]
        session.json(sums | {"keys": [each.vkey for each in believed], "listed": listed})
        return FOUND if found.count else DONE
    if found.count:
        columns = ("problem", "leaf", "record", "key-of-record", "text")
        session.table(columns, [_row(session, finding) for finding in found.listed], None)
    if found.count > len(found.listed):
        session.note(session.text("say.ledger-more", more=found.count - len(found.listed)))
    typer.echo(session.text("say.ledger-verified", **sums))
    return FOUND if found.count else DONE


def _said(session: Session, finding: Finding) -> str:
    return session.text(f"ledger.{finding.code}", leaf=finding.leaf, name=finding.key, **finding.values)


def _object(session: Session, finding: Finding) -> dict[str, object]:
    return {
        "problem": finding.problem,
        "code": finding.code,
        "leaf": finding.leaf,
        "kind": finding.kind,
        "key": finding.key,
        **finding.values,
        "text": _said(session, finding),
    }


def _row(session: Session, finding: Finding) -> list[object]:
    problem = session.text(f"ledger-problem.{finding.problem}")
    return [problem, finding.leaf, finding.kind, finding.key, _said(session, finding)]
