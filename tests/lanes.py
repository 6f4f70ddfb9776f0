"""Who runs what when tests run on several workers: those that wait for an Asterisk beside those that compute.

A lab test waits most of its time, a unit test never does: two kinds of lanes keep the processors busy from
the first minute to the last. A file of the lab stays on one worker, as its tests share an Asterisk; one that
is long is cut into parts, each with an Asterisk of its own. A lane that has no work of its own kind left
helps with the other.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import pytest
from xdist.scheduler.loadscope import LoadScopeScheduling
from xdist.workermanage import WorkerController

ROOT = Path(__file__).parents[1]
LAB = "pytest.mark.lab"
# Tests of one file that go to one worker together.
TOGETHER = 40
# Longest first: nobody waits at the end for a file that was begun last. The number: tests that stay together.
LONG = {
    "tests/lab/test_chaos.py": 1,
    "tests/lab/test_faults.py": 11,
    "tests/lab/test_sound.py": 5,
    "tests/lab/test_main_job.py": 22,
    "tests/lab/test_optout.py": 11,
    "tests/lab/test_ways.py": 15,
    "tests/lab/test_optout_everywhere.py": 8,
    "tests/lab/test_hostile.py": 33,
    "tests/lab/test_recipes.py": 23,
}
POLITE = 5  # how much a lane that computes gives way to telephones


@cache
def waits(file: str) -> bool:
    """Whether tests of ``file`` are the lab's."""
    return LAB in (ROOT / file).read_text("utf-8")


def telephones(workers: int) -> int:
    """How many of the workers begin with the lab."""
    return workers - workers // 3


class Lanes(LoadScopeScheduling):
    """Every worker takes the next piece of its own kind, and of the other when there is none."""

    def schedule(self) -> None:
        if self.collection is None:
            self._pieces = pieces(next(iter(self.registered_collections.values())))
            self.config.option.loadscopereorder = False
        super().schedule()

    def _split_scope(self, nodeid: str) -> str:
        return self._pieces[nodeid]

    def _assign_work_unit(self, node: WorkerController) -> None:
        lab = int(node.gateway.id.removeprefix("gw")) < telephones(self.numnodes)
        first = min(self.workqueue, key=lambda piece: (waits(_file(piece)) != lab, _rank(piece)))
        self.workqueue.move_to_end(first, last=False)
        super()._assign_work_unit(node)


def _file(piece: str) -> str:
    return piece.partition(" ")[0]


def _rank(piece: str) -> int:
    order = list(LONG)
    return order.index(_file(piece)) if _file(piece) in LONG else len(order)


def pieces(nodeids: list[str]) -> dict[str, str]:
    """The piece of the work that each test belongs to: its file, and which part of it."""
    files: dict[str, list[str]] = {}
    for nodeid in nodeids:
        files.setdefault(nodeid.partition("::")[0], []).append(nodeid)
    return {
        nodeid: f"{file} {number // LONG.get(file, len(tests) if waits(file) else TOGETHER)}"
        for file, tests in files.items()
        for number, nodeid in enumerate(tests)
    }


def give_way(config: pytest.Config) -> None:
    """A worker that computes lets those go first that keep time with a telephone."""
    told = getattr(config, "workerinput", None)
    if told and int(told["workerid"].removeprefix("gw")) >= telephones(told["workercount"]):
        os.nice(POLITE)
