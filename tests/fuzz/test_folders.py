"""A run leaves nothing in the temporary folder, however it ends."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
USED = """
from tests.fuzz import living, readers
loop = living.Loop()
made = living.folder("gate-")
(made / "below").mkdir()
(made / "below" / "file").write_text("x")
print(readers.FOLDER, made)
"""


@pytest.mark.parametrize("end", ["", "raise KeyboardInterrupt", "raise SystemExit(1)"])
def test_its_folders_go_with_it(tmp_path: Path, end: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", USED + end],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={"TMPDIR": str(tmp_path), "PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
    )
    made = ran.stdout.split()
    assert len(made) == 2 and all(Path(one).parent == tmp_path for one in made), ran.stderr
    assert list(tmp_path.iterdir()) == []
