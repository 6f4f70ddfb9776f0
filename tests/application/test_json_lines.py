"""Lines of JSON as rows: an object a line, blanks around it, and nothing else."""

from __future__ import annotations

import io

import pytest

from dialpact.application.sheets.json_lines import JsonLines
from dialpact.compliance.registers.sheet import BadLine

FIRST = b'{"number": "1"}\n'


def second(line: str) -> object:
    """What becomes of the line behind a good one."""
    rows = JsonLines(io.BytesIO(FIRST + line.encode() + b"\n")).rows(1)
    return next(iter(rows))[1]


@pytest.mark.parametrize("line", ['{"number": " 2 "}', ' \t{"number": "2"}', '{"number": "2"} \t\r'])
def test_blanks_around_it_are_nothing(line: str) -> None:
    assert second(line) == ["2"]


@pytest.mark.parametrize(
    "line",
    [
        '{"number": "2"} x',
        '{"number": "2"}{"number": "3"}',
        '{"number": "2"}\u00a0',
        '\u00a0{"number": "2"}',
        '{"number": "2", "number": "3"}',
        '["2"]',
        "2",
    ],
)
def test_whatever_else_is_a_bad_line(line: str) -> None:
    found = second(line)
    assert isinstance(found, BadLine) and found.fault.key == "json-line"
