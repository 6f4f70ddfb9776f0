"""Does a list look counted up? Each row is judged as the next call, so a list that is a sweep through a range
may have no row that is blocked; dialled one after the other, its calls would be.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator

from dialpact.compliance.model import Callee
from dialpact.compliance.numbers import Flaw
from dialpact.compliance.profile import Profile
from dialpact.compliance.ranges import Detector
from dialpact.compliance.registers.leads import held

APART = 100_000  # numbers with the same beginning are sorted together
STEP = 10_000
DIGITS = 11  # of a Chinese number, by which the unassigned ones are told apart


class CountedUp:
    """Eight bytes a number, until :meth:`look` has taken them. ``found``: why a batch of these numbers would
    be held; empty when no profile finds anything.
    """

    def __init__(self, profiles: Iterable[Profile]) -> None:
        sections = {profile.id: profile.range_dialling for profile in profiles}
        self._detectors = {id: Detector(section) for id, section in sections.items() if section}
        self._numbers: dict[int, array[int]] = defaultdict(lambda: array("q"))
        self._nobodys = array("q")
        self.found = ""

    def add(self, callee: Callee) -> None:
        if not self._detectors:
            return
        if callee.e164:
            number = int(callee.e164[1:])
            self._numbers[number // APART].append(number)
        elif callee.detail == Flaw.UNASSIGNED:
            self._nobodys.append(int("".join(filter(str.isdecimal, callee.given))[-DIGITS:] or 0))

    def look(self) -> Iterator[int]:
        """In steps, of so many numbers each."""
        looked = 0
        for start in sorted(self._numbers):
            numbers = sorted(set(self._numbers.pop(start)))
            for detector in self._detectors.values():
                detector.add(numbers)
            if (looked := looked + len(numbers)) >= STEP:
                yield looked
                looked = 0
        nobodys = len(set(self._nobodys))
        self.found = held({id: one.report(unassigned=nobodys) for id, one in self._detectors.items()})
        yield looked
