"""The modules of this room that have endpoints."""

from __future__ import annotations

MODULES: tuple[str, ...] = (
    "calls",
    "evidence_packages",
    "incidents",
    "inspections",
    "key",
    "openapi",
    "recordings",
)
