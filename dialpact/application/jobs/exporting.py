"""An export as a job that only reads: its act is in the log when its row says that it is done, and before
that nobody gets the file.
"""

from __future__ import annotations

import secrets
from functools import partial
from typing import Any, Literal, cast

import msgspec

from dialpact.application import exports
from dialpact.application.actor import Actor, Door, Right
from dialpact.application.context import Context
from dialpact.application.exports import Asked, Exported
from dialpact.application.jobs import queue
from dialpact.application.jobs.files import JobFiles, whole
from dialpact.application.jobs.kinds import Outcome, Task
from dialpact.compliance.jobs import Job
from dialpact.compliance.registers.cell import free_text
from dialpact.compliance.registers.fault import Fault
from dialpact.store.ports.together import Write

Form = Literal["csv", "xlsx"]
RESULT = "result"
MEDIA_TYPES: dict[Form, str] = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class ExportAsked(msgspec.Struct, frozen=True, kw_only=True):
    asked: Asked
    form: Form
    reason: str

    @property
    def name(self) -> str:
        """Of the file."""
        batch = f"-{self.asked.batch}" if self.asked.batch else ""
        return f"{self.asked.register}{batch}.{self.form}"


async def submit(context: Context, files: JobFiles, asked: Asked, form: Form, reason: str) -> Job:
    """Fault for an export without a reason."""
    context.actor.need(Right.EVIDENCE)
    told = ExportAsked(asked=asked, form=form, reason=free_text(reason, "reason"))
    if asked.register == "leads":
        await context.store.leads.get(asked.batch)
    detail = cast(dict[str, Any], msgspec.to_builtins(told))
    id = secrets.token_hex(16)
    return await queue.submit(context, files, "export", detail, id=id, key="", businesses=())


async def taken(context: Context, files: JobFiles, id: str) -> tuple[Job, ExportAsked]:
    """One that is done, to whoever the log says has taken it out. Fault, for anybody else as for what is not
    there.
    """
    job, _ = await queue.result(context, files, "export", id)
    if job.by != context.by:
        raise Fault("not-registered", entry=id)
    return job, msgspec.convert(job.detail, ExportAsked)


async def work(task: Task) -> Outcome:
    told = msgspec.convert(task.job.detail, ExportAsked)
    with whole(task.folder / RESULT) as out:
        done = await exports.write(
            task.context, told.asked, out, told.name, progress=task.progress, rest=task.rest
        )
    return Outcome(
        file=RESULT,
        media_type=MEDIA_TYPES[told.form],
        bytes=done.bytes,
        sha256=done.sha256,
        counts={"rows": done.rows, "withdrawn": done.withdrawn, "register": done.register},
    )


def conclude(context: Context, job: Job, outcome: Outcome) -> Write:
    """That it was taken out, as whoever asked for it."""
    told = msgspec.convert(job.detail, ExportAsked)
    done = Exported(
        register=told.asked.register,
        rows=cast(int, outcome.counts["rows"]),
        withdrawn=cast(int, outcome.counts["withdrawn"]),
        bytes=outcome.bytes,
        sha256=outcome.sha256,
    )
    actor = Actor(name=job.by, door=Door.PAGE, rights=frozenset({Right.EVIDENCE}))
    theirs = msgspec.structs.replace(context, actor=actor)
    return partial(exports.note, theirs, told.asked, done, told.name, told.reason)
