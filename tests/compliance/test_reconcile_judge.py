"""What a pair, a lonely call and a lonely decision show, and times that are off: without a store."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dialpact.compliance.external_sort import FILES, ExternalSort
from dialpact.compliance.reconcile import (
    SETTLING,
    AskedCall,
    CdrCall,
    CdrFinding,
    CdrJudge,
    Group,
    Matcher,
    Pair,
    Row,
    Shift,
)
from dialpact.compliance.reconcile.shift import SAMPLE
from tests.compliance.cdr_values import NUMBER, TRUNKS, UNBRIDGED, T, asked, call, kept, matcher, rows


def judged(
    calls: list[CdrCall], decision: AskedCall | None, *, saw: bool = True, **options: Any
) -> tuple[list[tuple[str, dict[str, str]]], CdrJudge]:
    said: list[CdrFinding] = []
    given_options = {"node": "pbx1", "since": 0.0, "until": float("inf")} | options
    judge = CdrJudge(matcher(), said.append, **given_options)
    if decision is None:
        for one in calls:
            judge.lonely_call(one)
    elif calls:
        (pair,) = matcher().pair("id", Group("k", calls, [decision]))[0]
        judge.pair(pair)
    else:
        judge.lonely_asked(decision, seen=saw)
    return [(one.kind, one.detail) for one in said], judge


class TestJudge:
    def test_a_call_with_its_decision_and_its_recording(self) -> None:
        found, judge = judged([call()], asked())
        assert found == []
        assert (judge.counts.matched, judge.counts.recorded, judge.counts.found) == (1, 1, {})

    @pytest.mark.parametrize(
        ("of_call", "of_decision", "kinds"),
        [
            ({"number": "13900139000"}, {}, ["number-differs"]),
            ({"number": ""}, {}, []),  # no CDR says what was dialled
            ({"number": f"+86{NUMBER}"}, {}, ["number-differs"]),  # dialled is not what the gate said
            ({"caller_id": "95588"}, {}, ["caller-id-differs"]),
            ({"caller_id": ""}, {}, []),
            ({"trunk": "two"}, {}, ["trunk-differs"]),
            ({"trunk": "alias"}, {}, []),  # another name of the same endpoint
            ({"trunk": "two"}, {"trunk": "carrier&two"}, []),  # decided for both
            ({"trunk": "two"}, {"trunk": "carrier&three"}, ["trunk-differs"]),
            (
                {"answer": 0},
                {"kept": (kept(state="failed"),), "unbridged": (UNBRIDGED,)},
                ["answered-refused"],
            ),
            ({"answer": 0}, {"unbridged": (UNBRIDGED._replace(channel="PJSIP/carrier-00000009"),)}, []),
            ({}, {"unbridged": (UNBRIDGED,)}, []),  # the CDR says that it was answered: no news
            ({}, {"node": "pbx2"}, ["other-node"]),
            ({}, {"through": False, "why": "do-not-call"}, ["despite-refusal"]),
            ({}, {"kept": ()}, ["without-recording"]),
            ({"answer": 0}, {"kept": ()}, []),
            ({}, {"kept": (kept(state="failed"),)}, ["without-recording"]),
            ({}, {"kept": (kept(state="running", ended=0.0),)}, ["without-recording"]),  # nobody finished it
            ({}, {"kept": (kept(state="unanswered"),)}, ["without-recording"]),
            ({}, {"kept": (), "shadow": True}, ["without-recording"]),
        ],
    )
    def test_what_does_not_fit(
        self, of_call: dict[str, Any], of_decision: dict[str, Any], kinds: list[str]
    ) -> None:
        assert [kind for kind, _ in judged([call(**of_call)], asked(**of_decision))[0]] == kinds

    @pytest.mark.parametrize(
        ("seconds", "talk", "found"),
        [
            (17.0, 20, []),  # three seconds less
            (16.9, 20, ["length-differs"]),
            (180.0, 200, []),  # a tenth less
            (179.9, 200, ["length-differs"]),
            (25.0, 20, []),  # ringing and early media are recorded, too
        ],
    )
    def test_seconds_recorded_against_seconds_talked(
        self, seconds: float, talk: int, found: list[str]
    ) -> None:
        one = call(end=T + 10 + talk)
        assert [kind for kind, _ in judged([one], asked(kept=(kept(seconds=seconds),)))[0]] == found

    def test_segments_of_one_recording_are_added(self) -> None:
        halves = (kept(seconds=9.0), kept(id="r2", seconds=9.0))
        assert judged([call()], asked(kept=halves))[0] == []

    def test_a_caller_who_was_connected_before_he_asked_talked_later(self) -> None:
        """An announcement first, then the gate and the Dial: CDRs bill all of it."""
        late = asked(at=T + 60.0, kept=(kept(answered=T + 70.0, seconds=20.0),))
        assert judged([call(answer=T + 1, end=T + 90)], late)[0] == []
        short = asked(at=T + 60.0, kept=(kept(answered=T + 70.0, seconds=2.0),))
        assert [kind for kind, _ in judged([call(answer=T + 1, end=T + 90)], short)[0]] == ["length-differs"]

    def test_two_answered_calls_on_one_decision(self) -> None:
        second = call(leg="PJSIP/carrier-00000002", at=T + 40, answer=T + 50, end=T + 70)
        found, _ = judged([call(), second], asked())
        assert [kind for kind, _ in found] == ["used-twice", "without-recording"]

    def test_a_failover_is_one_answered_call(self) -> None:
        failed = call(leg="PJSIP/carrier-00000002", answer=0, end=T + 5)
        assert judged([failed, call(at=T + 5)], asked())[0] == []

    @pytest.mark.parametrize(("at", "kinds"), [(T + 4, []), (T + 3, ["used-twice"]), (T, ["used-twice"])])
    def test_two_legs_at_the_same_time(self, at: int, kinds: list[str]) -> None:
        """Dial(A&B): a decision is for one call. CDRs have whole seconds."""
        first = call(leg="PJSIP/carrier-00000002", answer=0, end=T + 5)
        assert [kind for kind, _ in judged([first, call(at=at)], asked())[0]] == kinds

    @pytest.mark.parametrize(
        ("calls", "told"),
        [
            ([call()], ["unseen-answered"]),
            ([call(answer=0)], ["unseen-unanswered"]),
            # Of two calls on one decision each settles its own leg's recording, and no other's.
            ([call(answer=0), call(at=T + 40, end=T + 70, leg="PJSIP/carrier-9")], ["unseen-unanswered"]),
        ],
    )
    def test_the_cdr_settles_what_nobody_saw(self, calls: list[CdrCall], told: list[str]) -> None:
        opened = asked(kept=(kept(answered=0.0, open=True, seconds=20.0),))
        found = [kind for kind, _ in judged(calls, opened)[0]]
        assert [kind for kind in found if kind in SETTLING] == told

    def test_nor_does_a_call_that_could_be_another_decisions(self) -> None:
        one = call()
        found: list[CdrFinding] = []
        judge = CdrJudge(Matcher("pbx1", TRUNKS, 5), found.append, node="pbx1", since=0, until=2 * T)
        judge.pair(Pair(asked(kept=(kept(answered=0.0, open=True),)), [one], [one]))
        assert [each.kind for each in found] == ["ambiguous"]

    @pytest.mark.parametrize(
        ("changes", "saw", "kinds"),
        [
            ({"kept": ()}, True, ["gave-up"]),
            ({"kept": ()}, False, ["decision-without-call"]),
            ({"kept": (), "went_on": True}, True, ["another-way"]),
            ({"kept": (), "went_on": True}, False, ["another-way"]),
            ({"went_on": True}, True, ["recording-without-call"]),
            ({"kept": (), "through": False, "why": "do-not-call"}, False, []),  # refused, and not called
            ({"kept": (), "node": "pbx2"}, False, []),  # these CDRs are not of that PBX
            ({}, True, ["recording-without-call"]),
            ({"node": "pbx2"}, True, []),
            ({"kept": (kept(state="failed"),)}, True, ["recording-without-call"]),
            ({"kept": (kept(state="unanswered", answered=0.0),)}, False, ["gave-up"]),
            ({"kept": (kept(state="running", ended=0.0),)}, False, ["in-progress"]),
            ({"kept": (kept(answered=0.0, open=True),)}, True, ["unseen-open"]),
            ({"kept": (kept(answered=0.0, open=True),), "node": "pbx2"}, True, []),
        ],
    )
    def test_a_decision_without_a_call(self, changes: dict[str, Any], saw: bool, kinds: list[str]) -> None:
        assert [kind for kind, _ in judged([], asked(**changes), saw=saw)[0]] == kinds

    @pytest.mark.parametrize(
        ("changes", "found"),
        [
            ({}, [("without-decision", {"way": "out"})]),
            ({"way": "originated", "number": ""}, [("without-decision", {"way": "originated"})]),
            ({"answer": 0}, [("without-decision", {"way": "out"})]),
            ({"number": "110"}, [("emergency", {})]),
            ({"number": "027120"}, [("emergency", {})]),
            ({"number": "1100"}, [("without-decision", {"way": "out"})]),
            ({"way": "in"}, []),
        ],
    )
    def test_a_call_without_a_decision(
        self, changes: dict[str, Any], found: list[tuple[str, dict[str, str]]]
    ) -> None:
        assert judged([call(**changes)], None)[0] == found

    @pytest.mark.parametrize(("since", "counted"), [(T, True), (T + 0.1, False)])
    def test_the_period_begins_with_the_call(self, since: float, counted: bool) -> None:
        assert bool(judged([call()], None, since=since)[0]) is counted

    @pytest.mark.parametrize(("until", "counted"), [(T, False), (T + 0.1, True)])
    def test_the_period_ends_before(self, until: float, counted: bool) -> None:
        assert bool(judged([call()], None, until=until)[0]) is counted

    def test_one_trunk(self) -> None:
        assert judged([call()], None, trunk="two")[0] == []
        assert judged([call(trunk="two")], None, trunk="two")[0]
        assert judged([call()], None, trunk="alias")[0]


class TestShift:
    @pytest.mark.parametrize(
        ("offsets", "expected"),
        [
            ([-28_800] * 5, -28_800),
            ([-28_800], -28_800),  # no call begins before its channel
            ([28_800] * 2, 28_800),  # nobody contradicts
            ([28_800], 0),  # a channel that waited
            ([-28_800] * 3 + [0], 0),  # too few to say anything
            ([-100], 0),
            ([0] * 9, 0),
            ([3600] * 8 + [0, 0], 3600),
            ([3600] * 7 + [0, 0, 0], 0),  # seven of ten: a channel that waited an hour
            ([19_860] * 9, 19_800),  # a minute beside five and a half hours
            ([19_861] * 9, 0),
            ([15 * 3600] * 9, 0),  # no zone is so far away
        ],
    )
    def test_by_unique_ids(self, offsets: list[int], expected: int) -> None:
        shift = Shift()
        for offset in offsets:
            shift.row(f"{T}.1", T + offset)
        shift.row("nonsense", T)
        assert (shift.seconds, shift.unsure) == (expected, False)

    def test_by_numbers_that_were_called_often(self) -> None:
        shift = Shift()
        for place in range(10):
            for again in (0, 4321, 9999):
                shift.asked(f"+86{place}", T + place * 77 + again)
                shift.call(f"+86{place}", T + place * 77 + again + 28_800)
        assert shift.unsure
        assert shift.seconds == 28_800

    def test_a_bounded_sample_of_the_same_numbers_on_both_sides(self) -> None:
        shift = Shift()
        for place in range(SAMPLE * 5):
            shift.call(f"+86{place}", T + 28_800)
        for place in reversed(range(SAMPLE * 5)):
            shift.asked(f"+86{place}", T)
        assert len(shift._calls) <= SAMPLE
        assert shift.seconds == 28_800


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_more_pieces_than_files_may_be_open() -> None:
    before = open_files()
    with ExternalSort(Row, piece=2) as ordered:
        (row,) = rows()
        for place in range(5 * FILES):
            ordered.add(row._replace(at=(place * 7919) % 1000, line=place))
            assert open_files() - before < FILES
        found = list(ordered)
    assert len(found) == 5 * FILES
    assert found == sorted(found)
