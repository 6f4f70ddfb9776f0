"""From attempt and facts to a decision, where no rule has a say."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from msgspec import json, structs

from dialpact.compliance import calendars, profile
from dialpact.compliance.config import Trunk
from dialpact.compliance.judge import Judge, bounded
from dialpact.compliance.model import Business, CallerId, Campaign, Consent, Decision, Facts, RecorderState
from dialpact.compliance.numbers import areas
from dialpact.compliance.profile import Policy
from dialpact.compliance.reasons import Reason
from dialpact.store.sqlite import Store, create
from tests.compliance.store_values import Still

WEDNESDAY = datetime(2026, 11, 25, 2, tzinfo=UTC)
FACTS = Facts(
    campaign=Campaign(id="c", business="b", industry="loans", purpose="marketing"),
    business=Business(id="b", name="B", actor="own-business"),
    consents=(
        Consent(
            number="+8613800138000",
            business="b",
            industry="loans",
            granted_at=datetime(2026, 1, 1, tzinfo=UTC),
            expires_at=None,
            evidence="form",
        ),
    ),
    recorder=RecorderState(ready=True),
    trunk_known=True,
)


CALLER = CallerId(
    number="02788880007",
    business="b",
    licence="l",
    carrier="c",
    authenticated=True,
    trunks=("*",),
    purposes=("marketing",),
    valid_from=date(2026, 1, 1),
    valid_to=None,
)


def judge(tmp_path: Path) -> Judge:
    """A profile without rules on caller IDs and trunks."""
    text = (Path(profile.__file__).parent / "profiles" / "cn-hubei-2018.toml").read_text("utf-8")
    head, _, rest = text.partition("# 业务外呼")
    file = tmp_path / "lax.toml"
    text = head[: head.index("[leads]")] + rest[rest.index("[recording]") :]
    file.write_text(text.replace("cn-hubei-2018", "lax"), "utf-8")
    rules = Policy(profiles=(profile.load(file),), calendar=calendars.load())
    return Judge(rules, {"carrier": Trunk(endpoint="PJSIP/carrier")}, "pbx1")


def test_a_trunk_that_is_not_configured_is_refused_by_any_profile(tmp_path: Path) -> None:
    lax = judge(tmp_path)
    known = lax.decide(lax.attempt("13800138000", "c", "1"), FACTS, WEDNESDAY)
    assert (known.verdict, known.dial) == ("ALLOW", "13800138000")
    other = lax.decide(lax.attempt("13800138000", "c", "1", trunk="other"), FACTS, WEDNESDAY)
    assert (other.verdict, other.reasons) == ("BLOCK", (Reason.GATE_ERROR,))


def several(*forms: str) -> Judge:
    """Trunks a, b, ... with these dial formats, and the covenant's rules but for leads and scripts."""
    rules = Policy(
        (structs.replace(profile.load("cn-hubei-2018"), leads=None, script=None),), calendars.load()
    )
    trunks = {
        name: Trunk(endpoint=name, dial_format=form) for name, form in zip("abcdef", forms, strict=False)
    }
    return Judge(rules, trunks, "pbx1")


def for_several(*trunks: str, may: tuple[str, ...] = ("*",), holders: dict[str, str] | None = None) -> Facts:
    return structs.replace(
        FACTS,
        caller_id=structs.replace(CALLER, trunks=may),
        trunk_known=len(trunks) == 1,
        trunk_holders=dict.fromkeys(trunks, "") if holders is None else holders,
    )


@pytest.mark.parametrize(
    ("names", "facts", "reasons"),
    [
        ("a&b", for_several("a", "b"), ()),
        ("a&a&b", for_several("a", "b"), ()),
        ("a&b", for_several("a", "b", may=("a", "b")), ()),
        ("a&b", for_several("a", "b", may=("a",)), (Reason.CALLER_ID_UNAUTHORISED,)),
        ("a&x", for_several("a"), (Reason.CALLER_ID_UNAUTHORISED,)),
        ("a&", for_several("a"), (Reason.CALLER_ID_UNAUTHORISED,)),
        ("&", for_several(), (Reason.CALLER_ID_UNAUTHORISED,)),
        ("a&b", for_several(holders={"a": "", "b": "other"}), (Reason.CALLER_ID_SUBLET,)),
        ("a&b", for_several(holders={"a": "b", "b": "b"}), ()),
        ("a&b&c&d&e", for_several(*"abcde"), (Reason.GATE_ERROR,)),  # too many
        ("a&f", for_several("a", "f"), (Reason.GATE_ERROR,)),  # which want the number in two forms
    ],
)
def test_several_trunks_pass_together_or_not_at_all(
    names: str, facts: Facts, reasons: tuple[Reason, ...]
) -> None:
    judge = several(*("national",) * 5, "9{national}")
    decision = judge.decide(judge.attempt("13800138000", "c", "02788880007", trunk=names), facts, WEDNESDAY)
    assert decision.reasons == reasons
    assert decision.dial == ("" if reasons else "13800138000")


def test_a_local_number_needs_one_town() -> None:
    rules = Policy((profile.load("cn-hubei-2018"),), calendars.load())
    towns = {"a": "027", "b": "027", "c": "010"}
    judge = Judge(rules, {name: Trunk(endpoint=name, area_code=code) for name, code in towns.items()}, "pbx1")
    assert judge.attempt("87654321", "c", "1", trunk="a&b").callee.e164 == "+862787654321"
    assert judge.attempt("87654321", "c", "1", trunk="a&c").callee.problem == "invalid-number"


