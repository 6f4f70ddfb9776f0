"""Registers for a test: put in through plain calls or from CSV files, checked as the commands check them.

They are real ones, in a database of the test's own. Every method returns when its entry is committed, and may
be used in tests with and without ``async``. What a register refuses is a :class:`BadEntry` that says why.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Any, BinaryIO, Literal, TypeVar

import msgspec

from dialpact.application import (
    businesses,
    caller_ids,
    campaigns,
    consents,
    do_not_call,
    imports,
    leads,
    registrations,
    scripts,
    suspensions,
)
from dialpact.application.actor import Actor, Door
from dialpact.application.context import Context
from dialpact.application.imports import Imported
from dialpact.application.leads import Looked
from dialpact.compliance.clock import Clock
from dialpact.compliance.config import Config
from dialpact.compliance.model import Capacity, Purpose, Registrant, Scope, Suspendable
from dialpact.compliance.profile import Policy
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.leads import delivery
from dialpact.compliance.texts import fault_text
from dialpact.store.sqlite import Store
from dialpact.testing.clock import FixedClock

T = TypeVar("T")
ACTOR = Actor(name="dialpact.testing", door=Door.SHELL)
PATIENCE_MS = 10_000
SINCE = "2020-01-01"  # entries are older than any call of a test, unless it says otherwise
_BEGAN = FixedClock("2020-01-01T00:00:00Z")

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
        self._put(lambda context: businesses.add(context, id, name=name or id, capacity=actor), _BEGAN)

    def campaign(
        self,
        id: str,
        *,
        business: str = BUSINESS,
        industry: str = "",
        purpose: Purpose = "marketing",
        script: str = SCRIPT,
        scrub_leads: bool = False,
    ) -> None:
        """A campaign; its industry is its id unless another is said."""
        given = {"business": business, "industry": industry or id, "purpose": purpose, "script": script}
        self._put(lambda context: campaigns.add(context, id, **given, scrub_leads=scrub_leads), _BEGAN)

    def script(
        self, id: str, text: str = "Good day, this is Acme.", *, approved: bool = True, expires_at: str = ""
    ) -> None:
        """What agents read. One with a forbidden phrase can not be approved: BadEntry names the phrases."""

        async def work(context: Context) -> None:
            await scripts.add(context, id, text.encode())
            if not approved:
                return
            done = await scripts.approve(context, id, self._policy.profiles, expires_at=expires_at)
            if done.approved is None:
                found = ", ".join(f"{hit.phrase!r} in line {hit.line}" for hit in done.checked.hits)
                raise BadEntry(f"script {id} is not approved: {found}")

        self._put(work, _BEGAN)

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
            lambda context: caller_ids.put(
                context,
                number,
                business=business,
                licence=licence,
                carrier=carrier,
                authenticated=authenticated,
                trunks=trunks,
                purposes=purposes,
                valid_from=valid_from,
                valid_to=valid_to,
                sent_as=sent_as,
                known_trunks=self._config.trunks,
            ),
            _BEGAN,
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
            lambda context: consents.add(
                context,
                number,
                business=business,
                industry=industry,
                granted_at=granted_at,
                expires_at=expires_at,
                evidence=evidence,
            )
        )

    def withdraw_consent(self, number: str, *, business: str = BUSINESS, industry: str = "") -> None:
        """And no longer does; without an industry: for all of them. BadEntry when there was no consent."""
        self._put(lambda context: consents.withdraw(context, number, business=business, industry=industry))

    def opt_out(self, number: str, *, scope: Scope = "all", value: str = "") -> None:
        """Do not call: of everything, of an ``industry`` or of a ``business``, which ``value`` names."""
        node = self._config.node.name
        self._put(lambda context: do_not_call.add(context, number, scope=scope, value=value, node=node))

    refuse = opt_out  # its old name, for one version

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
        # No two calls bring the same file, which would be refused: each has blank lines of its own.
        text = "number\n" + "\n" * next(self._serial) + "".join(f"{number}\n" for number in numbers)

        async def work(context: Context) -> Looked:
            file = io.BytesIO(text.encode())
            done = await self._batch(context, file, "test", campaign, partner, contract, basis)
            with done:
                for row in done.bad_rows:
                    raise row.fault
            return done.about

        return msgspec.structs.asdict(self._put(work))

    def callable(self, *numbers: str, campaign: str = CAMPAIGN, business: str = BUSINESS) -> None:
        """People who are on the lead list of ``campaign`` and have agreed to its industry (its id)."""
        self.leads(*numbers, campaign=campaign)
        for number in numbers:
            self.consent(number, business=business, industry=campaign)

    def registration(
        self,
        kind: str,
        *,
        holder: Registrant = "business",
        id: str = "",
        valid_from: str = SINCE,
        valid_to: str = "",
    ) -> None:
        """One with an authority, of the business ``acme`` or the campaign ``loans`` unless ``id`` is said."""
        whose = id or (BUSINESS if holder == "business" else CAMPAIGN)
        self._put(
            lambda context: registrations.add(
                context, holder, whose, kind, valid_from=valid_from, valid_to=valid_to
            ),
            _BEGAN,
        )

    def suspend(self, kind: Suspendable, key: str, *, why: str = "a complaint") -> None:
        """All calls of a ``campaign``, a ``caller-id`` or an ``agent``."""
        self._put(lambda context: suspensions.suspend(context, kind, key, reason=why))

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
        path = Path(file)

        async def work(context: Context) -> int:
            done: Imported[Any]
            if register == "leads":
                given = (campaign, partner, contract, basis)
                done = await self._batch(context, opened, path.name, *given)
            else:
                done = await imports.into_register(context, register, opened, name=path.name)
            with done:
                if done.bad:
                    raise BadEntry(_told(path, done))
            return done.applied

        try:
            with path.open("rb") as opened:
                return self._put(work)
        except OSError as error:
            raise BadEntry(f"{path}: {error.strerror or error}") from error

    async def _batch(
        self, context: Context, file: BinaryIO, name: str, campaign: str, *provenance: str
    ) -> Imported[Looked]:
        sections = leads.thresholds(self._policy.profiles)
        return await leads.take(context, delivery(campaign, *provenance), sections, file, name=name)

    def _put(self, work: Callable[[Context], Awaitable[T]], clock: Clock | None = None) -> T:
        return committed(self._config, clock or self._clock, work)


def committed(config: Config, clock: Clock, work: Callable[[Context], Awaitable[T]]) -> T:
    """``work`` on a store of its own: the test's event loop may be busy with this very call. BadEntry."""

    async def run() -> T:
        async with await Store.open(config.database, PATIENCE_MS) as store:
            return await work(Context(store, ACTOR, clock))

    try:
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(lambda: asyncio.run(run())).result()
    except Fault as fault:
        raise BadEntry(fault_text(fault, "en")) from fault


def _told(path: Path, done: Imported[Any]) -> str:
    """Line and reason of every bad row, as the commands write them with ``--json``."""
    rows = [
        msgspec.json.encode(
            {"line": row.line, "reason": fault_text(row.fault, "en"), "code": row.fault.key}
        ).decode()
        for row in done.bad_rows
    ]
    head = f"{path}: {done.bad} of {done.rows} rows are bad, nothing was applied:"
    return "\n".join((head, *rows))
