"""The ``dialpact`` program with the lab's clock: ``python -m tests.lab.daemon CLOCKFILE ARGUMENTS...``.

The program has no way to be given a clock; this puts one in from outside, into every session it makes.
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

from dialpact.cli import app, command
from tests.lab.clock import FileClock


def main() -> None:
    clock, *sys.argv[1:] = sys.argv[1:]
    command.Session = partial(command.Session, clock=FileClock(Path(clock)))  # type: ignore[misc,assignment]
    app.main()


if __name__ == "__main__":
    main()
