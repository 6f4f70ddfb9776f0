"""Recorded sessions: ``> `` what Asterisk sent, ``< `` what it was sent, one line of the wire a line.

Lines that start with ``#`` say what it is. Backslash escapes stand for bytes that are no printable text.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "tests" / "transcripts" / "agi"


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

    def write(self, name: str) -> None:
        assert not any(self._rest.values()), "a line was cut"
        text = [f"# {line}" for line in self.about]
        text += [f"{way} {_shown(line)}".rstrip(" ") for way, line in self.lines]
        (FOLDER / f"{name}.txt").write_text("\n".join(text) + "\n", "utf-8")


def _shown(line: bytes) -> str:
    text = line.decode("utf-8", "backslashreplace")
    assert "\\" not in text or text.isprintable()
    # A blank at the end (an empty account code) must outlive editors.
    return text[:-1] + "\\x20" if text.endswith(" ") else text


def read(name: str) -> Transcript:
    found = Transcript()
    for line in (FOLDER / f"{name}.txt").read_text("utf-8").splitlines():
        way, _, text = line.partition(" ")
        if way == "#":
            found.about.append(text)
        else:
            found.lines.append((way, text.replace("\\x20", " ").encode()))
    return found
