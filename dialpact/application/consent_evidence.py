"""The files that prove consents: brought in, held against the register, let go when no consent names them.

1. A file is on the disk before the log says that it is kept. Who is killed between the two leaves a file that
   the log does not know; who brings it again ends what was begun.
2. Nobody is given a file back: it is looked at in its folder.
3. What no consent names for :data:`ORPHANED` is let go by ``dialpact web``: first in the log, then on the
   disk. A file that the log does not know stays: a restored database may know less than the folder.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import timedelta
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from dialpact.application import evidence_folder
from dialpact.application.actor import Right
from dialpact.application.context import Context
from dialpact.application.entry import Entered
from dialpact.application.progress import Progress
from dialpact.compliance.model import Value
from dialpact.compliance.registers.consent_evidence import ConsentEvidence, evidence
from dialpact.store.ports.page import ALL

T = TypeVar("T")
ORPHANED = timedelta(days=7)
NO_CONSENT = "no consent names it"
# Where a turn is waited for. Not where the store flushes: who has the turn waits for that.
_TURNS = ThreadPoolExecutor(1, "proofs")
_LONGEST = 100.0  # seconds of a turn: the loop that it waits for may have ended


class EvidenceFinding(Value, frozen=True, kw_only=True):
    """``unknown``: a file that neither the log nor a consent knows."""

    sha256: str
    problem: str
    named: bool  # by a consent


class EvidenceVerified(Value, frozen=True, kw_only=True):
    """``checked``: files that were hashed anew. ``elsewhere``: proofs that consents name by their hash alone
    and that were never kept here, so nobody has looked at them.
    """

    checked: int
    elsewhere: int
    findings: tuple[EvidenceFinding, ...]

    @property
    def clean(self) -> bool:
        return not self.findings and not self.elsewhere


async def keep(context: Context, folder: Path, file: BinaryIO, media_type: str) -> Entered[ConsentEvidence]:
    """On the disk and in the log when this returns. The same bytes again are the same file. Fault."""
    context.actor.need(Right.CONSENT)
    arrived = await asyncio.to_thread(evidence_folder.take_in, folder, file)
    try:
        new = evidence(arrived.sha256, arrived.size, media_type)

        def note() -> Coroutine[Any, Any, Any]:
            return context.store.consent_evidence.keep(new, by=context.by, at=context.now())

        outcome = await _in_turn(folder, arrived.settle, note)
    finally:
        await asyncio.to_thread(arrived.forget)
    return Entered(outcome=outcome, entry=new)


async def verify(context: Context, folder: Path, progress: Progress | None = None) -> EvidenceVerified:
    """Hashes every kept file anew, and every named one. Fault for a folder that can not be read."""
    context.actor.need(Right.CALLS)
    register = context.store.consent_evidence
    kept = {one.id for one in (await register.list(most=ALL)).rows}
    named = set(await register.named())
    there = await asyncio.to_thread(evidence_folder.names, folder)
    findings: list[EvidenceFinding] = []
    checked = elsewhere = 0
    wanted = sorted(kept | named | there)
    for done, id in enumerate(wanted, 1):
        if id not in kept and id not in there:
            elsewhere += 1
            continue
        seen = await asyncio.to_thread(evidence_folder.examined, folder, id)
        checked += seen.problem in ("", "changed")
        problem = seen.problem or ("" if id in kept or id in named else "unknown")
        if problem:
            findings.append(EvidenceFinding(sha256=id, problem=problem, named=id in named))
        if progress:
            progress(done, len(wanted))
    return EvidenceVerified(checked=checked, elsewhere=elsewhere, findings=tuple(findings))


async def tidy(context: Context, folder: Path) -> list[str]:
    """Lets go what no consent names for so long; which files these were. Fault, StoreError."""
    context.actor.need(Right.CONSENT)
    register, now = context.store.consent_evidence, context.now()
    await asyncio.to_thread(evidence_folder.sweep, folder, now)
    unnamed = await register.unnamed(now - ORPHANED)
    if not unnamed.ids:
        return []
    dropped: list[str] = []

    def drop() -> Coroutine[Any, Any, Any]:
        return register.drop(unnamed, reason=NO_CONSENT, by=context.by, at=now)

    def take_out(gone: list[str]) -> None:
        for id in gone:
            evidence_folder.take_out(folder, id)
            dropped.append(id)

    await _in_turn(folder, lambda: None, drop, take_out)
    return dropped


async def _in_turn(
    folder: Path,
    before: Callable[[], None],
    write: Callable[[], Coroutine[Any, Any, T]],
    after: Callable[[T], None] = lambda _: None,
) -> T:
    """``before``, ``write`` and ``after`` while nobody else brings in or takes out. The lock is a thread's:
    who waits for it holds up no other request.
    """
    loop = asyncio.get_running_loop()

    def turn() -> T:
        with evidence_folder.locked(folder):
            before()
            written = asyncio.run_coroutine_threadsafe(write(), loop).result(_LONGEST)
            after(written)
            return written

    return await loop.run_in_executor(_TURNS, copy_context().run, turn)
