"""Calls and decisions side by side: the bounds of each comparison, without a store."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialpact.compliance.config import Trunk
from dialpact.compliance.reconcile import (
    Group,
    HouseCalls,
    Matcher,
    grouped,
    house,
    merged,
    seen,
)
from dialpact.compliance.reconcile.calls import GAP
from dialpact.compliance.reconcile.match import DAY, FRESH, SLACK, canonical
from dialpact.compliance.registers.fault import Fault
from tests.compliance.cdr_values import NUMBER, T, asked, call, matcher, record, rows


class TestRows:
    """From a record to what it says of a trunk's legs."""

    def test_a_dialled_leg(self) -> None:
        (row,) = rows()
        assert (row.leg, row.at, row.end, row.answer) == ("PJSIP/carrier-00000001", T, T + 30, T + 10)
        assert (row.way, row.number, row.trunk, row.line) == ("out", NUMBER, "carrier", 7)

    @pytest.mark.parametrize(
        ("changes", "ways"),
        [
            ({"dstchannel": "PJSIP/1002-1", "lastdata": "PJSIP/1002"}, []),
            ({"dstchannel": "", "lastapp": "Hangup"}, []),
            ({"dstchannel": ""}, ["out"]),  # it failed before a leg came into being
            ({"dstchannel": "PJSIP/carriers-1"}, []),  # another endpoint
            ({"channel": "PJSIP/two-1", "dstchannel": "PJSIP/1002-1", "src": "139"}, ["in"]),
            ({"channel": "PJSIP/two-1", "src": "139"}, ["out", "in"]),  # came in, and was passed on
            ({"channel": "PJSIP/two-1", "dstchannel": "", "lastapp": "AppDial2", "src": "1"}, ["originated"]),
            ({"channel": "PJSIP/two-1", "dstchannel": "", "lastapp": "Wait", "dst": "s"}, ["originated"]),
            ({"channel": "PJSIP/two-1", "dstchannel": "", "lastapp": "Wait", "dst": ""}, ["originated"]),
            # our own number calls us from outside
            ({"channel": "PJSIP/two-1", "dstchannel": "", "lastapp": "Wait"}, ["originated"]),
            ({"channel": "PJSIP/two-1", "dstchannel": "", "lastapp": "Wait", "src": "1"}, ["in"]),
        ],
    )
    def test_which_way_it_went(self, changes: dict[str, str], ways: list[str]) -> None:
        assert [row.way for row in rows(**changes)] == ways

    @pytest.mark.parametrize(
        ("disposition", "answer"), [("ANSWERED", T + 10), ("NO ANSWER", 0), ("BUSY", 0), ("FAILED", 0)]
    )
    def test_answered(self, disposition: str, answer: int) -> None:
        assert rows(disposition=disposition)[0].answer == answer

    @pytest.mark.parametrize("value", ["", "x", "-1", "1.5", "9999999999"])
    @pytest.mark.parametrize("field", ["duration", "billsec"])
    def test_no_duration_is_a_bad_line(self, field: str, value: str) -> None:
        with pytest.raises(Fault) as raised:
            rows(**{field: value})
        assert raised.value.key == "cdr-seconds"

    @pytest.mark.parametrize(
        ("userfield", "expected"),
        [("dialpact:" + "a" * 32, "a" * 32), ("dialpact:do-not-call", ""), ("x dialpact:" + "a" * 32, "")],
    )
    def test_the_decision_in_the_user_field(self, userfield: str, expected: str) -> None:
        assert rows(userfield=userfield)[0].decision == expected

    @pytest.mark.parametrize(
        ("changes", "number"),
        [
            ({"lastapp": "Queue", "lastdata": "q"}, NUMBER),  # the extension, where it is a number
            ({"lastapp": "Queue", "lastdata": "q", "dst": "*5"}, ""),
            ({"lastdata": "PJSIP/1002&PJSIP/02787654321@carrier"}, "02787654321"),
        ],
    )
    def test_what_was_dialled(self, changes: dict[str, str], number: str) -> None:
        assert rows(**changes)[0].number == number


