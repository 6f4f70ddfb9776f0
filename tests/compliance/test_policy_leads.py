"""Leads and range dialling at dial time: a row for each way to fail."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from dialpact.compliance.model import Batch, CallAttempt, Facts
from dialpact.compliance.policy import leads, range_dialling
from dialpact.compliance.policy.case import Case
from dialpact.compliance.sections import LeadsRule, RangeDialling
from dialpact.compliance.texts import finding_text
from tests.compliance.test_ranges import section
from tests.compliance.world import CALENDAR, GOOD, HUBEI, attempt, codes, facts

LEADS = LeadsRule(
    clause="c", source="s", effective_from=section().effective_from, purposes=section().purposes
)
BATCH = Batch(
    id=7,
    campaign="spring",
    partner="P",
    contract="K",
    basis="art. 13",
    file="a.csv",
    sha256="0" * 64,
    imported_at=GOOD,
    rows=1,
)
SWEEP = tuple(range(-19, 0))


def batch(**changes: Any) -> Batch:
    return msgspec.structs.replace(BATCH, **changes)


def case(known: Facts, call: CallAttempt | None = None) -> Case:
    return Case(call or attempt(), known, CALENDAR, HUBEI, GOOD.astimezone(HUBEI.zone), True)


HELD = batch(id=8, held="run=50")
UNSCRUBBED = batch(id=9, held="not-scrubbed")
ONLY_HELD = ["not-on-lead-list/only-held", "range-dialling/batch-held"]


@pytest.mark.parametrize(
    ("known", "found", "why"),
    [
        ((BATCH,), [], "supplied"),
        ((), ["not-on-lead-list/on-no-batch"], "nobody supplied it"),
        ((batch(campaign="summer"),), ["not-on-lead-list/on-no-batch"], "for another campaign"),
        ((HELD,), ONLY_HELD, "held"),
        ((UNSCRUBBED,), ["not-on-lead-list/not-scrubbed"], "a scrub is owed, and no sweep was found"),
        ((HELD, UNSCRUBBED), ["not-on-lead-list/not-scrubbed"], "the newest is named"),
        ((UNSCRUBBED, BATCH), [], "another one has it that counts"),
        (
            (batch(id=9, held="not-scrubbed, run=50"),),
            ["not-on-lead-list/not-scrubbed", "range-dialling/batch-held"],
            "both are said",
        ),
        ((HELD, BATCH), [], "held, but another partner's batch has it too"),
        (
            (HELD, batch(campaign="summer")),
            ["not-on-lead-list/only-held", "range-dialling/batch-held"],
            "both",
        ),
    ],
)
def test_leads(known: tuple[Batch, ...], found: list[str], why: str) -> None:
    assert codes(leads.judge(case(facts(leads=known)), LEADS)) == found, why


def test_a_held_batch_is_named_with_what_was_found() -> None:
    said = leads.judge(case(facts(leads=(HELD, batch(id=9, held="unassigned=40%")))), LEADS)[1]
    assert (said.detail["batch"], said.detail["what"]) == ("9", "unassigned=40%"), "the newest"
    assert "9" in finding_text(said, "zh") and "40%" in finding_text(said, "en")


@pytest.mark.parametrize(
    ("neighbours", "changes", "found"),
    [
        ((), {}, []),
        (SWEEP[1:], {}, []),
        (SWEEP, {}, ["range-dialling/range-run"]),
        (SWEEP, {"least": 21}, []),
        (tuple(range(1, 39, 2)), {"step": 1}, ["range-dialling/range-stretch"]),
        (tuple(range(1, 39, 2)), {"step": 1, "stretch_share": 60}, []),
    ],
)
def test_range_dialling(neighbours: tuple[int, ...], changes: dict[str, int], found: list[str]) -> None:
    judged = range_dialling.judge(case(facts(neighbours=neighbours)), section(**changes))
    assert codes(judged) == found


def test_a_sweep_is_described() -> None:
    (run,) = range_dialling.judge(case(facts(neighbours=SWEEP)), section(window_hours=12))
    assert run.detail == {"key": "range-run", "count": "20", "width": "20", "step": "1", "hours": "12"}
    (stretch,) = range_dialling.judge(case(facts(neighbours=tuple(range(1, 39, 2)))), section(step=1))
    for finding, words in ((run, ("20", "12")), (stretch, ("20", "38", "24"))):
        for language in ("en", "zh"):
            assert all(word in finding_text(finding, language) for word in words)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("call", "known", "why"),
    [
        (attempt("110"), facts(neighbours=SWEEP, leads=()), "no-number"),
        (attempt(), facts(campaign=None, neighbours=SWEEP, leads=()), "campaign-unknown"),
    ],
)
def test_without_number_or_campaign_another_rule_fails(call: CallAttempt, known: Facts, why: str) -> None:
    for judged in (
        leads.judge(case(known, call), LEADS),
        range_dialling.judge(case(known, call), section()),
    ):
        assert [(finding.result, finding.detail["key"]) for finding in judged] == [("skip", why)]


def test_the_shipped_profile_has_both_rules() -> None:
    assert isinstance(HUBEI.leads, LeadsRule) and isinstance(HUBEI.range_dialling, RangeDialling)
    assert "不得按号段盲呼" in HUBEI.range_dialling.clause
