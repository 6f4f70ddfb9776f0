"""The worker of the API's fake: the product's, on the story's configuration and clock.

``python -m dialpact.testing.api_worker CONFIG CLOCK``: two files; the second has the story's instant.
"""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import msgspec

from dialpact.cli import job_worker
from dialpact.cli.command_context import CommandContext, Machine
from dialpact.compliance.clock import Clock, instant, stamp
from dialpact.compliance.config import Config


class WrittenClock:
    """What time it is stands in a file."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def now(self) -> datetime:
        return instant(self._file.read_text("ascii"))


class _Session(CommandContext):
    """Of a configuration that lies nowhere as TOML."""

    def __init__(self, config: Config, clock: Clock) -> None:
        super().__init__(None, as_json=True, language="en", machine=Machine(clock=clock))
        self._given = config

    @property
    def config(self) -> Config:
        return self._given

    def anew(self) -> CommandContext:
        return self


def command(config: Path, clock: Path) -> list[str]:
    return [sys.executable, "-m", "dialpact.testing.api_worker", str(config), str(clock)]


def write(config: Config, file: Path) -> None:
    file.write_bytes(msgspec.json.encode(config))


def tell(clock: Clock, file: Path) -> None:
    """What time it is now; a reader finds the old instant or the new one whole."""
    beside = file.with_suffix(".new")
    beside.write_text(stamp(clock.now()), "ascii")
    beside.replace(file)


def main() -> None:
    config, clock = map(Path, sys.argv[1:])
    given = msgspec.json.decode(config.read_bytes(), type=Config)
    job_worker.run(_Session(given, WrittenClock(clock)), idle=False)


if __name__ == "__main__":
    main()
