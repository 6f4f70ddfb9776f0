"""An officer makes a package at a page; whoever is given it drops it on another and sees what it proves."""

from __future__ import annotations

import base64
from pathlib import Path

from dialpact.compliance.registers.account import Role
from tests.web.api.furnished import CALL
from tests.web.console.browser.conftest import At

DROP = """([data, name]) => {
  const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
  const given = new DataTransfer();
  given.items.add(new File([bytes], name, {type: "application/zip"}));
  const drop = document.getElementById("drop");
  drop.dispatchEvent(new DragEvent("dragover", {dataTransfer: given, bubbles: true, cancelable: true}));
  drop.dispatchEvent(new DragEvent("drop", {dataTransfer: given, bubbles: true, cancelable: true}));
}"""
HOSTILE = "<img src=x onerror=alert(1)>.zip"


def test_from_the_call_to_the_stranger_who_checks_it(own: At) -> None:
    officer = own(Role.OFFICER)
    page = officer.open(f"/ledger/packages?call={CALL}")
    page.get_by_label("事由").fill("12321 来函")
    page.get_by_role("button", name="制作").click()
    link = page.get_by_role("link", name="下载证据包")
    link.wait_for()  # the page looks by itself how far it is
    with page.expect_download() as got:
        link.click()
    package = Path(got.value.path())
    key = own.home("ledger", "key")["verifier_key"]
    officer.well()

    stranger = own(None)
    page = stranger.open("/packages/check")
    page.evaluate(DROP, [base64.b64encode(package.read_bytes()).decode(), HOSTILE])
    page.get_by_role("button", name="核验").click()
    page.get_by_text("完好，但不知由谁制作").wait_for()
    assert HOSTILE in page.locator("#found").inner_text()
    page.get_by_label("账本公钥").fill(key)
    page.get_by_role("button", name="核验").click()
    page.locator("#found h2").get_by_text("有效", exact=True).wait_for()
    assert key in page.locator("#found").inner_text()
    stranger.fits()
    stranger.accessible()
    stranger.well()


def test_a_verification_is_watched_to_its_end(own: At) -> None:
    officer = own(Role.OFFICER)
    page = officer.open("/ledger/verifications")
    page.get_by_role("button", name="开始核验").click()
    page.get_by_role("heading", name="核验了什么，没有核验什么").wait_for()
    assert "所核验的没有问题" in page.locator("#run").inner_text()
    officer.well()
