"""One change of a register, as its log has it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from dialpact.compliance.model import Value

ITSELF = "dialpact"  # who acts where no person does


class Change(Value, frozen=True, kw_only=True):
    """``detail``: what was written down with it, as plain data; its form is the action's own."""

    at: datetime
    by: str
    action: str
    detail: Any


class Made(Change, frozen=True, kw_only=True):
    """With its place in the log, and of which entry it is."""

    seq: int
    register: str
    key: str


class Sealed(Made, frozen=True, kw_only=True):
    """With its leaf in the ledger; None: it has none, which the audit tells."""

    leaf: int | None
