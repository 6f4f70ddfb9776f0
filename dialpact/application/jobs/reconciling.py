"""CDR files against the store, as a job: what they show, in a file that is read a part at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import msgspec

from dialpact.application.cdr_file import CdrReading, CdrSource, FileTold, on_disk, the_zone
from dialpact.application.jobs.files import CHUNK, input_of, whole
from dialpact.application.jobs.kinds import Outcome, Task
from dialpact.application.progress import Progress
from dialpact.application.reconcile.case import Reconciled, Wanted, reconciled
from dialpact.application.reconcile.kept import BAD, Findings, Section
from dialpact.compliance.cdr import CdrRecord, Columns
from dialpact.compliance.reconcile import SETTLING, Counts
from dialpact.compliance.reconcile.incidents import LEFT_OUT
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.texts import Language, fault_text

RESULT = "findings"
MEDIA_TYPE = "application/x-ndjson"
MOST_CONTEXTS = 50  # named in the sums
MOST_PEERS = 20  # of a file, likewise


class ReconciliationAsked(msgspec.Struct, frozen=True, kw_only=True):
    """``files``: what the sender calls those that were sent, in their order. ``columns``: said by hand;
    ``timezone``: of the files' times. The others: see :class:`.Wanted`.
    """

    files: tuple[str, ...]
    columns: tuple[str, ...] = ()
    timezone: str = "Asia/Shanghai"
    node: str = ""
    since: datetime | None = None
    until: datetime | None = None
    trunk: str = ""
    inbound: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    tolerance: int = 5
    language: Language = "zh"


class Sums(msgspec.Struct, frozen=True, kw_only=True):
    """``since``, ``until``: seconds since 1970; None: no file has a line. ``shift``: seconds by which the
    files' times are off; ``coarse``: files whose times say no seconds; ``tolerance``: by which it was judged.
    """

    node: str
    since: float | None
    until: float | None
    shift: int
    findings: int
    tolerance: int
    coarse: tuple[str, ...]
    counts: Counts
    files: tuple[FileTold, ...]
    sections: tuple[Section, ...]

    @property
    def writable(self) -> int:
        """Findings that are kept as incidents, where an officer wishes it."""
        return sum(one.count for one in self.sections if one.kind not in LEFT_OUT and one.kind != BAD)

    @property
    def settleable(self) -> int:
        """Those by which a recording is settled."""
        return sum(one.count for one in self.sections if one.kind in SETTLING)


def sums(result: Mapping[str, object]) -> Sums:
    """Of a job that is done."""
    return msgspec.convert(result["sums"], Sums)


async def work(task: Task) -> Outcome:
    told = msgspec.convert(task.job.detail, ReconciliationAsked)
    reading = sent_files(
        task.folder,
        told.files,
        told.timezone,
        told.columns,
        told.language,
        trunks=list(task.config.trunks),
        may_be_empty=told.since is not None and told.until is not None,
    )
    wanted = Wanted(
        **{name: getattr(told, name) for name in ("node", "since", "until", "trunk", "inbound", "prefixes")},
        tolerance=reading.tolerance(told.tolerance),
    )
    try:
        with Findings(task.folder) as found, whole(task.folder / RESULT) as out:
            done = await reconciled(
                task.context,
                task.config,
                restful(reading.sources, task.rest),
                wanted,
                say=found.say,
                bad=found.bad,
                progress=_progress(reading, task.progress),
            )
            sections = found.put_into(out)
    finally:
        reading.close()
    size, sha256 = digest(task.folder / RESULT)
    counts = msgspec.to_builtins(_sums(done, reading, wanted, sections))
    return Outcome(file=RESULT, media_type=MEDIA_TYPE, bytes=size, sha256=sha256, counts={"sums": counts})


def sent_files(
    folder: Path,
    names: Sequence[str],
    timezone: str,
    columns: Sequence[str],
    language: Language,
    *,
    trunks: Sequence[str],
    may_be_empty: bool,
) -> CdrReading:
    """The job's inputs, looked at. Fault with a sentence for each that is no file of calls, or says too
    little of them.
    """
    reading = CdrReading(
        [on_disk(input_of(folder, place), name) for place, name in enumerate(distinct(names))],
        the_zone(timezone),
        may_be_empty=may_be_empty,
        columns=Columns(columns) if columns else None,
    )
    reading.look(lambda fault: fault_text(fault, language))
    reading.need_calls(trunks)
    return reading


def distinct(names: Sequence[str]) -> list[str]:
    """Two files of one name are told apart."""
    found: list[str] = []
    for name in names:
        count = sum(before == name for before in names[: len(found)])
        found.append(f"{name} ({count + 1})" if count else name)
    return found


def restful(sources: Sequence[CdrSource], rest: Callable[[], None]) -> list[CdrSource]:
    """The same, letting go of the processor between lines."""

    def records(source: CdrSource) -> Iterator[tuple[int, CdrRecord | Fault]]:
        for one in source.records:
            rest()
            yield one

    return [source._replace(records=records(source)) for source in sources]


def digest(path: Path) -> tuple[int, str]:
    with path.open("rb") as file:
        return digest_of(file)


def digest_of(file: BinaryIO) -> tuple[int, str]:
    """Bytes and SHA-256, from where it is on."""
    sha256, size = hashlib.sha256(), 0
    while piece := file.read(CHUNK):
        sha256.update(piece)
        size += len(piece)
    return size, sha256.hexdigest()


def _progress(reading: CdrReading, progress: Progress) -> Callable[[str, int], None]:
    """Bytes of the files; what comes after them has no measure of its own."""
    return lambda stage, count: progress(reading.position, reading.size)


def _sums(done: Reconciled, reading: CdrReading, wanted: Wanted, sections: tuple[Section, ...]) -> Sums:
    result = done.result
    return Sums(
        node=done.node,
        since=result.since,
        until=result.until,
        shift=result.shift,
        findings=result.findings,
        tolerance=wanted.tolerance,
        coarse=tuple(reading.coarse),
        counts=msgspec.structs.replace(
            result.counts, unnamed_contexts=_most(result.counts.unnamed_contexts, MOST_CONTEXTS)
        ),
        files=tuple(msgspec.structs.replace(one, peers=_most(one.peers, MOST_PEERS)) for one in reading.told),
        sections=sections,
    )


def _most(counts: Mapping[str, int], most: int) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda one: (-one[1], one[0]))[:most])
