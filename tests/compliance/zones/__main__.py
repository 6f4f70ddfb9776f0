"""Writes the files anew."""

from __future__ import annotations

from tests.compliance.zones import FOLDER, NAMES, render

for name in NAMES:
    (FOLDER / f"{name}.toml").write_text(render(name), encoding="utf-8")
