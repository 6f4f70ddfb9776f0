"""The model, explored whole: ``python -m tests.model [--json] [--only whole|breaks]``, or ``make model``.

1. As it is: every state is looked at, and every property holds in each.
2. Every run comes to an end, so what must be true in the end is looked at in all; every transition happens.
3. With one rule left out at a time: each property that rests on it is found broken, so they can fail.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import Any

from tests.model import promela, runs, spin
from tests.model.spin import ModelError, Run

Row = dict[str, Any]


def whole(run: Run) -> Row:
    """The model as it is."""
    found = spin.explore(run)
    return _row(run, found, found.is_whole)


def ends(run: Run) -> Row:
    """No run goes round."""
    found = spin.cycles(run)
    return _row(run, found, found.is_whole)


def happens(run: Run) -> Row:
    """No transition is there in vain."""
    told = spin.happened(run)
    vain = sorted(one.name for one in promela.transitions() if not one.told & told)
    return {"part": "whole", "name": run.name, "in vain": vain, "good": not vain, "steps": ()}


def broken(rule: str, wanted: str, run: Run) -> Row:
    """One rule left out: the property that rests on it must be found broken."""
    found = spin.explore(run)
    more = {"part": "breaks", "what": runs.BREAKS[rule][0], "property": wanted}
    return _row(run, found, found.broken == wanted) | more


def _row(run: Run, found: spin.Found, good: bool) -> Row:
    return {"part": "whole", "name": run.name, **asdict(found), "good": good}


def shown(row: Row) -> str:
    """A line of the table."""
    if "in vain" in row:
        figures, said = "", f"in vain: {', '.join(row['in vain'])}" if row["in vain"] else "all of them"
    else:
        figures = f"{row['states']:>12,} {row['depth']:>6} {row['megabytes']:>9,.0f} {row['seconds']:>8.1f}"
        said = f"{row['broken']} broken" if row["broken"] else ", ".join(row["partial"]) or "holds"
    verdict = "good" if row["good"] else "BAD"
    return f"{row['name']:<28} {figures:<39} {said:<20} {verdict}"


def main(words: Sequence[str] | None = None) -> int:
    """0 when everything is as it must be."""
    parser = argparse.ArgumentParser(prog="python -m tests.model", description="The model, explored whole.")
    parser.add_argument("--json", action="store_true", help="the figures and every counterexample, as JSON")
    parser.add_argument("--only", choices=["whole", "breaks"], help="one part of it")
    options = parser.parse_args(words)
    rows: list[Row] = []
    try:
        spin.available()
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            jobs = []
            if options.only != "breaks":
                jobs += [pool.submit(whole, run) for run in runs.WHOLE]
                jobs += [pool.submit(ends, runs.ENDS), pool.submit(happens, runs.HAPPENS)]
            if options.only != "whole":
                jobs += [pool.submit(broken, *one) for one in runs.broken()]
            if not options.json:
                print(f"{'run':<28} {'states':>12} {'depth':>6} {'megabytes':>9} {'seconds':>8}")
            for job in jobs:
                rows.append(job.result())
                if not options.json:
                    print(shown(rows[-1]), flush=True)
    except ModelError as error:
        print(error, file=sys.stderr)
        return 1
    bad = [row for row in rows if not row["good"]]
    if options.json:
        print(json.dumps(rows, indent=1))
    else:
        for row in bad:
            print(f"\n{row['name']}:", *row["steps"], sep="\n  ")
        print(f"{len(rows) - len(bad)} of {len(rows)} as it must be")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
