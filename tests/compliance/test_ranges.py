"""The detectors of range dialling: what is never a sweep, what always is, and the bounds between."""

from __future__ import annotations

import random
from collections.abc import Collection
from datetime import date
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialpact.compliance.ranges import Block, Detector, RangeReport, Run, Sweep, sweep
from dialpact.compliance.ranges.listed import KEPT
from dialpact.compliance.sections import RangeDialling
from dialpact.compliance.sections.ranges import FEWEST

START = 8613800130000  # where a block of 10,000 begins


def section(**changes: Any) -> RangeDialling:
    base = {"clause": "c", "source": "s", "effective_from": date(2018, 12, 14), "purposes": ("marketing",)}
    return RangeDialling(**{**base, **changes})


DEFAULT = section()
STRICTEST = section(
    step=25, reach=500, block_share=1, segment_share=1, unassigned_share=1, stretch_share=1, least=FEWEST
)
both = pytest.mark.parametrize("thresholds", [DEFAULT, STRICTEST], ids=["default", "strictest"])


def listed(places: Collection[int], thresholds: RangeDialling = DEFAULT, unassigned: int = 0) -> RangeReport:
    detector = Detector(thresholds)
    detector.add(sorted(START + place for place in set(places)))
    return detector.report(unassigned=unassigned)


# Crowded sets, so that a good part of them is flagged and the laws say something.
crowd = st.sets(st.integers(0, 160), max_size=90)
runs = st.builds(
    lambda first, step, count: {first + step * place for place in range(count)},
    st.integers(0, 400),
    st.integers(1, 7),
    st.integers(1, 40),
)
lists = st.lists(crowd | runs, min_size=1, max_size=4).map(lambda parts: set().union(*parts))
around = st.lists(st.integers(-130, 130), max_size=160)


# never


@both
@settings(max_examples=200)
@given(st.sets(st.integers(0, 60) | st.integers(0, 40_000), max_size=FEWEST - 1))
def test_fewer_than_twenty_listed_numbers_are_never_flagged(thresholds: RangeDialling, few: set[int]) -> None:
    report = listed(few, thresholds)
    assert not report.flagged and not report.summary


@both
@settings(max_examples=200)
@given(st.sets(st.integers(-30, 30), max_size=FEWEST - 2))
def test_fewer_than_twenty_dialled_numbers_are_never_a_sweep(
    thresholds: RangeDialling, others: set[int]
) -> None:
    assert sweep(others - {0}, thresholds) is None


@both
def test_fewer_than_twenty_unassigned_numbers_are_never_flagged(thresholds: RangeDialling) -> None:
    assert not listed([], thresholds, unassigned=FEWEST - 1).flagged


@settings(max_examples=200)
@given(lists, st.sets(st.integers(0, 600), max_size=40))
def test_one_more_number_on_a_list_never_unflags_it(numbers: set[int], more: set[int]) -> None:
    if listed(numbers).flagged:
        assert listed(numbers | more).flagged


@settings(max_examples=300)
@given(around, around)
def test_one_more_number_dialled_never_unflags_an_attempt(numbers: list[int], more: list[int]) -> None:
    if sweep(numbers, DEFAULT):
        assert sweep(numbers + more, DEFAULT)


@settings(max_examples=200)
@given(around, st.randoms(use_true_random=False))
def test_the_order_of_the_attempts_does_not_matter(numbers: list[int], chance: Any) -> None:
    other = numbers * 2
    chance.shuffle(other)
    assert sweep(numbers, DEFAULT) == sweep(other, DEFAULT) == sweep([*numbers, 0], DEFAULT)


# what it finds, against the plainest way to look for it


def longest(numbers: set[int], most: int) -> int:
    best = 0
    for number in numbers:
        for step in range(1, most + 1):
            length = 1
            while number + step * length in numbers:
                length += 1
            best = max(best, length)
    return best


@settings(max_examples=200)
@given(lists)
def test_the_longest_run_is_found(numbers: set[int]) -> None:
    report = listed(numbers)
    found = report.longest.length if report.longest else min(len(numbers), 1)
    assert found == longest(numbers, DEFAULT.step)
    assert bool(report.runs) == (found >= DEFAULT.least)
    for run in report.runs:
        first, last = int(run.first) - START, int(run.last) - START
        members = range(first, last + 1, run.step)
        assert len(members) == run.length and set(members) <= numbers
        assert first - run.step not in numbers and last + run.step not in numbers


