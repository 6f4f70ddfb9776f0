"""The lab's door to the program: every site is run by it, and no other test here goes through it."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime
from pathlib import Path

from dialpact.compliance.registers.moment import HOME
from tests.cli.conftest import Home
from tests.lab.clock import set_clock
from tests.lab.program import EACH

ROOT = Path(__file__).parents[2]


def lab(clock: Path, *words: str, each: str = "") -> tuple[int, str, str]:
    """As a site of the lab calls it."""
    run = [sys.executable, "-m", "tests.lab.program", str(clock), *words]
    done = subprocess.run(run, capture_output=True, cwd=ROOT, text=True, input=each)
    return done.returncode, done.stdout, done.stderr


def test_the_program_of_the_lab_runs_by_the_clock_of_the_lab(home: Home, tmp_path: Path) -> None:
    clock = tmp_path / "clock"
    set_clock(clock, datetime(2031, 3, 4, 5, 6, tzinfo=HOME))
    code, stdout, stderr = lab(clock, "--version")
    assert (code, stdout.split()[:1]) == (0, ["dialpact"]), stderr

    config = ("--config", str(home.config))
    code, stdout, stderr = lab(clock, *config, "dnc", "add", "13800138000", "--json")
    assert code == 0, stderr
    assert json.loads(stdout)["entry"]["requested_at"].startswith("2031-03-04T05:06")

    several = '["business", "add", "a", "--name", "A", "--actor", "own-business"]\n["business", "list"]\n'
    code, _, stderr = lab(clock, *config, EACH, each=several)
    assert code == 0, stderr
    assert [one["id"] for one in home("business", "list")] == ["a"]
