"""What takes its time: a list is scrubbed, an evidence package made; waited for, and fetched."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TypeVar

from dialpact.client.questions import File, Questions, decoded
from dialpact.client.transport import Request
from dialpact.compliance.jobs import UNDER_WAY
from dialpact.web.api.evidence_packages import PackageBody, Packages, PackageShown
from dialpact.web.api.job_shown import JobShown
from dialpact.web.api.scrubs import AGENT, CALLER_ID, BatchBody, Form, Scrubs, ScrubShown

CSV = "text/csv"
J = TypeVar("J", bound=JobShown)
FIRST_LOOK, LONGEST_LOOK = 0.5, 5.0  # seconds between two looks
ADDRESSES: dict[type[JobShown], str] = {PackageShown: "/v1/evidence-packages", ScrubShown: "/v1/scrubs"}


class Working(Questions):
    def scrub(
        self,
        file: File,
        *,
        campaign: str,
        caller_id: str,
        trunk: str = "",
        agent: str = "",
        at: datetime | None = None,
        media_type: str = CSV,
        form: Form = "",
        key: str | None = None,
    ) -> ScrubShown:
        """A whole list is judged before it is dialled, row by row: CSV, JSON lines
        (``application/x-ndjson``) or a workbook. ``at``: another instant than now; ``form``: of the result.
        """
        headers = {CALLER_ID: caller_id} | ({AGENT: agent} if agent else {})
        query = {"campaign": campaign, "trunk": trunk, "at": at, "form": form}
        return self._send("/v1/scrubs", file, media_type, ScrubShown, key, headers, **query)

    def scrub_batch(
        self,
        batch: int,
        *,
        caller_id: str,
        trunk: str = "",
        agent: str = "",
        form: Form = "",
        key: str | None = None,
    ) -> ScrubShown:
        """A batch of leads, as of now. When it is done it may be dialled, where that was waited for."""
        body = BatchBody(batch=batch, caller_id=caller_id, trunk=trunk, agent=agent, form=form)
        return self._post("/v1/scrubs", body, ScrubShown, key=key)

    def scrubs(self) -> Iterator[ScrubShown]:
        """Those of the key's businesses, the newest first."""
        return self._rows("/v1/scrubs", Scrubs)

    def scrub_result(self, scrub: ScrubShown, file: File) -> None:
        """Each row of the list, into ``file``: may it be called, or why not, and when it could."""
        self._fetch(f"/v1/scrubs/{scrub.id}/result", file)

    def package(
        self,
        *,
        call: str = "",
        complaint: int | None = None,
        callee: str = "",
        caller_id: str = "",
        around: datetime | None = None,
        within: int | None = None,
        reason: str = "",
        key: str | None = None,
    ) -> PackageShown:
        """Everything about a ``call``, a ``complaint``, or all calls to a ``callee`` (by a ``caller_id``,
        ``within`` minutes of ``around``), proven by the ledger. ``reason``: why it is taken, for the log.
        """
        body = PackageBody(
            call=call,
            complaint=complaint,
            callee=callee,
            caller_id=caller_id,
            around=around,
            within=within,
            reason=reason,
        )
        return self._post("/v1/evidence-packages", body, PackageShown, key=key)

    def packages(self) -> Iterator[PackageShown]:
        """Those of the key's businesses, the newest first."""
        return self._rows("/v1/evidence-packages", Packages)

    def package_file(self, package: PackageShown, file: File) -> None:
        """Into ``file``. Problem for one that is not done, or is kept no longer."""
        self._fetch(f"/v1/evidence-packages/{package.id}/file", file)

    def look(self, job: J) -> J:
        """How far it is now."""
        return self._get(f"{ADDRESSES[type(job)]}/{job.id}", type(job))

    def wait(self, job: J, *, seconds: float = 3600.0, progress: Callable[[J], object] | None = None) -> J:
        """Until it is over, well or not (``state``). ``progress`` is given each look at it. TimeoutError: it
        goes on all the same.
        """
        deadline, pause = time.monotonic() + seconds, FIRST_LOOK
        while True:
            job = self.look(job)
            if progress is not None:
                progress(job)
            if job.state not in UNDER_WAY:
                return job
            if time.monotonic() + pause > deadline:
                raise TimeoutError(f"{job.id}: {job.state} after {seconds:g} s")
            self._transport.pause(pause)
            pause = min(1.5 * pause, LONGEST_LOOK)

    def cancel(self, job: J) -> J:
        """It is not done any more; of one that was, its file is taken away."""
        address = f"{ADDRESSES[type(job)]}/{job.id}"
        return decoded(self._transport.ask(Request("DELETE", address)), type(job))
