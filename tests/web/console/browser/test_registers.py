"""An officer's work at the registers, in a real browser."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.web.console.browser.conftest import At


def test_a_no_is_entered_found_and_its_removal_asked_for(own: At) -> None:
    looked = own()
    page = looked.open("/registers/dnc/add")
    page.get_by_label("号码").fill("139 2222 1111")
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.locator("#said")).to_contain_text("自下一次呼叫起不再拨打")
    assert "13922221111" not in page.url and "/registers/dnc/entry/" in page.url
    looked.accessible()
    page = looked.open("/registers/dnc")
    page.get_by_label("号码").fill("13911112222")
    page.get_by_role("button", name="查找").click()
    expect(page.locator("#found")).to_contain_text("没有符合条件的条目")
    page.get_by_label("号码").fill("13922221111")
    page.get_by_role("button", name="查找").click()
    expect(page.locator("#found")).to_contain_text("+8613922221111")
    assert page.url.endswith("/registers/dnc"), "what is searched for is in no address"
    page.get_by_role("button", name="+8613922221111").first.click()
    page.get_by_text("申请移除").first.click()
    page.get_by_label("理由").fill("本人来信要求")
    page.get_by_role("button", name="申请移除").click()
    page.wait_for_url("**/approvals**")
    looked.well()


def test_a_script_is_mended_and_approved(own: At) -> None:
    looked = own()
    page = looked.open("/registers/script/add")
    page.get_by_label("编号").fill("pitch")
    page.get_by_label("正文").fill("本产品保 证，收益。")
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.locator("mark")).to_have_text("保 证，收益")
    looked.accessible()
    page.get_by_text("审批", exact=True).first.click()
    page.get_by_role("button", name="审批").click()
    expect(page.locator("#said")).to_contain_text("没有审批")
    page.get_by_text("登记新版本").first.click()
    page.get_by_role("textbox", name="正文").fill("您好，这里是江汉公司。")
    page.get_by_role("button", name="登记新版本").click()
    expect(page.locator("#said")).to_contain_text("尚未审批")
    page.get_by_text("审批", exact=True).first.click()
    page.get_by_role("button", name="审批").click()
    expect(page.locator("#said")).to_contain_text("已审批")
    looked.well()


def test_a_long_list_goes_on_where_it_ended(own: At) -> None:
    rows = "".join(f"1380013{number},all,,2026-11-20,信\n" for number in range(8000, 8120))
    own.home.run("dnc", "import", own.home.file("d.csv", f"number,scope,value,requested_at,source\n{rows}"))
    looked = own(width=390)
    page = looked.open("/registers/dnc")
    total = len(own.home("dnc", "list", "--limit", "0"))
    for shown in (50, 100, total):
        expect(page.locator("form.open")).to_have_count(shown)
        if shown < total:
            page.get_by_role("button", name="更多").click()
    expect(page.get_by_role("button", name="更多")).to_have_count(0)
    looked.fits()
    looked.accessible()
    looked.well()
