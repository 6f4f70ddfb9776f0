"""Numbers in what is printed of call records: whoever was called is masked, in whatever column he stands.

1. Our own numbers are shown, so that an officer can go by them: the registered caller IDs, and extensions.
2. In ``src`` a PBX may write the callee (an Originate, a transfer, a call that came in), and so it may in the
   name of a channel, in an account code and in any field of a line that nobody could read.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from dialpact.compliance.numbers import masked
from dialpact.compliance.registers.fault import Fault

OWN = 7  # digits, below which a number is nobody's outside
_RUN = re.compile(r"\+?[0-9]{7,}")
_LONG_RUN = re.compile(r"(?<![0-9A-Za-z.])\+?[0-9]{10,15}(?![0-9A-Za-z])")
_COUNTED = re.compile(r"-[0-9a-f]{1,8}(?:;[12])?\Z")


class Hidden:
    """``own``: the registered caller IDs. ``full``: nothing is masked."""

    def __init__(self, own: Collection[str], *, full: bool) -> None:
        self._own = frozenset(filter(None, map(_digits, own)))
        self._full = full

    def number(self, number: str) -> str:
        """Of a callee."""
        return number if self._full else masked(number)

    def caller_id(self, number: str) -> str:
        digits = _digits(number)
        if self._full or digits in self._own or (digits.isdecimal() and len(digits) < OWN):
            return number
        return masked(number) if number.removeprefix("+").isdecimal() else self.text(number)

    def channel(self, channel: str) -> str:
        """A Local channel is named by what it dials; a peer may be named by a number."""
        if self._full:
            return channel
        technology, slash, rest = channel.partition("/")
        number, at, place = rest.partition("@")
        if technology == "Snoop":  # (named by a unique id)
            return channel
        if slash and at:
            return f"{technology}/{masked(number)}@{place}"
        count = found[0] if (found := _COUNTED.search(channel)) else ""
        return _RUN.sub(self._run, channel.removesuffix(count)) + count

    def text(self, text: str, *numbers: str) -> str:
        """Of a sentence or a field: its long numbers, and ``numbers`` wherever they stand in it."""
        if self._full:
            return text
        for number in sorted({one for one in numbers if len(_digits(one)) >= OWN}, key=len, reverse=True):
            if _digits(number) not in self._own:
                text = text.replace(number, masked(number))
        return _LONG_RUN.sub(self._run, text)

    def fault(self, fault: Fault) -> Fault:
        """With what it repeats of a line."""
        return Fault(fault.key, **{name: self._detail(name, value) for name, value in fault.detail.items()})

    def _detail(self, name: str, value: str) -> str:
        return value if self._full or name != "value" else _RUN.sub(self._run, value)

    def _run(self, found: re.Match[str]) -> str:
        return found[0] if _digits(found[0]) in self._own else masked(found[0])


def _digits(number: str) -> str:
    """By which two ways of writing a number of China are one."""
    digits = number.removeprefix("+")
    if digits.startswith("00"):
        digits = digits[2:]
    return digits.removeprefix("86").lstrip("0")
