"""A person who only has the console does a day's work: the steps of docs/officer.md, in a real browser."""

from __future__ import annotations

import re
from pathlib import Path

import pyotp
from playwright.sync_api import expect

from dialpact.compliance.registers.account import Role
from tests.web.api import waiting
from tests.web.api.furnished import CALL, NUMBER
from tests.web.console.browser.conftest import At, apart
from tests.web.console.recorded_place import ID, Place

PASSWORD = "correct horse battery staple"
DOCS = Path(__file__).parents[4] / "docs"


def test_1_come_in_by_the_link_you_were_given(own: At) -> None:
    given = own.home("account", "add", "chen", "--name", "陈合规", "--role", "officer")
    looked = own(None)
    page = looked.page
    page.goto(re.sub(r"^https?://[^/]+", own.address, given["link"]))
    page.get_by_role("button", name="继续").click()
    secret = page.locator("code").inner_text().replace(" ", "")
    page.get_by_label("新密码").fill(PASSWORD)
    page.get_by_label("再输入一次").fill(PASSWORD)
    page.get_by_label("验证器现在显示的 6 位数字").fill(pyotp.TOTP(secret).now())
    page.get_by_role("button", name="完成").click()
    expect(page.locator("ol.codes li")).to_have_count(10)
    recovery = page.locator("ol.codes li").first.inner_text()
    page.get_by_role("button", name="退出").click()
    page.get_by_label("账号").fill("chen")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_label("验证码").fill(recovery)  # (the digits are good once, and new ones take half a minute)
    page.get_by_role("button", name="登录", exact=True).click()
    page.get_by_role("link", name="实时").click()
    expect(page.locator("h1")).to_have_text("实时")
    looked.well()


def test_2_see_what_wants_you(site: At) -> None:
    looked = site(Role.OFFICER)
    page = looked.open("/")
    expect(page.locator("#now-duties h2")).to_contain_text("需要处理")
    expect(page.locator("#now-duties li").first).to_be_visible()
    expect(page.locator("#now-calls")).to_contain_text(NUMBER)
    looked.well()


def test_3_say_why_a_call_was_blocked(site: At) -> None:
    looked = site(Role.OFFICER)
    page = looked.open("/why")
    page.get_by_label("号码或编号").fill(NUMBER)
    page.get_by_role("button", name="查找").click()
    page.locator(f"#f-{CALL} a").click()
    expect(page.get_by_role("heading", name="每条规则")).to_be_visible()
    page.get_by_label("时间（空为现在）").fill("2026-11-22T12:30")
    page.get_by_role("button", name="判断").click()
    expect(page.locator("#answer")).to_contain_text("拦截")
    looked.well()


def test_4_enter_a_person_s_no(own: At) -> None:
    looked = own(Role.OFFICER)
    page = looked.open("/registers")
    page.locator('main a[href="/registers/dnc"]').first.click()
    page.get_by_role("link", name="新登记").click()
    page.get_by_label("号码").fill("139 2222 1111")
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.locator("#said")).to_contain_text("自下一次呼叫起不再拨打")
    assert own.home("dnc", "show", "13922221111")
    looked.well()


def test_5_bring_in_a_supplier_s_list(own: At, tmp_path: Path) -> None:
    listed = tmp_path / "供应方.csv"
    listed.write_text("甲,乙\n13800138001,来信\n13800138002,来信\n", "utf-8")
    before = len(own.home("dnc", "list"))
    looked = own(Role.OFFICER)
    page = looked.open("/imports")
    page.locator('a[href="/imports/dnc"]').click()
    page.set_input_files("input[name=file]", listed)
    page.get_by_role("button", name="上传并检查").click()
    page.locator("select[id=map-number]").select_option("number=甲")
    page.locator("select[id=map-source]").select_option("source=乙")
    page.locator("select[name=scope]").select_option("all")
    page.get_by_role("button", name="重新检查").click()
    page.get_by_role("button", name="写入全部 2 行").click()
    page.get_by_text("登记簿已改动 2 行").wait_for()
    assert len(own.home("dnc", "list")) == before + 2
    looked.well()


def test_6_look_at_a_script_and_approve_it(own: At) -> None:
    looked = own(Role.OFFICER)
    page = looked.open("/registers/script/entry/jianghan-s")
    page.get_by_text("审批", exact=True).first.click()
    page.get_by_role("button", name="审批").click()
    expect(page.locator("#said")).to_contain_text("已审批")
    looked.well()


