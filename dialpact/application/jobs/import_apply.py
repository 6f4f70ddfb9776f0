"""An examined file is applied, as a job. Its act is noted in the job's row in the transaction that makes it
count (``store.ports.jobs.Jobs.receipt``), so that:

1. a job that was cancelled has applied nothing, and one that has is cancelled no more;
2. one that is begun anew sees that it is done, and only says so.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from dialpact.application import imports, leads, mappings
from dialpact.application.context import Context
from dialpact.application.evidence import container
from dialpact.application.ids import ID
from dialpact.application.imports import How, Imported
from dialpact.application.jobs import import_check
from dialpact.application.jobs.files import INPUT
from dialpact.application.jobs.import_check import bad_file
from dialpact.application.jobs.importing import BAD, LIST, Figures, ImportAsked
from dialpact.application.jobs.kinds import Outcome, Task
from dialpact.application.policy import load_policy
from dialpact.compliance.jobs import Job, JobError
from dialpact.compliance.registers.change import Made
from dialpact.compliance.registers.fault import Fault
from dialpact.store.ports.receipts import noting


async def work(task: Task) -> Outcome:
    asked = msgspec.convert(task.job.detail, ImportAsked)
    act = await applied(task.context, task.job)
    if act is not None:
        figures = logged(act)
    else:
        await asyncio.to_thread(_begin, task.folder)
        _, sha256 = await asyncio.to_thread(container.digest, task.folder / INPUT)
        if sha256 != asked.list_sha256:
            raise Fault("list-changed")
        with (task.folder / INPUT).open("rb") as file, noting(task.context.store.jobs.receipt(task.job.id)):
            done = await _applied(task, asked, file)
        with done:
            figures = _counted(done)
    if figures.done and asked.save_as:
        figures = msgspec.structs.replace(figures, unsaved=await _saved(task, asked))
    if figures.done:
        await asyncio.to_thread(_forget, task.folder, asked.check)
    return await import_check.outcome(task.folder, figures)


async def applied(context: Context, job: Job) -> Made | None:
    """The act by which it is in the register, if it is; ``job``: as the store has it. An act of another, that
    somebody has written there, is none of it.
    """
    acts = (job.result or {}).get("acts")
    if not acts or not job.detail:
        return None
    asked = msgspec.convert(job.detail, ImportAsked)
    whose = (asked.register, "import", job.by, asked.list_sha256)
    for act in await context.store.changes.made(acts):
        about = (act.register, act.action, act.by, act.detail["sha256"])
        if about == whose and act.at >= job.created_at:
            return act
    return None


def logged(act: Made) -> Figures:
    """Of an import that was cut off before it could say what it has done."""
    said = act.detail
    return Figures(
        rows=said["rows"],
        bad=said["bad"],
        applied=said["applied"],
        already=said["already"],
        done=True,
        batch=int(act.key) if act.register == "leads" else None,
        held=said.get("held", ""),
    )


async def _applied(task: Task, asked: ImportAsked, file: BinaryIO) -> Imported[Any]:
    how = How(
        sheets=asked.sheets,
        as_written=asked.as_written,
        given=asked.given,
        bad_file=bad_file(task.folder, asked),
    )
    given: dict[str, Any] = {"name": asked.name, "skip_bad": asked.skip_bad, "how": how}
    given["progress"] = task.progress
    if asked.delivery is None:
        return await imports.into_register(task.context, asked.register, file, **given)
    sections = leads.thresholds(load_policy(task.config).profiles)
    return await leads.take(task.context, asked.delivery, sections, file, **given)


def _counted(done: Imported[Any]) -> Figures:
    about = done.about
    return Figures(
        rows=done.rows,
        bad=done.bad,
        applied=done.applied if done.done else 0,
        already=done.already if done.done else 0,
        done=done.done,
        batch=about.batch if about is not None else None,
        held=about.held if about is not None else "",
    )


async def _saved(task: Task, asked: ImportAsked) -> JobError | None:
    try:
        await mappings.save(task.context, asked.save_as, asked.given.mapped)
    except Fault as fault:  # the import is done all the same
        return JobError.of(fault)
    return None


def _forget(folder: Path, check: str) -> None:
    """The list as it was brought: what is in the register needs it no longer."""
    if ID.fullmatch(check):
        (folder.parent / check / LIST).unlink(missing_ok=True)


def _begin(folder: Path) -> None:
    """Of an earlier start nothing stays."""
    for name in (BAD, f"{BAD}~"):
        (folder / name).unlink(missing_ok=True)
