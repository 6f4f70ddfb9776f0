"""The ledger verified as a job: a run that can be watched and ended, and what it covered.

Its result is a file with every finding that is listed, and in the job's row a summary that stays when the
file has gone: a later reader sees what was looked at then, and what was not.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from dialpact.application.context import Context
from dialpact.application.jobs import queue
from dialpact.application.jobs.files import JobFiles, whole
from dialpact.application.jobs.kinds import Outcome, Task
from dialpact.application.ledger import copies, given, verification
from dialpact.application.ledger.audit.found import AuditFinding, Looked
from dialpact.application.ledger.signing import trusted
from dialpact.application.ledger.verification import VerifiedLedger
from dialpact.compliance.jobs import Job, JobKind
from dialpact.compliance.ledger.note import Verifier
from dialpact.compliance.model import Value
from dialpact.compliance.registers.fault import Fault

KIND: JobKind = "ledger-verification"
RESULT, MEDIA_TYPE = "verification.json", "application/json"
AT_A_TIME = 64  # leaves, then it rests: some 0.6 ms, which a call that is judged meanwhile can wait
LOOKED = 200  # runs at a time, for the last whole one
MOST_NAMED = 20  # of what is named in a summary
GIVEN = "checkpoint"  # what one that was given is called in a finding


class VerificationAsked(Value, frozen=True, kw_only=True):
    """``first``, ``last``: leaves; None: the whole log, and then the registers too. ``checkpoint``: one that
    somebody kept elsewhere; ``key``: whom to believe instead of this installation's own.
    """

    first: int | None = None
    last: int | None = None
    checkpoint: str = ""
    key: str = ""

    @property
    def whole(self) -> bool:
        return self.first is None and self.last is None


class VerificationMade(Value, frozen=True, kw_only=True):
    """What was looked at, and what was found, in sums. ``asked``: without its texts; ``given``: a checkpoint
    was. ``registers``: None: not looked at. ``unlooked``: what lies beside the log and could not be read.
    """

    asked: VerificationAsked
    given: bool
    entries: int
    checked: int
    erased: int
    unproven: int
    checkpoints: int
    findings: int
    forks: int
    given_up: tuple[str, ...]
    strangers: tuple[str, ...]
    unlooked: tuple[str, ...]
    keys: tuple[str, ...]
    registers: Mapping[str, Looked] | None


class VerificationFound(Value, frozen=True, kw_only=True):
    """The file of a run. ``listed``: bounded, ``made.findings`` are counted."""

    made: VerificationMade
    listed: tuple[AuditFinding, ...]


def asked(first: int | None, last: int | None, checkpoint: str, key: str) -> VerificationAsked:
    """Fault for what can not be asked."""
    if first is not None and last is not None and last < first:
        raise Fault("first-after-last", first=str(first), last=str(last))
    return VerificationAsked(
        first=first, last=last, checkpoint=given.checkpoint(checkpoint), key=given.key(key)
    )


async def work(task: Task) -> Outcome:
    told = msgspec.convert(task.job.detail, VerificationAsked)
    config = task.config
    believed = [Verifier.parse(told.key)] if told.key else await asyncio.to_thread(trusted, config, ())
    held = [(GIVEN, told.checkpoint)] if told.checkpoint else []
    around, unread = await asyncio.to_thread(copies.around, config)

    def progress(done: int, total: int | None) -> None:
        task.rest()
        task.progress(done, total)

    done = await verification.verify(
        task.context,
        believed,
        held,
        told.first,
        told.last,
        around=around,
        progress=progress,
        batch=AT_A_TIME,
    )
    made = _made(told, done, unread, [one.vkey for one in believed])
    found = VerificationFound(made=made, listed=done.listed)
    content = msgspec.json.format(msgspec.json.encode(found), indent=1) + b"\n"
    await asyncio.to_thread(_write, task.folder / RESULT, content)
    return Outcome(
        file=RESULT,
        media_type=MEDIA_TYPE,
        bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        counts={"made": msgspec.to_builtins(made)},
    )


def made_of(job: Job) -> VerificationMade | None:
    """The summary of one that was done, also when its file is gone."""
    return msgspec.convert(job.result["made"], VerificationMade) if job.result else None


async def listed(files: JobFiles, job: Job) -> tuple[AuditFinding, ...] | None:
    """What it found; None: that is not kept any more."""
    if job.result is None:
        return None

    def read() -> bytes | None:
        assert job.result is not None
        try:
            with files.result(job.id, RESULT, int(job.result["bytes"])) as file:
                return file.read()
        except FileNotFoundError:
            return None

    content = await asyncio.to_thread(read)
    return None if content is None else msgspec.json.decode(content, type=VerificationFound).listed


async def last_whole(context: Context) -> Job | None:
    """The newest that looked at the whole log, however many looked at a part since; None: there is none."""
    after = ""
    while True:
        page = await queue.listed(context, KIND, after=after, most=LOOKED)
        for job in page.rows:
            made = made_of(job)
            if made is not None and made.asked.whole:
                return job
        if not page.next:
            return None
        after = page.next


def _made(
    told: VerificationAsked, done: VerifiedLedger, unread: Sequence[str], keys: Sequence[str]
) -> VerificationMade:
    sums: dict[str, Any] = {
        name: getattr(done, name)
        for name in ("entries", "checked", "erased", "unproven", "checkpoints", "findings", "forks")
    }
    return VerificationMade(
        asked=VerificationAsked(first=told.first, last=told.last, key=told.key),
        given=bool(told.checkpoint),
        **sums,
        given_up=done.given_up[:MOST_NAMED],
        strangers=done.strangers[:MOST_NAMED],
        unlooked=tuple(unread[:MOST_NAMED]),
        keys=tuple(keys),
        registers=done.registers,
    )


def _write(target: Path, content: bytes) -> None:
    with whole(target) as file:
        file.write(content)
