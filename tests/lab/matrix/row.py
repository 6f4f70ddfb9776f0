"""The rows of ``matrix.toml``, checked: an unknown word or a missing cell is an error."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

FILE = Path(__file__).with_name("matrix.toml")

Call = Literal["refused", "unbridged", "passes", "lasts", "cut"]
Where = Literal["", "decision", "later", "asterisk"]


class Text(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    en: str
    zh: str


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One fault and what it leads to; ``id`` is COMPONENT-FAULT, or that and a word more."""

    id: str
    en: str
    zh: str
    call: Call
    recovery: str
    status: int = 0
    within: float = 0  # seconds
    reason: str = ""
    where: Where = ""
    doctor: str = ""
    log: tuple[Literal["gate", "listener", "asterisk"], str] | None = None
    metric: str = ""
    emergency: bool = True
    why: str = ""


class Excluded(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Cells that make no sense, and why."""

    component: str
    faults: tuple[str, ...]
    why: str


class Matrix(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    components: tuple[str, ...]
    faults: tuple[str, ...]
    recovery: dict[str, Text]
    row: tuple[Row, ...]
    none: tuple[Excluded, ...]

    def cell(self, row: Row) -> tuple[str, str]:
        """The component and the fault that the row's id names."""
        found = [
            (component, fault)
            for component in self.components
            for fault in self.faults
            if row.id == f"{component}-{fault}" or row.id.startswith(f"{component}-{fault}-")
        ]
        if len(found) != 1:
            raise ValueError(f"{row.id}: names {len(found)} cells")
        return found[0]


@cache
def matrix() -> Matrix:
    return msgspec.convert(tomllib.loads(FILE.read_text("utf-8")), Matrix)
