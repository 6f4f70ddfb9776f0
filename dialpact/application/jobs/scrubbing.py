"""A scrub as a job: of a list that was sent, or of a batch of the lead register, which it then releases."""

from __future__ import annotations

from functools import partial

import msgspec

from dialpact.application.actor import Actor, Door, Right
from dialpact.application.context import Context
from dialpact.application.jobs.files import INPUT, whole
from dialpact.application.jobs.kinds import Outcome, Task
from dialpact.application.policy import judge_of, load_policy
from dialpact.application.scrub import Scrubbed, ScrubRequest, scrub
from dialpact.application.scrub.batch import complete, scrub_batch
from dialpact.compliance.jobs import Job
from dialpact.compliance.model import PolicyVersion
from dialpact.store.ports.together import Write

RESULT = "result"
MEDIA_TYPES = {"csv": "text/csv", "jsonl": "application/x-ndjson"}  # by the result's form


class ScrubAsked(msgspec.Struct, frozen=True, kw_only=True):
    """``batch``: of leads; 0: a list was sent."""

    request: ScrubRequest
    batch: int = 0


class ScrubMade(msgspec.Struct, frozen=True, kw_only=True):
    """What came out, and by which rules it was judged."""

    scrubbed: Scrubbed
    policy: tuple[PolicyVersion, ...]


async def work(task: Task) -> Outcome:
    asked = msgspec.convert(task.job.detail, ScrubAsked)
    judge = judge_of(task.config, load_policy(task.config))
    with whole(task.folder / RESULT) as out:
        if asked.batch:
            made = await scrub_batch(
                task.context, judge, asked.batch, out, asked.request, task.progress, task.rest
            )
        else:
            with (task.folder / INPUT).open("rb") as file:
                made = await scrub(task.context, judge, file, out, asked.request, task.progress, task.rest)
    about = ScrubMade(scrubbed=made, policy=judge.policy.versions)
    return Outcome(
        file=RESULT,
        media_type=MEDIA_TYPES[made.form],
        bytes=made.bytes,
        sha256=made.sha256,
        counts=msgspec.to_builtins(about),
    )


def conclude(context: Context, job: Job, outcome: Outcome) -> Write | None:
    """A batch is released, as whoever asked for it."""
    asked = msgspec.convert(job.detail, ScrubAsked)
    if not asked.batch:
        return None
    made = msgspec.convert(outcome.counts, ScrubMade)
    actor = Actor(name=job.by, door=Door.API, rights=frozenset({Right.LEADS}))
    theirs = msgspec.structs.replace(context, actor=actor)
    return partial(complete, theirs, made.policy, asked.batch, asked.request, made.scrubbed)
