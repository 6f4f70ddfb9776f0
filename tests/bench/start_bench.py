"""How long a command takes from the shell to its answer, beside an interpreter that does nothing."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests import registers
from tests.bench.gate_site import CALLER_ID
from tests.bench.import_bench import PROGRAM
from tests.bench.process import ROOT
from tests.bench.stand import initialise

RUNS = 10
NUMBER = "13800138000"
COMMANDS = {
    "--help": ("--help",),
    "business list": ("business", "list"),
    "check": ("check", NUMBER, "--campaign", "spring", "--caller-id", CALLER_ID, "--trunk", "carrier"),
}
NOTHING = "python -c pass"


def measure(rounds: int, folder: Path) -> dict[str, Any]:
    """Seconds, each the median of ``RUNS`` that take turns."""
    initialise(folder)
    registers.fill(folder / "dialpact.db", caller_ids=[CALLER_ID], numbers=[NUMBER])
    config = ("--config", str(folder / "dialpact.toml"))
    lines = {NOTHING: ("-c", "pass")} | {
        name: ("-c", PROGRAM, *config, *words) for name, words in COMMANDS.items()
    }
    taken: dict[str, list[float]] = {name: [] for name in lines}
    for number in range(RUNS + 1):
        for name, words in lines.items():
            began = time.perf_counter()
            done = subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True)
            seconds = time.perf_counter() - began
            if done.returncode not in (0, 3):  # 3: the call would be refused, at night for one
                raise RuntimeError(f"{name}: {done.stderr}")
            if number:  # the first one reads from the disk
                taken[name].append(seconds)
    return {name: statistics.median(each) for name, each in taken.items()}


def table(found: dict[str, Any]) -> str:
    return "\n".join(
        f"{name:15} {seconds:6.3f} s" + (f" {seconds / found[NOTHING]:6.1f} x" if name != NOTHING else "")
        for name, seconds in found.items()
    )
