"""What a reconciliation says: the counts, and the findings one by one."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import IO, Any, Self

import msgspec
import typer

from dialpact.application.cdr_file import FileTold
from dialpact.application.reconcile.case import Reconciled
from dialpact.cli.command_context import CommandContext
from dialpact.cli.imports import ShownBadRows
from dialpact.cli.reconcile.files import told
from dialpact.cli.replay.report import echo_list, note_bad
from dialpact.compliance.reconcile import NOTES, CdrFinding
from dialpact.presentation import reconciliation
from dialpact.presentation.hidden import Hidden

KEPT = 1 << 20  # bytes of findings in memory; more go to a temporary file
COLUMNS = ("at", "finding", "number", "caller_id", "trunk", "channel", "line", "decision")


class ReconcileReport:
    """``limit``: how many findings are listed, 0: all. ``notes``: those that are no reproach, too."""

    def __init__(self, session: CommandContext, hidden: Hidden, *, limit: int, notes: bool) -> None:
        self._session = session
        self._hidden = hidden
        self._limit = limit
        self._notes = notes
        self._file: IO[bytes] = tempfile.SpooledTemporaryFile(KEPT)  # noqa: SIM115 - closed by __exit__
        self._listed = self._wanted = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, one: CdrFinding) -> None:
        if one.is_note and not self._notes:
            return
        self._wanted += 1
        if self._limit and self._listed >= self._limit:
            return
        row = reconciliation.told(one, self._hidden, self._session.language)
        self._file.write(msgspec.json.encode(row) + b"\n")
        self._listed += 1

    def _rows(self) -> Iterator[bytes]:
        self._file.seek(0)
        for line in self._file:
            yield line.rstrip()

    def print(self, done: Reconciled, bad: ShownBadRows, *, timezone: str, files: Sequence[FileTold]) -> None:
        """``timezone`` as it was given; ``files``: what came of each."""
        result, written, settled = done.result, done.written, done.settled
        session = self._session
        if result.shift:
            hint = reconciliation.shift_hint(result.shift, result.since or 0, timezone, session.language)
            session.note(hint)
        if unnamed := result.counts.unnamed_contexts:
            listed = ", ".join(f"{name} ({count})" for name, count in sorted(unnamed.items()))
            session.note(session.text("say.cdr-unnamed", contexts=listed))
        if self._wanted > self._listed:
            session.note(session.text("say.more", limit=self._limit))
        counts = msgspec.structs.asdict(result.counts)
        if session.as_json:
            sums = {
                "files": [one.file for one in files],
                "read": told(files, self._hidden),
                "node": done.node,
                "timezone": timezone,
                "since": _time(result.since),
                "until": _time(result.until),
                "shift": result.shift,
                **counts,
                "findings_total": result.findings,
                "incidents": written._asdict() if written else None,
                "settled": settled,
            }
            typer.echo(msgspec.json.encode(sums).decode()[:-1], nl=False)
            echo_list("findings", self._rows())
            echo_list("errors", bad)
            typer.echo("}")
            return
        note_bad(session, bad)
        if result.since is None:
            session.note(session.text("say.cdr-empty"))
        else:
            span = {name: session.cell(_time(getattr(result, name))) for name in ("since", "until")}
            typer.echo(session.text("say.reconciled", **span, **counts))
        found = sorted(result.counts.found.items(), key=lambda item: (item[0] in NOTES, -item[1]))
        kinds = [[session.text(f"cdr-kind.{kind}"), kind, count] for kind, count in found]
        if kinds:
            typer.echo("")
            session.table(("finding", "kind", "times"), kinds, None)
        if self._listed:
            typer.echo("")
            rows = map(msgspec.json.decode, self._rows())
            session.table(COLUMNS, [self._cells(row) for row in rows], None)
        typer.echo("")
        typer.echo(session.text("say.cdr-findings", count=result.findings))
        if written:
            typer.echo(session.text("say.cdr-incidents", **written._asdict()))
        if settled is not None:
            typer.echo(session.text("say.cdr-settled", count=settled))

    @staticmethod
    def _cells(row: dict[str, Any]) -> list[object]:
        place = f"{row['file']}:{row['line']}" if row["line"] else ""
        at = datetime.fromisoformat(row["at"])
        return [at, row["text"], *(row[name] for name in COLUMNS[2:6]), place, row["decision"]]


def _time(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
