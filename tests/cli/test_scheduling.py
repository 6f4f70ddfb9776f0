"""Threads that answer calls ask for short slices of the processor, and so do those that they start."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import threading

import pytest

from dialpact.cli import scheduling
from tests.cli.conftest import Home
from tests.cli.test_reload import until

KNOWS = tuple(int(part) for part in platform.release().split("-")[0].split(".")[:2]) >= (6, 12)
ASKS = """
import os, threading
from dialpact.cli import scheduling
seen, go = [], threading.Event()

def look():
    go.wait()
    seen.append(scheduling.slice_of(threading.get_native_id()))

before = threading.Thread(target=look)
before.start()
{first}
assert scheduling.promptly() is {asked}
go.set()
before.join()
after = threading.Thread(target=look)
after.start()
after.join()
print(seen, os.getpriority(os.PRIO_PROCESS, 0), os.sched_getscheduler(0))
"""


ASIDE = """
import os, subprocess, sys, threading
from dialpact.cli import scheduling
seen, go = [], threading.Event()

def look():
    go.wait()
    seen.append(sorted(os.sched_getaffinity(threading.get_native_id())))

before = threading.Thread(target=look)
before.start()
several = len(os.sched_getaffinity(0)) > 1
assert scheduling.aside() is several
go.set()
before.join()
after = threading.Thread(target=look)
after.start()
after.join()
child = [sys.executable, "-c", "import os; print(sorted(os.sched_getaffinity(0)))"]
seen.append(eval(subprocess.run(child, capture_output=True, text=True, check=True).stdout))
print(seen)
"""


def test_an_idle_worker_may_use_what_the_pages_left() -> None:
    """Where they keep to, it would be given no time."""
    program = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from dialpact.cli import job_worker, scheduling\n"
        "before = sorted(os.sched_getaffinity(0))\n"
        "scheduling.aside()\n"
        "job_worker.run = lambda *_: print(sorted(os.sched_getaffinity(0)) == before)\n"
        "for idle in (True, False):\n"
        "    sys.argv = job_worker.command(Path('c.toml'), idle)[3:]\n"
        "    job_worker.main()\n"
        "    scheduling.keep_to(scheduling.second_half(before))\n"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    several = len(os.sched_getaffinity(0)) > 1
    assert said == f"True\n{not several}\n"


def asks_aside() -> str:
    return subprocess.run([sys.executable, "-c", ASIDE], capture_output=True, text=True, check=True).stdout


def asks(first: str = "", asked: bool = True) -> str:
    program = ASKS.format(first=first, asked=asked)
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout


def test_every_thread_and_its_niceness_stays() -> None:
    wanted = scheduling.SLICE if KNOWS else 0
    nice = os.getpriority(os.PRIO_PROCESS, 0) + 3
    assert asks("os.nice(3)") == f"[{wanted}, {wanted}] {nice} {os.SCHED_OTHER}\n"


def test_another_policy_stays() -> None:
    tasks = "map(int, os.listdir('/proc/self/task'))"
    first = f"for task in {tasks}: os.sched_setscheduler(task, os.SCHED_BATCH, os.sched_param(0))"
    assert asks(first, asked=False).endswith(f" {os.SCHED_BATCH}\n")


@pytest.mark.parametrize(
    ("may", "keeps"), [({0}, [0]), ({0, 1}, [1]), ({2, 0, 1}, [1, 2]), ({0, 1, 2, 3}, [2, 3])]
)
def test_half_of_the_processors_is_left_to_calls(may: set[int], keeps: list[int]) -> None:
    assert scheduling.second_half(may) == keeps


def test_every_thread_and_every_child_keeps_aside() -> None:
    keeps = scheduling.second_half(os.sched_getaffinity(0))
    assert asks_aside() == f"[{keeps}, {keeps}, {keeps}]\n"


def test_a_machine_of_another_kind_is_asked_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    assert not scheduling.promptly()
    assert scheduling.slice_of(threading.get_native_id()) == 0


def test_the_gate_asks_when_it_is_ready(home: Home) -> None:
    program = "from dialpact.cli.app import main; main()"
    text = home.config.read_text("utf-8").replace("127.0.0.1:4573", "127.0.0.1:0")
    home.config.write_text(text.replace("127.0.0.1:9464", "127.0.0.1:0"), "utf-8")
    words = [sys.executable, "-c", program, "--config", str(home.config), "gate"]
    with (home.path / "gate.log").open("wb") as log, subprocess.Popen(words, stderr=log) as gate:
        try:
            wanted = scheduling.SLICE if KNOWS else 0
            until(lambda: b"gate listening" in (home.path / "gate.log").read_bytes())
            until(lambda: scheduling.slice_of(gate.pid) == wanted)
        finally:
            gate.terminate()
