"""The programs in C that the bench needs, compiled when they are first asked for.

What was made stays in ``.bench/`` (git-ignored) until its source changes.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

CACHE = Path(__file__).parents[2] / ".bench"
SOURCES = Path(__file__).parent
FLAGS = ("-O2", "-Wall")
COMPILERS = ("cc", "gcc", "clang")


class NoCompiler(Exception):
    """Nothing on this machine makes a program of C."""


def compiler() -> str:
    """``$CC``, or the first of those that are usual. NoCompiler says what to install."""
    wanted = [os.environ["CC"]] if os.environ.get("CC") else COMPILERS
    for name in wanted:
        if found := shutil.which(name):
            return found
    raise NoCompiler(
        f"no C compiler ({', '.join(wanted)}): on Debian, apt-get install gcc libc6-dev. "
        "Without it a client in Python plays Asterisk, which measures itself as well, and the do-nothing "
        "server in C is left out"
    )


def program(name: str) -> Path:
    """The path of ``name``.c's program. NoCompiler; CalledProcessError with what the compiler said."""
    source = SOURCES / f"{name}.c"
    digest = hashlib.sha256(source.read_bytes() + " ".join(FLAGS).encode()).hexdigest()
    made = CACHE / f"{name}-{digest[:16]}"
    if not made.exists():
        CACHE.mkdir(exist_ok=True)
        making = made.with_suffix(f".{os.getpid()}")
        subprocess.run([compiler(), *FLAGS, "-o", str(making), str(source)], check=True)
        making.rename(made)  # whole, or not there
    return made
