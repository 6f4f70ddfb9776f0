"""What the full decision costs beside doing nothing: ``python -m tests.bench.gate_bench [--json]``.

Three servers, each in its own process, take turns (``gate_site``); one client process plays Asterisk
(``agi_client``). The machine's noise hits all three, so compare the ratios: each is the median of the
rounds' own ratios.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.bench.gate_site import KINDS, fill

ROOT = Path(__file__).parents[2]
LOADS = {1: 300, 10: 1000, 100: 2000}  # concurrent: sessions a round


@contextlib.contextmanager
def process(*words: str, log: Path) -> Iterator[subprocess.Popen[str]]:
    with log.open("w") as errors:
        running = subprocess.Popen(
            [sys.executable, "-m", *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            cwd=ROOT,
        )
    try:
        yield running
    finally:
        assert running.stdin is not None and running.stdout is not None
        running.stdin.close()
        running.wait(10)
        running.stdout.close()


def ask(running: subprocess.Popen[str], line: str = "") -> str:
    assert running.stdin is not None and running.stdout is not None
    if line:
        running.stdin.write(line + "\n")
        running.stdin.flush()
    answer = running.stdout.readline()
    if not answer:
        raise RuntimeError(f"{running.args} ended")
    return answer


def figures(rounds: list[dict[str, Any]]) -> dict[str, float]:
    pooled = sorted(second for one in rounds for second in one["seconds"])
    return {
        "p50_ms": 1000 * statistics.median(pooled),
        "p99_ms": 1000 * pooled[len(pooled) * 99 // 100],
        "sessions_per_s": statistics.median(len(one["seconds"]) / one["total"] for one in rounds),
    }


def ratio(rounds: dict[str, list[dict[str, Any]]], kind: str, base: str) -> float:
    """Of the p50, round by round."""
    pairs = zip(rounds[kind], rounds[base], strict=True)
    return statistics.median(
        statistics.median(one["seconds"]) / statistics.median(other["seconds"]) for one, other in pairs
    )


def measure(rounds: int, folder: Path) -> dict[str, Any]:
    fill(folder / "dialpact.db")
    found: dict[str, Any] = {}
    with contextlib.ExitStack() as stack:
        ports = {}
        for kind in KINDS:
            words = ("tests.bench.gate_site", kind, str(folder))
            ports[kind] = int(ask(stack.enter_context(process(*words, log=folder / f"{kind}.log"))))
        client = stack.enter_context(process("tests.bench.agi_client", log=folder / "client.log"))
        for concurrent, sessions in LOADS.items():
            taken: dict[str, list[dict[str, Any]]] = {kind: [] for kind in KINDS}
            for number in range(rounds + 1):
                for kind in KINDS:
                    one = json.loads(ask(client, f"{ports[kind]} {concurrent} {sessions}"))
                    if number:  # the first one warms up
                        taken[kind].append(one)
            found[str(concurrent)] = {kind: figures(taken[kind]) for kind in KINDS} | {
                "full_to_stub": ratio(taken, "full", "stub"),
                "full_to_floor": ratio(taken, "full", "floor"),
            }
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--folder", type=Path, help="where the database is made: its disk's flush is measured"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        found = measure(options.rounds, Path(folder))
    if options.json:
        print(json.dumps(found, indent=2))
        return
    print("at    server    p50 ms    p99 ms  sessions/s")
    for concurrent, result in found.items():
        for kind in KINDS:
            one = result[kind]
            times = f"{one['p50_ms']:9.2f} {one['p99_ms']:9.2f}"
            print(f"{concurrent:>3}   {kind:6} {times} {one['sessions_per_s']:11.0f}")
        print(f"      full is {result['full_to_stub']:.2f} x stub, {result['full_to_floor']:.2f} x floor")


if __name__ == "__main__":
    main()
