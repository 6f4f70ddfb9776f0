"""What an audit finds: which leaf, which record, what is wrong with it."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Problem = Literal[
    "changed",
    "removed",
    "inserted",
    "reordered",
    "truncated",
    "erased",
    "node",
    "checkpoint",
    "key",
    "register",
]
MOST = 1000  # findings that are listed; all are counted


class AuditFinding(msgspec.Struct, frozen=True, kw_only=True):
    """``code`` names the text that says it, ``values`` fill it. ``leaf`` is None where there is none."""

    problem: Problem
    code: str
    leaf: int | None = None
    kind: str = ""
    key: str = ""
    values: dict[str, Any] = {}


class Looked(msgspec.Struct):
    """At a register: how many rows, and how many of them no act binds, or not whole."""

    rows: int = 0
    unbound: int = 0


class Findings:
    """Bounded: a log that was replaced as a whole has as many findings as leaves.

    ``registers``: what was looked at of each. ``rechecked``: those of which every difference that was known
    has been looked at again (housekeeping).
    """

    def __init__(self) -> None:
        self.listed: list[AuditFinding] = []
        self.count = 0
        self.registers: dict[str, Looked] = {}
        self.rechecked: set[str] = set()

    def looked(self, register: str, rows: int, unbound: int = 0) -> None:
        """Adds to what was looked at of a register."""
        so_far = self.registers.setdefault(register, Looked())
        so_far.rows += rows
        so_far.unbound += unbound

    def has(self, kind: str, key: str) -> bool:
        """Whether something of that record, or of any of the kind, is listed already."""
        return any(one.kind == kind and key in ("", one.key) for one in self.listed)

    def add(
        self,
        problem: Problem,
        code: str,
        leaf: int | None = None,
        kind: str = "",
        key: str = "",
        **values: Any,
    ) -> None:
        self.count += 1
        if len(self.listed) < MOST:
            self.listed.append(
                AuditFinding(
                    problem=problem, code=code, leaf=leaf, kind=_safe(kind), key=_safe(key), values=values
                )
            )


def _safe(text: object) -> str:
    """Of a tampered column: bounded, and printable."""
    return ascii(text)[1:-1][:100] if not (isinstance(text, str) and text.isprintable()) else text[:100]
