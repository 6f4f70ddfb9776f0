"""Recorded sessions: ``> `` what Asterisk sent, ``< `` what it was sent, one line of the wire a line.

Lines that start with ``#`` say what it is. Backslash escapes stand for bytes that are no printable text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

# Of a checkout; a wheel has none. The oldest release's are in a folder of their own, ``16``.
FOLDER = Path(__file__).parents[2] / "tests" / "transcripts" / "agi"


@dataclass
class Transcript:
    """The lines of both directions in the order in which they were seen, without their newlines."""

    lines: list[tuple[str, bytes]] = field(default_factory=list)
    about: list[str] = field(default_factory=list)
    _rest: dict[str, bytes] = field(default_factory=dict)

    def add(self, direction: str, data: bytes) -> None:
        *whole, rest = (self._rest.pop(direction, b"") + data).split(b"\n")
        self.lines += [(direction, line) for line in whole]
        self._rest[direction] = rest

    @property
    def header(self) -> list[bytes]:
        """What Asterisk sent before it was asked anything, the empty line included."""
        asked = next((n for n, (way, _) in enumerate(self.lines) if way == "<"), len(self.lines))
        return [line for _, line in self.lines[:asked]]

    @property
    def names(self) -> list[str]:
        return [line.partition(b":")[0].decode() for line in self.header if line]

    @property
    def exchanges(self) -> list[tuple[bytes, list[bytes]]]:
        """Each command and the lines that answered it."""
        found: list[tuple[bytes, list[bytes]]] = []
        for way, line in self.lines[len(self.header) :]:
            if way == "<":
                found.append((line, []))
            else:
                found[-1][1].append(line)
        return found

    def write(self, name: str, folder: Path = FOLDER) -> None:
        assert not any(self._rest.values()), "a line was cut"
        text = [f"# {line}" for line in self.about]
        serials: dict[str, int] = {}
        text += [f"{way} {_shown(_same(line, serials))}".rstrip(" ") for way, line in self.lines]
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.txt").write_text("\n".join(text) + "\n", "utf-8")


def _same(line: bytes, serials: dict[str, int]) -> bytes:
    """The line without what every capture has anew: ids of calls and decisions, ports, threads."""
    text = line.decode("utf-8", "surrogateescape")
    for pattern, form in (
        (r"(?<=^agi_uniqueid: )\d+\.\d+$", "1795485207.%d"),
        (r"(?<=^agi_threadid: )\d+$", "1%014d"),
        (r"(?<=-)[0-9a-f]{8}$", "%08x"),
        (r"(?<=DIALPACT_ID=)[0-9a-f]{32}|(?<=callee_)[0-9a-f]{32}", "%032x"),
    ):
        for found in re.findall(pattern, text):
            text = text.replace(found, form % serials.setdefault(found, len(serials) + 1))
    text = re.sub(r"agi://127\.0\.0\.1:\d+/", "agi://127.0.0.1:4573/", text)
    return text.encode("utf-8", "surrogateescape")


def _shown(line: bytes) -> str:
    text = line.decode("utf-8", "backslashreplace")
    assert "\\" not in text or text.isprintable()
    # A blank at the end (an empty account code) must outlive editors.
    return text[:-1] + "\\x20" if text.endswith(" ") else text


def read(name: str, folder: Path = FOLDER) -> Transcript:
    found = Transcript()
    for line in (folder / f"{name}.txt").read_text("utf-8").splitlines():
        way, _, text = line.partition(" ")
        if way == "#":
            found.about.append(text)
        else:
            found.lines.append((way, text.replace("\\x20", " ").encode()))
    return found
