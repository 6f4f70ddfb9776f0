"""The ``dialpact`` program with the lab's clock: ``python -m tests.lab.program CLOCKFILE ARGUMENTS...``.

The program has no way to be given a clock; this puts one in from outside, into every session it makes. With
``--each`` instead of a command it runs the commands on its standard input, one a line as a JSON array, one
after the other up to the first that fails: starting takes longer than most of them.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from dialpact.cli import app, command
from dialpact.cli.command_context import CommandContext, Machine
from tests.lab.clock import FileClock

EACH = "--each"


def main() -> None:
    clock, *words = sys.argv[1:]
    machine = Machine(clock=FileClock(Path(clock)))
    command.CommandContext = lambda *given: CommandContext(*given[:3], machine)  # type: ignore[misc,assignment]
    if words[-1] != EACH:
        sys.argv[1:] = words
        app.main()
    for line in sys.stdin:
        sys.argv[1:] = [*words[:-1], *json.loads(line)]
        try:
            app.main()
        except SystemExit as end:
            if end.code:
                sys.exit(f"{' '.join(sys.argv[1:])}: {end.code}")


if __name__ == "__main__":
    main()