def test_7_take_in_a_complaint_with_its_call(own: At) -> None:
    looked = own(Role.OFFICER)
    page = looked.open("/complaints")
    page.get_by_role("link", name="登记投诉").click()
    page.get_by_label("被叫号码").fill(NUMBER)
    page.get_by_label("来电时间").fill("2026-11-24T10:00")
    page.get_by_label("投诉内容").fill("没有说明是谁")
    page.get_by_role("button", name="登记投诉").click()
    expect(page.get_by_role("heading", name="对应的通话")).to_be_visible()
    expect(page.locator(f'main a[href="/calls/{CALL}"]').first).to_be_visible()
    page.get_by_label("答复内容").fill("已致歉，并列入拒呼。")
    page.get_by_role("button", name="登记答复").click()
    expect(page.locator("main")).to_contain_text("已答复")
    assert NUMBER not in page.url
    looked.well()


def test_8_listen_to_the_recording(own: At) -> None:
    place = apart(lambda: Place(own.home, 20))
    apart(lambda: place.opted_out(7.5))
    looked = own(Role.OFFICER)
    page = looked.open(f"/recordings/{ID}")
    page.get_by_label("原因").first.fill("投诉 1")
    page.get_by_role("button", name="记入账本并收听").click()
    page.wait_for_selector("figure audio")
    page.wait_for_selector("#controls:not([hidden])")
    page.locator("[data-second]").first.click()
    assert page.evaluate("document.querySelector('audio').currentTime") > 7
    looked.well()
    assert len(place.acts("heard")) == 1


def test_9_give_an_evidence_package_to_whoever_asks(own: At) -> None:
    looked = own(Role.OFFICER)
    page = looked.open(f"/ledger/packages?call={CALL}")
    page.get_by_label("事由").fill("12321 来函")
    page.get_by_role("button", name="制作").click()
    with page.expect_download() as got:
        page.get_by_role("link", name="下载证据包").click()
    expect(page.get_by_role("button", name="停止")).to_have_count(0)
    key = own.home("ledger", "key")["verifier_key"]
    whoever = own(None)
    page = whoever.open("/packages/check")
    page.set_input_files("input[type=file]", got.value.path())
    page.get_by_label("账本公钥").fill(key)
    page.get_by_role("button", name="核验").click()
    page.locator("#found h2").get_by_text("有效", exact=True).wait_for()
    looked.well()
    whoever.well()


def test_10_let_a_colleague_confirm_what_can_not_be_undone(own: At) -> None:
    own.home.run("account", "add", "li", "--name", "李合规", "--role", "officer")
    asked = apart(lambda: waiting.release(own.home, "li"))
    held = len(own.home("recordings", "holds"))
    looked = own(Role.OFFICER)
    page = looked.open("/")
    page.get_by_role("link", name=re.compile("待复核")).click()
    page.locator(f"a[href='/approvals/{asked}']").first.click()
    page.locator("form[action$='/confirm'] button[type=submit]").click()
    expect(page.locator("#said .done")).to_be_visible()
    assert len(own.home("recordings", "holds")) == held - 1
    looked.well()


def test_11_make_the_month_s_inspection_report(own: At) -> None:
    looked = own(Role.OFFICER)
    page = looked.open("/inspections")
    page.get_by_label("月份").fill("2026-11")
    page.get_by_role("button", name="生成报告").click()
    page.locator("main svg").first.wait_for()
    with page.expect_download() as got:
        page.get_by_role("link", name=re.compile("CSV")).first.click()
    assert Path(got.value.path()).read_bytes().startswith(b"\xef\xbb\xbf")
    looked.well()


def test_12_verify_the_ledger_before_you_go(own: At) -> None:
    looked = own(Role.OFFICER)
    page = looked.open("/ledger/verifications")
    page.get_by_role("button", name="开始核验").click()
    page.get_by_role("heading", name="核验了什么，没有核验什么").wait_for()
    expect(page.get_by_role("button", name="停止")).to_have_count(0)
    looked.well()


def test_each_step_of_the_page_is_one_of_these() -> None:
    steps = re.findall(r"^### (\d+)\. (.+)$", (DOCS / "officer.md").read_text("utf-8"), re.MULTILINE)
    chinese = re.findall(r"^### (\d+)\. ", (DOCS / "officer.zh-CN.md").read_text("utf-8"), re.MULTILINE)
    named = [
        f"test_{number}_{re.sub('[^a-z0-9]+', '_', title.lower()).strip('_')}" for number, title in steps
    ]
    assert named == [name for name in globals() if re.match(r"test_\d+_", name)]
    assert [number for number, _ in steps] == chinese
