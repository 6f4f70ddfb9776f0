"""One run of spin: the model with its settings, made into a program, explored, and what that program said."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.lab.unpacked import SPIN
from tests.model.promela import MODEL, plain

# Every transition looks at what all share, so partial order reduction finds nothing; without it a state is
# smaller.
COMPILED = ("-O2", "-w", "-DNOREDUCE", "-DNOFAIR")
SAFETY = "-DSAFETY"
DEPTH = 1_000  # steps; a run that needs more is no whole one, and fails
# What a program says that has not looked at everything, or not exactly.
PARTIAL = ("max search depth too small", "Search not completed", "MEMLIM bound", "out of memory")
PARTIAL += ("Bit statespace", "Hash-Compact")


class ModelError(Exception):
    """There is no spin, or it did not do what was asked."""


@dataclass(frozen=True)
class Run:
    """``settings``: macros of the model. ``hash_bits``: as its states want. ``megabytes``: at most."""

    name: str
    settings: dict[str, object] = field(default_factory=dict)
    hash_bits: int = 22
    megabytes: int = 1_500

    @property
    def defined(self) -> list[str]:
        return [f"-D{name}" + ("" if value is True else f"={value}") for name, value in self.settings.items()]


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a run said. ``broken``: the property that did not hold; ``steps``: how that came about."""

    states: int
    transitions: int
    depth: int
    megabytes: float
    seconds: float
    errors: int
    partial: tuple[str, ...]
    broken: str = ""
    steps: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Everything was looked at, and everything held."""
        return self.errors == 0 and not self.partial


def read(said: str) -> Found:
    """Raises ModelError for what is no report."""
    report = re.search(r"depth reached (\d+), errors: (\d+)\s+([\d.e+]+) states, stored", said)
    moved = re.search(r"([\d.e+]+) transitions \(= (?:stored|visited)", said)
    used = re.search(r"([\d.]+)\s+total actual memory usage", said)
    taken = re.search(r"elapsed time ([\d.]+) seconds", said)
    if not (report and moved and used and taken):
        raise ModelError(f"this is no report of a whole run:\n{said[-2000:]}")
    return Found(
        depth=int(report[1]),
        errors=int(report[2]),
        states=int(float(report[3])),
        transitions=int(float(moved[1])),
        megabytes=float(used[1]),
        seconds=float(taken[1]),
        partial=tuple(word for word in PARTIAL if word in said),
    )


def available() -> Path:
    """Spin: unpacked, where this is root and there is none. Raises ModelError."""
    if (found := SPIN.program()) is None and os.geteuid() == 0:
        if not SPIN.unpack():  # the lists of packages may never have been fetched here
            subprocess.run(["apt-get", "update", "-qq"], check=False, stdout=sys.stderr)
            SPIN.unpack()
        found = SPIN.program()
    if found is None:
        raise ModelError("no spin: run this as root, or install Debian's package spin")
    if (lacking := [tool for tool in ("gcc", "cpp") if not shutil.which(tool)]) != []:
        raise ModelError(f"no {' and no '.join(lacking)}: install Debian's package gcc")
    return found


@contextmanager
def made(run: Run, *flags: str) -> Iterator[tuple[Path, Path]]:
    """The program of a run, and spin, in a folder of their own. Raises ModelError."""
    spin = available()
    with tempfile.TemporaryDirectory(prefix="model-") as folder:
        _do([spin, "-a", *run.defined, MODEL], folder)
        _do(["gcc", *COMPILED, f"-DMEMLIM={run.megabytes}", *flags, "-o", "pan", "pan.c"], folder)
        yield Path(folder) / "pan", spin


def explore(run: Run) -> Found:
    """All of it, or until a property does not hold. Raises ModelError."""
    with made(run, SAFETY) as (program, spin):
        said = _do([program, f"-m{DEPTH}", f"-w{run.hash_bits}"], program.parent)
        found = read(said)
        if found.errors == 0:
            return found
        trail = program.parent / f"{MODEL.name}.trail"
        told = _do([spin, "-T", "-k", trail, *run.defined, MODEL], program.parent, may_fail=True)
    broken = re.search(r"^broken: (\w+)$", told, re.MULTILINE)
    if broken is None:
        raise ModelError(f"{run.name} stopped, and no property did not hold:\n{said[:2000]}{told[-2000:]}")
    steps = tuple(line.strip() for line in told[: broken.start()].splitlines() if "spin:" not in line)
    return Found(**{**found.__dict__, "broken": broken[1], "steps": steps})


def cycles(run: Run) -> Found:
    """Whether any run goes round for ever: with no state marked as progress, each circle is an error."""
    with made(run, "-DNP") as (program, _):
        return read(_do([program, "-l", f"-m{DEPTH}", f"-w{run.hash_bits}"], program.parent))


def happened(run: Run) -> set[bytes]:
    """What was printed anywhere in the run: what no state leads to is a transition in vain."""
    with (
        made(run, SAFETY, "-DPRINTF") as (program, _),
        subprocess.Popen(
            [program, f"-m{DEPTH}", f"-w{run.hash_bits}"], cwd=program.parent, stdout=subprocess.PIPE
        ) as process,
    ):
        assert process.stdout is not None
        lines = set(process.stdout)
    return {plain(line) for line in lines}


def _do(command: list[str | Path], folder: str | Path, *, may_fail: bool = False) -> str:
    done = subprocess.run(
        command, cwd=folder, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if done.returncode and not may_fail:
        raise ModelError(f"{Path(command[0]).name} failed:\n{done.stdout[-2000:]}")
    return done.stdout
