"""An erasure as a job: looked at first, then asked for, confirmed by a second officer, and done.

1. A look reads the whole log, and says what is over and which day was taken for today.
2. One officer asks for just that (``application/approvals``); another account confirms, and hands the job in
   with it, in one transaction.
3. The job looks again. Is it not what the two agreed on (a hold, a complaint, a longer time has come
   between), nothing goes.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from functools import partial
from typing import Any

import msgspec

from dialpact.application import approvals
from dialpact.application.actor import Right
from dialpact.application.context import Context
from dialpact.application.jobs import queue
from dialpact.application.jobs.files import JobFiles, whole
from dialpact.application.jobs.kinds import Outcome, Task
from dialpact.application.ledger import erasure
from dialpact.application.ledger.erasure import Agreed
from dialpact.application.ledger.proven import Unproven, believed
from dialpact.application.policy import load_policy
from dialpact.compliance.jobs import Job, JobKind
from dialpact.compliance.ledger.erasure import Erased
from dialpact.compliance.registers import approval
from dialpact.compliance.registers.approval import Approval, Erasure
from dialpact.compliance.registers.fault import Fault
from dialpact.store.ports.together import Write, as_one

KIND: JobKind = "erasure"
RESULT = "erased.json"
MEDIA_TYPE = "application/json"
_CONFIRMING = asyncio.Lock()  # the files are no part of the transaction


class ErasureAsked(msgspec.Struct, frozen=True, kw_only=True):
    """``request``: what two officers have agreed on; 0: only a look."""

    request: int = 0


class ErasureMade(msgspec.Struct, frozen=True, kw_only=True):
    """``today``: the day that was taken for today."""

    erased: Erased
    today: date


async def look(context: Context, files: JobFiles, *, id: str) -> Job:
    """Hands in the job that says what would be erased; its result has an :class:`ErasureMade`."""
    context.actor.need(Right.LEDGER)
    detail = msgspec.to_builtins(ErasureAsked())
    return await queue.submit(context, files, KIND, detail, id=id, key="", businesses=())


async def made(context: Context, id: str) -> ErasureMade:
    """What such a job has found. Fault where there is none such, or it is not done."""
    job = await queue.show(context, KIND, id)
    if job.state != "done" or job.result is None:
        raise Fault("job-not-done", entry=id, state=job.state)
    return msgspec.convert(dict(job.result), ErasureMade)


async def ask(context: Context, looked: str, *, reason: str) -> Approval:
    """A request to erase what the job ``looked`` has found. Fault also where that was nothing."""
    approvals.need(context, Erasure)
    found = await made(context, looked)
    over = found.erased
    if not over.decisions:
        raise Fault("nothing-over")
    about = Erasure(
        today=found.today,
        decisions=over.decisions,
        recordings=over.recordings,
        oldest=over.oldest,
        newest=over.newest,
    )
    return await approvals.asked(context, about, reason=reason)


def job_of(request: int) -> str:
    """The id of the job that erases what was agreed on: a request has one."""
    return hashlib.sha256(f"{KIND} {request}".encode()).hexdigest()[:32]


async def begun(context: Context, found: Approval) -> Job | None:
    """The job that erases what ``found`` asks for; None: it was not confirmed, or is of another act."""
    context.actor.need(Right.CALLS)
    if not isinstance(found.about, Erasure) or found.state == "open":
        return None
    return await context.store.jobs.get(job_of(found.id))


async def pending_since(context: Context) -> datetime | None:
    """Since when what was erased waits to be overwritten in the file; None: nothing does."""
    context.actor.need(Right.LEDGER)
    return await context.store.erasure.overwriting_since()


async def cancel(context: Context, files: JobFiles, id: str) -> Job:
    """A look does not run any more, or its result goes; what two have agreed on is not stopped halfway by
    one. What it is then. Fault.
    """
    job = await queue.show(context, KIND, id)
    if not job.detail or msgspec.convert(job.detail, ErasureAsked).request:
        return job
    return await queue.cancel(context, files, KIND, id)


async def confirm(context: Context, files: JobFiles, request: int) -> Job:
    """Hands in the job that erases, as the act of both. (The runner is to be told.) Fault as
    ``approvals.confirm``; NoRoom.
    """
    approvals.need(context, Erasure)
    async with _CONFIRMING:
        found, now = await approvals.show(context, request), context.now()
        if not isinstance(found.about, Erasure):
            raise Fault("not-registered", entry=str(request))
        job = Job(
            id=job_of(request),
            kind=KIND,
            by=approval.both(found.asked_by, context.by),
            detail=msgspec.to_builtins(ErasureAsked(request=request)),
            created_at=now,
        )
        if found.state == "open":  # else the job's folder is in use
            await asyncio.to_thread(files.keep, job.id, None, 0)
        confirmed = partial(context.store.approvals.confirm, found, by=context.by, at=now)
        await as_one([confirmed, partial(context.store.jobs.add, job)])
    return job


async def work(task: Task) -> Outcome:
    asked = msgspec.convert(task.job.detail, ErasureAsked)
    context, config = task.context, task.config
    policy, node = load_policy(config), config.node.name
    try:
        if asked.request:
            request = await context.store.approvals.get(asked.request)
            agreed = _agreed(request, begun=task.job.starts > 1)
            erased = await erasure.erase(
                context,
                policy,
                reason=request.reason,
                really=True,
                node=node,
                believed=believed(config),
                agreed=agreed,
            )
            found = ErasureMade(erased=erased, today=agreed.today)
        else:
            over, today = await erasure.preview(context, policy, node=node, believed=believed(config))
            found = ErasureMade(erased=over, today=today)
    except Unproven as error:
        raise Fault("erasure-unproven", why=str(error)) from error
    return await asyncio.to_thread(_outcome, task, found)


def conclude(context: Context, job: Job, outcome: Outcome) -> Write | None:
    """What was erased is noted with the request; a look does nothing."""
    asked = msgspec.convert(job.detail, ErasureAsked)
    if not asked.request:
        return None
    over = msgspec.convert(dict(outcome.counts), ErasureMade).erased
    came: Mapping[str, int] = {"decisions": over.decisions, "recordings": over.recordings}
    return partial(context.store.approvals.done, asked.request, came, by=job.by, at=context.now())


def _agreed(request: Approval, *, begun: bool) -> Agreed:
    """Fault where nobody has confirmed it: a job's row is no evidence."""
    about = request.about
    if request.state != "confirmed" or not isinstance(about, Erasure):
        raise Fault("approval-closed", entry=str(request.id))
    return Agreed(request.id, about.today, about.decisions, about.recordings, begun)


def _outcome(task: Task, found: ErasureMade) -> Outcome:
    content = msgspec.json.encode(found)
    with whole(task.folder / RESULT) as file:
        file.write(content)
    counts: dict[str, Any] = msgspec.to_builtins(found)
    sha256 = hashlib.sha256(content).hexdigest()
    return Outcome(file=RESULT, media_type=MEDIA_TYPE, bytes=len(content), sha256=sha256, counts=counts)
