"""How late a thread wakes beside nicer processes that compute: as it is, and with the gate's short slices.

Three processes, ten nicer, compute for 3 ms and rest for 1. A thread sleeps for 2 ms, and how much later than
that it goes on is what a call would wait for a processor. Both kinds take turns.

    make bench BENCH="--only waking"
"""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

HOGS, SECONDS = 3, 3.0
HOG = """
import os, time
os.nice(10)
while True:
    until = time.perf_counter() + 0.003
    while time.perf_counter() < until:
        pass
    time.sleep(0.001)
"""
SLEEPER = """
import json, sys, time
from dialpact.cli import scheduling
asked = sys.argv[1] == "prompt" and scheduling.promptly()
late, until = [], time.perf_counter() + float(sys.argv[2])
while time.perf_counter() < until:
    began = time.perf_counter()
    time.sleep(0.002)
    late.append(time.perf_counter() - began - 0.002)
print(json.dumps({"late": late, "asked": asked}))
"""


def measure(rounds: int, folder: Path) -> dict[str, Any]:
    """Milliseconds by kind, ``plain`` and ``prompt``; ``ratio`` of their p99."""
    late: dict[str, list[float]] = {"plain": [], "prompt": []}
    asked = False
    with ExitStack() as stack:
        for _ in range(HOGS):
            hog = stack.enter_context(subprocess.Popen([sys.executable, "-c", HOG]))
            stack.callback(hog.kill)
        for _ in range(rounds):
            for kind in late:
                words = [sys.executable, "-c", SLEEPER, kind, str(SECONDS)]
                said = json.loads(subprocess.run(words, check=True, capture_output=True).stdout)
                late[kind] += said["late"]
                asked = asked or said["asked"]
    found: dict[str, Any] = {kind: _figures(times) for kind, times in late.items()}
    found["ratio"] = found["prompt"]["p99_ms"] / found["plain"]["p99_ms"]
    return found | {"asked": asked}


def _figures(late: list[float]) -> dict[str, float]:
    late = sorted(late)
    return {f"p{part}_ms": 1000 * late[int(len(late) * part / 100)] for part in (50, 90, 99)}


def table(found: dict[str, Any]) -> str:
    lines = ["wakes later than it wished, ms      p50      p90      p99"]
    for kind, name in (("plain", "as it is"), ("prompt", "with short slices")):
        figures = "".join(f"{found[kind][f'p{part}_ms']:9.2f}" for part in (50, 90, 99))
        lines.append(f"{name:27}{figures}")
    lines.append(f"ratio of the p99: {found['ratio']:.2f}")
    if not found["asked"]:
        lines.append("(this host can not be told)")
    return "\n".join(lines)
