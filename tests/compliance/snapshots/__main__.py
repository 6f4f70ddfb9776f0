"""Writes the snapshots anew."""

from __future__ import annotations

from tests.compliance.snapshots import CALLEES, FOLDER, render

for name in CALLEES:
    (FOLDER / f"{name}.toml").write_text(render(name), encoding="utf-8")
