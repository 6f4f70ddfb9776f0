"""``make supervise-demo`` as it is shown: every demand of it holds."""

from __future__ import annotations

from pathlib import Path

from tests.supervision.demo import run


def test_every_demand_holds(tmp_path: Path) -> None:
    said: list[str] = []
    assert run(tmp_path, said.append) == [], "\n".join(said)
