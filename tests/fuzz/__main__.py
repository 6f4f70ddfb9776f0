"""``make fuzz``: every target in turn, or one, for so many minutes. What breaks is kept; exit 1."""

from __future__ import annotations

import argparse
import sys
import traceback

import structlog

from tests.fuzz.commands import COMMANDS
from tests.fuzz.engine import search
from tests.fuzz.living import LIVING
from tests.fuzz.peers import PEERS
from tests.fuzz.programs import PROGRAMS
from tests.fuzz.readers import TARGETS

ALL = TARGETS | LIVING | PEERS | COMMANDS | PROGRAMS


def main() -> int:
    parser = argparse.ArgumentParser(prog="make fuzz")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--target", choices=sorted(ALL))
    asked = parser.parse_args()
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory(), processors=[lambda *_: ""])
    chosen = [ALL[asked.target]] if asked.target else list(ALL.values())
    found = 0
    for target in chosen:
        finding = search(
            target,
            asked.minutes * 60 / len(chosen),
            asked.seed,
            lambda text: print(text, file=sys.stderr, flush=True),
        )
        if finding:
            found += 1
            print(f"{target.name}: BROKEN, kept as {finding.keep()}")
            traceback.print_exception(finding.error)
    print(f"{len(chosen)} targets, seed {asked.seed}, {found} findings")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
