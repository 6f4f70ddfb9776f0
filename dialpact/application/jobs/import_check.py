"""A file is examined, as a job that only reads: its first rows as they are understood, what is wrong with
which rows, and what an import of the good ones would do.
"""

from __future__ import annotations

import asyncio
import os
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from dialpact.application import imports, leads
from dialpact.application.bad_file import BadFile
from dialpact.application.evidence import container
from dialpact.application.import_preview import preview
from dialpact.application.imports import How, Imported
from dialpact.application.jobs.files import INPUT, whole
from dialpact.application.jobs.importing import (
    BAD,
    CSV,
    LIST,
    LOOKED,
    Figures,
    ImportAsked,
    Looked,
    Reason,
)
from dialpact.application.jobs.kinds import Outcome, Task
from dialpact.application.policy import load_policy
from dialpact.compliance.jobs import JobError
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.sheet import row_of
from dialpact.compliance.texts import fault_text

REASONS = 50  # that are told, the most frequent first


async def work(task: Task) -> Outcome:
    asked = msgspec.convert(task.job.detail, ImportAsked)
    await asyncio.to_thread(_begin, task.folder)
    form = imports.form_of(task.context, asked.register, as_written=asked.as_written)
    now = task.context.now()
    with (task.folder / LIST).open("rb") as file:
        seen = await asyncio.to_thread(preview, file, form, asked.how(), now)
        found, figures = Looked(preview=seen, fault=seen.fault), Figures(readable=False)
        if seen.fault is None:
            try:
                with await _examined(task, asked, file) as done:
                    found, figures = _told(found, done), _counted(done)
            except Fault as fault:
                found = msgspec.structs.replace(found, fault=JobError.of(fault))
    size = await asyncio.to_thread(_write, task.folder, found)
    _, sha256 = await asyncio.to_thread(container.digest, task.folder / LIST)
    return await outcome(task.folder, msgspec.structs.replace(figures, looked=size, list_sha256=sha256))


async def outcome(folder: Path, figures: Figures) -> Outcome:
    """With the file of bad rows; it is empty where there are none."""
    size, sha256 = await asyncio.to_thread(_settled, folder / BAD)
    counts = msgspec.to_builtins(figures)
    return Outcome(file=BAD, media_type=CSV, bytes=size, sha256=sha256, counts=counts)


def bad_file(folder: Path, asked: ImportAsked) -> BadFile:
    return BadFile(folder / BAD, partial(fault_text, language=asked.language))


async def _examined(task: Task, asked: ImportAsked, file: BinaryIO) -> Imported[Any]:
    how = How(
        sheets=asked.sheets,
        as_written=asked.as_written,
        given=asked.given,
        bad_file=bad_file(task.folder, asked),
    )
    given: dict[str, Any] = {"name": asked.name, "how": how, "progress": task.progress, "rest": task.rest}
    if asked.delivery is None:
        return await imports.examine(task.context, asked.register, file, **given)
    sections = leads.thresholds(load_policy(task.config).profiles)
    return await leads.examine(task.context, asked.delivery, sections, file, **given)


def _told(found: Looked, done: Imported[Any]) -> Looked:
    reasons = [
        Reason(
            rows=one.rows,
            sheet=done.sheets[row_of(one.first.line)[0]],
            line=row_of(one.first.line)[1],
            fault=JobError.of(one.first.fault),
        )
        for one in done.bad_rows.reasons[:REASONS]
    ]
    about = {} if done.about is None else {"held": done.about.held, "finding": done.about.finding}
    return msgspec.structs.replace(
        found,
        reasons=tuple(reasons),
        unknown=done.unknown,
        read_as=done.read_as,
        left_out=done.left_out,
        remarks=done.remarks,
        **about,
    )


def _counted(done: Imported[Any]) -> Figures:
    held = "" if done.about is None else done.about.held
    return Figures(rows=done.rows, bad=done.bad, applied=done.applied, already=done.already, held=held)


def _begin(folder: Path) -> None:
    """The file stays for what comes after; of an earlier start nothing does."""
    for name in (BAD, f"{BAD}~", LOOKED):
        (folder / name).unlink(missing_ok=True)
    if not (folder / LIST).exists():
        os.link(folder / INPUT, folder / LIST)


def _write(folder: Path, found: Looked) -> int:
    content = msgspec.json.encode(found)
    with whole(folder / LOOKED) as file:
        file.write(content)
    return len(content)


def _settled(path: Path) -> tuple[int, str]:
    with path.open("ab") as file:
        os.fsync(file.fileno())
    return container.digest(path)
