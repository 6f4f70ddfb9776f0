"""Registers for a test: put in through plain calls or from CSV files, checked as the commands check them.

They are real ones, in a database of the test's own. Every method returns when its entry is committed, and may
be used in tests with and without ``async``. What a register refuses is a :class:`BadEntry` that says why.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any, Literal, TypeVar

from dialpact.cli import imports, texts
from dialpact.cli.session import Session
from dialpact.compliance.clock import Clock
from dialpact.compliance.config import Config
from dialpact.compliance.model import Capacity, Purpose, Scope, Suspendable
from dialpact.compliance.profile import Policy
from dialpact.compliance.registers import business, caller_id, campaign, consent, dnc, leads, script
from dialpact.compliance.registers.cell import free_text, identifier
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.moment import moment
from dialpact.compliance.registers.number import callee
from dialpact.store.sqlite import Store, optout
from dialpact.store.sqlite import registers as stored
from dialpact.store.sqlite.imports import Import
from dialpact.store.sqlite.lead_import import LeadImport

T = TypeVar("T")
BY = "dialpact.testing"
PATIENCE_MS = 10_000
SINCE = "2020-01-01"  # entries are older than any call of a test, unless it says otherwise
_BEGAN = datetime(2020, 1, 1, tzinfo=UTC)

BUSINESS, CAMPAIGN, SCRIPT = "acme", "loans", "pitch"
NUMBER, CALLER_ID = "13800138000", "02788880007"


class BadEntry(ValueError):
    """Why a register refused an entry, or which rows of a file are bad."""


class Registers:
    """The registers in ``config``'s database, which must exist."""

    def __init__(self, config: Config, policy: Policy, clock: Clock) -> None:
        self._config, self._policy, self._clock = config, policy, clock
        self._serial = count(1)

    def fill(self) -> None:
        """What one call needs: business ``acme``, its campaign ``loans`` with an approved script, a caller ID
        02788880007, and 13800138000, who is on the lead list and has agreed.
        """
        self.business(BUSINESS)
        self.script(SCRIPT)
        self.campaign(CAMPAIGN)
        self.caller_id(CALLER_ID)
        self.callable(NUMBER)

    def business(self, id: str, *, name: str = "", actor: Capacity = "own-business") -> None:
        """Who calls: for itself, or as a ``licensed-call-centre``."""
        self._put(
            lambda store: stored.add_business(
                store, business.business(id, name or id, actor), by=BY, at=_BEGAN
            )
        )

    def campaign(
        self,
        id: str,
        *,
        business: str = BUSINESS,
        industry: str = "",
        purpose: Purpose = "marketing",
        script: str = SCRIPT,
    ) -> None:
        """A campaign; its industry is its id unless another is said."""
        self._put(
            lambda store: stored.add_campaign(
                store, campaign.campaign(id, business, industry or id, purpose, script), by=BY, at=_BEGAN
            )
        )

    def script(
        self, id: str, text: str = "Good day, this is Acme.", *, approved: bool = True, expires_at: str = ""
    ) -> None:
        """What agents read. One with a forbidden phrase can not be approved: BadEntry names the phrases."""

        async def work(store: Store) -> None:
            new = script.read(text.encode())
            _, version = await stored.add_script(store, identifier(id, "id"), new, by=BY, at=_BEGAN)
            if not approved:
                return
            rules = [profile.script for profile in self._policy.profiles if profile.script]
            hits = script.phrases(
                version.text, {phrase for rule in rules for phrase in rule.forbidden_phrases}
            )
            if hits:
                found = ", ".join(f"{hit.phrase!r} in line {hit.line}" for hit in hits)
                raise BadEntry(f"script {id} is not approved: {found}")
            await stored.approve_script(
                store,
                version.id,
                sha256=version.sha256,
                checked=[rule.digest for rule in rules],
                expires_at=moment(expires_at, "expires_at", end_of_day=True) if expires_at else None,
                by=BY,
                at=_BEGAN,
            )

        self._put(work)

    def caller_id(
        self,
        number: str,
        *,
        business: str = BUSINESS,
        licence: str = "L-1",
        carrier: str = "the carrier",
        authenticated: bool = True,
        trunks: Sequence[str] = ("*",),
        purposes: Sequence[str] = ("*",),
        valid_from: str = SINCE,
        valid_to: str = "",
        sent_as: Sequence[str] = (),
    ) -> None:
        """A number that may be shown, or its new entry."""
        self._put(
            lambda store: stored.put_caller_id(
                store,
                caller_id.caller_id(
                    *(number, business, licence, carrier, authenticated),
                    *(trunks, purposes, valid_from, valid_to, sent_as),
                ),
                by=BY,
                at=_BEGAN,
            )
        )

    def consent(
        self,
        number: str,
        *,
        business: str = BUSINESS,
        industry: str = CAMPAIGN,
        granted_at: str = SINCE,
        expires_at: str = "",
        evidence: str = "form 1",
    ) -> None:
        """Somebody agreed to be called."""
        self._put(
            lambda store: stored.add_consent(
                store,
                consent.consent(number, business, industry, granted_at, expires_at, evidence),
                by=BY,
                at=self._clock.now(),
            )
        )

    def withdraw_consent(self, number: str, *, business: str = BUSINESS, industry: str = "") -> None:
        """And no longer does; without an industry: for all of them. BadEntry when there was no consent."""
        self._put(
            lambda store: stored.withdraw_consent(
                store, callee(number), business, industry, reason="", by=BY, at=self._clock.now()
            )
        )

    def refuse(self, number: str, *, scope: Scope = "all", value: str = "") -> None:
        """Do not call: of everything, of an ``industry`` or of a ``business``, which ``value`` names."""
        now = self._clock.now()
        node = self._config.node.name
        self._put(
            lambda store: optout.by_command(
                store, dnc.refusal(number, scope, value, "", "", now=now), by=BY, at=now, node=node
            )
        )

    def leads(
        self,
        *numbers: str,
        campaign: str = CAMPAIGN,
        partner: str = "partner",
        contract: str = "K-1",
        basis: str = "consent",
    ) -> dict[str, Any]:
        """Numbers that a partner supplied, as one batch; ``held`` in the answer: like range dialling.

        A held batch does not count.
        """
        digest = hashlib.sha256(f"{next(self._serial)} {numbers}".encode()).hexdigest()

        async def work(store: Store) -> dict[str, Any]:
            into = self._batch(store, digest, campaign, partner, contract, basis)
            await into.begin()
            await into.stage([(line, callee(number)) for line, number in enumerate(numbers, 1)])
            applied = await into.apply(
                bad=0, skip_bad=False, detail={}, key="test", by=BY, at=self._clock.now()
            )
            return applied.about

        return self._put(work)

    def callable(self, *numbers: str, campaign: str = CAMPAIGN, business: str = BUSINESS) -> None:
        """People who are on the lead list of ``campaign`` and have agreed to its industry (its id)."""
        self.leads(*numbers, campaign=campaign)
        for number in numbers:
            self.consent(number, business=business, industry=campaign)

    def suspend(self, kind: Suspendable, key: str, *, why: str = "a complaint") -> None:
        """All calls of a ``campaign``, a ``caller-id`` or an ``agent``."""
        self._put(
            lambda store: store.suspensions.add(
                kind, key, cause=free_text(why, "reason"), by=BY, at=self._clock.now()
            )
        )

    def load(
        self,
        register: Literal["caller-id", "consent", "dnc", "leads"],
        file: str | Path,
        *,
        campaign: str = CAMPAIGN,
        partner: str = "partner",
        contract: str = "K-1",
        basis: str = "consent",
    ) -> int:
        """The rows that a CSV file changed; the same files that ``dialpact REGISTER import FILE`` takes.

        The last four are of leads. BadEntry with line and reason of every bad row; then nothing is applied.
        """
        columns, optional, read = _FILES[register]

        def opening(store: Store, sha256: str) -> Import:
            if register == "leads":
                return self._batch(store, sha256, campaign, partner, contract, basis)
            return Import(store, register)

        def report(_: Session, path: Path, rows: int, bad: imports.BadRows, applied: object) -> None:
            if bad.count:
                lines = "\n".join(line.decode() for line in bad)
                raise BadEntry(f"{path}: {bad.count} of {rows} rows are bad, nothing was applied:\n{lines}")

        async def work(_: Store) -> int:
            session = Session(None, True, "en", self._clock)
            session.__dict__["config"] = self._config  # in place of the file that a command would read
            applied = await imports.load(
                session,
                Path(file),
                opening,
                columns,
                read,
                optional=optional,
                skip_bad=False,
                by=BY,
                report=report,
            )
            return applied.applied

        return self._put(work)

    def _batch(self, store: Store, sha256: str, campaign: str, *delivery: str) -> LeadImport:
        sections = {found.id: found.range_dialling for found in self._policy.profiles if found.range_dialling}
        return LeadImport(store, leads.delivery(campaign, *delivery), sha256, sections)

    def _put(self, work: Callable[[Store], Awaitable[T]]) -> T:
        """``work`` on a store of its own: the test's event loop may be busy with this very call."""

        async def run() -> T:
            async with await Store.open(self._config.database, PATIENCE_MS) as store:
                return await work(store)

        try:
            with ThreadPoolExecutor(1) as pool:
                return pool.submit(lambda: asyncio.run(run())).result()
        except Fault as fault:
            raise BadEntry(texts.fault_text(fault, "en")) from fault


_FILES: dict[str, tuple[Sequence[str], Sequence[str], Callable[[Sequence[str], datetime], Any]]] = {
    "caller-id": (caller_id.COLUMNS, caller_id.OPTIONAL, caller_id.read),
    "consent": (consent.COLUMNS, consent.OPTIONAL, consent.read),
    "dnc": (dnc.COLUMNS, (), dnc.read),
    "leads": (leads.COLUMNS, (), leads.read),
}
