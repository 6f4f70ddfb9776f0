"""What a page of a list says, of what is kept in few words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from dialpact.compliance.jobs import JobError
from dialpact.compliance.model import SCOPES
from dialpact.compliance.registers.column_names import heading
from dialpact.compliance.registers.fault import Fault
from dialpact.web.console import texts
from dialpact.web.console.page import Asked

TIMES = frozenset({"requested_at", "granted_at", "expires_at"})


def why(asked: Asked[Any], error: JobError | None) -> str:
    """Why a row, or a file, is not taken: by the fields of the page, where others have options for it."""
    if error is None:
        return ""
    key = f"import-fault.{error.code}"
    if texts.known(key):
        return asked.text(key, **error.detail)
    return asked.fault(Fault(error.code, **error.detail))


def column(asked: Asked[Any], register: str, name: str) -> str:
    """As people call it."""
    if asked.language != "zh":
        return name
    try:
        return heading(register, name)
    except (KeyError, StopIteration):
        return name


def understood(
    asked: Asked[Any], columns: Sequence[str], written: Sequence[str], cells: Sequence[str]
) -> list[str]:
    """The cells of a row, with times and scopes as they are told here."""
    return [
        _time(asked, before, cell)
        if name in TIMES
        else asked.text(f"import-scope.{cell}")
        if name == "scope" and cell in SCOPES
        else cell
        for name, before, cell in zip(columns, written, cells, strict=False)
    ]


def _time(asked: Asked[Any], written: str, cell: str) -> str:
    if not written and cell:
        return asked.text("imports.at-import")  # (when it is applied it is later than when it was looked at)
    try:
        return datetime.fromisoformat(cell).astimezone(asked.zone).isoformat(" ", "seconds")
    except ValueError:
        return cell
