"""The modules of this room that have endpoints."""

from __future__ import annotations

MODULES: tuple[str, ...] = (
    "key",
    "openapi",
)
