"""What somebody who may not see people's numbers is shown instead of them, in whatever spelling they stand.

1. A callee's number is personal: it is masked in its own field, and wherever its last digits stand in a text,
   as it was dialled, written in groups, behind a prefix, in a channel's name, in the digits of any script.
2. Whatever else has the form of a telephone number is masked too (``masking``), and any seven to nine digits
   that stand alone: it may be anybody's.
3. What is, or was, in the register of caller IDs is the operator's own, and so are the extensions of his PBX:
   they are shown, so that an officer can go by them. Any other caller ID is masked: a call that was
   forwarded, or forged, has somebody's.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from copy import copy
from typing import Self

from msgspec.structs import replace

from dialpact.compliance import masking
from dialpact.compliance.model import Decision
from dialpact.compliance.numbers import masked

OWN = 7  # digits, below which a number is nobody's outside
KNOWN_BY = 7  # last digits by which a number is known again: a local one in China has no fewer
_SEVEN = re.compile(r"(?:\d\D*+){7}")
APART = 3  # characters between two digits of a number
BETWEEN = frozenset(" \u00a0\u2009\u202f.,()[]/_-\u2010\u2011\u2013\u2014")
MOST = 100_000  # characters of a text
# As it is dialled inside a city; the counter at the end of a channel's name begins with zeros.
_LOCAL = re.compile(r"(?<![0-9A-Za-z.])(?!0000)[0-9]{7,9}(?![0-9A-Za-z.])")


class Veil:
    """``numbers``: whom it is about, as dialled and as E.164. ``own``: registered caller IDs.
    ``full``: whoever looks may see everything.
    """

    def __init__(self, numbers: Iterable[str] = (), own: Collection[str] = (), *, full: bool = False) -> None:
        self._full = full
        self._own = frozenset(own)
        self._numbers = _known(numbers)
        shown = sorted((one for one in self._own if len(one) >= OWN), key=len, reverse=True)
        self._shown = (
            re.compile(rf"(?<![0-9+])(?:{'|'.join(map(re.escape, shown))})(?![0-9])") if shown else None
        )

    def about(self, numbers: Iterable[str]) -> Self:
        """The same for whom something else is about."""
        other = copy(self)
        other._numbers = _known(numbers)
        return other

    def number(self, number: str) -> str:
        """Of a callee, or whatever was dialled in its place."""
        return number if self._full else masked(_ascii(number))

    def caller_id(self, number: str) -> str:
        if self._full or number in self._own or (number.isdecimal() and len(number) < OWN):
            return number
        return masked(number) if number.removeprefix("+").isdecimal() else self.text(number)

    def text(self, text: str) -> str:
        """A sentence, a channel's name, anything that may have a number in it."""
        if self._full or len(text) < OWN:
            return text
        if self._shown is None:
            return self._hidden(text)
        parts, at = [], 0
        for own in self._shown.finditer(text):
            parts += [self._hidden(text[at : own.start()]), own[0]]
            at = own.end()
        return "".join(parts) + self._hidden(text[at:])

    def decision(self, decision: Decision) -> Decision:
        """As its explanation may be made of."""
        if self._full:
            return decision
        attempt, facts = decision.attempt, decision.facts
        callee = replace(
            attempt.callee,
            given=self.number(attempt.callee.given),
            e164=self.number(attempt.callee.e164),
            national=self.number(attempt.callee.national),
        )
        entry = facts.caller_id
        return replace(
            decision,
            attempt=replace(
                attempt,
                callee=callee,
                caller_id=self.caller_id(attempt.caller_id),
                agent=self.text(attempt.agent),
            ),
            facts=replace(
                facts, caller_id=replace(entry, number=self.caller_id(entry.number)) if entry else None
            ),
            dial=self.number(decision.dial),
            findings=tuple(
                replace(one, detail={name: self.text(value) for name, value in one.detail.items()})
                for one in decision.findings
            ),
        )

    def _hidden(self, text: str) -> str:
        if self._numbers and _SEVEN.search(text):
            plain, parts, at = _ascii(text), [], 0
            for begin, end in _spans(plain, self._numbers):
                if begin >= at:
                    shown = masked("".join(one for one in plain[begin:end] if one in "+0123456789"))
                    parts += [text[at:begin], shown]
                at = max(at, end)
            text = "".join(parts) + text[at:]
        return _LOCAL.sub(masking.HIDDEN, masking.text(text, MOST))


def _known(numbers: Iterable[str]) -> frozenset[str]:
    """Their digits, of those that have enough to be known again."""
    found = ("".join(filter(str.isdecimal, _ascii(number))) for number in numbers)
    return frozenset(digits for digits in found if len(digits) >= KNOWN_BY)


def _spans(plain: str, known: Collection[str]) -> list[tuple[int, int]]:
    """Where they stand, in whatever groups they are written, with the digits right before and behind."""
    places = [place for place, letter in enumerate(plain) if letter.isdecimal()]
    digits = "".join(plain[place] for place in places)
    found = []
    for number in known:
        first = -1
        while (first := digits.find(number[-KNOWN_BY:], first + 1)) >= 0:
            last = first + KNOWN_BY - 1
            if all(_near(plain, places[one], places[one + 1]) for one in range(first, last)):
                found.append(_widened(plain, places, digits, number, first, last))
    return sorted(found)


def _widened(
    plain: str, places: Sequence[int], digits: str, number: str, first: int, last: int
) -> tuple[int, int]:
    before = len(number) - KNOWN_BY
    while before and first and digits[first - 1] == number[before - 1]:
        if not _near(plain, places[first - 1], places[first]):
            break
        before, first = before - 1, first - 1
    begin, end = places[first], places[last] + 1
    while begin and (plain[begin - 1].isdecimal() or plain[begin - 1] == "+"):
        begin -= 1
    while end < len(plain) and plain[end].isdecimal():
        end += 1
    return begin, end


def _near(plain: str, one: int, other: int) -> bool:
    """Whether two digits may be of one number."""
    return other - one <= APART + 1 and all(letter in BETWEEN for letter in plain[one + 1 : other])


def _ascii(text: str) -> str:
    """As long as ``text``, with the digits of any script as 0 to 9."""
    if text.isascii():
        return text
    return "".join(
        str(unicodedata.decimal(letter)) if letter.isdecimal() else "+" if letter == "＋" else letter
        for letter in text
    )
