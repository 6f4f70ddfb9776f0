"""``dialpact recordings verify``: is every recording still what was recorded, and nothing else there?

It writes nothing: whoever may read can check, and what it finds is told by its exit code.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from dialpact.cli.progress import progress
from dialpact.cli.session import DONE, FOUND, Session
from dialpact.compliance import kept_files
from dialpact.compliance.registers.moment import moment
from dialpact.store.sqlite import Store, custody
from dialpact.store.sqlite.custody import Span


async def verify(
    session: Session,
    *,
    sample: Annotated[
        int, typer.Option(min=0, max=100_000, help="Hash only so many, taken at random; 0: all.")
    ] = 0,
    since: Annotated[str, typer.Option(help="Started from then on; without a zone: Asia/Shanghai.")] = "",
    until: Annotated[
        str, typer.Option(help="Started before then; a bare date: to the end of that day.")
    ] = "",
) -> int:
    """Hash every kept recording anew.

    Exit 3 when one is missing, changed, unknown to the database, not as the ledger has it, or still there
    after its disposal.
    """
    span = Span(
        moment(since, "since") if since else None,
        moment(until, "until", end_of_day=True) if until else None,
    )
    findings: list[dict[str, str]] = []
    checked = files = 0
    async with session.store() as store:
        # Before the rows: a recording that starts meanwhile then has its row, not a file without one.
        strangers = await custody.foreign_files(store, _files(session.config.recordings))
        total = await span.count_kept(store)
        with progress(session) as bar:
            task = bar.add_task(session.text("say.verifying"), total=min(sample, total) if sample else total)
            async for row in span.at_random(store, sample) if sample else span.kept(store):
                if row["flaw"]:
                    findings.append(_finding(row, row["path"], row["flaw"]))
                for path, sha256 in kept_files.hashes(row):
                    problem = _problem(path, sha256, row, session.config.recordings)
                    files += bool(sha256 or problem)
                    if problem:
                        findings.append(_finding(row, str(path), problem))
                checked += 1
                bar.advance(task)
        findings += [found async for found in _left_behind(store, span)]
    findings += [{"recording": "", "decision": "", "path": path, "problem": "foreign"} for path in strangers]
    if session.as_json:
        session.json({"checked": checked, "files": files, "findings": findings})
    else:
        rows = [
            [session.text(f"problem.{found['problem']}"), found["path"], found["decision"]]
            for found in findings
        ]
        if rows:
            session.table(("problem", "path", "decision"), rows, None)
        typer.echo(session.text("say.verified", checked=checked, files=files, findings=len(findings)))
    return FOUND if findings else DONE


def _problem(path: Path, sha256: str | None, row: dict[str, Any], directory: Path) -> str:
    """A mix that was never hashed is a finding; a direction that never was is none, if it is not there."""
    if not sha256 and str(path) == row["path"]:
        return "no-hash"
    # One recorded when the directory was another is still to be found by its path.
    return kept_files.look(path, sha256, directory if path.is_relative_to(directory) else path.parent).problem


async def _left_behind(store: Store, span: Span) -> AsyncIterator[dict[str, str]]:
    async for row in span.disposed(store):
        if not row["is_proven"]:
            yield _finding(row, row["path"], "not-disposed")
        for path, _ in kept_files.hashes(row):
            if kept_files.is_there(path):
                yield _finding(row, str(path), "disposed" if row["done_at"] else "disposal-unfinished")


def _finding(row: dict[str, Any], path: str, problem: str) -> dict[str, str]:
    return {"recording": row["id"], "decision": row["decision"], "path": path, "problem": problem}


def _files(directory: Path) -> Iterator[str]:
    """Every file below it; a directory that is not there holds none (its recordings show as missing)."""
    if directory.is_dir():
        for path in directory.rglob("*"):
            if path.is_symlink() or not path.is_dir():
                yield str(path)
