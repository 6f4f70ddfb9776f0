"""What the model's text says: its transitions with the functions that they are, and its breaks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "model"
MODEL = FOLDER / "dialpact.pml"
FILES = sorted(FOLDER.glob("*.pml"))
_NAMED = re.compile(r"/\* \[([a-z-]+)\] (.+?)(?: \*/|\n)")
_BREAK = re.compile(r"^#ifn?def ([A-Z_]+)$", re.MULTILINE)
SETTINGS = {"CAP", "FAULTS", "ONLY"}


@dataclass(frozen=True)
class Transition:
    """``function``: ``module:Name`` of ours, ``FILE.conf:[context]``, or whose doing it is, or
    "to be built" and what it must keep. ``told``: what a run prints when it happens, without its figures.
    """

    name: str
    function: str
    told: frozenset[bytes]

    @property
    def is_ours(self) -> bool:
        return re.fullmatch(r"[\w.]+:[\w.]+", self.function) is not None

    @property
    def context(self) -> tuple[str, str] | None:
        """A file of the dialplan, and the context in it."""
        found = re.fullmatch(r"(dialplan/[\w.]+):(\[[\w-]+\])", self.function)
        return (found[1], found[2]) if found else None

    @property
    def is_to_be_built(self) -> bool:
        return self.function.startswith("to be built: ")


def transitions() -> list[Transition]:
    """In the order of the files."""
    found = []
    for file in FILES:
        text = file.read_text("utf-8")
        heads = list(_NAMED.finditer(text))
        ends = [*(one.start() for one in heads), len(text)][1:]
        for head, end in zip(heads, ends, strict=False):  # a file may have none
            body = text[head.end() : end]
            told = frozenset(plain(line.encode()) for line in re.findall(r'printf\("(.+?)\\n"', body))
            found.append(Transition(head[1], head[2], told))
    return found


def plain(line: bytes) -> bytes:
    """What was printed, whichever call or node it was of."""
    return re.sub(rb"(?:%d|\d+)", b"N", line.strip())


def breaks() -> set[str]:
    """The rules that the model can leave out."""
    return {name for file in FILES for name in _BREAK.findall(file.read_text("utf-8"))} - SETTINGS
