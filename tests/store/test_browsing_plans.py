"""Whatever a register holds, a part of its list looks at so many entries behind the cursor, no more."""

from __future__ import annotations

import pytest

from tests.store.plans import plans

# What is scanned is what a look has found, one person's rows, or a list that was given.
BOUNDED = {"near", "asked", "json_each", "one", "consent_now", "dnc_now"}


PLANS = plans("browsing")
OLDER = plans("registers")
LISTS = sorted(name.removesuffix("_end") for name in PLANS if name.endswith("_end"))


def test_each_list_says_where_its_look_ended() -> None:
    assert len(LISTS) == 10
    assert set(LISTS) <= set(PLANS)


@pytest.mark.parametrize("name", PLANS)
def test_nothing_is_sorted_or_scanned_that_is_not_bounded(name: str) -> None:
    assert not [step for step in PLANS[name] if "TEMP B-TREE" in step], PLANS[name]
    known = BOUNDED | ({"campaign"} if name == "scripts" else set())  # (which scripts a supervisor's read)
    scans = {step.split(" ")[1] for step in PLANS[name] if step.startswith("SCAN")}
    assert scans <= known, PLANS[name]


@pytest.mark.parametrize("plan", [PLANS["opt_outs"], PLANS["opt_outs_end"], OLDER["list_dnc"]])
def test_opt_outs_are_found_by_their_number_and_paged_by_their_key(plan: list[str]) -> None:
    """Of ten million one person's are read alone: both bounds are in the key."""
    assert "SEARCH do_not_call USING PRIMARY KEY ((number,scope,value)>(?,?,?) AND number<?)" in plan


@pytest.mark.parametrize("plan", [PLANS["consents"], PLANS["consents_end"], OLDER["list_consents"]])
def test_consents_are_found_by_their_number_and_paged_by_their_key(plan: list[str]) -> None:
    wanted = "SEARCH old USING PRIMARY KEY ((number,business,industry,granted_at)>(?,?,?,?) AND number<?)"
    assert wanted in plan


def test_the_batches_of_a_number_are_found_by_it() -> None:
    assert "SEARCH lead USING PRIMARY KEY (number=? AND batch<?)" in PLANS["batches_with"]


def test_an_act_and_its_leaf_are_found_by_the_key() -> None:
    assert PLANS["acts"][0].startswith("SEARCH act USING INDEX register_change_by_key (register=? AND key=?")
    leaf = "SEARCH ledger USING COVERING INDEX sqlite_autoindex_ledger_1 (kind=? AND key=?) LEFT-JOIN"
    assert leaf in PLANS["acts"]


def test_a_caller_id_is_found_by_its_number() -> None:
    assert OLDER["find_caller_id"] == ["SEARCH caller_id USING PRIMARY KEY (number=?)"]
