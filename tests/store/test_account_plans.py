"""Whoever asks for a page is known, and what waits for an officer is counted, without a look at others."""

from __future__ import annotations

import pytest

from tests.store.plans import plans

PLANS = {f"{file}.{name}": steps for file in ("accounts", "approvals") for name, steps in plans(file).items()}
# What is gone through is little: accounts are people; of requests and sessions, those that are open.
LITTLE = {
    "accounts.any_account": ["SCAN account"],
    "accounts.other_administrators": ["SCAN account"],
    "accounts.running_sessions": ["USE TEMP B-TREE"],
    "accounts.running_sessions_of": ["USE TEMP B-TREE"],
    "approvals.open_about": ["USE TEMP B-TREE"],
    "approvals.list_open": ["USE TEMP B-TREE"],
}


def test_they_are_all_looked_at() -> None:
    assert {"accounts.get_session", "approvals.count_open", *LITTLE} <= set(PLANS)


@pytest.mark.parametrize("name", PLANS)
def test_nothing_is_scanned_or_sorted_but_what_is_little(name: str) -> None:
    found = [step for step in PLANS[name] if step.startswith("SCAN") or "TEMP B-TREE" in step]
    found = [step for step in found if "json_each" not in step and "CONSTANT ROW" not in step]
    assert [step.partition(" FOR ")[0] for step in found] == LITTLE.get(name, [])


@pytest.mark.parametrize("name", ["accounts.running_sessions", "approvals.list_open", "approvals.count_open"])
def test_what_is_over_is_not_gone_through(name: str) -> None:
    assert "USING" in PLANS[name][0] and PLANS[name][0].startswith("SEARCH"), PLANS[name]
