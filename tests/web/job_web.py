"""``dialpact web`` with the tests' kind of job, killed (kill -9) at one point if that is wanted.

``python -m tests.web.job_web CONFIG [FUNCTION N (before|after)]``; with ``$REAL`` the jobs are the product's.
"""

from __future__ import annotations

import os
import sys

from dialpact.cli import app, job_worker
from tests.cutting import cut
from tests.web import job_work, ready_worker


def main(config: str, function: str = "", passing: str = "0", when: str = "") -> None:
    if "REAL" not in os.environ:
        job_work.know(job_work.CONCLUDING)
        job_worker.command = job_work.command
    else:
        job_worker.command = ready_worker.command
    if function:
        cut(function, int(passing), when)
    sys.argv = ["dialpact", "--config", config, "web"]
    app.main()


if __name__ == "__main__":
    main(*sys.argv[1:])
