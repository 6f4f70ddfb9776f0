"""The benchmarks still measure what they say; how fast that is, is nobody's business here."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.bench import bridge_bench, gate_bench, inspection_bench, load_bench, reconcile_bench
from tests.lab.bootstrap import Installation, bootstrap

# Alone, as what a benchmark starts waits for no neighbour; how long the wait may be is in its code.
pytestmark = [pytest.mark.alone, pytest.mark.long]


@pytest.fixture(scope="module")
def installation() -> Installation:
    return bootstrap()


@pytest.mark.lab
def test_bridge_bench_runs(installation: Installation) -> None:
    """Every call of it is answered and recorded, or it fails."""
    found = bridge_bench.measure(3, 1)
    assert found.keys() == {"one by one", "3 at once"}
    assert all(one["calls"] == 3 for one in found.values())
    assert all(
        0 < one[kind]["p50_ms"] <= one[kind]["p99_ms"] for one in found.values() for kind in ("full", "floor")
    )


def test_gate_bench_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate_bench, "LOADS", {2: 20})
    found = gate_bench.measure(1, tmp_path)["2"]
    assert found["full_to_stub"] > 0
    assert {found[kind]["sessions_per_s"] > 0 for kind in ("floor", "stub", "full")} == {True}


def test_load_bench_runs() -> None:
    found = load_bench.measure(20, 20)
    assert found["gate"].keys() == {"quiet", "slow-loris", "idle", "at once"}
    assert all(one["answered"] > 0 and one["resident_mb"] > 0 for one in found["gate"].values())
    assert found["listener"]["storm_share_of_a_core"] > 0


def test_inspection_bench_runs(tmp_path: Path) -> None:
    """Every call of it has what a call must have, so that nothing but counting is measured."""
    inspection_bench.fill(tmp_path / "a.db", 500)
    found = inspection_bench.measure(tmp_path / "a.db")
    assert (found.calls.decisions, found.calls.passed, found.control.recordings.full) == (500, 300, 150)
    assert (found.calls.outside_hours, found.consents.without, found.numbers.used_unregistered) == (0, 0, 0)


def test_reconcile_bench_runs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["reconcile_bench", "3000"])
    reconcile_bench.main()
    said = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0] for line in said[1:]] == [
        *("with unique ids", "without", "a database that knows nothing")
    ]
    asked = sum(call.asked and not call.house for call in reconcile_bench.calls(3000))
    assert all(f"matched {asked}," in line for line in said[1:3])
