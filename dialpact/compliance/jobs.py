"""Long work that a program asks for and comes back to: what it is, how far it is, what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, NamedTuple, Self

from dialpact.compliance.model import Value
from dialpact.compliance.registers.fault import Fault

JobKind = Literal[
    "scrub",
    "evidence-package",
    "erasure",
    "import-check",
    "import",
    "export",
    "inspection",
    "reconciliation",
    "reconciliation-acts",
    "ledger-verification",
]
JobState = Literal["queued", "running", "done", "failed", "cancelled", "expired"]
UNDER_WAY: tuple[JobState, ...] = ("queued", "running")  # any other is its end
MOST_STARTS = 3  # of one that ends the process that does it, each time anew


class JobsWaiting(NamedTuple):
    """How many wait and run now. ``oldest``: when the one that waits longest was handed in; None: none."""

    queued: int
    running: int
    oldest: datetime | None


class JobError(Value, frozen=True, kw_only=True):
    """``code``: of a fault's text, which ``detail`` fills."""

    code: str
    detail: Mapping[str, str] = {}

    @classmethod
    def of(cls, fault: Fault) -> Self:
        return cls(code=fault.key, detail=fault.detail)


class Job(Value, frozen=True, kw_only=True):
    """``businesses``: whose data it is about, all of them; empty: that is not known, or everybody's.

    ``detail``: how it is to be done, as its kind has it; empty once the job has expired. ``bytes``: of what
    was sent with it. ``starts``: how often it was begun. ``rows``, ``of``: done so far, and of how many
    (None: not known). ``result``: what came out, beside the file.
    """

    id: str
    kind: JobKind
    state: JobState = "queued"
    by: str
    key: str = ""
    businesses: tuple[str, ...] = ()
    detail: Mapping[str, Any] = {}
    bytes: int = 0
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    starts: int = 0
    rows: int = 0
    of: int | None = None
    result: Mapping[str, Any] | None = None
    error: JobError | None = None
