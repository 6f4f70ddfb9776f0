"""``dialpact web`` with a worker that does not give way.

Beside browsers that compute on every processor an idle one is given no time at all, and a test would wait for
ever. (That the real one gives way is seen in ``tests/web/test_jobs``.)
"""

from __future__ import annotations

import sys
from pathlib import Path

from dialpact.cli import app, job_worker


def command(config: Path, idle: bool) -> list[str]:
    return [sys.executable, "-P", __file__, str(config), "idle" if idle else "ready", ""]


def stay() -> None:
    pass


if __name__ == "__main__":
    if sys.argv[1] == "--config":  # the process that hires it
        job_worker.command = command
        app.main()
    else:
        job_worker.give_way = stay
        job_worker.main()
