"""Leads: the numbers that a partner supplied for a campaign, with the contract and the legal basis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from dialpact.compliance.held import finding_of
from dialpact.compliance.model import Batch, Mode, PolicyVersion, Value
from dialpact.compliance.numbers import REGIONS, Flaw
from dialpact.compliance.ranges import RangeReport
from dialpact.compliance.registers.cell import free_text, identifier
from dialpact.compliance.registers.fault import Fault, shown
from dialpact.compliance.registers.meanings import NO, plain
from dialpact.compliance.registers.number import callee

COLUMNS = ("number",)
WATCHED = ("do_not_call",)  # whom the supplier himself says not to call


class Delivery(Value, frozen=True, kw_only=True):
    """What a partner delivers and why it may be called: holds for every number of the file."""

    campaign: str
    partner: str
    contract: str
    basis: str


class Delivered(Batch, frozen=True, kw_only=True):
    """A batch with all that is known of it; ``rows`` is the count of its numbers."""

    imported_by: str
    withdrawn_at: datetime | None = None
    # Of each profile that has thresholds.
    finding: dict[str, RangeReport] = msgspec.field(default_factory=dict)


class BatchScrub(Value, frozen=True, kw_only=True):
    """What the log says of a batch's scrub: for which calls, by which rules and registers (``as_of``), what
    came out, and the SHA-256 of the result, a file of the form ``form``.
    """

    caller_id: str
    trunk: str
    agent: str
    as_of: datetime
    rows: int
    callable: int
    blocked: dict[str, int]
    bad: int
    mode: Mode
    form: str
    sha256: str
    policy: tuple[PolicyVersion, ...]


def as_scrubbed(batch: Batch) -> Batch:
    """As it is once it was scrubbed."""
    return msgspec.structs.replace(batch, held=finding_of(batch.held))


def delivery(campaign: str, partner: str, contract: str, basis: str) -> Delivery:
    return Delivery(
        campaign=identifier(campaign, "campaign"),
        partner=free_text(partner, "partner"),
        contract=free_text(contract, "contract"),
        basis=free_text(basis, "basis"),
    )


def read(cells: Sequence[str], now: datetime, regions: Sequence[str] = REGIONS) -> str:
    """A CSV row in the order of :data:`COLUMNS` and, perhaps, :data:`WATCHED`, as E.164."""
    if len(cells) > len(COLUMNS) and cells[1] and plain(cells[1]) not in NO:
        raise Fault("lead-says-no", value=shown(cells[1]))
    return callee(cells[0], regions)


def written(number: str) -> tuple[str, ...]:
    """The cells of which :func:`read` makes this number."""
    return (number,)


def unassigned(fault: Fault) -> int:
    """The number of a row that was refused because nobody is allotted its range; 0 for any other fault."""
    if fault.key != "number" or fault.detail["flaw"] != Flaw.UNASSIGNED:
        return 0
    found = "".join(character for character in fault.detail["value"] if character.isdecimal())
    return int(found[-11:] or 0)  # with or without 86 or 0: one number


def held(finding: Mapping[str, RangeReport]) -> str:
    """Why a batch may not be dialled from; empty when no profile finds anything."""
    return ", ".join(dict.fromkeys(report.summary for report in finding.values() if report.flagged))
