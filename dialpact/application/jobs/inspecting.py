"""The inspection report as a job: the figures of a period, those of the one before, and both on paper."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

import msgspec

from dialpact.application.actor import Right
from dialpact.application.context import Context
from dialpact.application.jobs import queue
from dialpact.application.jobs.files import JobFiles, input_of, whole
from dialpact.application.jobs.kinds import Outcome, Task
from dialpact.application.jobs.queue import MadeFile
from dialpact.application.jobs.reconciling import distinct, sent_files
from dialpact.application.report import inspection
from dialpact.application.report.compared import GivenList
from dialpact.application.report.inspection import InspectionOrder
from dialpact.compliance.inspection.comparison import Comparison, before, compared
from dialpact.compliance.inspection.figures import Inspection
from dialpact.compliance.inspection.period import days, period
from dialpact.compliance.inspection.report import STEPS
from dialpact.compliance.jobs import UNDER_WAY, Job, JobError, JobKind
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.texts import LANGUAGES, Language, fault_text
from dialpact.compliance.zones import ZoneInfo

KIND: JobKind = "inspection"
RESULT = "inspection.json"
MEDIA_TYPE = "application/json"
LONG = 10.0  # seconds
LOOKED = 50  # of the newest jobs, for the same one
PAPER = "inspection.{}.pdf"


class InspectionAsked(msgspec.Struct, frozen=True, kw_only=True):
    """``full``: callees' numbers in full, which is in the log by now. ``cdr``, ``lists``: what the sender
    calls the files of calls and the carriers' lists that were sent, in this order; ``columns``, ``timezone``:
    of the former.
    """

    first: date
    last: date
    full: bool = False
    language: Language = "zh"
    cdr: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    timezone: str = "Asia/Shanghai"


class InspectionKept(msgspec.Struct, frozen=True, kw_only=True):
    """What the job's file has."""

    report: Inspection
    comparison: Comparison


_kept = msgspec.json.Decoder(InspectionKept)


async def asked(
    context: Context, zone: ZoneInfo, first: str, last: str, asked: InspectionAsked
) -> InspectionAsked:
    """``first``, ``last``: days or months, as people write them; ``asked``: all the rest. That it is in full
    is in the log when this returns. Fault for a period that is none, or still to come.
    """
    context.actor.need(Right.EVIDENCE if asked.full else Right.CALLS)
    beginning, end = days(first, last)
    span, now = period(beginning, end, zone), context.now()
    if span.since > now:
        raise Fault("in-the-future", column="from", value=beginning.isoformat())
    if asked.full:
        await context.store.inspections.note_full(span, "page", by=context.by, at=now)
    return msgspec.structs.replace(asked, first=beginning, last=end)


def about(job: Job) -> InspectionAsked | None:
    """How it was asked for; None once nothing of it is kept."""
    return msgspec.convert(job.detail, InspectionAsked) if job.detail else None


async def under_way(context: Context, order: InspectionAsked) -> Job | None:
    """The same report, in whichever language, that is being made; None where files are sent with it."""
    if order.cdr or order.lists:
        return None
    for job in (await queue.listed(context, KIND, most=LOOKED)).rows:
        other = about(job) if job.state in UNDER_WAY else None
        if other is not None and msgspec.structs.replace(other, language=order.language) == order:
            return job
    return None


async def shown(context: Context, id: str) -> Job:
    """One of them. Fault; NotPermitted where it has numbers in full that the actor may not see."""
    found = await queue.show(context, KIND, id)
    if found.detail.get("full"):
        context.actor.need(Right.EVIDENCE)
    return found


def read(content: bytes) -> InspectionKept:
    return _kept.decode(content)


def papers(result: Mapping[str, object]) -> dict[str, MadeFile]:
    """The PDFs of a job that is done, by language; empty where this host can make none."""
    return msgspec.convert(result["papers"], dict[str, MadeFile])


async def paper(files: JobFiles, job: Job, language: Language) -> bytes:
    """As PDF. Fault where this host makes none; as of :func:`queue.content`."""
    result = job.result or {}
    found = papers(result).get(language)
    if found is None:
        error = msgspec.convert(result["no_paper"], JobError)
        raise Fault(error.code, **error.detail)
    return await queue.content(files, job, found)


async def work(task: Task) -> Outcome:
    told = msgspec.convert(task.job.detail, InspectionAsked)
    step = _steps(task)
    begun, order = time.monotonic(), _order(task, told)
    try:
        report = await _made(task, told, order, step)
    finally:
        if order.cdr is not None:
            order.cdr.close()
    # While a report is made the database's journal only grows: a long one is followed by as long a rest.
    if (took := time.monotonic() - begun) > LONG:
        await asyncio.sleep(took)
    first, last = before(told.first, told.last)
    earlier = await _made(task, told, InspectionOrder(first=first, last=last, format="page"), step)
    kept = InspectionKept(
        report=report, comparison=compared(report, earlier, await task.context.store.inspections.begun())
    )
    content = msgspec.json.encode(kept)
    with whole(task.folder / RESULT) as file:
        file.write(content)
    printed, error = await asyncio.to_thread(_print, task, report, step)
    return Outcome(
        file=RESULT,
        media_type=MEDIA_TYPE,
        bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        counts={
            "papers": {language: msgspec.to_builtins(paper) for language, paper in printed.items()},
            "no_paper": msgspec.to_builtins(error),
            "verdicts": {heading.name: heading.verdict for heading in report.headings},
        },
    )


def _order(task: Task, told: InspectionAsked) -> InspectionOrder:
    order = InspectionOrder(first=told.first, last=told.last, full=told.full, format="page", noted=True)
    if told.lists:
        paths = [input_of(task.folder, len(told.cdr) + place) for place in range(len(told.lists))]
        given = tuple(map(GivenList, distinct(told.lists), paths))
        order = msgspec.structs.replace(order, carrier_lists=given)
    if told.cdr:
        reading = sent_files(
            task.folder,
            told.cdr,
            told.timezone,
            told.columns,
            told.language,
            trunks=list(task.config.trunks),
            may_be_empty=True,
        )
        order = msgspec.structs.replace(order, cdr=reading)
    return order


async def _made(
    task: Task, told: InspectionAsked, order: InspectionOrder, step: Callable[[], None]
) -> Inspection:
    return await inspection.inspection(
        task.context,
        task.config,
        order,
        explain=lambda fault: fault_text(fault, told.language),
        progress=lambda stage, count: None,
        step=step,
    )


def _steps(task: Task) -> Callable[[], None]:
    """Of both reports, and the papers."""
    done, of = 0, 2 * STEPS + len(LANGUAGES)

    def step() -> None:
        nonlocal done
        done += 1
        task.progress(done, of)

    return step


def _print(
    task: Task, report: Inspection, step: Callable[[], None]
) -> tuple[dict[str, MadeFile], JobError | None]:
    """In both languages; or why this host can not."""
    made: dict[str, MadeFile] = {}
    for language in LANGUAGES:
        try:
            content = task.printed(report, language)
            step()
        except Fault as fault:
            return made, JobError.of(fault)
        path: Path = task.folder / PAPER.format(language)
        with whole(path) as file:
            file.write(content)
        made[language] = MadeFile(
            file=path.name, bytes=len(content), sha256=hashlib.sha256(content).hexdigest()
        )
    return made, None
