"""``recordings purge --yes`` in a process that is killed (kill -9) at one point. Of test_recordings_crash.py.

Arguments: wall clock, uptime in seconds, function, how many calls of it to let pass, ``before`` or ``after``.
"""

from __future__ import annotations

import sys
from datetime import datetime, timedelta

from dialpact.cli.app import app
from tests.cli.recorded import Host
from tests.cutting import cut


def main(wall: str, up: str, function: str, passing: str, when: str) -> None:
    host = Host(datetime.fromisoformat(wall), timedelta(seconds=float(up)))
    cut(function, int(passing), when)
    app(["recordings", "purge", "--yes", "--by", "chen"], obj={"machine": host.machine})


if __name__ == "__main__":
    main(*sys.argv[1:])
