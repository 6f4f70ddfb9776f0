"""The bench: ``python -m tests.bench.gate_bench [--json] [--only PART ...]``.

Compare ratios, not absolutes: what is compared takes turns in one run, so the machine's noise hits all of it.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tests.bench import decision, native


class Part(NamedTuple):
    """``measure(rounds, folder)`` gives what ``table`` prints."""

    measure: Callable[[int, Path], Any]
    table: Callable[[Any], str]


PARTS = {
    "decision": Part(decision.measure, decision.table),
}


def machine() -> dict[str, Any]:
    return {
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "processors": len(os.sched_getaffinity(0)),
        "python": platform.python_version(),
        "load_before": os.getloadavg()[0],
    }


def measure(parts: Sequence[str], rounds: int, folder: Path) -> dict[str, Any]:
    """Each part in a folder of its own; what is under way is said on stderr."""
    found: dict[str, Any] = {"machine": machine()}
    for name in parts:
        print(f"{name} ...", file=sys.stderr, flush=True)
        with tempfile.TemporaryDirectory(dir=folder) as own:
            found[name] = PARTS[name].measure(rounds, Path(own))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), metavar="PART")
    parser.add_argument(
        "--folder", type=Path, default=native.CACHE, help="where databases are made: its disk is flushed"
    )
    options = parser.parse_args()
    options.folder.mkdir(exist_ok=True)
    found = measure(options.only, options.rounds, options.folder)
    if options.json:
        print(json.dumps(found, indent=2))
        return
    print(", ".join(f"{name} {value}" for name, value in found.pop("machine").items()))
    for name, part in found.items():
        print(f"\n{name}\n{PARTS[name].table(part)}")


if __name__ == "__main__":
    main()
