"""What somebody who may not see people's numbers is shown instead of them, in whatever spelling they stand.

1. A callee's number is personal: it is masked in its own field, and wherever its last digits stand in a text,
   as it was dialled, written in groups, behind a prefix, in a channel's name, in the digits of any script.
2. Whatever else has the form of a telephone number is masked too (``masking``): it may be anybody's.
3. What is, or was, in the register of caller IDs is the operator's own, and so are the extensions of his PBX:
   they are shown, so that an officer can go by them. Any other caller ID is masked: a call that was
   forwarded, or forged, has somebody's.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from copy import copy
from typing import Self

from msgspec.structs import replace

from dialpact.compliance import masking
from dialpact.compliance.model import Decision
from dialpact.compliance.numbers import masked

OWN = 7  # digits, below which a number is nobody's outside
KNOWN_BY = 7  # last digits by which a number is known again: a local one in China has no fewer
LONGEST = 24  # digits that are looked for before these
MOST = 100_000  # characters of a text
_APART = r"[ \u00a0\u2009\u202f.,()\[\]/_‐‑–—-]{0,3}"


class Veil:
    """``numbers``: whom it is about, as dialled and as E.164. ``own``: registered caller IDs.
    ``full``: whoever looks may see everything.
    """

    def __init__(self, numbers: Iterable[str] = (), own: Collection[str] = (), *, full: bool = False) -> None:
        self._full = full
        self._own = frozenset(own)
        self._numbers = _pattern(numbers)
        shown = sorted((one for one in self._own if len(one) >= OWN), key=len, reverse=True)
        self._shown = (
            re.compile(rf"(?<![0-9+])(?:{'|'.join(map(re.escape, shown))})(?![0-9])") if shown else None
        )

    def about(self, numbers: Iterable[str]) -> Self:
        """The same for whom something else is about."""
        other = copy(self)
        other._numbers = _pattern(numbers)
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
        if self._numbers is not None:
            plain, parts, at = _ascii(text), [], 0
            for found in self._numbers.finditer(plain):
                digits = re.sub(r"[^0-9+]", "", found[0])
                parts += [text[at : found.start()], masked(digits)]
                at = found.end()
            text = "".join(parts) + text[at:]
        return masking.text(text, MOST)


def _pattern(numbers: Iterable[str]) -> re.Pattern[str] | None:
    """Each in whatever groups it is written, with what stands right before and behind it."""
    known = set()
    for number in numbers:
        digits = "".join(filter(str.isdecimal, _ascii(number)))
        if len(digits) >= KNOWN_BY:
            known.add(digits[-LONGEST:])
    if not known:
        return None
    spelled = "|".join(_spelled(digits) for digits in sorted(known, key=len, reverse=True))
    return re.compile(rf"[+0-9]{{0,8}}?(?:{spelled})[0-9]{{0,8}}")


def _spelled(digits: str) -> str:
    """The last of them, and before these as many of the others as stand there."""
    before = ""
    for digit in digits[:-KNOWN_BY]:
        before = f"(?:{before}{digit}{_APART})?"
    return before + _APART.join(digits[-KNOWN_BY:])


def _ascii(text: str) -> str:
    """As long as ``text``, with the digits of any script as 0 to 9."""
    if text.isascii():
        return text
    return "".join(
        str(unicodedata.decimal(letter)) if letter.isdecimal() else "+" if letter == "＋" else letter
        for letter in text
    )
