"""The rates that docs/range-dialling.md states hold on a smaller, seeded run."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.bench import range_rates

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]

PAGE = Path(__file__).parents[2] / "docs" / "range-dialling.md"
RUNS = 3  # lists of most kinds; small ones ten times as many


@pytest.fixture(scope="module")
def found() -> dict:
    assert (
        type(range_rates.SECTION)(
            clause="-", source="-", effective_from=range_rates.SECTION.effective_from, purposes=("marketing",)
        )
        == range_rates.SECTION
    ), "measured with the defaults"
    return range_rates.measure(RUNS, seed=2)


def test_honest_lists_up_to_the_bound_are_left_alone(found: dict) -> None:
    within = {name: row for name, row in found["honest"].items() if not name.startswith("beyond")}
    assert len(within) == len(range_rates.HONEST) - 2
    for name, row in within.items():
        assert (row["held_per_cent"], row["refused_per_cent"]) == (0, 0), name


def test_every_sweep_is_seen_by_its_stated_attempt(found: dict) -> None:
    bounds = {
        "50 in order": 20,
        "50 downwards": 20,
        "50, every 2nd": 20,
        "50, every 3rd": 20,
        "50, every 10th": 20,
        "about 50 of 100 at random, in order": 45,
        "about 500 of 1,000 at random, in order": 45,
        "50 shuffled": 20,
        "100 shuffled": 45,
        "100, every 3rd, shuffled": 100,
        "1,000 shuffled": 330,
        "about 500 of 1,000, shuffled": 330,
        "10,000 shuffled": 2500,
        "200 by 4 agents from one queue": 25,
        "1,000 by 4 agents, a part each": 80,
        "1,000 by 20 agents, a part each": 250,
        "50 in order hidden in 2,000 honest": 20,
    }
    sweeps = {name: row for name, row in found["sweeps"].items() if not name.startswith("not seen")}
    assert set(bounds) == set(sweeps)
    for name, row in sweeps.items():
        thin = name.startswith("about 50 of 100")  # now and then only 35 of them: no crowd, and no run
        assert row["detected_per_cent"] >= (97 if thin else 100), name
        assert row["first_refused_worst"] <= bounds[name], name
        assert row["held_per_cent"] >= (70 if thin else 100), name


def test_the_page_has_a_row_for_each_kind() -> None:
    rows = set(re.findall(r"^\| ([^|`]+?) \|", PAGE.read_text("utf-8"), re.M))
    assert {*range_rates.HONEST, *range_rates.SWEEPS} <= rows


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    lists = {"19 consecutive numbers": (range_rates.in_order(19), 1)}
    sweeps = {"50 in order": (range_rates.in_order(50), 1)}
    range_rates.main(["--runs", "3"], lists, sweeps)
    assert re.search(r"^50 in order +3 +100\.0 +100\.0 +20 +20 +62\.0$", capsys.readouterr().out, re.M)
    range_rates.main(["--runs", "3", "--json"], lists, sweeps)
    assert set(json.loads(capsys.readouterr().out)) == {"honest", "sweeps"}
