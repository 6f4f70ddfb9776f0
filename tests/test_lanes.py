"""Which tests go to one worker together."""

from __future__ import annotations

import pytest

from tests import lanes


@pytest.mark.parametrize("file", lanes.LONG)
def test_what_is_long_is_there_and_is_the_labs(file: str) -> None:
    assert (lanes.ROOT / file).is_file()
    assert lanes.waits(file)


def test_a_file_of_the_lab_stays_together_and_any_other_is_cut() -> None:
    lab, unit = "tests/lab/test_voices.py", "tests/agi/test_gate.py"
    found = lanes.pieces([f"{file}::{number}" for number in range(100) for file in (lab, unit)])
    assert len({piece for test, piece in found.items() if test.startswith(lab)}) == 1
    assert len({piece for test, piece in found.items() if test.startswith(unit)}) == 3


@pytest.mark.parametrize(("workers", "lab"), [(1, 1), (2, 2), (3, 2), (7, 5), (14, 10)])
def test_one_in_three_computes(workers: int, lab: int) -> None:
    assert lanes.telephones(workers) == lab
