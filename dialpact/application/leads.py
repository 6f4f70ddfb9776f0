"""Leads: whom a partner supplied, under which contract and on which legal basis, batch by batch.

A file is looked at for range dialling before it counts. What any profile flags is stored as held, and nothing
of it may be dialled until an officer releases it. Nor may anything be dialled of one that its campaign wants
scrubbed, until that was done (``application/scrub/batch``).
"""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import BinaryIO, cast

from dialpact.application import limits
from dialpact.application.actor import Right
from dialpact.application.context import Context
from dialpact.application.history import history
from dialpact.application.imports import BATCH, PLAINLY, How, Imported, Progress, form_of, read_in
from dialpact.application.limits import Only
from dialpact.application.resting import restless
from dialpact.compliance.held import holding
from dialpact.compliance.model import Value
from dialpact.compliance.profile import Profile
from dialpact.compliance.ranges import Detector, RangeReport
from dialpact.compliance.registers.cell import any_identifier, free_text
from dialpact.compliance.registers.change import Change, Made
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.leads import COLUMNS, Delivered, Delivery, held, unassigned
from dialpact.compliance.registers.table import FileRead
from dialpact.compliance.sections import RangeDialling
from dialpact.store.ports.imports import Applied, Batch
from dialpact.store.ports.leads import LeadStaging
from dialpact.store.ports.page import ALL, Page

IN_MEMORY = 1 << 20  # bytes of a list that came as no file; more go to a temporary one


class Looked(Value, frozen=True, kw_only=True):
    """What the detector says of a file. ``batch`` is None where nothing was stored."""

    batch: int | None
    held: str  # what a profile finds, and a scrub that is owed (``compliance/held``); empty: it is not held
    finding: dict[str, RangeReport]  # of each profile that has thresholds


class BatchShown(Value, frozen=True, kw_only=True):
    batch: Delivered
    history: tuple[Change, ...]


def thresholds(profiles: Iterable[Profile]) -> dict[str, RangeDialling]:
    """Of each profile that has any, by its id."""
    return {found.id: found.range_dialling for found in profiles if found.range_dialling}


async def examine(
    context: Context,
    delivery: Delivery,
    sections: Mapping[str, RangeDialling],
    file: BinaryIO,
    *,
    name: str,
    how: How = PLAINLY,
    progress: Progress | None = None,
    rest: Callable[[], None] = restless,
) -> Imported[Looked]:
    """What :func:`take` would do with the good rows, and what the detector finds in them; nothing is stored.
    By one who can not write. Fault as there.
    """
    context.actor.need(Right.LEADS)
    intake = _Leads(context, delivery, sections, True, BATCH, to_look=True)
    return await read_in(context, intake, file, name, skip_bad=True, how=how, progress=progress, rest=rest)


async def take(
    context: Context,
    delivery: Delivery,
    sections: Mapping[str, RangeDialling],
    file: BinaryIO,
    *,
    name: str,
    skip_bad: bool = False,
    how: How = PLAINLY,
    progress: Progress | None = None,
    together: int = BATCH,
    only: Only = None,
    made: Sequence[Made] = (),
) -> Imported[Looked]:
    """A partner's file as a batch. Fault when the campaign is not registered or has this file already.
    ``together``: rows that are read, staged and looked at in one go.

    ``only``: the businesses for whose campaigns the actor may bring leads. ``made``: the acts of an earlier
    try that was cut off before it could say so: then the file is read to be told of, and nothing is stored.
    NotPermitted.
    """
    context.actor.need(Right.LEADS)
    if only is not None:
        await limits.need_campaign(context, only, delivery.campaign)
    batch = next((act for act in made if (act.register, act.action) == ("leads", "import")), None)
    intake = _Leads(context, delivery, sections, skip_bad, together, batch)
    return await read_in(
        context, intake, file, name, skip_bad=skip_bad, how=how, progress=progress, together=together
    )


def as_file(numbers: Iterable[str]) -> BinaryIO:
    """Numbers as the file that ``take`` takes; whoever asks closes it."""
    file = cast(BinaryIO, tempfile.SpooledTemporaryFile(IN_MEMORY))  # noqa: SIM115 - closed by who asks
    text = io.TextIOWrapper(file, "utf-8", "backslashreplace", newline="")
    csv.writer(text).writerows([COLUMNS, *([number] for number in numbers)])
    text.flush()
    text.detach()
    file.seek(0)
    return file


async def status(context: Context, batch: int, *, only: Only = None) -> Delivered:
    """For whoever brings leads. Fault when there is none, or none for a campaign of these businesses."""
    context.actor.need(Right.LEADS)
    found = await context.store.leads.get(batch)
    if only is not None:
        campaigns = (await context.store.campaigns.list(id=found.campaign)).rows
        if not any(limits.may(only, campaign.business) for campaign in campaigns):
            raise Fault("no-batch", entry=str(batch))
    return found


