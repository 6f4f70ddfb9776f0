"""The modules of this room that have endpoints."""

from __future__ import annotations

MODULES: tuple[str, ...] = (
    "complaints",
    "consent_evidence",
    "consents",
    "key",
    "leads",
    "openapi",
    "opt_outs",
    "scripts",
)
