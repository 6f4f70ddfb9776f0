"""Asterisk's configuration files, as far as a look at them needs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

DEPTH = 10  # includes within includes
MOST = 200_000  # lines: a file that includes itself by another name ends somewhere

_HEAD = re.compile(r"\[([^\]]+)\](?:\(([^)]*)\))?")
_LINE = re.compile(r"([^=]+?)\s*=>?\s*(.*)")
_INCLUDE = re.compile(r"#(?:try)?include\s+[\"<]?([^\">]+?)[\">]?\s*")
_COMMENT = re.compile(r"(?<!\\);.*")
_BLOCK = re.compile(r";--.*?--;", re.DOTALL)


@dataclass
class Section:
    """Its own lines and, before them, those of its templates."""

    name: str
    lines: list[tuple[str, str]] = field(default_factory=list)

    def values(self, key: str) -> list[str]:
        return [value for name, value in self.lines if name == key]


def sections(folder: Path, name: str) -> list[Section]:
    """The sections of ``name`` in ``folder``, templates left out. What can not be read is not there.

    A section that comes again is another one, unless it says ``(+)``.
    """
    found: list[Section] = []
    known: dict[str, Section] = {}
    templates: set[int] = set()
    current: Section | None = None
    for line in _lines(folder, name, 0):
        if head := _HEAD.match(line):
            options = [option.strip() for option in (head[2] or "").split(",") if option.strip()]
            if "+" in options and head[1] in known:
                current = known[head[1]]
            else:
                current = known[head[1]] = Section(head[1])
                found.append(current)
            for option in options:
                if option == "!":
                    templates.add(id(current))
                elif option in known and known[option] is not current:
                    current.lines += known[option].lines
        elif current is not None and (pair := _LINE.fullmatch(line)):
            current.lines.append((pair[1].strip().lower(), pair[2].strip()))
    return [section for section in found if id(section) not in templates]


def _lines(folder: Path, name: str, depth: int) -> Iterator[str]:
    try:
        text = (folder / name).read_text("utf-8", "replace")
    except OSError:
        return
    for number, raw in enumerate(_BLOCK.sub("", text).splitlines()):
        if number >= MOST:
            return
        line = _COMMENT.sub("", raw).strip()
        if (include := _INCLUDE.fullmatch(line)) is None:
            yield line
        elif depth < DEPTH:
            for path in _matching(folder, include[1].strip()):
                yield from _lines(folder, path, depth + 1)


def _matching(folder: Path, pattern: str) -> list[str]:
    if not any(sign in pattern for sign in "*?["):
        return [pattern]
    if pattern.startswith("/"):
        return sorted(map(str, Path("/").glob(pattern[1:])))
    return sorted(str(path.relative_to(folder)) for path in folder.glob(pattern))
