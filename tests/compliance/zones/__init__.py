"""The zones of every area as data: a new phonenumbers, or a table of ours, shows here whose hour it changes.

A line for each area code of the United States, Canada and Australia; for France the ranges of each answer.
``python -m tests.compliance.zones`` writes the files anew; read the diff before you commit it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

from dialpact.compliance.numbers import australia, metadata, parse
from dialpact.compliance.numbers.areas import SHIPPED

FOLDER = Path(__file__).parent
NAMES = ("us", "ca", "au", "fr")
HEAD = "# Rewrite: python -m tests.compliance.zones\n\n"


def codes(region: str) -> list[str]:
    """Every area code of the US or Canada: phonenumbers' and ours."""
    every = (f"{number}" for number in range(200, 1000))
    return [code for code in every if (metadata.area_region(code) or SHIPPED.region(code)) == region]


def render(name: str) -> str:
    """The file."""
    match name:
        case "us" | "ca":
            lines: Iterable[str] = (_line(code, SHIPPED.zones(code)) for code in codes(name.upper()))
        case "au":
            lines = (_line(f"0{digits}", zones) for digits, zones in sorted(australia.areas().items()))
        case _:
            lines = _france()
    return HEAD + "".join(f"{line}\n" for line in lines)


def _line(code: str, zones: Iterable[str]) -> str:
    return f'{code} = "{" ".join(zones)}"'


def _france() -> Iterator[str]:
    """The first five digits, each with a number behind them that is like all others there."""
    for answer, ranges in groupby(range(1000, 10_000), _answer):
        first, *_, last = [f"0{number}" for number in ranges] * 2
        yield f'{first}-{last} = "{answer}"'


def _answer(range_: int) -> str:
    found = parse(f"0{range_}12345", regions=("FR",))
    return " ".join(found.zones) or found.detail
