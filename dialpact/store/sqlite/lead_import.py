"""The import of a batch of leads: a file of a partner, looked at for range dialling before it counts.

1. The detector reads the staged numbers in pages, each a short lock: a million take it a second, and the gate
   goes on deciding meanwhile.
2. Batch, numbers and the line in the log are one transaction. A flagged batch is stored as held.
3. The same file counts once for a campaign, unless it was withdrawn.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

import msgspec

from dialpact.compliance.clock import stamp
from dialpact.compliance.ranges import Detector, Report
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.leads import Delivery, unassigned
from dialpact.compliance.sections import RangeDialling
from dialpact.store.sqlite.connection import Database
from dialpact.store.sqlite.imports import BATCH, SQL, Applied, Import
from dialpact.store.sqlite.registers import leads, log


class LeadImport(Import):
    """``sections``: the thresholds of each profile that has any, by its id. What one flags is held."""

    def __init__(
        self, store: Database, delivery: Delivery, sha256: str, sections: Mapping[str, RangeDialling]
    ) -> None:
        super().__init__(store, "leads")
        self._delivery = delivery
        self._sha256 = sha256
        self._sections = sections
        self._unassigned: list[tuple[int, int]] = []

    async def begin(self) -> None:
        """Fault when the campaign is not registered or has this file already."""
        await self._store.transact(self._check)
        await super().begin()

    async def stage(self, batch: Iterable[tuple[int, Any]]) -> None:
        await super().stage(batch)
        refused, self._unassigned = sorted(self._unassigned), []
        await self._store.transact(lambda connection: SQL.stage_leads(connection, refused))

    def refuse(self, fault: Fault) -> None:
        if number := unassigned(fault):
            self._unassigned.append((-number, 0))

    async def apply(
        self, *, bad: int, skip_bad: bool, detail: dict[str, Any], key: str, by: str, at: datetime
    ) -> Applied:
        """Nothing is stored if there are ``bad`` rows, unless ``skip_bad``. Fault when no number is left."""
        finding = await self._examine()
        why = held(finding)
        seen = {"batch": None, "held": why, "finding": finding}
        if not self._staged and (skip_bad or not bad):
            raise Fault("no-leads")
        if bad and not skip_bad:
            return Applied(about=seen)

        def work(connection: sqlite3.Connection) -> Applied:
            self._check(connection)
            batch = leads.insert(
                connection,
                self._delivery,
                file=key,
                sha256=self._sha256,
                finding=msgspec.json.encode(finding).decode() if finding else "",
                held=why,
                by=by,
                at=stamp(at),
            )
            count = int(SQL.apply_leads(connection, batch=batch))
            leads.SQL.set_rows(connection, id=batch, rows=count)
            already = self._staged - count
            figures = {"bad": bad, "applied": count, "already": already, "held": why}
            about = detail | msgspec.structs.asdict(self._delivery) | figures
            log(connection, "leads", "import", str(batch), about, by=by, at=at)
            return Applied(applied=count, already=already, done=True, about=seen | {"batch": batch})

        return await self._store.transact(work)

    def _check(self, connection: sqlite3.Connection) -> None:
        campaign = self._delivery.campaign
        if leads.SQL.has_campaign(connection, id=campaign) is None:
            raise Fault("unknown-campaign", value=campaign)
        if (row := leads.SQL.same_file(connection, campaign=campaign, sha256=self._sha256)) is not None:
            raise Fault("batch-exists", entry=str(row["id"]), campaign=campaign)

    async def _examine(self) -> dict[str, Report]:
        detectors = {profile: Detector(section) for profile, section in self._sections.items()}
        after = 0
        while detectors and (page := await self._store.transact(partial(_page, after=after))):
            for detector in detectors.values():
                detector.add(page)
            after = page[-1]
        count = await self._store.transact(lambda connection: int(SQL.unassigned_leads(connection)[0]))
        return {profile: detector.report(unassigned=count) for profile, detector in detectors.items()}


def held(finding: Mapping[str, Report]) -> str:
    """Why the batch may not be dialled from; empty when no profile finds anything."""
    return ", ".join(dict.fromkeys(report.summary for report in finding.values() if report.flagged))


def _page(connection: sqlite3.Connection, after: int) -> list[int]:
    return [number for (number,) in SQL.page_leads(connection, after=after, most=BATCH)]
