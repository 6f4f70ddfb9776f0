"""The first page while it goes on, and after; an officer's way from a blocked call to what lets it pass."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

from msgspec.structs import replace
from playwright.sync_api import expect

from dialpact.compliance.model import Decision, Finding
from dialpact.compliance.reasons import Reason
from tests.cli.conftest import Home
from tests.web.api import recorded
from tests.web.console.browser.conftest import At, apart
from tests.web.console.browser.wire import wire

HOSTILE = '<img src=x onerror="document.title=1">'


def blocked(place: int, **more: str) -> Decision:
    """Of now, for two reasons."""
    findings = (
        Finding(rule="number", result="pass"),
        Finding(
            rule="do_not_call",
            result="fail",
            code=Reason.DO_NOT_CALL,
            clause="cn-hubei-2018 do_not_call",
            detail={"key": "refused-business", "value": "jianghan", "since": "2026-01-05"},
        ),
        Finding(rule="consent", result="fail", code=Reason.NO_CONSENT, detail={"key": "never-given"}),
    )
    made = recorded.call(f"{place:032x}", allowed=False, findings=findings, **more)
    return replace(made, decided_at=datetime.now(UTC) - timedelta(seconds=1))


def put(home: Home, *made: Decision) -> None:
    apart(partial(recorded.put, home, *made))


def test_the_first_page_goes_on_by_itself_and_says_when_it_does_not(own: At) -> None:
    looked = own()
    page = looked.open("/")
    state = page.locator("#now-state")
    expect(state).to_have_text("实时更新中")
    put(own.home, blocked(0xABC, agent=HOSTILE))
    row = page.locator(f"#n-{0xABC:032x}")
    expect(row).to_contain_text("客户已拒绝此类电话")
    expect(row).to_contain_text(HOSTILE)
    expect(page.locator("#now-figures")).to_contain_text("100")
    assert page.locator("#now-plot canvas").count() == 1
    page.locator("#now-pause").click()
    expect(state).to_contain_text("已暂停")
    put(own.home, blocked(0xABD))
    put(own.home, blocked(0xABE))
    page.locator("#now-pause").click()
    expect(page.locator(f"#n-{0xABD:032x}")).to_be_visible()
    expect(page.locator(f"#n-{0xABE:032x}")).to_be_visible()
    assert page.locator("#now-calls tr[data-row]").count() == 0
    looked.well()
    expect(page.locator("#now-at")).to_contain_text("截至")


def test_it_says_when_the_link_is_lost_and_when_it_only_seems_to_be_there(own: At) -> None:
    with wire(int(own.address.rpartition(":")[2])) as way:
        own.address = f"http://127.0.0.1:{way.port}"
        looked = own()
        page = looked.open("/")
        state = page.locator("#now-state")
        expect(state).to_have_text("实时更新中")
        way.cut()
        expect(state).to_contain_text("连接已断开：下面是")
        expect(page.locator("#now.stale")).to_be_visible()
        way.mend()
        expect(state).to_have_text("实时更新中")
        expect(page.locator("#now.stale")).to_have_count(0)
        way.silent = True
        expect(state).to_contain_text("连接已断开：下面是")
        way.cut()
        way.mend()
        expect(state).to_have_text("实时更新中")


def test_from_a_blocked_call_to_what_would_let_it_pass(own: At) -> None:
    put(own.home, blocked(0xB10C, agent="1001"))
    looked = own()
    page = looked.open("/why")
    page.get_by_label("号码或编号").fill("138 0013 8000")
    page.get_by_role("button", name="查找").click()
    page.locator(f"#f-{0xB10C:032x} a").click()
    expect(page.get_by_role("heading", name="要能拨打，须改变什么")).to_be_visible()
    expect(page.locator("main")).to_contain_text("之前的同意不能抵消拒绝")
    page.get_by_label("时间（空为现在）").fill("2026-11-24T10:00")
    page.get_by_label("外呼活动").fill("jianghan-1")
    page.get_by_role("button", name="判断").click()
    expect(page.locator("#answer h3").first).to_contain_text("活动 jianghan-1")
    expect(page.locator("#answer")).to_contain_text("有变化")
    looked.fits()
    looked.accessible()
    looked.well()