async def listed(
    context: Context, *, campaign: str = "", after: str = "", most: int = ALL
) -> Page[Delivered]:
    """The newest first, also held and withdrawn ones."""
    context.actor.need(Right.CALLS)
    wanted = any_identifier(campaign, "campaign")
    return await context.store.leads.list(campaign=wanted, after=after, most=most)


async def find(context: Context, number: str, *, after: str = "", most: int = ALL) -> Page[Delivered]:
    """The batches that a number is on, the newest first."""
    context.actor.need(Right.CALLS)
    wanted = context.any_person(number)
    if not wanted:
        return Page(())
    return await context.store.leads.list(number=wanted, after=after, most=most)


async def show(context: Context, batch: int) -> BatchShown:
    """Fault when there is none."""
    context.actor.need(Right.CALLS)
    found = await context.store.leads.get(batch)
    return BatchShown(batch=found, history=await history(context, "leads", str(batch)))


async def release(context: Context, batch: int, *, reason: str) -> Delivered:
    """Its numbers count from now on: an officer has looked at what the detector found, no program. One that
    is to be scrubbed is held for that as before. Fault when it is not held, or only for that.
    """
    context.actor.need(Right.LEADS)
    context.actor.need_person()
    why = free_text(reason, "reason")
    return await context.store.leads.release(batch, reason=why, by=context.by, at=context.now())


async def withdraw(context: Context, batch: int, *, reason: str) -> Delivered:
    """Its numbers count no longer; the batch stays on record. Fault when it was withdrawn already."""
    context.actor.need(Right.LEADS)
    why = free_text(reason, "reason")
    return await context.store.leads.withdraw(batch, reason=why, by=context.by, at=context.now())


class _Leads:
    """A batch on its way in; see :mod:`dialpact.application.imports`."""

    def __init__(
        self,
        context: Context,
        delivery: Delivery,
        sections: Mapping[str, RangeDialling],
        skip_bad: bool,
        together: int,
        stored: Made | None = None,
        *,
        to_look: bool = False,
    ) -> None:
        """``stored``: the act by which it is in already."""
        self._to_look = to_look
        self._context, self._delivery, self._skip_bad = context, delivery, skip_bad
        self._stored = stored
        self._together = together
        self.format = form_of(context, "leads")
        self._detectors = {profile: Detector(section) for profile, section in sections.items()}
        self._staging: LeadStaging | None = None
        self._nobodys: list[int] = []

    async def begin(self, sha256: str) -> None:
        if self._stored is None:
            self._staging = await self._context.store.leads.begin(
                self._delivery, sha256, to_look=self._to_look
            )

    def refuse(self, fault: Fault) -> None:
        """A number that nobody is allotted says something of the list."""
        if number := unassigned(fault):
            self._nobodys.append(number)

    async def stage(self, batch: Batch[str]) -> None:
        if self._stored is not None:
            return
        assert self._staging is not None
        nobodys, self._nobodys = self._nobodys, []
        await self._staging.stage(batch, nobodys)

    async def apply(self, file: FileRead, *, bad: int) -> tuple[Applied, Looked]:
        """Nothing is stored if there are ``bad`` rows that are not skipped; what would be found is said."""
        if self._stored is not None:
            return await self._as_stored(self._stored)
        assert self._staging is not None
        finding, count = await self._examined(self._staging)
        if self._to_look:
            would = holding(held(finding), scrub=self._staging.owes_scrub)
            return Applied(applied=count, already=file.rows - bad - count), Looked(
                batch=None, held=would, finding=finding
            )
        looked = Looked(batch=None, held=held(finding), finding=finding)
        if file.rows == bad or (bad and not self._skip_bad):
            return Applied(), looked
        context = self._context
        batch, count = await self._staging.apply(
            file, finding, looked.held, bad=bad, by=context.by, at=context.now()
        )
        applied = Applied(applied=count, already=file.rows - bad - count, done=True)
        return applied, Looked(batch=batch, held=self._staging.held, finding=finding)

    async def _as_stored(self, act: Made) -> tuple[Applied, Looked]:
        batch, said = int(act.key), act.detail
        found = await self._context.store.leads.get(batch)
        applied = Applied(applied=said["applied"], already=said["already"], done=True)
        return applied, Looked(batch=batch, held=said["held"], finding=found.finding)

    async def _examined(self, staging: LeadStaging) -> tuple[dict[str, RangeReport], int]:
        """And how many numbers were looked at."""
        after = seen = 0
        while (self._detectors or self._to_look) and (
            numbers := await staging.numbers(after, self._together)
        ):
            for detector in self._detectors.values():
                detector.add(numbers)
            after, seen = numbers[-1], seen + len(numbers)
        count = await staging.unassigned()
        found = {name: detector.report(unassigned=count) for name, detector in self._detectors.items()}
        return found, seen
