"""An evidence package as a job: about calls that were found when it was asked for.

A package has its name when it is whole, and is checked then. Where one is there already (its worker was ended
before that was heard of), it is the result: no second one is taken out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from pathlib import Path
from typing import Any

import msgspec

from dialpact.application.actor import Right
from dialpact.application.context import Context
from dialpact.application.evidence import check, container, maker, matching
from dialpact.application.evidence.matching import CallQuestion, Matched
from dialpact.application.jobs.kinds import Outcome, Task
from dialpact.application.ledger import signing
from dialpact.compliance.ledger.note import Verifier
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.texts import Language

MEDIA_TYPE = "application/zip"


class PackageAsked(msgspec.Struct, frozen=True, kw_only=True):
    """``calls``: which these are, oldest first; ``language``: of what the package says of itself."""

    question: CallQuestion
    calls: tuple[str, ...]
    reason: str = ""
    language: Language = "en"


async def asked(
    context: Context, question: CallQuestion, *, businesses: Collection[str], reason: str, language: Language
) -> tuple[PackageAsked, tuple[str, ...]]:
    """What the job is told, and whose calls these are. ``businesses``: those of who asks; empty: all.

    Fault, as for calls that are not there, where one is another's: of a callee, only theirs are looked for.
    """
    if businesses and question.callee:
        question = msgspec.structs.replace(question, businesses=tuple(sorted(businesses)))
    matched = await matching.match(context, question)
    whose = await context.store.evidence.businesses_of(matched.calls)
    if businesses and (not matched.calls or not set(whose) <= set(businesses)):
        raise Fault("not-registered", entry=question.call or str(question.complaint))
    told = PackageAsked(question=question, calls=tuple(matched.calls), reason=reason, language=language)
    return told, tuple(sorted(filter(None, whose)) if "" not in whose else ())


async def work(task: Task) -> Outcome:
    told = msgspec.convert(task.job.detail, PackageAsked)
    target = task.folder / f"evidence-{task.job.id[:12]}.zip"
    asker = (
        task.context.actor
    )  # who may take a package out, and so have it signed; nothing else of the ledger
    actor = msgspec.structs.replace(asker, rights=asker.rights | {Right.LEDGER})
    context = msgspec.structs.replace(task.context, actor=actor)
    signer = await signing.key(context, task.config)
    if not await asyncio.to_thread(target.is_file):
        complaint = told.question.complaint
        row = await context.store.evidence.complaint(complaint) if complaint else None
        await maker.make(
            context,
            Matched(question=told.question, calls=list(told.calls), complaint=row),
            target,
            signer=signer,
            config=task.config,
            render=task.render(told.language),
            reason=told.reason,
            force=True,
            progress=task.progress,
        )
    return await asyncio.to_thread(_outcome, target, signer.verifier)


def _outcome(target: Path, key: Verifier) -> Outcome:
    verdict = check.examine(target, key)
    size, sha256 = container.digest(target)
    counts: dict[str, Any] = {
        "calls": verdict.calls,
        "records": verdict.records,
        "absent": [{"path": one.path, "why": one.why} for one in verdict.absent],
        "findings": sorted({found.code for found in verdict.findings}),
    }
    return Outcome(file=target.name, media_type=MEDIA_TYPE, bytes=size, sha256=sha256, counts=counts)
