"""``python -m tests.attacks.asvs``: OWASP's ASVS 5.0, chapters 6 to 8, level 2, into SECURITY.md, twice.

``asvs.toml`` has one entry a requirement: its number, what it asks for, in our words, what the console does
about it, and the test that shows it; where there is none to show, ``kept`` is the reason.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

from tests.attacks.table import ROOT, Language, Text, drawn, write

FILE = Path(__file__).with_name("asvs.toml")
MARKED = re.compile(r"(?<=<!-- asvs -->\n).*?(?=<!-- /asvs -->)", re.DOTALL)
HEAD = {
    "en": ("ASVS 5.0", "asks for", "what is done, or why not", "test"),
    "zh": ("ASVS 5.0", "要求", "如何做到，或为何不适用", "测试"),
}
# Of levels 1 and 2, by chapter and section: https://github.com/OWASP/ASVS/tree/v5.0.0/5.0/en
NUMBERS = {
    "6.1": (1, 2, 3),
    "6.2": tuple(range(1, 13)),
    "6.3": (1, 2, 3, 4),
    "6.4": (1, 2, 3, 4),
    "6.5": (1, 2, 3, 4, 5),
    "6.6": (1, 2, 3),
    "6.8": (1, 2, 3, 4),
    "7.1": (1, 2, 3),
    "7.2": (1, 2, 3, 4),
    "7.3": (1, 2),
    "7.4": (1, 2, 3, 4, 5),
    "7.5": (1, 2),
    "7.6": (1, 2),
    "8.1": (1, 2),
    "8.2": (1, 2, 3),
    "8.3": (1,),
    "8.4": (1,),
}


class Requirement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``test``: a node id of pytest, without parameters; empty: ``kept`` says why there is none."""

    id: str
    level: Literal[1, 2]
    asks: Text
    kept: Text
    test: str = ""

    @property
    def place(self) -> tuple[Path, str]:
        """The test's file and its function."""
        file, _, function = self.test.partition("::")
        return ROOT / file, function


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    requirement: tuple[Requirement, ...]


@cache
def requirements() -> tuple[Requirement, ...]:
    """As they stand in the file. An unknown word or a missing cell is an error."""
    return msgspec.convert(tomllib.loads(FILE.read_text("utf-8")), _Table).requirement


def table(language: Language) -> str:
    """The Markdown table, with its last newline."""
    rows: list[tuple[str, ...]] = [HEAD[language], ("---",) * len(HEAD[language])]
    for one in requirements():
        test = f"`{one.test.removeprefix('tests/')}`" if one.test else ""
        said = (getattr(one.asks, language), getattr(one.kept, language))
        rows.append((f"{one.id} (L{one.level})", *said, test))
    return drawn(rows)


if __name__ == "__main__":
    write(table, MARKED)
