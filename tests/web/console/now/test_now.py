"""The first page: what is going on, and what wants a person."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from dialpact.compliance.model import Decision, Finding
from dialpact.compliance.reasons import Reason
from dialpact.compliance.registers.account import Role
from dialpact.compliance.texts import LANGUAGES
from tests.cli.conftest import Home
from tests.web.api import recorded
from tests.web.api.furnished import CALL, RECORDING
from tests.web.console.visitor import Visitor, account

HOSTILE = '"><script>alert(1)</script>'
OTHER = "+8613911112222"


def blocked(home: Home, id: str, **more: str) -> Decision:
    finding = Finding(rule="consent", result="fail", code=Reason.NO_CONSENT)
    made = recorded.call(id, allowed=False, findings=(finding,), **more)
    made = replace(made, decided_at=home.machine.clock.now() - timedelta(minutes=2))
    recorded.put(home, made)
    return made


def test_it_says_what_wants_a_person_before_anything_else(visitor: Visitor) -> None:
    for language in LANGUAGES:
        opened = visitor.in_(language).get("/")
        assert opened.status == 200
    words = visitor.get("/").text
    order = ["目前不放行任何呼叫", "近 60 分钟拦截率", "最近 100 次呼叫", "系统状态"]
    assert sorted(order, key=words.index) == order


def test_a_call_has_its_verdict_reasons_and_recording(visitor: Visitor, furnished: Home) -> None:
    made = blocked(furnished, "b10c" * 8, agent=HOSTILE, campaign="spring")
    page = visitor.get("/").page
    rows = {row["号码"]: row for row in page.rows if "号码" in row}
    assert len([row for row in page.rows if "号码" in row]) == 2
    links = [link for link in page.links if link.startswith(("/calls/", "/recordings/"))]
    assert links == [f"/calls/{made.id}", f"/calls/{CALL}", f"/recordings/{RECORDING}"]
    kept = rows[made.attempt.callee.e164]
    assert (kept["结论"], kept["录音"], kept["结果"]) == ("放行", "已保存", "无人接听")
    (mine,) = [row for row in page.rows if row.get("结论") == "拦截"]
    assert (mine["坐席"], mine["原因"], mine["录音"]) == (HOSTILE, "客户未同意接听此类电话", "")
    assert "近 60 分钟拦截率 100.00 %" in page.text
    reasons = [row for row in page.rows if row.get("原因") == "客户未同意接听此类电话" and "占比" in row]
    assert [(row["拦截"], row["占比"]) for row in reasons] == [("1", "100.00 %")]


def test_incidents_of_the_last_day_are_counted_by_kind(visitor: Visitor, furnished: Home) -> None:
    now = furnished.machine.clock.now()
    for kind, hours in (("no-decision", 1), ("no-decision", 2), ("a-later-kind", 1), ("listener-error", 25)):
        at = now - timedelta(hours=hours)
        recorded.within(
            furnished, lambda store, at=at, kind=kind: store.incidents.add(at=at, node="n", kind=kind)
        )
    page = visitor.get("/").page
    assert "2 次，最近" in page.text and "a-later-kind 1 次" in page.text
    assert "/incidents?kind=no-decision" in page.links
    assert "/incidents?kind=listener-error" not in page.links
    assert "/incidents?kind=a-later-kind" not in page.links  # nobody could look for it


def test_whoever_leads_a_team_sees_it_alone_and_nobodys_number(visitor: Visitor, furnished: Home) -> None:
    mine = blocked(furnished, "b10c" * 8, agent="1001", campaign="team", caller_id=OTHER)
    blocked(furnished, "b10d" * 8, agent="1002", campaign="team")
    visitor.known.accounts["lead"] = account(
        Role.SUPERVISOR, id="lead", campaigns=("team",), agents=("1001",)
    )
    opened = visitor.as_("lead").get("/")
    assert [link for link in opened.page.links if link.startswith("/calls/")] == [f"/calls/{mine.id}"]
    assert "近 60 分钟的裁决 1 其中拦截 1" in opened.text
    for hidden in ("13800138000", "13911112222", "/var/spool", str(furnished.path), "jianghan-crm"):
        assert hidden not in opened.body.decode()
    assert "目前不放行任何呼叫" in opened.text


def test_an_administrator_has_no_way_to_a_recording(visitor: Visitor) -> None:
    page = visitor.as_("administrator").get("/").page
    assert not [link for link in page.links if link.startswith("/recordings/")]
    assert "已保存" in page.text


def test_in_shadow_it_is_said_that_nothing_is_blocked(furnished: Home) -> None:
    from tests.web.console.visitor import console

    text = furnished.config.read_text("utf-8")
    furnished.config.write_text(text.replace('mode = "enforce"', 'mode = "shadow"'), "utf-8")
    with console(furnished) as visitor:
        assert "旁观模式：只记录裁决，什么都不拦截。" in visitor.get("/").text


def test_complaints_that_press_want_a_person(visitor: Visitor, furnished: Home) -> None:
    """One whose last day is over; of nobody's who leads another team."""
    received = (furnished.machine.clock.now() - timedelta(days=60)).date().isoformat()
    furnished.run("complaint", "add", "13912345678", "--at", received, "--received-at", received)
    assert "逾期 1，" in visitor.get("/").text
    assert "逾期" not in visitor.as_("supervisor").get("/").text
