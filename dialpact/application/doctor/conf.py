"""Asterisk's configuration files, as far as a look at them needs.

They may be anything: each file, the lines of all of them and the depth of their includes are bounded, nothing
but a regular file is opened, and what is left out is a :class:`Flaw` with its place.
"""

from __future__ import annotations

import glob
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from dialpact.compliance.dialplan.load import Line
from dialpact.compliance.dialplan.plan import Place, PlanFlaw

DEPTH = 10  # includes within includes, as Asterisk has it
MOST = 200_000  # lines: a file that includes itself by another name ends somewhere
FILES = 2_000
BYTES = 16 << 20  # of one file
LONGEST = 8190  # bytes of a line; what comes after, Asterisk takes for another line

WAYS = 256  # that braces of one include are written out to

_HEAD = re.compile(r"\[([^\]]+)\](?:\s*\(([^)]*)\))?")
_BRACES = re.compile(r"\{([^{}]*)\}")


@dataclass
class ConfSection:
    """Its own lines and, before them, those of its templates."""

    name: str
    entries: list[Line] = field(default_factory=list)
    place: Place = field(default_factory=Place)

    @property
    def lines(self) -> list[tuple[str, str]]:
        """(key in lower case, value) of each entry, in order."""
        return [(entry.key.lower(), entry.value) for entry in self.entries]

    def values(self, key: str) -> list[str]:
        """Of every entry with this key, in order."""
        return [value for name, value in self.lines if name == key]


def sections(folder: Path, name: str) -> list[ConfSection]:
    """The sections of ``name`` in ``folder``, templates left out. What can not be read is not there."""
    return read(folder, name)[0]


def read(folder: Path, name: str) -> tuple[list[ConfSection], list[PlanFlaw]]:
    """The same, with what could not be read. A section that comes again is another one, but for (+)."""
    found: list[ConfSection] = []
    known: dict[str, ConfSection] = {}
    templates: set[int] = set()
    current: ConfSection | None = None
    reader = _Reader(folder)
    for line, place in reader.lines(name, 0, Place()):
        if head := _HEAD.match(line):
            options = [option.strip() for option in (head[2] or "").split(",") if option.strip()]
            if "+" in options and head[1] in known:
                current = known[head[1]]
            else:
                current = known[head[1]] = ConfSection(head[1], place=place)
                found.append(current)
            for option in options:
                if option == "!":
                    templates.add(id(current))
                elif option in known and known[option] is not current:
                    current.entries += known[option].entries
        elif current is not None and "=" in line:
            key, _, value = line.partition("=")
            current.entries.append(Line(key.strip(), value.removeprefix(">").strip(), place))
    return [section for section in found if id(section) not in templates], reader.flaws


class _Reader:
    """One configuration with all that it includes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lines = self._files = 0
        self._comments = 0  # within comments, as they nest
        self.flaws: list[PlanFlaw] = []

    def lines(self, name: str, depth: int, asked: Place) -> Iterator[tuple[str, Place]]:
        """Without comments; includes in their places."""
        for number, raw in enumerate(self._raw(name, asked), 1):
            place = Place(name, number)
            self._lines += 1
            if self._lines > MOST:
                if self._lines == MOST + 1:
                    self.flaws.append(PlanFlaw("conf-large", place, f"{MOST}"))
                return
            if len(raw) > LONGEST:
                self.flaws.append(PlanFlaw("conf-long", place, str(len(raw))))
                continue
            line = self._uncommented(raw.decode("utf-8", "replace")).strip()
            if not line:
                continue
            if "\N{REPLACEMENT CHARACTER}" in line and b"\xef\xbf\xbd" not in raw:
                self.flaws.append(PlanFlaw("conf-encoding", place))
            word, _, rest = line.partition(" ")
            if word.lower() in ("#include", "#tryinclude", "#exec"):
                yield from self._included(word[1:].lower(), rest.strip().strip('"<>').strip(), depth, place)
            else:
                yield line, place

    def _included(self, how: str, pattern: str, depth: int, place: Place) -> Iterator[tuple[str, Place]]:
        if how == "exec":
            self.flaws.append(PlanFlaw("conf-exec", place, pattern))
            return
        names = _matching(self._folder, pattern)
        if depth + 1 >= DEPTH or self._files + len(names) > FILES:
            self.flaws.append(PlanFlaw("conf-deep", place, pattern))
            return
        there = [name for name in names if (self._folder / name).exists()]
        if not there and how == "include":
            self.flaws.append(PlanFlaw("conf-missing", place, pattern))
        for name in there:
            yield from self.lines(name, depth + 1, place)

    def _raw(self, name: str, asked: Place) -> list[bytes]:
        self._files += 1
        path = self._folder / name
        try:
            # Not blocking: a pipe that nobody writes to must not hold whoever looks.
            handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            with open(handle, "rb") as file:  # noqa: PTH123 - of a handle
                if not stat.S_ISREG(os.fstat(handle).st_mode):
                    self.flaws.append(PlanFlaw("conf-unreadable", asked, f"{name}: no regular file"))
                    return []
                content = file.read(BYTES + 1)
        except FileNotFoundError:
            return []
        except (OSError, ValueError) as error:
            said = error.strerror if isinstance(error, OSError) else str(error)
            self.flaws.append(
                PlanFlaw("conf-unreadable", asked if asked.file else Place(name), f"{name}: {said}")
            )
            return []
        if len(content) > BYTES:
            self.flaws.append(PlanFlaw("conf-large", Place(name), f"{BYTES >> 20} MiB"))
            content = content[:BYTES]
        return content.removeprefix(b"\xef\xbb\xbf").splitlines()

    def _uncommented(self, line: str) -> str:
        """``;`` to the end of the line, ``;--`` to ``--;``; ``\\;`` is the sign itself (main/config.c)."""
        kept, at = "", 0
        while (sign := line.find(";", at)) >= 0:
            if sign > 0 and line[sign - 1] == "\\":
                kept += "" if self._comments else line[at : sign - 1] + ";"
                at = sign + 1
            elif line.startswith(";--", sign) and line[sign + 3 : sign + 4] != "-":
                kept += "" if self._comments else line[at:sign]
                self._comments += 1
                at = sign + 3
            elif self._comments and line[max(at, sign - 2) : sign] == "--":
                self._comments -= 1
                at = sign + 1
            elif self._comments:
                at = sign + 1
            else:
                return kept + line[at:sign]
        return kept if self._comments else kept + line[at:]


def _matching(folder: Path, pattern: str) -> list[str]:
    """Names in order; with braces and wildcards as glob(3) knows them, so ``**`` is no more than ``*``."""
    ways = [pattern]
    while len(ways) < WAYS and (braces := _BRACES.search(ways[0])):
        options = braces[1].split(",")
        ways = [way.replace(braces[0], option, 1) for way in ways for option in options[:WAYS]]
    found: list[str] = []
    for way in ways[:WAYS]:
        if not any(sign in way for sign in "*?["):
            found.append(way)
            continue
        try:
            names = glob.iglob(way, root_dir=folder)  # noqa: PTH207 - pathlib's follows **, Asterisk does not
            found += sorted(islice(names, FILES + 1))
        except (OSError, ValueError):
            continue
    return found
