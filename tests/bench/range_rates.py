"""How often an honest list is taken for a sweep, and how soon a sweep is seen.

``python -m tests.bench.range_rates``: generated numbers, seeded, so the same figures every time. Everything
dialled counts as within one window, which is the worst case for honest lists. ``--json`` prints the figures,
``--runs N`` changes how many lists of each kind there are.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from dialpact.compliance.ranges import Detector, RangeReport, sweep
from dialpact.compliance.sections import RangeDialling

SECTION = RangeDialling(clause="-", source="-", effective_from=date(2018, 12, 14), purposes=("marketing",))
BLOCK = 8613800130000  # 10,000 numbers, as carriers are allotted them
RANGE = 8613800000000  # 10,000,000 numbers
ELSEWHERE = 8613801000000  # 1,000,000 numbers, no sweep among them
DENSITIES = (0.1, 1.0, 5.0, 10.0)  # per cent

Numbers = list[int]
Make = Callable[[random.Random], Numbers]


def listed(numbers: Iterable[int], section: RangeDialling = SECTION) -> RangeReport:
    detector = Detector(section)
    detector.add(sorted(set(numbers)))
    return detector.report()


def refused(order: Sequence[int], section: RangeDialling = SECTION) -> list[bool]:
    """Which attempts of a campaign the rule would refuse; refused ones count as dialled too."""
    reach = section.reach
    near: dict[int, list[int]] = defaultdict(list)
    found = []
    for number in order:
        place = number // reach
        around = [other - number for side in (-1, 0, 1) for other in near.get(place + side, ())]
        found.append(sweep(around, section) is not None)
        near[place].append(number)
    return found


def sample(start: int, size: int, per_cent: float) -> Make:
    return lambda chance: chance.sample(range(start, start + size), round(size * per_cent / 100))


def shuffled(make: Make) -> Make:
    def made(chance: random.Random) -> Numbers:
        numbers = make(chance)
        chance.shuffle(numbers)
        return numbers

    return made


def in_order(count: int, step: int = 1) -> Make:
    """From anywhere: the sweep must not need to begin where a block does."""

    def made(chance: random.Random) -> Numbers:
        first = BLOCK + chance.randrange(10_000)
        return [first + step * place for place in range(count)]

    return made


def with_gaps(span: int, share: float = 0.5) -> Make:
    def made(chance: random.Random) -> Numbers:
        first = BLOCK + chance.randrange(10_000)
        return [number for number in range(first, first + span) if chance.random() < share]

    return made


def agents_share(count: int, agents: int) -> Make:
    """One queue; each agent dials the number he took after a while, so the order is lost nearby."""

    def made(chance: random.Random) -> Numbers:
        numbers = in_order(count)(chance)
        return [number for _, number in sorted((n + chance.random() * 3 * agents, n) for n in numbers)]

    return made


def agents_apart(count: int, agents: int) -> Make:
    """Each agent sweeps a part of a block in order, all at the same time, in no fixed rhythm."""

    def made(chance: random.Random) -> Numbers:
        numbers = in_order(count)(chance)
        size = count // agents
        parts = [numbers[first : first + size] for first in range(0, count, size)]
        order = []
        while left := [part for part in parts if part]:
            order.append(chance.choice(left).pop(0))
        return order

    return made


def hidden(per_cent: float) -> Make:
    """Fifty in order, at random places among the calls of an honest list."""

    def made(chance: random.Random) -> Numbers:
        swept, honest = in_order(50)(chance), sample(ELSEWHERE, 1_000_000, per_cent)(chance)[:2000]
        places = sorted(chance.sample(range(len(honest)), len(swept)), reverse=True)
        for place, number in zip(places, reversed(swept), strict=True):
            honest.insert(place, number)
        return honest

    return made


def four_lists(chance: random.Random) -> Numbers:
    return [number for _ in range(4) for number in sample(BLOCK, 10_000, 2.5)(chance)]


HONEST: dict[str, tuple[Make, int]] = {
    **{f"{density:g} % of a block of 10,000": (sample(BLOCK, 10_000, density), 15) for density in DENSITIES},
    "four lists of 2.5 % of one block": (four_lists, 5),
    "0.1 % of 10,000,000": (sample(RANGE, 10_000_000, 0.1), 1),
    "1 % of 10,000,000": (sample(RANGE, 10_000_000, 1.0), 0),
    "19 consecutive numbers": (in_order(19), 10),
    "beyond the bound: 15 % of a block": (sample(BLOCK, 10_000, 15), 1),
    "beyond the bound: 20 % of a block": (sample(BLOCK, 10_000, 20), 1),
}
SWEEPS: dict[str, tuple[Make, int]] = {
    "50 in order": (in_order(50), 10),
    "50 downwards": (lambda chance: in_order(50)(chance)[::-1], 10),
    "50, every 2nd": (in_order(50, 2), 10),
    "50, every 3rd": (in_order(50, 3), 10),
    "50, every 10th": (in_order(50, 10), 10),
    "about 50 of 100 at random, in order": (with_gaps(100), 50),
    "about 500 of 1,000 at random, in order": (with_gaps(1000), 3),
    "50 shuffled": (shuffled(in_order(50)), 10),
    "100 shuffled": (shuffled(in_order(100)), 10),
    "100, every 3rd, shuffled": (shuffled(in_order(100, 3)), 10),
    "1,000 shuffled": (shuffled(in_order(1000)), 3),
    "about 500 of 1,000, shuffled": (shuffled(with_gaps(1000)), 3),
    "10,000 shuffled": (shuffled(in_order(10_000)), 0),
    "200 by 4 agents from one queue": (agents_share(200, 4), 10),
    "1,000 by 4 agents, a part each": (agents_apart(1000, 4), 3),
    "1,000 by 20 agents, a part each": (agents_apart(1000, 20), 3),
    "50 in order hidden in 2,000 honest": (hidden(1.0), 1),
    "not seen: 500, every 11th": (in_order(500, 11), 1),
    "not seen: 15 % of a block, shuffled": (sample(BLOCK, 10_000, 15), 1),
}


def honest(make: Make, lists: int, seed: int) -> dict[str, Any]:
    held = attempts = stopped = touched = 0
    for number in range(lists):
        chance = random.Random(seed * 1000 + number)
        numbers = make(chance)
        held += listed(numbers).flagged
        for order in (numbers, sorted(set(numbers))):
            wrong = sum(refused(order))
            attempts, stopped = attempts + len(order), stopped + wrong
            touched += bool(wrong)
    return {
        "lists": lists,
        "held_per_cent": 100 * held / lists,
        "lists_touched_per_cent": 100 * touched / (2 * lists),
        "attempts": attempts,
        "refused_per_cent": 100 * stopped / attempts,
    }


def swept(make: Make, lists: int, seed: int) -> dict[str, Any]:
    held, first, share = 0, [], []
    for number in range(lists):
        chance = random.Random(seed * 1000 + number)
        order = make(chance)
        held += listed(order).flagged
        found = refused(order)
        mine = [stopped for stopped, called in zip(found, order, strict=True) if called < ELSEWHERE]
        if any(mine):
            first.append(mine.index(True) + 1)
        share.append(100 * sum(mine) / len(mine))
    return {
        "lists": lists,
        "held_per_cent": 100 * held / lists,
        "detected_per_cent": 100 * len(first) / lists,
        "first_refused_median": statistics.median(first) if first else None,
        "first_refused_worst": max(first, default=None),
        "refused_per_cent": statistics.mean(share),
    }


Kinds = Mapping[str, tuple[Make, int]]


def measure(runs: int = 20, seed: int = 1, lists: Kinds = HONEST, sweeps: Kinds = SWEEPS) -> dict[str, Any]:
    """``runs``: lists of each kind; small ones more often, very large ones three times."""
    times = {name: max(3, runs * weight) for name, (_, weight) in {**lists, **sweeps}.items()}
    return {
        "honest": {name: honest(make, times[name], seed) for name, (make, _) in lists.items()},
        "sweeps": {name: swept(make, times[name], seed) for name, (make, _) in sweeps.items()},
    }


def main(arguments: Sequence[str] | None = None, lists: Kinds = HONEST, sweeps: Kinds = SWEEPS) -> None:
    """``arguments``: else the process's own."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    found = measure(given.runs, given.seed, lists, sweeps)
    if given.json:
        print(json.dumps(found, indent=2))
        return
    print(f"{'honest':40} lists  held %  touched %  attempts  refused %")
    for name, row in found["honest"].items():
        print(
            f"{name:40} {row['lists']:5} {row['held_per_cent']:7.1f} {row['lists_touched_per_cent']:10.2f}"
            f" {row['attempts']:9} {row['refused_per_cent']:10.4f}"
        )
    print(f"\n{'sweep':40} lists  held %  seen %  median  worst  refused %")
    for name, row in found["sweeps"].items():
        print(
            f"{name:40} {row['lists']:5} {row['held_per_cent']:7.1f} {row['detected_per_cent']:7.1f}"
            f" {row['first_refused_median'] or '-':>7} {row['first_refused_worst'] or '-':>6}"
            f" {row['refused_per_cent']:10.1f}"
        )


if __name__ == "__main__":
    main()
