"""Why a register refuses an entry: a key of the catalogue and its values, to be said in any language."""

from __future__ import annotations

from collections.abc import Sequence

from dialpact.compliance.errors import RegisterError

SHOWN = 40


class Fault(RegisterError):
    """``key`` names the text (``compliance/texts``, table ``fault``), ``detail`` fills it."""

    def __init__(self, key: str, **detail: str) -> None:
        values = ", ".join(f"{name} {value}" for name, value in detail.items())
        super().__init__(f"{key.replace('-', ' ')}{': ' if values else ''}{values}")
        self.key = key
        self.detail = detail


class Faults(RegisterError):
    """Several entries that are asked for together: ``each`` is the place of one (from 0), and what is wrong.

    Nothing of them is entered.
    """

    def __init__(self, each: Sequence[tuple[int, Fault]]) -> None:
        super().__init__("; ".join(f"{place}: {fault}" for place, fault in each))
        self.each = tuple(each)


def shown(text: str) -> str:
    r"""A cell as a message may repeat it: bounded, quoted, control characters as ``\xNN``.

    >>> shown("a\tb")
    "'a\\tb'"
    """
    return repr(text if len(text) <= SHOWN else text[: SHOWN - 1] + "…")
