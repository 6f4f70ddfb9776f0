"""The CDR files that a command is given, the bar that shows how far they are read, what is said of each."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from datetime import tzinfo
from pathlib import Path
from typing import Annotated, Any, Self

import typer

from dialpact.application.cdr_file import CdrFile, CdrReading, FileTold, on_disk, untouched
from dialpact.cli.command_context import DONE, FAILED, FOUND, CommandContext
from dialpact.cli.progress import progress
from dialpact.compliance.cdr import Columns
from dialpact.presentation import texts
from dialpact.presentation.hidden import Hidden

STDIN = "-"
PEERS = 8  # that a person is told
CdrPaths = Annotated[
    list[Path],
    typer.Option(
        "--cdr",
        metavar="FILE",
        help="Call records as a PBX writes or exports them, - for stdin; may be repeated.",
    ),
]
ColumnsSaid = Annotated[
    list[str] | None,
    typer.Option("--columns", help="What is which column, by name or number: start=calldate,dst=3,..."),
]


def given(path: Path) -> CdrFile:
    """By its name, or standard input."""
    if str(path) == STDIN:
        return CdrFile(STDIN, lambda: nullcontext(sys.stdin.buffer), None)
    return on_disk(path)


def looked(
    session: CommandContext,
    paths: Sequence[Path],
    zone: tzinfo,
    columns: Sequence[str] | None,
    *,
    may_be_empty: bool,
) -> CdrReading:
    """Fault with a sentence for each file whose form is not known."""
    reading = CdrReading(
        [given(path) for path in paths],
        zone,
        may_be_empty=may_be_empty,
        columns=Columns(columns) if columns else None,
    )
    reading.look(lambda fault: texts.fault_text(fault, session.language))
    return reading


class CdrFiles:
    """Within it the bar is shown. ``may_be_empty``: see :class:`dialpact.application.cdr_file.CdrReading`."""

    def __init__(
        self,
        session: CommandContext,
        paths: Sequence[Path],
        zone: tzinfo,
        *,
        may_be_empty: bool,
        columns: Sequence[str] | None = None,
    ) -> None:
        self._session = session
        self.reading = looked(session, paths, zone, columns, may_be_empty=may_be_empty)
        self.sources = self.reading.sources
        self._names = {str(path) for path in paths}
        self._bar = progress(session)
        self._task = self._bar.add_task("", total=self.reading.size)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()
        self.reading.close()

    def done(self) -> None:
        self._bar.stop()

    def show(self, stage: str, count: int) -> None:
        """``stage``: the name of a file, ``decisions`` or ``calls``."""
        if stage in self._names:
            self._bar.update(self._task, description=stage, completed=self.reading.position)
        else:
            text = self._session.text(f"stage.{stage}", count=count)
            self._bar.update(self._task, description=text)


def told(files: Iterable[FileTold], hidden: Hidden) -> list[dict[str, Any]]:
    """For programs: file, form, lines, bad, trunk_lines, peers (peer, lines)."""
    return [
        {
            "file": one.file,
            "form": one.form,
            "lines": one.lines,
            "bad": one.bad,
            "trunk_lines": one.trunk_lines,
            "peers": [{"peer": hidden.channel(peer), "lines": count} for peer, count in _most(one.peers)],
        }
        for one in files
    ]


def note_told(session: CommandContext, files: Sequence[FileTold], hidden: Hidden) -> bool:
    """For people: each file in which no line touched a trunk. Whether there is one."""
    found = untouched(files)
    for one in found:
        key = "say.cdr-untouched" if one.peers else "say.cdr-untouched-none"
        peers = _shown(one.peers, hidden)
        session.note(session.text(key, file=one.file, lines=one.lines, form=one.form, peers=peers))
    return bool(found)


def note_unlisted(session: CommandContext, files: Sequence[FileTold], hidden: Hidden) -> None:
    """For people: how many calls of a file left by what no trunk lists, beside those that were looked at."""
    for one in files:
        if one.unlisted and one.trunk_lines:
            peers = _shown(one.peers, hidden)
            session.note(session.text("say.cdr-unlisted", file=one.file, calls=one.unlisted, peers=peers))


def _shown(peers: dict[str, int], hidden: Hidden) -> str:
    most = _most(peers)
    more = f", ... ({len(most) - PEERS})" if len(most) > PEERS else ""
    return ", ".join(f"{hidden.channel(peer)} ({count})" for peer, count in most[:PEERS]) + more


def _most(peers: dict[str, int]) -> list[tuple[str, int]]:
    return sorted(peers.items(), key=lambda item: (-item[1], item[0]))


def exit_code(files: Sequence[FileTold], *, found: bool) -> int:
    """A line that nobody could read may be the call that went round the gate, and a file in which no line
    touches a trunk says nothing of this gate's calls.
    """
    lines, bad = sum(one.lines for one in files), sum(one.bad for one in files)
    if bad * 2 > lines or any(one.unreadable for one in files):
        return FAILED
    return FOUND if found or bad or untouched(files) else DONE
