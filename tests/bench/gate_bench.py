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
import time
import traceback
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from tests.bench import (
    api_bench,
    bridge_bench,
    calls_bench,
    console_bench,
    decision,
    import_bench,
    listener_bench,
    native,
    register_size,
    scrub_bench,
    start_bench,
    verify_bench,
    waking_bench,
)
from tests.bench.plot import plot
from tests.lab.bootstrap import bootstrap


class Part(NamedTuple):
    """``measure(rounds, folder)`` gives what ``table`` prints. ``lab``: it needs the real Asterisk."""

    measure: Callable[[int, Path], Any]
    table: Callable[[Any], str]
    lab: bool = False


LONG = ("console",)  # of `make bench-full`, or when it is named: its database takes minutes to make, once
PARTS = {
    "decision": Part(decision.measure, decision.table),
    "facts": Part(register_size.measure, register_size.table),
    "start": Part(start_bench.measure, start_bench.table),
    "verify": Part(verify_bench.measure, verify_bench.table),
    "waking": Part(waking_bench.measure, waking_bench.table),
    "import": Part(import_bench.measure, import_bench.table),
    "scrub": Part(scrub_bench.measure, scrub_bench.table),
    "api": Part(api_bench.measure, api_bench.table),
    "console": Part(console_bench.measure, console_bench.table),
    "listener": Part(listener_bench.measure, listener_bench.table),
    "calls": Part(calls_bench.measure, calls_bench.table, lab=True),
    "bridge": Part(
        lambda rounds, folder: bridge_bench.measure(rounds=min(rounds, 3)), bridge_bench.table, lab=True
    ),
}


def machine() -> dict[str, Any]:
    return {
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "processors": len(os.sched_getaffinity(0)),
        "python": platform.python_version(),
        "load_before": os.getloadavg()[0],
    }


def measure(parts: Mapping[str, Part], rounds: int, folder: Path) -> dict[str, Any]:
    """Each part in a folder of its own; what is under way is said on stderr.

    ``failed``: why a part has no figures. It costs the others none of theirs.
    """
    found: dict[str, Any] = {"machine": machine(), "seconds": {}, "failed": {}}
    if any(part.lab for part in parts.values()):
        bootstrap()
    for name, part in parts.items():
        print(f"{name} ...", file=sys.stderr, flush=True)
        began = time.monotonic()
        try:
            with tempfile.TemporaryDirectory(dir=folder) as own:
                found[name] = part.measure(rounds, Path(own))
        except Exception as error:
            traceback.print_exc()
            found["failed"][name] = f"{type(error).__name__}: {error}"[:2000]
        found["seconds"][name] = round(time.monotonic() - began, 1)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", nargs="+", choices=PARTS, metavar="PART")
    parser.add_argument(
        "--numbers", type=int, default=register_size.LARGE, help="on the large do-not-call register"
    )
    parser.add_argument("--plot", type=Path, default=native.CACHE / "bench.png", help="of the decision")
    parser.add_argument(
        "--folder", type=Path, default=native.CACHE, help="where databases are made: its disk is flushed"
    )
    options = parser.parse_args()
    long = () if options.numbers > register_size.LARGE else LONG
    parts = {name: PARTS[name] for name in options.only or [name for name in PARTS if name not in long]}
    if "facts" in parts:
        counted = partial(register_size.measure, count=options.numbers)
        parts["facts"] = parts["facts"]._replace(measure=counted)
    options.folder.mkdir(exist_ok=True)
    found = measure(parts, options.rounds, options.folder.resolve())
    if "decision" in found:
        plot(found["decision"], found["machine"], options.plot)
    print(json.dumps(found, indent=2) if options.json else table(found, parts))
    sys.exit(bool(found["failed"]))


def table(found: dict[str, Any], parts: Mapping[str, Part]) -> str:
    lines = [", ".join(f"{name} {value}" for name, value in found["machine"].items())]
    for name, part in parts.items():
        said = part.table(found[name]) if name in found else f"FAILED: {found['failed'][name]}"
        lines.append(f"\n{name} ({found['seconds'][name]:.0f} s)\n{said}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
