"""Whatever jobs there are, a part of their list looks at those of its kind behind the cursor, and what asks
for one of them finds that one.
"""

from __future__ import annotations

import pytest

from tests.store.plans import plans

PLANS = plans("jobs")


@pytest.mark.parametrize("name", sorted(PLANS.keys() - {"over_before"}))  # (which a sweep asks now and then)
def test_nothing_is_sorted_or_scanned(name: str) -> None:
    steps = PLANS[name]
    assert not [step for step in steps if "TEMP B-TREE" in step], steps
    scans = {step.split(" ")[1] for step in steps if step.startswith("SCAN")}
    # What is scanned is a list that was given, or what one transaction has put in.
    assert scans <= {"own", "json_each", "unsealed"}, steps


def test_a_list_is_entered_by_its_kind() -> None:
    assert PLANS["list_jobs"][0] == "SEARCH job USING INDEX job_by_kind (kind=? AND seq<?)"
