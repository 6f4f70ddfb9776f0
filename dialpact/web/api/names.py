"""The modules of this room that have endpoints."""

from __future__ import annotations

MODULES: tuple[str, ...] = (
    "calls",
    "check",
    "complaints",
    "consent_evidence",
    "consents",
    "evidence_packages",
    "incidents",
    "inspections",
    "key",
    "leads",
    "openapi",
    "opt_outs",
    "predial",
    "recordings",
    "scripts",
    "scrubs",
    "webhooks",
)
