"""What a replay found: the sums, and the blocked calls one by one."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from typing import IO, Any, Self

import msgspec
import typer

from dialpact.application.replay.case import Replayed, ReplayOrder, Share, Sums, place
from dialpact.application.replay.trial import Trialled
from dialpact.cli.command_context import CommandContext
from dialpact.cli.imports import ShownBadRows
from dialpact.cli.reconcile.files import told
from dialpact.compliance.texts import finding_text, reason_text
from dialpact.presentation.hidden import OWN, Hidden

KEPT = 1 << 20  # bytes of blocked calls in memory; more go to a temporary file
BY = ("caller_id", "campaign", "hour")
SHOWN = 20  # caller IDs, campaigns and bad lines that a person is shown; --json has them all


class ReplayReport:
    """``limit``: how many of the blocked calls are kept one by one; 0: all, None: none."""

    def __init__(
        self, session: CommandContext, order: ReplayOrder, hidden: Hidden, *, limit: int | None
    ) -> None:
        self._session = session
        self._zone = order.zone
        self._files = order.cdr.told
        self._hidden = hidden
        self._limit = limit
        self._file: IO[bytes] = tempfile.SpooledTemporaryFile(KEPT)  # noqa: SIM115 - closed by __exit__
        self._listed = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, outcome: Trialled) -> None:
        if outcome.failures and self._limit is not None and not 0 < self._limit <= self._listed:
            self._file.write(msgspec.json.encode(self._call(outcome)) + b"\n")
            self._listed += 1

    def _call(self, outcome: Trialled) -> dict[str, Any]:
        attempt = outcome.attempt
        number = attempt.callee.e164 or attempt.callee.given
        hidden = self._hidden
        said = (attempt.callee.e164, attempt.callee.given, outcome.past.number, attempt.caller_id)
        file, line = place(outcome.past.line, self._files)
        return {
            "file": file,
            "line": line,
            "at": outcome.at.astimezone(self._zone),
            "number": hidden.number(number),
            "caller_id": hidden.caller_id(attempt.caller_id),
            "campaign": hidden.text(attempt.campaign),
            "agent": hidden.text(attempt.agent, attempt.agent if len(attempt.agent) >= OWN else ""),
            "trunk": attempt.trunk,
            "reasons": outcome.reasons,
            "findings": [
                {
                    "rule": finding.rule,
                    "code": finding.code,
                    "clause": finding.clause,
                    "text": hidden.text(finding_text(finding, self._session.language), *said),
                }
                for finding in outcome.failures
            ],
        }

    def _calls(self) -> Iterator[bytes]:
        self._file.seek(0)
        for line in self._file:
            yield line.rstrip()

    def print(self, done: Replayed, bad: ShownBadRows) -> None:
        found = done.sums
        sums = {
            "file": ", ".join(one.file for one in self._files),
            "read": told(done.files, self._hidden),
            "lines": done.lines,
            "bad": done.bad,
            "shift": done.shift,
            "others": done.others,
            "profiles": done.profiles,
            "rules": done.rules,
            "registers": done.registers,
            "attempts": found.attempts,
            "passed": found.attempts - found.blocked,
            "blocked": found.blocked,
            "refused": found.blocked,  # (its old name, for one version)
            "from": found.first,
            "to": found.last,
            "reasons": [
                {"code": code, "calls": calls, "share": share(calls, found.attempts)}
                for code, calls in found.reasons.items()
            ],
        }
        for name in BY:
            shares: dict[str, Share] = getattr(found, f"{name}s")
            sums[f"{name}s"] = [
                {
                    name: self._named(name, key),
                    "attempts": one.attempts,
                    "blocked": one.blocked,
                    "refused": one.blocked,
                }
                for key, one in shares.items()
            ]
        if self._session.as_json:
            self._print_json(sums, bad)
        else:
            self._print_text(sums, found, bad)

    def _named(self, name: str, key: str) -> str:
        """Of a row of sums."""
        return self._hidden.caller_id(key) if name == "caller_id" else self._hidden.text(key)

    def _print_json(self, sums: dict[str, Any], bad: ShownBadRows) -> None:
        """Calls and errors one after the other: there may be a million of them."""
        typer.echo(msgspec.json.encode(sums).decode()[:-1], nl=False)
        if self._limit is not None:
            echo_list("calls", self._calls())
        echo_list("errors", bad)
        typer.echo("}")

    def _print_text(self, sums: dict[str, Any], found: Sums, bad: ShownBadRows) -> None:
        session = self._session
        note_bad(session, bad)
        typer.echo(session.text("say.replay-sums", **{**sums, "share": share(found.blocked, found.attempts)}))
        if found.reasons:
            rows = [
                [row["code"], reason_text(row["code"], session.language), row["calls"], row["share"]]
                for row in sums["reasons"]
            ]
            session.table(("code", "reason", "calls", "share"), rows, None)
        for name in BY if found.blocked else ():
            rows = [
                [row[name], row["attempts"], row["blocked"], share(row["blocked"], row["attempts"])]
                for row in sums[f"{name}s"][: None if name == "hour" else SHOWN]
            ]
            typer.echo("")
            session.table((name, "attempts", "blocked", "share"), rows, None)
        if self._listed:
            typer.echo("")
        for line in self._calls():
            call = msgspec.json.decode(line)
            typer.echo(session.text("say.replay-call", **{**call, "reasons": ", ".join(call["reasons"])}))
        if self._limit and found.blocked > self._listed:
            session.note(session.text("say.more", limit=self._limit))


def share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else ""


def echo_list(name: str, lines: Iterable[bytes]) -> None:
    typer.echo(f', "{name}": [', nl=False)
    for count, line in enumerate(lines):
        typer.echo((b",\n" if count else b"\n") + line, nl=False)
    typer.echo("]", nl=False)


def note_bad(session: CommandContext, bad: ShownBadRows) -> None:
    for count, line in enumerate(bad):
        if count == SHOWN:
            session.note(session.text("say.replay-more-bad", more=bad.count - SHOWN))
            return
        found = msgspec.json.decode(line)
        if "file" in found:
            session.note(session.text("say.bad-row", **found))
        else:
            session.note(session.text("say.bad-line", line=found["line"], reason=found["reason"]))
