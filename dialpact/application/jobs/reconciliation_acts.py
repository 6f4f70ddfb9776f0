"""What is done about a reconciliation once somebody has looked at it, as a job: its findings are kept as
incidents, and recordings whose call's end nobody saw are settled by the CDRs.
"""

from __future__ import annotations

import asyncio
import hashlib

import msgspec

from dialpact.application.actor import Right
from dialpact.application.context import Context
from dialpact.application.jobs import queue, reconciling
from dialpact.application.jobs.files import JobFiles, whole
from dialpact.application.jobs.kinds import Outcome, Task
from dialpact.application.reconcile.case import settle
from dialpact.application.reconcile.incidents import write_incidents
from dialpact.application.reconcile.kept import every
from dialpact.compliance.jobs import Job
from dialpact.compliance.reconcile import SETTLING
from dialpact.compliance.registers.cell import free_text
from dialpact.compliance.registers.fault import Fault

RESULT = "acts"


class ActsAsked(msgspec.Struct, frozen=True, kw_only=True):
    """``of``: the reconciliation, a job that is done. ``reason``: of what is settled."""

    of: str
    write: bool
    settle: bool
    reason: str = ""


class ActsDone(msgspec.Struct, frozen=True, kw_only=True):
    """Incidents that are new, and that were known; recordings that were settled. None: not asked for."""

    written: int | None = None
    known: int | None = None
    settled: int | None = None


async def asked(context: Context, of: Job, *, write: bool, settle: bool, reason: str) -> ActsAsked:
    """Of times that are known to be wrong nothing is written that could never be taken back: Fault."""
    if not (write or settle):
        raise Fault("nothing-to-change")
    for wanted, right in ((write, Right.EVIDENCE), (settle, Right.RETENTION)):
        if wanted:
            context.actor.need(right)
    if of.state != "done" or of.result is None:
        raise Fault("job-not-done", entry=of.id, state=of.state)
    if reconciling.sums(of.result).shift:
        raise Fault("cdr-times-off")
    why = free_text(reason, "reason", needed=settle)
    return ActsAsked(of=of.id, write=write, settle=settle, reason=why)


async def work(task: Task) -> Outcome:
    told, context = msgspec.convert(task.job.detail, ActsAsked), task.context
    files = JobFiles(task.config.path(task.config.api.folder))
    of = await context.store.jobs.get(told.of)
    if of is None or of.state != "done" or of.result is None:
        raise Fault("job-expired", entry=told.of)
    sums = reconciling.sums(of.result)
    done = ActsDone()
    with await queue.opened(files, of) as file:
        if await asyncio.to_thread(reconciling.digest_of, file) != (of.result["bytes"], of.result["sha256"]):
            raise Fault("job-changed", entry=told.of)
        if told.write:
            made = await write_incidents(context.store, every(file, sums.sections), sums.node)
            done = msgspec.structs.replace(done, written=made.written, known=made.known)
        if told.settle:
            ends = [section for section in sums.sections if section.kind in SETTLING]
            done = msgspec.structs.replace(
                done, settled=await settle(context, every(file, ends), why=told.reason)
            )
    content = msgspec.json.encode(done)
    with whole(task.folder / RESULT) as out:
        out.write(content)
    return Outcome(
        file=RESULT,
        media_type="application/json",
        bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        counts={"done": msgspec.to_builtins(done)},
    )
