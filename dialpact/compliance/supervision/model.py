"""What a supervisor keeps of his operators. Times are UTC."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from dialpact.compliance.model import Value

SeenIn = Literal["witness", "package", "report"]
StrayWhy = Literal["behind", "not-continued", "elsewhere"]
Outcome = Literal["waiting", "failed", "answered"]
PackageState = Literal["", "valid", "invalid", "other-call", "failed"]


class Operator(Value, frozen=True, kw_only=True):
    """``vkey``: of the key in force, ``earlier``: those that it has followed. ``url``: where questions go.

    ``secret``: of the keyed hashes, known to these two alone. ``reports_from``: the first month that is due.
    """

    id: str
    name: str
    origin: str
    vkey: str
    url: str
    secret: bytes
    reports_from: str
    added_at: datetime
    ended_at: datetime | None = None  # supervised no more: not asked, and owes nothing from then on
    earlier: tuple[str, ...] = ()


class CosignedHead(Value, frozen=True, kw_only=True):
    """``note``: with the log's signature; ``line``: ours. ``last_at``: when it was sent last."""

    size: int
    root: bytes
    note: str
    line: str
    first_at: datetime
    last_at: datetime


class EarlierLog(Value, frozen=True, kw_only=True):
    """What was cosigned under a name that the log had before: the one of now continues it only where the key
    was rotated, not where a person took note of a log that began anew.
    """

    log: str
    size: int
    seen_at: datetime


class Stray(Value, frozen=True, kw_only=True):
    """A signed head of which nobody has shown how it continues the log."""

    log: str
    size: int
    root: bytes
    note: str
    seen_at: datetime
    why: StrayWhy


class Fork(Value, frozen=True, kw_only=True):
    """Two heads of one size, both signed by the log's key: both notes, as they came."""

    size: int
    one: str
    other: str
    seen_at: datetime
    seen_in: SeenIn


class Report(Value, frozen=True, kw_only=True):
    """``headings``: name and verdict of each. ``leaf``: of the operator's log."""

    operator: str
    month: str
    sha256: str
    bytes: int
    leaf: int
    made_at: datetime
    received_at: datetime
    headings: dict[str, str]


class Refused(Value, frozen=True, kw_only=True):
    """What an operator sent, signed by him, and was not taken."""

    operator: str
    at: datetime
    what: Literal["checkpoint", "report", "rotation"]
    code: str


class Complaint(Value, frozen=True, kw_only=True):
    """``reference``: 12321's own. ``since``, ``before``: the time that is asked about. ``due``: last local
    day.
    """

    id: int = 0
    reference: str
    number: str
    called_at: datetime
    since: datetime
    before: datetime
    received_at: datetime
    due: date | None
    note: str = ""
    closed_at: datetime | None = None
    conclusion: str = ""


class Asked(Value, frozen=True, kw_only=True):
    """A question to one operator, and what came of it. ``why``: a refusal's code, or what failed.

    ``answer``: the operator's signed note. ``package``: SHA-256 of what was given out; ``found``: what its
    own verification found.
    """

    id: str
    complaint: int
    operator: str
    asked_at: datetime
    note: str
    outcome: Outcome
    why: str = ""
    said: str = ""
    answer: str = ""
    answered_at: datetime | None = None
    around: int = 0
    package: str = ""
    package_state: PackageState = ""
    found: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()


class Act(Value, frozen=True, kw_only=True):
    at: datetime
    by: str
    action: str
    key: str
    detail: str


class Shown(Value, frozen=True, kw_only=True):
    """A call that a package showed which did not come in answer to a question. ``source``: who handed it
    in.
    """

    operator: str
    at: datetime
    package: str
    calls: tuple[str, ...]
    source: str
