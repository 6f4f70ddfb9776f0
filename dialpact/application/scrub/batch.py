"""A batch of leads is scrubbed: each of its numbers is judged for its campaign, and what came out is an act
in the log. A batch that was held for want of that counts from then on.

1. It is scrubbed as of now, and as if it were scrubbed already: else no number of it were on a list. What the
   range detector found holds it as before.
2. The act has the counts and the result's SHA-256. It is done when the whole result was written, and the
   batch has as many numbers as it came with.
3. A scrub does not lapse: the gate judges each call by what it knows at that moment anyway.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO

from msgspec.structs import replace

from dialpact.application.actor import Right
from dialpact.application.context import Context
from dialpact.application.progress import Progress, unwatched
from dialpact.application.resting import restless
from dialpact.application.scrub import Scrubbed, ScrubRequest, run
from dialpact.application.scrub.rows import BatchList
from dialpact.compliance.judge import Judge
from dialpact.compliance.model import PolicyVersion
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.leads import BatchScrub, Delivered


async def scrub_batch(
    context: Context,
    judge: Judge,
    batch: int,
    out: BinaryIO,
    request: ScrubRequest,
    progress: Progress = unwatched,
    rest: Callable[[], None] = restless,
) -> Scrubbed:
    """Only the scrub: nothing is released before :func:`complete`. ``request``: the campaign is the batch's
    and the instant now, whatever it says. ``progress``: numbers of the batch. Fault for one that is not there
    or was withdrawn.
    """
    context.actor.need(Right.CHECK)
    context.actor.need(Right.LEADS)
    found = await context.store.leads.get(batch)
    if found.withdrawn_at is not None:
        raise Fault("batch-withdrawn", entry=str(batch))
    asked = replace(request, campaign=found.campaign, at=None)
    return await run(context, judge, lambda: BatchList(batch, found.rows), out, asked, progress, rest, batch)


async def complete(
    context: Context,
    policy: tuple[PolicyVersion, ...],
    batch: int,
    request: ScrubRequest,
    done: Scrubbed,
) -> Delivered:
    """When the result is on disk: from now on the batch is scrubbed. ``policy``: by which it was judged. One
    transaction of the store, and nothing after it. Fault when it has other numbers than it came with, or was
    withdrawn meanwhile.
    """
    context.actor.need(Right.LEADS)
    act = BatchScrub(
        caller_id=request.caller_id,
        trunk=request.trunk,
        agent=request.agent,
        as_of=done.as_of,
        rows=done.rows,
        callable=done.callable,
        blocked=dict(done.blocked),
        bad=done.bad,
        mode=done.mode,
        form=done.form,
        sha256=done.sha256,
        policy=policy,
    )
    return await context.store.leads.scrubbed(batch, act, by=context.by, at=context.now())
