"""How the interpreter is set where calls are answered."""

from __future__ import annotations

import subprocess
import sys

from dialpact.cli.interpreter import SWITCH_SECONDS, THRESHOLDS

SETTLES = """
import gc, sys
from dialpact.cli import daemons, interpreter
interpreter.settle()
print(sys.getswitchinterval(), gc.get_threshold(), gc.get_freeze_count() > 10_000, gc.isenabled())
"""


def test_threads_take_turns_soon_and_what_is_loaded_is_not_looked_through() -> None:
    said = subprocess.run([sys.executable, "-c", SETTLES], capture_output=True, text=True, check=True).stdout
    assert said == f"{SWITCH_SECONDS} {THRESHOLDS} True True\n"
