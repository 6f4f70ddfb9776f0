"""The officer's look at the year, the doctor, and a request of her colleague's."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from dialpact.compliance.registers.account import Role
from tests.web.console.browser.conftest import At


def test_a_year_is_looked_at_by_keyboard_and_mouse(site: At) -> None:
    looked = site(Role.OFFICER)
    page = looked.open("/settings/calendar?year=2026")
    expect(page.locator("svg.heat g.day")).to_have_count(365)
    page.get_by_label("用途").select_option("service")
    page.get_by_role("button", name="显示").click()
    expect(page.locator(".level-0")).to_have_count(1)  # of the key alone
    page.get_by_role("link", name="2027 →").click()
    expect(page).to_have_url(re.compile("year=2027&purpose=service"))
    looked.well()


def test_the_doctor_is_asked_and_says_what_to_do(site: At) -> None:
    looked = site(Role.OFFICER)
    page = looked.open("/settings/doctor")
    page.get_by_role("button", name="开始体检").click()
    expect(page.locator("#found table tbody tr").first).to_be_visible(timeout=60_000)
    assert page.url.endswith("/settings/doctor")
    looked.accessible()
    looked.well()


def test_a_request_is_declined(own: At) -> None:
    looked = own(Role.OFFICER)
    page = looked.open("/settings")
    page.get_by_role("link", name=re.compile("待复核")).click()
    page.get_by_role("link", name="查看").first.click()
    sheet = page.locator("form[action$='/decline']")
    sheet.get_by_label("原因").fill("案件未结")
    sheet.get_by_role("button", name="拒绝").click()
    expect(page.locator("#said")).to_contain_text("已拒绝")
    expect(page.locator(".waits")).to_have_count(0)
    looked.well()
