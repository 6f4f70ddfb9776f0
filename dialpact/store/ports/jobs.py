"""Long work that programs have asked for: who has asked for what, how far it is, what came of it.

Whoever does the work says so here; there is one of them at a time (``application/jobs``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from dialpact.compliance.jobs import Job, JobError, JobKind, JobState, JobsWaiting
from dialpact.store.ports.page import ALL, Page
from dialpact.store.ports.receipts import Receipt


class Jobs(Protocol):
    async def add(self, job: Job) -> None: ...

    async def get(self, id: str) -> Job | None: ...

    async def list(
        self, kind: JobKind, *, businesses: Sequence[str] = (), after: str = "", most: int = ALL
    ) -> Page[Job]:
        """Newest first. ``businesses``: those alone that are about nobody else; empty: all."""

    async def count_waiting(self, key: str) -> int:
        """Of an API key: those that are not over."""

    async def waiting(self) -> JobsWaiting:
        """Of everybody."""

    async def states(self, ids: Iterable[str]) -> Mapping[str, JobState]:
        """Of these, as far as there are such jobs."""

    async def take(self, at: datetime) -> Job | None:
        """The one that waits longest, running from now on; None: none waits."""

    async def progress(self, id: str, rows: int, of: int | None) -> bool:
        """False when it does not run any more: somebody has cancelled it."""

    def receipt(self, id: str) -> Receipt:
        """For whoever does a job that is itself an act: each of its transactions notes in the job what acts
        it has put in (``result``: ``acts``, their numbers in the log of changes). StoreRefused, and nothing
        of the transaction has happened, when the job does not run any more. One that has acts is cancelled no
        more.
        """

    async def finish(self, id: str, result: Mapping[str, Any], at: datetime) -> None:
        """StoreRefused when it does not run any more: then its result is not to be."""

    async def fail(self, id: str, error: JobError, at: datetime) -> None:
        """Of one that runs; nothing happens to any other."""

    async def cancel(self, id: str, at: datetime) -> Job | None:
        """As it is from now on: cancelled if it waited or ran, else as it was. None: there is no such job."""

    async def put_back(self, id: str, *, blameless: bool) -> None:
        """One that runs waits again, in its old place. ``blameless``: this start does not count."""

    async def running(self) -> Sequence[Job]: ...

    async def over_before(self, at: datetime, most: int) -> Sequence[Job]:
        """Some of those that ended before and have not expired, or have still how they were to be done."""

    async def expire(self, id: str) -> None:
        """Nothing of it is kept but that it was: one that was done is expired, others stay what they are."""
