"""``dialpact recordings``: what is kept, and whether it still is what was recorded."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from compliance.clock import instant
from compliance.store.sqlite import Store, custody, recordings
from console import entry
from console.command import command, group
from console.flag import Limit
from console.progress import progress
from console.session import DONE, FOUND, Session

app = group("The recordings: what is kept, and whether it still is what was recorded.")

ALL = -1  # SQLite's LIMIT: none
_CHUNK = 1 << 20
State = Literal["starting", "running", "kept", "unanswered", "failed"]


@command(app, "list")
async def list_(
    session: Session,
    *,
    number: Annotated[str, typer.Option(help="Of calls to this callee.")] = "",
    decision: Annotated[str, typer.Option(help="Of this decision.")] = "",
    state: Annotated[State | None, typer.Option()] = None,
    limit: Limit = 100,
) -> None:
    """Recordings, the newest first."""
    async with session.store() as store:
        found = await recordings.list_recordings(
            store,
            number=entry.callee(number),
            decision=decision,
            state=state or "",
            most=limit + 1 if limit else ALL,
        )
    shown = session.limited(found, limit)
    columns = ("started_at", "number", "state", "seconds", "bytes", "keep_until", "path", "decision")
    rows = [[instant(row["started_at"]), *(row[name] for name in columns[1:])] for row in shown]
    session.table(columns, rows, shown)


@command(app, "verify")
async def verify(session: Session) -> int:
    """Hash every kept recording anew. Exit 3 when one is missing, changed or unknown to the database."""
    findings: list[dict[str, str]] = []
    checked = files = 0
    async with session.store() as store:
        # Before the rows: a recording that starts meanwhile then has its row, not a file without one.
        strangers = await custody.foreign_files(store, _files(session.config.recordings))
        total = await recordings.count_kept(store)
        with progress(session) as bar:
            task = bar.add_task(session.text("say.verifying"), total=total)
            async for row in _kept(store):
                for path, sha256 in _hashes(row):
                    files += 1
                    if problem := examine(Path(path), sha256):
                        findings.append({"decision": row["decision"], "path": path, "problem": problem})
                checked += 1
                bar.advance(task)
    findings += [{"decision": "", "path": path, "problem": "foreign"} for path in strangers]
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


def examine(path: Path, sha256: str | None) -> str:
    """``missing``, ``changed``, ``unreadable`` or ``no-hash``; nothing when it is what was recorded."""
    if not sha256:
        return "no-hash"
    try:
        if path.is_symlink():
            return "changed"
        digest = hashlib.sha256()
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    except FileNotFoundError:
        return "missing"
    except OSError:
        return "unreadable"
    return "" if digest.hexdigest() == sha256 else "changed"


def _hashes(row: dict[str, Any]) -> Iterator[tuple[str, str | None]]:
    """The mix, and each direction that was kept."""
    yield row["path"], row["sha256"]
    for side in ("callee", "agent"):
        if row[f"{side}_sha256"]:
            yield row[f"{side}_path"], row[f"{side}_sha256"]


async def _kept(store: Store) -> Any:
    last = ""
    while page := await recordings.kept_after(store, last):
        for row in page:
            yield row
        last = page[-1]["id"]


def _files(directory: Path) -> Iterator[str]:
    """Every file below it; a directory that is not there holds none (its recordings show as missing)."""
    if directory.is_dir():
        for path in directory.rglob("*"):
            if path.is_symlink() or not path.is_dir():
                yield str(path)
