"""An installation, or its undoing, killed at any step: nothing of theirs is lost, nothing of ours stays."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[3]
MEMORY = Path("/dev/shm")  # hundreds of installations, each made durable: not on a disk that others use


def test_killed_at_each_step() -> None:
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        done = subprocess.run(
            [sys.executable, "-m", "tests.application.pbx.cut_each", f"{folder}/pbx"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert [one for one in told if one["wrong"]] == []
    cuts = {(one["during"], one["function"]) for one in told}
    assert {("install", "os.fsync"), ("install", "os.rename"), ("uninstall", "os.unlink")} <= cuts
    assert len(told) > 100
