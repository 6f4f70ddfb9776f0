"""What our own dialplan gives to MSet, which splits it at commas, drops quotes and pairs brackets."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

SHIPPED = Path(__file__).parents[3] / "dialplan" / "extensions_dialpact.conf"
MSETS = re.findall(r"MSet\((.*)\)$", SHIPPED.read_text("utf-8"), re.MULTILINE)
FILTERED = re.compile(r"\$\{FILTER\((?P<kept>[^,]*),\$\{ARG\d\}\)\}$")
NUMBERS = ("${TIMEOUT(absolute)}",)


def pairs(text: str) -> list[tuple[str, str]]:
    """Its names and values, split where a name begins."""
    parts = re.split(r",(?=(?:__)?[A-Z]+(?:_[A-Z]+)*(?:\(\w+\))?=)", text)
    return [(name, value) for name, _, value in (part.partition("=") for part in parts)]


def kept(text: str) -> str:
    r"""The characters that FILTER lets pass, ``\x2d`` and ranges too."""
    found = re.sub(r"\\x([0-9a-f]{2})", lambda code: chr(int(code[1], 16)), text.replace("\\x2d", "\0"))
    spans = re.sub(r"(.)-(.)", lambda ends: "".join(map(chr, range(ord(ends[1]), ord(ends[2]) + 1))), found)
    return spans.replace("\0", "-")


def test_there_are_some() -> None:
    assert [len(pairs(text)) for text in MSETS] == [12, 4, 3]


@pytest.mark.parametrize("text", MSETS)
def test_nothing_from_outside_can_break_out_of_it(text: str) -> None:
    *others, last = pairs(text)
    for _, value in (*others, last):
        filtered = FILTERED.match(value)
        assert filtered or value in NUMBERS or re.fullmatch(r"[\w.]*", value), value
        if filtered:
            breaks = ",\"'\\[]" if value == last[1] else ",\"'\\()[]"
            assert not set(kept(filtered["kept"])) & set(breaks), value


@pytest.mark.parametrize("text", MSETS)
def test_it_fits_the_oldest_asterisk(text: str) -> None:
    """24 pairs: what is more would be the last one's value."""
    assert len(pairs(text)) <= 24