@settings(max_examples=200)
@given(lists)
def test_the_crowded_blocks_are_found(numbers: set[int]) -> None:
    counts: dict[int, int] = {}
    for number in numbers:
        counts[number // 100] = counts.get(number // 100, 0) + 1
    expected = {Block(prefix=f"+{START // 100 + n}", count=c, size=100) for n, c in counts.items() if c >= 30}
    report = listed(numbers)
    assert set(report.blocks) == expected and report.blocks_found == len(expected)
    assert max((block.count for block in report.densest[:1]), default=0) == max(counts.values(), default=0)


@settings(max_examples=300)
@given(around)
def test_a_sweep_is_found_exactly_when_there_is_one(numbers: list[int]) -> None:
    near = {number for number in numbers if abs(number) <= DEFAULT.reach} | {0}
    ordered = sorted(near)
    stretches = [
        (count, -(last - first + 1))
        for place, first in enumerate(ordered)
        for count, last in enumerate(ordered[place:], 1)
        if first <= 0 <= last and count >= 20 and 100 * count >= 40 * (last - first + 1)
    ]
    through = 0
    for step in range(1, DEFAULT.step + 1):
        behind = next(n for n in range(200) if -step * (n + 1) not in near)
        ahead = next(n for n in range(200) if step * (n + 1) not in near)
        through = max(through, behind + ahead + 1)
    found = sweep(numbers, DEFAULT)
    if through >= 20:
        assert found and (found.kind, found.count) == ("run", through)
    elif stretches:
        count, width = max(stretches)
        assert found == Sweep(kind="stretch", count=count, width=-width)
    else:
        assert found is None


# bounds


@pytest.mark.parametrize("step", [1, 2, 3, 10])
@pytest.mark.parametrize("direction", [1, -1])
def test_a_sweep_in_order_is_seen_with_the_twentieth_number(step: int, direction: int) -> None:
    dialled = [direction * step * place for place in range(50)]
    seen = [
        bool(sweep([number - callee for number in dialled[:place]], DEFAULT))
        for place, callee in enumerate(dialled)
    ]
    assert seen.index(True) + 1 == 20 and all(seen[19:])
    assert listed(dialled).flagged


@pytest.mark.parametrize(
    ("numbers", "unassigned", "flagged", "why"),
    [
        (range(19), 0, False, "nineteen in a row"),
        (range(20), 0, True, "twenty in a row"),
        (range(90, 110), 0, True, "a run across two blocks"),
        (range(0, 200, 10), 0, True, "twenty, every tenth"),
        (range(0, 5000, 11), 0, False, "every eleventh is beyond step, and ten of 100 are no crowd"),
        ([n for n in range(99) if n % 7 in (0, 1)], 0, False, "29 of 100"),
        ([n for n in range(100) if n % 7 in (0, 1)], 0, True, "30 of 100"),
        (range(0, 500, 20), 2, False, "7 % unassigned but two"),
        (range(0, 3620, 20), 20, False, "20 of 201 unassigned: less than 10 %"),
        (range(0, 3600, 20), 20, True, "20 of 200 unassigned: 10 %"),
        ([], 20, True, "nothing but unassigned numbers"),
    ],
)
def test_bounds_of_a_list(numbers: Collection[int], unassigned: int, flagged: bool, why: str) -> None:
    assert listed(numbers, unassigned=unassigned).flagged is flagged, why


@pytest.mark.parametrize(("count", "flagged"), [(1999, False), (2000, True)])
def test_bounds_of_a_segment(count: int, flagged: bool) -> None:
    """Twenty of each 100, so that they are no crowd, at random, so that they are no run."""
    chance = random.Random(1)
    places = [start + place for start in range(0, 10_000, 100) for place in chance.sample(range(100), 20)]
    places = places[:count]
    report = listed(places)
    assert (report.flagged, report.runs, report.blocks_found) == (flagged, (), int(flagged))
    assert report.densest[1] == Block(prefix="+861380013", count=count, size=10_000)


@pytest.mark.parametrize(
    ("others", "kind", "why"),
    [
        (range(1, 19), None, "nineteen with the callee"),
        ([*range(1, 19), 150], None, "twenty, of which nineteen are in a row"),
        (range(1, 20), "run", "twenty with the callee"),
        (range(-10, 10), "run", "the callee joins two halves"),
        (range(2, 60), "run", "every second of a sweep goes on to the callee"),
        ([*range(40, 60), *range(-60, -40)], None, "two sweeps far from the callee"),
        (range(201, 260), None, "beyond reach"),
        ([n for n in range(-24, 26) if n % 5 in (0, 1)], "stretch", "twenty of fifty"),
        ([n for n in range(-24, 26) if n % 5 in (0, 1)][1:], None, "nineteen of them"),
        ([n for n in range(-30, 31) if n % 4 == 0 or n == 29], None, "a quarter"),
    ],
)
def test_bounds_at_dial_time(others: Collection[int], kind: str | None, why: str) -> None:
    found = sweep(others, DEFAULT)
    assert (found.kind if found else None) == kind, why


def test_what_lies_beyond_reach_is_no_evidence() -> None:
    assert sweep(range(2, 62, 2), section(step=1)) == Sweep(kind="stretch", count=31, width=61)
    assert sweep(range(2, 62, 2), section(step=1, reach=25)) is None


def test_of_equally_many_numbers_the_narrowest_stretch_is_named() -> None:
    found = sweep([-12, *range(2, 38, 2), 46], section(step=1))
    assert found == Sweep(kind="stretch", count=20, width=47)


# the report


def test_fifty_consecutive_numbers_are_one_finding() -> None:
    report = listed([*range(50), *range(200, 225), *range(4000, 6000, 37)])
    assert report.runs == (
        Run(first="+8613800130000", last="+8613800130049", length=50, step=1),
        Run(first="+8613800130200", last="+8613800130224", length=25, step=1),
    )
    assert report.longest == report.runs[0]
    assert [block.share for block in report.blocks] == [50.0]
    assert report.summary == "run=50 block=50/100"
    assert msgspec.json.decode(msgspec.json.encode(report), type=RangeReport) == report


def test_two_runs_close_to_each_other_are_two() -> None:
    report = listed([*range(50), *range(55, 80)])
    assert [(run.length, run.step) for run in report.runs] == [(50, 1), (25, 1)]
    assert report.runs_found == 2


def test_a_run_of_larger_steps_says_so() -> None:
    report = listed(range(0, 60, 3))
    assert report.summary == "run=20/3"


def test_unassigned_numbers_have_their_share() -> None:
    report = listed(range(0, 3000, 50), unassigned=40)
    assert (report.unassigned_share, report.summary) == (40.0, "unassigned=40%")


def test_of_many_findings_the_worst_are_kept_and_all_counted() -> None:
    places = [1000 * n + place for n in range(60) for place in range(20 + n % 30)]
    report = listed(places)
    assert report.runs_found == 60 and len(report.runs) == len(report.blocks) == KEPT
    assert [run.length for run in report.runs][:4] == [49, 49, 48, 48]
    assert report.runs[0].first == f"+{START + 29_000}", "of equals the first"


def test_pages_make_no_difference() -> None:
    numbers = sorted({START + place for n in range(40) for place in range(n * 90, n * 90 + n)})
    whole, paged = Detector(DEFAULT), Detector(DEFAULT)
    whole.add(numbers)
    for place in range(0, len(numbers), 7):
        paged.add(numbers[place : place + 7])
    assert whole.report() == paged.report()


def test_nothing_is_nothing() -> None:
    report = Detector(DEFAULT).report()
    assert (report.flagged, report.numbers, report.longest, report.densest) == (False, 0, None, ())


@pytest.mark.parametrize("numbers", [[2, 1], [1, 1]])
def test_numbers_that_do_not_rise_are_a_mistake(numbers: list[int]) -> None:
    with pytest.raises(ValueError, match="rise"):
        Detector(DEFAULT).add(numbers)


# the section


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"least": 19}, "least"),
        ({"step": 0}, "step"),
        ({"step": 11}, "step: a run of 20 would span 209"),
        ({"reach": 189}, "step"),
        ({"reach": 501}, "reach"),
        ({"window_hours": 0}, "window_hours"),
        ({"block_share": 0}, "block_share"),
        ({"segment_share": 101}, "segment_share"),
        ({"unassigned_share": 0}, "unassigned_share"),
        ({"stretch_share": 0}, "stretch_share"),
    ],
)
def test_thresholds_that_mean_nothing_are_refused(changes: dict[str, int], says: str) -> None:
    with pytest.raises(ValueError, match=f"^{says}"):
        section(**changes)
