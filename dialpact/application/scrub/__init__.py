"""A whole list is judged before it is dialled: each row as ``dialpact check`` would answer it, at one instant
and by one snapshot of the database.

1. A row is answered as if it were the next call. Rows of a list do not count for each other: a number that
   stands twice in it is answered twice alike, caps that the calls of the list itself would reach are not
   reached, and its numbers are nobody's neighbours. That a list looks counted up as a whole is said of the
   list (``counted_up``).
2. Nothing is lost: what is no row with one number in it is a row of the result, blocked, with its fault.
3. Nothing is written but the result. Whoever is cancelled or killed leaves a part of it, which is no result:
   ``out`` is to get its name when this has returned.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import BinaryIO, cast

from dialpact.application.actor import Right
from dialpact.application.aside import aside
from dialpact.application.context import Context
from dialpact.application.progress import Progress, unwatched
from dialpact.application.resting import restless
from dialpact.application.scrub.answers import Answers
from dialpact.application.scrub.counted_up import CountedUp
from dialpact.application.scrub.request import Form, Scrubbed, ScrubRequest
from dialpact.application.scrub.result import BAD, Result
from dialpact.application.scrub.rows import FileList, List, ListRow
from dialpact.compliance.judge import Judge
from dialpact.compliance.model import Callee
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.number import dialled
from dialpact.store.ports.lists import NOTHING

__all__ = ["Form", "ScrubRequest", "Scrubbed", "scrub"]

TOGETHER = 1000  # rows, some ten milliseconds


async def scrub(
    context: Context,
    judge: Judge,
    file: BinaryIO,
    out: BinaryIO,
    request: ScrubRequest,
    progress: Progress = unwatched,
    rest: Callable[[], None] = restless,
) -> Scrubbed:
    """``file``: seekable, read more than once, closed by who opened it. ``out`` is written to from its
    beginning on, and not flushed. ``judge``: with the rules in force. ``progress``: bytes of the file.
    ``rest``: called at short intervals, on the thread that works.

    Fault for a file that is no list of numbers, or has no row; StoreError.
    """
    context.actor.need(Right.CHECK)
    return await run(
        context, judge, lambda: FileList(file, request.sheets, request.given), out, request, progress, rest
    )


async def run(
    context: Context,
    judge: Judge,
    opened: Callable[[], List],
    out: BinaryIO,
    request: ScrubRequest,
    progress: Progress,
    rest: Callable[[], None],
    batch: int = 0,
) -> Scrubbed:
    """Off the event loop, some rows at a time. ``batch``: of leads, whose scrub it is."""
    found: list[Scrubbed] = []
    async for done, size in aside(_steps(context, judge, opened, out, request, rest, batch, found)):
        progress(done, size)
    return found[0]


def _steps(
    context: Context,
    judge: Judge,
    opened: Callable[[], List],
    out: BinaryIO,
    request: ScrubRequest,
    rest: Callable[[], None],
    batch: int,
    found: list[Scrubbed],
) -> Iterator[tuple[int, int]]:
    """How far it is. The last step puts what came out into ``found``."""
    listed = opened()
    yield 0, listed.size
    with context.store.lists.snapshot(rest) as snapshot:
        as_of = context.now()
        at = request.at or as_of
        answers = Answers(judge, snapshot, request, at, batch=batch)
        form = cast(Form, request.form or listed.form)
        result = Result(
            out, form, sheets=listed.has_sheets, numbers=request.numbers, language=request.language
        )
        counts = _Counts(CountedUp(() if batch else judge.policy.profiles))
        rows = listed.rows(snapshot)
        while block := list(islice(rows, TOGETHER)):
            _answer(block, answers, result, counts, rest)
            result.flush()
            yield listed.position, listed.size
    if not counts.rows:
        raise Fault("no-rows")
    for _ in counts.counted_up.look():
        yield listed.position, listed.size
    found.append(
        Scrubbed(
            rows=counts.rows,
            callable=counts.callable,
            blocked=dict(counts.blocked.most_common()),
            bad=counts.bad,
            as_of=as_of,
            at=at,
            mode=judge.mode,
            form=form,
            bytes=result.size,
            sha256=result.sha256,
            list_sha256=listed.sha256,
            counted_up=counts.counted_up.found,
            read_as=listed.read_as,
            left_out=listed.left_out,
            remarks=tuple(listed.remarks),
        )
    )


class _Counts:
    def __init__(self, counted_up: CountedUp) -> None:
        self.rows = self.callable = self.bad = 0
        self.blocked: Counter[str] = Counter()
        self.counted_up = counted_up


def _dialled(number: str, regions: Sequence[str], parse: Callable[[str], Callee]) -> Callee:
    if not number:
        raise Fault("empty", column="number")
    return dialled(number, regions, parse)


def _answer(
    block: list[ListRow], answers: Answers, result: Result, counts: _Counts, rest: Callable[[], None]
) -> None:
    regions, parse = answers.regions, answers.callee
    read: list[Callee | Fault] = []
    for row in block:
        rest()
        try:
            read.append(row.fault or _dialled(row.number, regions, parse))
        except Fault as fault:
            read.append(fault)
    own = answers.own([callee for callee in read if isinstance(callee, Callee)])
    counts.rows += len(block)
    for row, callee in zip(block, read, strict=True):
        rest()
        if isinstance(callee, Fault):
            counts.bad += 1
            result.add(row, "", BAD, callee)
            continue
        counts.counted_up.add(callee)
        answer = answers.of(callee, own.get(callee.e164, NOTHING))
        if answer.verdict == "ALLOW":
            counts.callable += 1
        else:
            counts.blocked.update(answer.reasons)
        result.add(row, callee.e164, answer, flaw=callee.detail)
