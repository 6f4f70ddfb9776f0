"""A row that is not what the log says, as the housekeeping keeps it; and which attempts it concerns. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from dialpact.compliance.model import CallAttempt, Facts, Value

SCHEMA = "schema"  # in the place of a register: the tables and views themselves
COUNTED = "counted"  # likewise: the blocked attempts that count towards a suspension
READ = ("consent_now", "dnc_now", "dnc_arrived")  # views that a decision reads
ALL = "*"  # for a register, or for a key: more than are named
Named = tuple[str, str]  # register and key


class Difference(Value, frozen=True, kw_only=True):
    """``code``: as a finding of the audit. ``leaf``: of the act that says otherwise; None: no act does.

    ``detail``: what the log says and what is there, fit to be shown around.
    """

    register: str
    key: str
    code: str
    leaf: int | None
    detail: str = ""


class RegisterLook(Value, frozen=True, kw_only=True):
    """The last look at a register. ``whole``: every row of it was looked at, by this look and those
    before it. ``unbound``: rows that no act binds yet. None: as before, it has not come round.
    """

    register: str
    rows: int | None
    unbound: int | None
    whole: bool


def concerned(differing: Collection[Named], attempt: CallAttempt, facts: Facts) -> tuple[Named, ...]:
    """Those that an attempt would be judged by. A difference that is not named concerns every attempt."""
    return tuple(name for name in _looked_at(attempt, facts) if name in differing)


def people(differing: Collection[Named]) -> frozenset[str]:
    """The numbers of which one of them is. What concerns an attempt to call any other one concerns all others
    that are on the same batches as well.
    """
    keys = {key for register, key in differing if register in ("dnc", "consent")}
    return frozenset(keys | {key.partition("/")[2] for register, key in differing if register == "lead"})


def _looked_at(attempt: CallAttempt, facts: Facts) -> Iterator[Named]:
    campaign, number = facts.campaign, attempt.callee.e164
    yield ALL, ALL
    for view in READ:
        yield SCHEMA, view
    yield "campaign", attempt.campaign
    yield "caller-id", attempt.caller_id
    for kind, key in (
        ("agent", attempt.agent),
        ("campaign", attempt.campaign),
        ("caller-id", attempt.caller_id),
    ):
        yield "suspension", f"{kind} {key}"
        yield COUNTED, f"{kind} {key}"
    yield "dnc", number
    yield "consent", number
    for batch in facts.leads:
        yield "leads", str(batch.id)
        yield "lead", str(batch.id)
        yield "lead", f"{batch.id}/{number}"
    yield "registration", f"campaign {attempt.campaign}"
    if campaign is not None:
        yield "business", campaign.business
        yield "script", campaign.script
        yield "registration", f"business {campaign.business}"