@pytest.mark.parametrize("number", ["13800138000", "95588"])
def test_shadow_dials_with_the_prefix_too(number: str) -> None:
    rules = Policy((profile.load("cn-hubei-2018"),), calendars.load())
    shadow = Judge(rules, {"a": Trunk(endpoint="a", dial_format="9{national}")}, "pbx1", mode="shadow")
    assert shadow.decide(shadow.attempt(number, "x", "1"), FACTS, WEDNESDAY).dial == f"9{number}"


def test_of_an_attack_nothing_else_is_judged(tmp_path: Path) -> None:
    lax = judge(tmp_path)
    decision = lax.decide(lax.attempt("13800138000", "c", "1", attack="forged"), FACTS, WEDNESDAY)
    assert (decision.verdict, decision.reasons, decision.dial) == ("BLOCK", (Reason.INVALID_NUMBER,), "")


async def test_a_late_refusal_that_was_stored_after_all_is_not_stored_twice(tmp_path: Path) -> None:
    lax = judge(tmp_path)
    block = lax.block(lax.attempt("1", "c", "1"), WEDNESDAY, Reason.GATE_ERROR, "x")
    create(tmp_path / "d.db")
    async with await Store.open(tmp_path / "d.db") as store:
        for _ in range(2):
            await store.decisions.decide([], lax, Still(), [block])
        assert [row.seq for row in (await store.calls.list()).rows] == [1]


def test_text_is_bounded_and_shown() -> None:
    assert bounded("a\nb\x00") == "a\\x0ab\\x00"
    assert bounded("x" * 81) == "x" * 80 + "…"


def test_a_clock_from_before_every_rule_allows_nothing() -> None:
    """Found by review: a host that had lost its clock put every call through."""
    rules = Policy((profile.load("cn-hubei-2018"),), calendars.load())
    lost = Judge(rules, {"carrier": Trunk(endpoint="PJSIP/carrier")}, "pbx1")
    at_start = datetime(1970, 1, 1, 2, tzinfo=UTC)
    decision = lost.decide(lost.attempt("13800138000", "c", "1"), FACTS, at_start)
    assert (decision.verdict, decision.reasons, decision.dial) == ("BLOCK", (Reason.GATE_ERROR,), "")


def test_shadow_dials_no_emergency_number() -> None:
    rules = Policy((profile.load("cn-hubei-2018"),), calendars.load())
    shadow = Judge(rules, {"carrier": Trunk(endpoint="PJSIP/carrier")}, "pbx1", mode="shadow")
    for number in ("110", "027119", "+86120"):
        decision = shadow.decide(shadow.attempt(number, "c", "1"), FACTS, WEDNESDAY)
        assert not decision.put_through, number


def test_the_operators_area_codes_are_judged_by_and_named(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(
        'source = "NANPA"\ndocument = "PL-637"\n[[area]]\ncode = "565"\nregion = "US"\ncovers = ["850"]\n'
    )
    american, trunks = (profile.load("us-federal"),), {"carrier": Trunk(endpoint="PJSIP/carrier")}
    shipped = Judge(Policy(american, calendars.load()), trunks, "pbx1")
    more = Judge(Policy(american, calendars.load(), areas.load(tmp_path)), trunks, "pbx1")
    assert shipped.attempt("5652345678", "c", "1").callee.detail == "unassigned"
    found = more.decide(more.attempt("5652345678", "c", "1"), FACTS, WEDNESDAY)
    assert found.attempt.callee.zones == ("America/Chicago", "America/New_York")
    assert found.number_metadata.endswith(more.policy.areas.version)
    blocked = more.too_late(found.attempt, WEDNESDAY)
    assert blocked.number_metadata == found.number_metadata
    chinese = Judge(Policy((profile.load("cn-hubei-2018"),), calendars.load()), trunks, "pbx1")
    assert "areas" not in chinese.too_late(found.attempt, WEDNESDAY).number_metadata


@pytest.mark.parametrize("names", [("cn-hubei-2018",), ("cn-hubei-2018", "cn-miit-2020-81")])
def test_a_decision_holds_nobody_else_s_number(names: tuple[str, ...]) -> None:
    """Whom else the campaign dialled is counted; the rule still says what it found, then and at a replay."""
    rules = Policy(profiles=tuple(profile.load(name) for name in names), calendar=calendars.load())
    asks = Judge(rules, {"carrier": Trunk(endpoint="carrier")}, "pbx1")
    asked = asks.attempt("13800138000", "c", "02788880007")
    made = asks.decide(asked, structs.replace(FACTS, neighbours=tuple(range(1, 40))), WEDNESDAY)
    stored = json.encode(made)
    assert made.facts.neighbours == () and made.facts.nearby and made.facts.nearby.count == 39
    assert Reason.RANGE_DIALLING in made.reasons and b'"neighbours":[]' in stored
    again = json.decode(stored, type=Decision)
    assert structs.replace(asks.decide(asked, again.facts, WEDNESDAY), id=made.id) == made
    few = asks.decide(asked, structs.replace(FACTS, neighbours=(1, 5)), WEDNESDAY)
    assert Reason.RANGE_DIALLING not in few.reasons and few.facts.neighbours == ()
