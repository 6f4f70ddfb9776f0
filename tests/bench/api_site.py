"""``dialpact web`` of a folder at the bench's own time: ``python -m tests.bench.api_site FOLDER``."""

from __future__ import annotations

import sys
from pathlib import Path

from dialpact.cli.app import app
from dialpact.cli.command_context import Machine
from tests.bench.gate_site import NoonClock


def main(folder: str) -> None:
    machine = Machine(clock=NoonClock())
    app(["--config", str(Path(folder) / "dialpact.toml"), "web"], obj={"machine": machine})


if __name__ == "__main__":
    main(sys.argv[1])