class TestMerged:
    """Rows of one leg are one call."""

    def test_a_transfer(self) -> None:
        (first,) = rows()
        second = first._replace(
            at=T + 30, end=T + 90, answer=T + 30, way="in", channel=first.leg, uniqueid="x", number=""
        )
        (found,) = merged([first, second])
        assert (found.at, found.end, found.answer, found.way) == (T, T + 90, T + 10, "out")
        assert (found.uniqueid, found.number) == (first.uniqueid, NUMBER)

    @pytest.mark.parametrize(("pause", "calls"), [(GAP, 1), (GAP + 1, 2)])
    def test_a_name_of_after_a_restart_is_another_leg(self, pause: int, calls: int) -> None:
        (first,) = rows()
        assert len(list(merged([first, first._replace(at=T + 30 + pause, end=T + 60 + pause)]))) == calls

    @pytest.mark.parametrize(("began", "calls"), [(T - 5, 1), (T + 31, 1), (T + 32, 2)])
    def test_an_originate_soon_after_a_restart_is_another_leg(self, began: int, calls: int) -> None:
        (first,) = rows()
        second = first._replace(
            at=T + 36, end=T + 40, way="originated", channel=first.leg, uniqueid=f"pbx1-{began}.1", number=""
        )
        assert [one.way for one in merged([first, second])] == ["out", "originated"][:calls]

    def test_a_long_row_covers_a_short_one_within_it(self) -> None:
        (row,) = rows()
        long = row._replace(end=T + 3000)
        short = row._replace(at=T + 5, end=T + 6)
        late = row._replace(at=T + 2900, end=T + 3100)
        assert len(list(merged([long, short, late]))) == 1

    def test_calls_without_a_leg_stay_apart(self) -> None:
        row = rows(dstchannel="")[0]
        assert len(list(merged([row, row]))) == 2

    def test_the_first_answer_counts(self) -> None:
        (row,) = rows()
        (found,) = merged([row._replace(answer=0), row._replace(at=T + 1, answer=T + 9)])
        assert found.answer == T + 9


