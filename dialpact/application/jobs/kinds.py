"""What each kind of job is: how it is done, by which right, and what it does to the registers at its end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import NamedTuple, Protocol

import msgspec

from dialpact.application.actor import Right
from dialpact.application.context import Context
from dialpact.application.evidence.cover import Renderer
from dialpact.application.progress import Progress
from dialpact.compliance.config import Config
from dialpact.compliance.inspection.figures import Inspection
from dialpact.compliance.jobs import Job, JobKind
from dialpact.compliance.texts import Language
from dialpact.store.ports.together import Write


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """``file``: the name of the result in the job's folder, where it is whole and on disk. ``media_type``: of
    it. ``counts``: what is to be known without reading it.
    """

    file: str
    media_type: str
    bytes: int
    sha256: str
    counts: Mapping[str, object]


@dataclass(frozen=True, kw_only=True)
class Task:
    """A job in the hands of the worker. ``context.actor`` is who asked, with the rights of its kind.

    ``folder``: the job's own, with ``input`` where something was sent. ``progress`` may be called as often as
    one likes, from any thread; NoRoom from it when the disk is nearly full. ``printed``: a report as PDF;
    Fault where this host makes none. ``rest``: to be called at short
    intervals by what computes for long, on its own thread.
    """

    context: Context
    config: Config
    job: Job
    folder: Path
    progress: Progress
    render: Callable[[Language], Renderer]
    printed: Callable[[Inspection, Language], bytes]
    rest: Callable[[], None]


Work = Callable[[Task], Awaitable[Outcome]]


class Conclusion(Protocol):
    """What is done to the registers at the end of this job; None: nothing. It is one transaction of the
    store, and nothing after it (``store.ports.together``).
    """

    def __call__(self, context: Context, job: Job, outcome: Outcome, /) -> Write | None: ...


class Kind(NamedTuple):
    """``module`` has ``work`` and, where ``concludes``, ``conclude``.

    ``rights``: any of them lets one look at such jobs; all of them are the job's own. ``idle``: it only
    reads, and may wait for whatever else the host has to do.
    """

    module: str
    rights: tuple[Right, ...]
    idle: bool
    concludes: bool = False

    @property
    def work(self) -> Work:
        found: Work = self._module.work
        return found

    @property
    def conclude(self) -> Conclusion | None:
        found: Conclusion | None = self._module.conclude if self.concludes else None
        return found

    @property
    def _module(self) -> _Module:
        found: _Module = import_module(self.module)
        return found


class _Module(Protocol):
    work: Work
    conclude: Conclusion


_IMPORTS = (Right.REGISTERS, Right.CONSENT, Right.LEADS, Right.OPT_OUT)
KINDS: Mapping[JobKind, Kind] = {
    "scrub": Kind(
        "dialpact.application.jobs.scrubbing", (Right.CHECK, Right.LEADS), idle=True, concludes=True
    ),
    # Its acts are in the log before a package is given out, so it writes, and waits for nobody.
    "evidence-package": Kind("dialpact.application.jobs.package", (Right.EVIDENCE,), idle=False),
    "erasure": Kind("dialpact.application.jobs.erasing", (Right.LEDGER,), idle=False, concludes=True),
    "import-check": Kind("dialpact.application.jobs.import_check", _IMPORTS, idle=True),
    "import": Kind("dialpact.application.jobs.import_apply", _IMPORTS, idle=False),
    "export": Kind("dialpact.application.jobs.exporting", (Right.EVIDENCE,), idle=True, concludes=True),
    "inspection": Kind("dialpact.application.jobs.inspecting", (Right.CALLS,), idle=True),
    "reconciliation": Kind("dialpact.application.jobs.reconciling", (Right.CALLS,), idle=True),
    "reconciliation-acts": Kind(
        "dialpact.application.jobs.reconciliation_acts", (Right.EVIDENCE, Right.RETENTION), idle=False
    ),
    "ledger-verification": Kind(
        "dialpact.application.jobs.verifying", (Right.CALLS, Right.LEDGER), idle=True
    ),
}
