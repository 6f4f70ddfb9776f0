"""An officer's day with complaints, an inspection and call records, in a browser."""

from __future__ import annotations

import re
from datetime import timedelta

from playwright.sync_api import expect

from dialpact.compliance.registers.account import Role
from tests.web.api import recorded
from tests.web.api.furnished import CALL
from tests.web.console.browser.conftest import At

HEAD = "calldate,src,dst,dcontext,channel,dstchannel,lastapp,lastdata,duration,billsec,disposition,uniqueid\n"
AT = recorded.AT + timedelta(hours=8, minutes=1)
ROUND = (
    f"{AT:%Y-%m-%d %H:%M:%S},1001,13900139009,from-internal,PJSIP/1001-00000001,PJSIP/carrier-00000001,"
    "Dial,PJSIP/13900139009@carrier,30,20,ANSWERED,1764000000.1\n"
)
LONG = 60_000  # ms: for what the worker does, on a host that is busy


def test_a_complaint_is_answered_and_closed(own: At) -> None:
    looked = own(Role.OFFICER, "zh", 1280)
    page = looked.open("/complaints")
    page.get_by_role("link", name="投诉 1", exact=True).click()
    page.get_by_label("处理结果").fill("属实")
    page.get_by_role("button", name="登记答复").click()
    assert page.get_by_label("答复内容").evaluate("field => !field.validity.valid"), "nothing was answered"
    page.get_by_label("答复内容").fill("已致歉")
    page.get_by_role("button", name="登记答复").click()
    expect(page.get_by_role("status").first).to_contain_text("答复已登记，投诉已结案")
    expect(page.locator("main")).to_contain_text("属实")
    looked.fits()
    looked.accessible()
    looked.well()


def test_one_is_entered_on_a_telephone_and_its_wrong_time_corrected(own: At) -> None:
    looked = own(Role.OFFICER, "en", 390)
    page = looked.open("/complaints/new")
    page.get_by_label("Who was called").fill("13800138000")
    page.get_by_label("Time of the call").fill("2026-11-20T10:00")
    page.get_by_role("button", name="Enter a complaint").click()
    expect(page.get_by_role("status").first).to_contain_text("no call was found")
    page.get_by_role("radio").first.check()
    page.locator("#n-reason").fill("asked again")
    page.get_by_role("button", name="This is the call").click()
    expect(page.get_by_role("status").first).to_contain_text("It is corrected")
    expect(page.get_by_role("link", name=CALL[:12])).to_be_visible()
    looked.fits()
    looked.well()


def test_what_is_wrong_is_said_and_what_was_typed_stays(own: At) -> None:
    looked = own(Role.OFFICER, "zh", 1280)
    page = looked.open("/complaints/new")
    page.get_by_label("被叫号码").fill("13800138000")
    page.get_by_label("来电时间").fill("2099-01-01T10:00")
    page.get_by_role("button", name="登记投诉").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert page.get_by_label("被叫号码").input_value() == "13800138000"
    looked.well()


def test_a_month_is_inspected_while_the_page_shows_how_far_it_is(own: At) -> None:
    looked = own(Role.OFFICER, "zh", 1280)
    page = looked.open("/inspections")
    page.get_by_label("月份").fill("2026-11")
    page.get_by_role("button", name="生成报告").click()
    expect(page.get_by_role("heading", name="外呼自律检查报告")).to_be_visible(timeout=LONG)
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    assert download.value.suggested_filename == "inspection-2026-11-01-2026-11-30.csv"
    looked.fits()
    looked.accessible()
    looked.well()


def test_call_records_are_reconciled_and_kept(own: At) -> None:
    looked = own(Role.OFFICER, "zh", 1280)
    page = looked.open("/reconciliations")
    file = {"name": "话单 <b>.csv", "mimeType": "text/csv", "buffer": (HEAD + ROUND).encode()}
    page.get_by_label("话单文件").set_input_files([file])  # type: ignore[list-item]
    page.get_by_role("button", name="开始核对").click()
    expect(page.get_by_role("heading", name="处理")).to_be_visible(timeout=LONG)
    expect(page.locator("main")).to_contain_text("话单 <b>.csv:2")
    page.get_by_label("写入异常").check()
    page.get_by_role("button", name="执行").click()
    expect(page.locator("main")).to_contain_text(re.compile("新写入 [1-9]"), timeout=LONG)
    looked.fits()
    looked.well()