class TestMatch:
    @pytest.mark.parametrize(
        ("by", "at", "fits"),
        [
            ("uniqueid", T + 30 + SLACK, True),
            ("uniqueid", T + 30 + SLACK + 0.1, False),  # decided after the call was over
            ("uniqueid", T - DAY, True),
            ("uniqueid", T - DAY - 1, False),
            ("channel", T - FRESH, True),
            ("channel", T - FRESH - 0.1, False),  # a name of before a restart
            ("channel", T + 30 + SLACK + 0.1, False),
            ("number", T - FRESH, True),
            ("number", T - FRESH - 0.1, False),
            ("id", T + 99_999, True),
        ],
    )
    def test_bounds_of_time(self, by: str, at: float, fits: bool) -> None:
        pairs, left, unused = matcher().pair(by, Group("k", [call()], [asked(at=at)]))
        assert (len(pairs), len(left), len(unused)) == ((1, 0, 0) if fits else (0, 1, 1))

    def test_the_tolerance_is_added(self) -> None:
        late = asked(at=T - FRESH - 5)
        assert not matcher(4).pair("number", Group("k", [call()], [late]))[0]
        assert matcher(5).pair("number", Group("k", [call()], [late]))[0]

    def test_one_channel_with_another_unique_id_is_another_call(self) -> None:
        assert not matcher().pair("channel", Group("k", [call()], [asked(uniqueid=f"{T}.9")]))[0]

    @pytest.mark.parametrize(("uniqueid", "fits"), [(f"{T}.1", 1), ("", 1), (f"{T + 36}.1", 0)])
    def test_a_leg_of_the_same_name_is_not_covered_by_an_earlier_decision(
        self, uniqueid: str, fits: int
    ) -> None:
        """The CDR of the call that was decided is gone with the Asterisk that was killed."""
        leg = "PJSIP/carrier-00000001"
        originated = call(way="originated", channel=leg, uniqueid=uniqueid, number="", at=T + 36, end=T + 40)
        pairs, _, _ = matcher().pair("leg", Group(leg, [originated], [asked()]))
        assert len(pairs) == fits

    @pytest.mark.parametrize(("by", "fits"), [("uniqueid", 0), ("channel", 0), ("leg", 0), ("number", 1)])
    def test_another_pbx_has_channels_of_the_same_names(self, by: str, fits: int) -> None:
        pairs, _, _ = matcher().pair(by, Group("k", [call()], [asked(node="pbx2")]))
        assert len(pairs) == fits

    def test_a_decision_of_this_pbx_comes_first(self) -> None:
        there = [asked(id="d2", node="pbx2", at=float(T)), asked(caller_id="", at=T + 9.0)]
        (pair,) = matcher().pair("number", Group("k", [call()], there))[0]
        assert (pair.asked.id, pair.ambiguous) == ("d1", [])

    @pytest.mark.parametrize(
        ("decisions", "chosen"),
        [
            # the first row of a channel begins before all that is asked on it
            ([("a", 1.0, NUMBER, True), ("b", 9.0, "2", True)], "a"),
            ([("a", 5.0, NUMBER, True), ("b", 9.0, NUMBER, True)], "a"),
            ([("a", -20.0, NUMBER, True), ("b", -9.0, NUMBER, True)], "b"),
            ([("a", -9.0, "2", True), ("b", -20.0, NUMBER, True)], "b"),
            # refused, and allowed a moment later
            ([("a", 1.0, NUMBER, False), ("b", 5.0, NUMBER, True)], "b"),
            ([("a", 1.0, NUMBER, False)], "a"),
        ],
    )
    def test_the_decision_in_force(self, decisions: list[tuple[str, float, str, bool]], chosen: str) -> None:
        there = [
            asked(id=id, at=T + at, dial=dial, number=dial, through=through)
            for id, at, dial, through in decisions
        ]
        (pair,) = matcher().pair("uniqueid", Group("k", [call()], there))[0]
        assert (pair.asked.id, pair.ambiguous) == (chosen, [])

    def test_a_number_in_another_form_is_the_same(self) -> None:
        assert matcher().same_number(
            call(number="87654321"), asked(dial="02787654321", number="+862787654321")
        )

    @pytest.mark.parametrize("by", ["uniqueid", "channel"])
    def test_an_emergency_call_needs_no_decision_and_takes_none(self, by: str) -> None:
        assert not matcher().pair(by, Group("k", [call(number="027110")], [asked()]))[0]

    def test_by_number_each_decision_carries_one_call(self) -> None:
        calls = [call(at=T), call(at=T + 5, line=8)]
        pairs, left, _ = matcher().pair("number", Group("k", calls, [asked()]))
        assert [one.line for one in pairs[0].calls] == [7]
        assert [one.line for one in left] == [8]

    @pytest.mark.parametrize(
        ("other", "ambiguous", "chosen"),
        [
            ({"at": T + 3.0}, True, "d1"),
            ({"at": T + 0.1}, True, "d2"),
            ({"caller_id": "95588"}, False, "d1"),
            ({"trunk": "two"}, False, "d1"),
            ({"at": T - FRESH - 1.0}, False, "d1"),
        ],
    )
    def test_two_decisions_fit(self, other: dict[str, Any], ambiguous: bool, chosen: str) -> None:
        there = [asked(), asked(id="d2", **other)]
        (pair,) = matcher().pair("number", Group("k", [call()], there))[0]
        assert (bool(pair.ambiguous), pair.asked.id) == (ambiguous, chosen)

    @pytest.mark.parametrize("order", [(0, 1), (1, 0)])
    def test_a_second_trunk_within_the_same_second(self, order: tuple[int, int]) -> None:
        """503 after 0.2 s: to a CDR both decisions came before the first leg."""
        calls = [call(answer=0, end=T), call(at=T + 1, leg="PJSIP/two-00000002", trunk="two", line=8)]
        there = [asked(went_on=True, kept=()), asked(id="d2", at=T + 0.7, trunk="two")]
        group = Group("k", [calls[place] for place in order], there)
        pairs, left, unused = matcher().pair("uniqueid", group)
        assert ([[one.line for one in pair.calls] for pair in pairs], left, unused) == ([[7], [8]], [], [])
        assert [pair.asked.id for pair in pairs] == ["d1", "d2"]

    def test_the_same_trunk_again_within_the_second(self) -> None:
        calls = [call(answer=0, end=T), call(at=T + 1, leg="PJSIP/carrier-00000002", line=8)]
        there = [asked(kept=()), asked(id="d2", at=T + 0.7)]
        pairs, _, unused = matcher().pair("uniqueid", Group("k", calls, there))
        assert ([(pair.asked.id, len(pair.calls)) for pair in pairs], unused) == ([("d1", 1), ("d2", 1)], [])

    def test_two_dials_on_one_decision(self) -> None:
        calls = [call(answer=0, end=T), call(at=T + 1, leg="PJSIP/carrier-00000002", line=8)]
        pairs, _, _ = matcher().pair("uniqueid", Group("k", calls, [asked()]))
        assert [(pair.asked.id, len(pair.calls)) for pair in pairs] == [("d1", 2)]

    def test_a_technical_prefix(self) -> None:
        trunks = {"nine": Trunk(endpoint="PJSIP/carrier", dial_format="9{national}", area_code="027")}
        nine = Matcher("pbx1", trunks, 0)
        (row,) = HouseCalls(trunks)(record(lastdata=f"PJSIP/9{NUMBER}@carrier"), "Master.csv")
        (one,) = merged([row])
        assert (one.number, nine.canonical(one)) == (f"9{NUMBER}", f"+86{NUMBER}")
        assert nine.same_number(one, asked(dial=f"9{NUMBER}"))
        (row,) = HouseCalls(trunks)(record(lastdata="PJSIP/9110@carrier"), "Master.csv")
        assert nine.is_emergency(next(merged([row])))
        # Where no Dial() says what was dialled, the extension has no prefix.
        (row,) = HouseCalls(trunks)(record(lastapp="Queue", lastdata="q"), "Master.csv")
        assert nine.canonical(next(merged([row]))) == f"+86{NUMBER}"

    @pytest.mark.parametrize(
        ("endpoint", "channels", "leg", "data"),
        [
            ("SIP/x", "", "SIP/x-0000002a", f"SIP/x/{NUMBER}"),
            ("IAX2/x", "", "IAX2/x-4711", f"IAX2/me:word@x/{NUMBER}"),
            ("Local/out", "", f"Local/{NUMBER}@out-0000002a;1", f"Local/{NUMBER}@out/n"),
            ("DAHDI/g1", "i1", f"DAHDI/i1/{NUMBER}-2a", f"DAHDI/g1/{NUMBER}"),
            ("DAHDI/g1", "1-15", "DAHDI/5-1", f"DAHDI/g1/{NUMBER}"),
            ("DAHDI/g1", "1-15", "", f"DAHDI/g1/{NUMBER}"),
        ],
    )
    def test_trunks_of_every_technology(self, endpoint: str, channels: str, leg: str, data: str) -> None:
        trunks = {"other": Trunk(endpoint="PJSIP/z"), "t": Trunk(endpoint=endpoint, channels=channels)}
        (row,) = HouseCalls(trunks)(record(dstchannel=leg, lastdata=data), "Master.csv")
        assert (row.way, row.number, row.trunk) == ("out", NUMBER, "t")

    def test_a_refusal_is_no_decision_to_call_by_the_number(self) -> None:
        """Somebody else called a number that was refused here: he has no decision at all."""
        *_, by_number = matcher().passes
        assert by_number.of_asked(asked(through=False)) == ""

    def test_groups(self) -> None:
        calls = [call(key=""), call(key=""), call(key="a"), call(key="c")]
        there = [asked(key=""), asked(key="a"), asked(key="b")]
        sizes = [(group.key, len(group.calls), len(group.asked)) for group in grouped(calls, there)]
        assert sizes == [("", 1, 0), ("", 1, 0), ("", 0, 1), ("a", 1, 1), ("b", 0, 1), ("c", 1, 0)]

    @pytest.mark.parametrize(
        ("changes", "expected"),
        [
            ({}, True),
            ({"uniqueid": "other.1"}, False),
            ({"uniqueid": "", "start": datetime.fromtimestamp(T - 300, UTC)}, False),
            ({"uniqueid": ""}, True),
        ],
    )
    def test_the_caller_was_seen(self, changes: dict[str, Any], expected: bool) -> None:
        assert seen(asked(), [house(record(**changes))]) is expected


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(-200, 200), st.booleans()), max_size=12))
def test_no_call_and_no_decision_is_lost_or_used_twice(items: list[tuple[int, int, bool]]) -> None:
    calls = [call(line=n, at=T + at, end=T + at + 30) for n, (_, at, is_call) in enumerate(items) if is_call]
    there = [asked(id=str(n), at=T + at) for n, (_, at, is_call) in enumerate(items) if not is_call]
    for by in ("uniqueid", "channel", "leg", "number"):
        pairs, left, unused = matcher().pair(by, Group("k", calls, there))
        lines = [one.line for pair in pairs for one in pair.calls] + [one.line for one in left]
        assert sorted(lines) == sorted(one.line for one in calls)
        ids = [pair.asked.id for pair in pairs] + [one.id for one in unused]
        assert sorted(ids) == sorted(one.id for one in there)


@pytest.mark.parametrize(
    ("dialled", "regions", "meant"),
    [
        ("2127360104", ("US",), "+12127360104"),
        ("12127360104", ("US", "CN"), "+12127360104"),
        ("13422345678", ("US",), "13422345678"),  # no number there, and nobody says that it is a Chinese one
        ("0142345678", ("FR",), "+33142345678"),
        ("13800138000", ("CN",), "+8613800138000"),
        ("2127360104", ("CN",), "2127360104"),
    ],
)
def test_what_was_dialled_is_a_number_at_home(dialled: str, regions: tuple[str, ...], meant: str) -> None:
    assert canonical(dialled, "", regions) == meant
