"""Registers of people for tests, filled as the product fills them, and what an audit finds in them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from dialpact.application.ledger.audit.found import AuditFinding, Findings
from dialpact.application.ledger.audit.people import walk
from dialpact.application.ledger.audit.people_looks import look
from dialpact.compliance.model import Consent, DncEntry
from dialpact.compliance.registers.formats import REGISTERS
from dialpact.compliance.registers.table import FileRead
from dialpact.store.sqlite import Store
from dialpact.store.sqlite.snapshot import opened
from tests.compliance.store_values import AT
from tests.compliance.test_store_leads import DELIVERY

FIRST = 13_800_000_000


class Moments:
    """A clock that goes on by a second each time that it is asked."""

    def __init__(self) -> None:
        self._now = AT

    def now(self) -> datetime:
        self._now += timedelta(seconds=1)
        return self._now


def number(place: int) -> str:
    return f"+86{FIRST + place}"


def opt_out(place: int, scope: str = "all", value: str = "", source: str = "list") -> DncEntry:
    found: DncEntry = REGISTERS["dnc"].read([number(place), scope, value, "2026-11-01", source], AT)
    return found


def consent(
    place: int,
    granted: str = "2026-11-01",
    expires: str = "",
    business: str = "acme",
    industry: str = "loans",
) -> Consent:
    cells = [number(place), business, industry, granted, expires, "form"]
    found: Consent = REGISTERS["consent"].read(cells, AT)
    return found


async def bring(
    store: Store, register: str, entries: Sequence[Any], at: datetime, name: str = "f.csv"
) -> bool:
    """Imports; whether it was applied."""
    file = FileRead(file=name, sha256="a" * 64, rows=len(entries), skip_bad=True)
    into = await store.imports.begin(register)
    await into.stage(list(enumerate(entries, 2)))
    return (await into.apply(file, bad=0, skip_bad=True, by="chen", at=at)).done


async def deliver(store: Store, places: Sequence[int], at: datetime, sha256: str = "a" * 64) -> int:
    """A batch of leads; its number."""
    leads = await store.leads.begin(DELIVERY, sha256)
    await leads.stage([(line, number(place)) for line, place in enumerate(places, 2)], [])
    file = FileRead(file="leads.csv", sha256=sha256, rows=len(places), skip_bad=False)
    batch, _ = await leads.apply(file, {}, "", bad=0, by="chen", at=at)
    return batch


class Looks:
    """A daemon's looks at the registers of people, one after the other."""

    def __init__(self) -> None:
        self._memory: dict[str, Any] = {}

    def look(self, path: Path) -> Findings:
        findings = Findings()
        with opened(path) as snapshot:
            for _ in look(snapshot, findings, self._memory):
                pass
        return findings


def found(path: Path) -> list[AuditFinding]:
    findings = Findings()
    with opened(path) as snapshot:
        for _ in walk(snapshot, findings):
            pass
    return findings.listed
