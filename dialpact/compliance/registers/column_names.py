"""What people call the columns of a register's file, in Chinese and English: ``column_names.toml``.

A kind is that of a file: ``dnc``, ``consent``, ``leads``, ``caller-id`` or ``carrier-list``. A caller ID's
number goes by other names than a callee's.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

_BRACES = re.compile(r"\{([^{}]*)\}")


def plain(name: str) -> str:
    """Letters and digits alone, of one case and one width: how a name is compared.

    >>> plain("Phone_Number ＊") == plain("phone-number")
    True
    """
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", name).casefold()))


@cache
def columns_by_name(kind: str) -> Mapping[str, str]:
    """The column of each plain name. No kind: nothing."""
    return {
        plain(name): column
        for names in (names_of(kind), names_of(kind, last=True))
        for column, known in names.items()
        for name in (column, *known)
    }


@cache
def last_names(kind: str) -> frozenset[str]:
    """The plain names that count where no other is there."""
    return frozenset(plain(name) for names in names_of(kind, last=True).values() for name in names)


@cache
def remarks() -> frozenset[str]:
    """What stands beside a name and says nothing of what the column holds, plain."""
    return frozenset(map(plain, _file()["remarks"]["any"]))


def heading(kind: str, column: str) -> str:
    """The Chinese name that a template has."""
    return next(name for name in names_of(kind)[column] if not name.isascii())


def names_of(kind: str, *, last: bool = False) -> dict[str, tuple[str, ...]]:
    table: Mapping[str, Any] = _file().get(kind, {}).get("last", {}) if last else _file().get(kind, {})
    return {
        column: tuple(_expanded(column_names)) for column, column_names in table.items() if column != "last"
    }


def _expanded(names: str | Sequence[str]) -> Iterator[str]:
    for name in _file()["shared"][names] if isinstance(names, str) else names:
        yield from _alternatives(name)


def _alternatives(name: str) -> Iterator[str]:
    found = _BRACES.search(name)
    if not found:
        yield name
        return
    for one in found[1].split("|"):
        yield from _alternatives(name[: found.start()] + one + name[found.end() :])


@cache
def _file() -> Mapping[str, Any]:
    import tomllib  # for whoever reads a file alone

    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
