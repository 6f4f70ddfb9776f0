"""An officer's list, in a browser: chosen, looked at, its columns said by hand, applied while he watches."""

from __future__ import annotations

from pathlib import Path

from tests.web.console.browser.conftest import At


def test_a_list_is_brought_and_applied(own: At, tmp_path: Path) -> None:
    listed = tmp_path / "供应方.csv"
    listed.write_text("甲,乙\n13800138001,上门登记\n13800138002,上门登记\n", "utf-8")
    looked = own()
    page = looked.open("/imports")
    page.locator('a[href="/imports/dnc"]').click()
    page.set_input_files("input[name=file]", listed)
    page.get_by_role("button", name="上传并检查").click()
    page.locator("select[id=map-number]").select_option("number=甲")  # (shown when it is done)
    page.locator("select[id=map-source]").select_option("source=乙")
    page.locator("select[name=scope]").select_option("all")
    page.get_by_role("button", name="重新检查").click()
    page.get_by_role("button", name="写入全部 2 行").click()
    page.get_by_text("登记簿已改动 2 行").wait_for()
    looked.accessible()
    looked.well()
    taken = {"+8613800138001", "+8613800138002"}
    assert taken <= {one["number"] for one in own.home("dnc", "list")}


def test_a_register_is_taken_out(own: At) -> None:
    looked = own()
    page = looked.open("/exports/consent")
    page.get_by_role("button", name="导出").click()  # without a reason the browser does not send it
    assert page.url.endswith("/exports/consent")
    page.fill("input[name=reason]", "市通管局检查")
    page.get_by_role("button", name="导出").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="下载").click()
    assert Path(download.value.path()).read_text("utf-8-sig").count("\n") == 2
    looked.well()
