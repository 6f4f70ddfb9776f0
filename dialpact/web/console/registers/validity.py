"""How something stands that has a first and a last day."""

from __future__ import annotations

from datetime import date
from typing import Any, Protocol

from dialpact.compliance.registers.caller_id import today
from dialpact.web.console.page import Asked
from dialpact.web.console.registers.declared import Badge

VALIDITIES = ("valid", "ended", "coming")


class Lasting(Protocol):
    @property
    def valid_from(self) -> date: ...

    @property
    def valid_to(self) -> date | None: ...


def validity(asked: Asked[Any], row: Lasting) -> Badge:
    day = today(asked.now)
    if row.valid_from > day:
        return Badge(kind="open", key="registers-validity.coming")
    if row.valid_to is not None and row.valid_to < day:
        return Badge(kind="bad", key="registers-validity.ended")
    return Badge(kind="ok", key="registers-validity.valid")
