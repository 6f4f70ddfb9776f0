"""What a reconciliation says: the counts, and the findings one by one."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import IO, Any, Self

import msgspec
import typer

from dialpact.application.reconcile.case import Reconciled
from dialpact.cli.command_context import CommandContext
from dialpact.cli.imports import ShownBadRows
from dialpact.cli.replay.report import echo_list, note_bad
from dialpact.cli.texts import incident_text
from dialpact.compliance.numbers import masked
from dialpact.compliance.reconcile import NOTES, CdrFinding, Reconciliation
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.moment import HOME
from dialpact.compliance.zones import ZoneInfo

KEPT = 1 << 20  # bytes of findings in memory; more go to a temporary file
_LONG = re.compile(r"\+?[0-9]{7,}")
COLUMNS = ("at", "finding", "number", "caller_id", "trunk", "channel", "line", "decision")


class ReconcileReport:
    """``limit``: how many findings are listed, 0: all. ``notes``: those that are no reproach, too."""

    def __init__(self, session: CommandContext, *, limit: int, full: bool, notes: bool) -> None:
        self._session = session
        self._limit = limit
        self._full = full
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
        self._file.write(msgspec.json.encode(self._row(one)) + b"\n")
        self._listed += 1

    def _row(self, one: CdrFinding) -> dict[str, Any]:
        hide = (lambda text: text) if self._full else masked
        detail = dict(one.detail)
        if one.kind in ("number-differs", "caller-id-differs"):
            detail["decided"] = hide(detail["decided"])
        for name in ("way", "state", "mode", "fate", "hears"):
            if name in detail:
                detail[name] = self._session.text(f"cdr-word.{detail[name]}")
        if "endpoint" in detail and not self._full:
            detail["endpoint"] = _LONG.sub(_mask, detail["endpoint"])
        if "incident" in detail:
            detail["incident"] = incident_text(detail["incident"], self._session.language)
        number = hide(one.number) if one.number and one.kind != "emergency" else one.number
        return {
            "kind": one.kind,
            "note": one.is_note,
            "at": datetime.fromtimestamp(one.at, UTC),
            "text": self._session.text(f"cdr.{one.kind}", **detail),
            "number": number,
            "caller_id": hide(one.caller_id),
            "trunk": one.trunk,
            "decision": one.decision,
            "recording": one.recording,
            "channel": one.channel if self._full else _without_numbers(one.channel),
            "uniqueid": one.uniqueid,
            "file": one.file,
            "line": one.line,
        }

    def hidden(self, fault: Fault) -> Fault:
        """``fault``, which may repeat a cell of the file, as it may be shown."""
        if self._full:
            return fault
        return Fault(fault.key, **{name: _LONG.sub(_mask, text) for name, text in fault.detail.items()})

    def _rows(self) -> Iterator[bytes]:
        self._file.seek(0)
        for line in self._file:
            yield line.rstrip()

    def print(self, done: Reconciled, bad: ShownBadRows, *, timezone: str, files: Sequence[str]) -> None:
        """``timezone`` and ``files`` as they were given."""
        result, written, settled = done.result, done.written, done.settled
        session = self._session
        if result.shift:
            session.note(self._hint(result, timezone))
        if unnamed := result.counts.unnamed_contexts:
            listed = ", ".join(f"{name} ({count})" for name, count in sorted(unnamed.items()))
            session.note(session.text("say.cdr-unnamed", contexts=listed))
        if self._wanted > self._listed:
            session.note(session.text("say.more", limit=self._limit))
        counts = msgspec.structs.asdict(result.counts)
        if session.as_json:
            sums = {
                "files": files,
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

    def _hint(self, result: Reconciliation, timezone: str) -> str:
        """In which zone the files are, as far as that can be told from the difference alone."""
        assumed = datetime.fromtimestamp(result.since or 0, ZoneInfo(timezone)).utcoffset() or timedelta()
        offset = assumed + timedelta(seconds=result.shift)
        names = {timedelta(): "UTC", timedelta(hours=8): str(HOME)}
        hours = offset / timedelta(hours=1)
        zone = names.get(offset) or (f"Etc/GMT{-hours:+.0f}" if hours.is_integer() else "?")
        return self._session.text("say.cdr-shifted", hours=f"{result.shift / 3600:+g}", zone=zone)


def _time(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _without_numbers(channel: str) -> str:
    """A Local channel and a line of ISDN are named by what they dial, some trunks by their own number."""
    name, dash, serial = channel.rpartition("-")
    if not dash or name.startswith("Snoop/"):  # (a unique id)
        return channel
    return _LONG.sub(_mask, name) + dash + serial


def _mask(found: re.Match[str]) -> str:
    return masked(found[0])
