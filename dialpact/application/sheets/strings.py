"""The shared texts of a workbook, which cells name by their place: in a tenth of what Python's would take."""

from __future__ import annotations

import re
from array import array

from dialpact.application.sheets.archive import Archive, local
from dialpact.compliance.registers.fault import Fault

MOST = 512 << 20  # bytes
NUMBER = 1 << 24  # texts; as many as a full sheet of Excel in sixteen columns
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


class Strings:
    """By place, in the workbook's order. A phonetic guide beside a text is none of it."""

    def __init__(self) -> None:
        self._texts, self._ends = bytearray(), array("Q")
        self._text: list[str] = []
        self._taken = self._guide = False
        self.ended, self.steps = False, 0

    @classmethod
    def of(cls, archive: Archive, part: str) -> Strings:
        made = cls()
        for _ in archive.stream(part, made):
            pass
        return made

    def __getitem__(self, place: int) -> str:
        if place < 0:
            raise IndexError(place)
        start = self._ends[place - 1] if place else 0
        return self._texts[start : self._ends[place]].decode("utf-8", "surrogatepass")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if ":" in name:
            name = local(name)
        if name == "si":
            self._text.clear()
        elif name == "t":
            self._taken = not self._guide
        elif name == "rPh":
            self._guide = True

    def end(self, name: str) -> None:
        if ":" in name:
            name = local(name)
        if name == "t":
            self._taken = False
        elif name == "rPh":
            self._guide = False
        elif name == "si":
            self._texts += unescaped("".join(self._text)).encode("utf-8", "surrogatepass")
            self._ends.append(len(self._texts))
            self.steps += 1
            if len(self._texts) > MOST or self.steps > NUMBER:
                raise Fault("workbook-too-large")

    def text(self, text: str) -> None:
        if self._taken:
            self._text.append(text)


def unescaped(text: str) -> str:
    """``_x000D_`` is how the format writes a character that XML can not hold."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text
