"""Answers that have to be looked at. A test that asks and does not look would pass whatever the answer is."""

from __future__ import annotations

from collections.abc import Callable


class Failed(AssertionError):
    """What a story did not say, or said and was not so; told when its fixture ends."""


class Answer:
    """True or false, and in plain words what was expected and what came.

    Truth is what ``assert`` asks for, and what pytest shows of it when it fails is its ``repr``. One whose
    truth nobody has asked for fails the test at its end.
    """

    def __init__(self, holds: bool, expected: str, came: str) -> None:
        self._holds, self.expected, self.came = holds, expected, came
        self.looked_at = False

    def __bool__(self) -> bool:
        self.looked_at = True
        return self._holds

    def __repr__(self) -> str:
        return f"<expected: {self.expected}; came: {self.came}>"


class Duties:
    """What has to be settled before a test is over."""

    def __init__(self) -> None:
        self._open: list[Callable[[], str]] = []

    def add(self, complaint: Callable[[], str]) -> None:
        """``complaint``: asked at the end, an empty text when nothing is wrong."""
        self._open.append(complaint)

    def answer(self, holds: bool, expected: str, came: str) -> Answer:
        found = Answer(holds, expected, came)
        self.add(
            lambda: "" if found.looked_at else f"asked and never looked at (put `assert` in front): {found}"
        )
        return found

    def complaints(self) -> list[str]:
        return [said for complaint in self._open if (said := complaint())]

    def settle(self) -> None:
        """Raises Failed with everything that is wrong."""
        if wrong := self.complaints():
            raise Failed("\n".join(wrong))
