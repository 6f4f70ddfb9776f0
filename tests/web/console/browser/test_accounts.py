"""From the printed link to a passkey, in a real browser: how the first person comes in, and comes again."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from subprocess import DEVNULL, PIPE

import pyotp
import pytest
from playwright.sync_api import Browser, expect

from tests.patience import WAIT
from tests.web.console.browser.conftest import PATIENCE, Apart
from tests.web.console.browser.looked import Looked

PASSWORD = "correct horse battery staple"
PROGRAM = "from dialpact.cli.app import main; main()"


class Started:
    """``dialpact web`` at localhost, and what it printed first."""

    def __init__(self, folder: Path) -> None:
        home = Apart(folder)
        home.run("init")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = int(free.getsockname()[1])
        text = home.config.read_text("utf-8").replace("127.0.0.1:9080", f"127.0.0.1:{port}")
        self.address = f"http://localhost:{port}"
        home.config.write_text(text.replace('base_url = ""', f'base_url = "{self.address}"'), "utf-8")
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, "--config", home.config, "--lang", "zh", "web"],
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=DEVNULL,
            text=True,
        )
        assert self.process.stdout
        self.printed = self.process.stdout.readline()

    def end(self) -> None:
        self.process.terminate()
        assert self.process.wait(WAIT) == 0
        assert self.process.stdout
        self.process.stdout.close()


@pytest.fixture
def started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Started]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DIALPACT_CONFIG", raising=False)
    found = Started(tmp_path)
    yield found
    found.end()


@pytest.fixture
def looked(chromium: Browser, started: Started) -> Iterator[Looked]:
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, locale="zh-CN")
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    devtools = context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
            }
        },
    )
    yield Looked(page, started.address)
    context.close()


def test_from_the_printed_link_to_a_passkey(started: Started, looked: Looked) -> None:
    (link,) = re.findall(rf"{started.address}/welcome#\S+", started.printed)
    page = looked.page
    page.goto(link)
    assert "#" not in page.url  # the token is in the form, and no longer in the address
    page.get_by_role("button", name="继续").click()
    secret = page.locator("code").inner_text().replace(" ", "")
    page.get_by_label("账号").fill("zhang")
    page.get_by_label("姓名").fill("张三")
    page.get_by_label("新密码").fill("short")
    page.get_by_label("再输入一次").fill("short")
    page.get_by_label("验证器现在显示的 6 位数字").fill(pyotp.TOTP(secret).now())
    page.get_by_role("button", name="完成").click()
    expect(page.get_by_role("alert")).to_contain_text("至少 12 个字符")
    assert page.get_by_label("姓名").input_value() == "张三"  # what was typed stays
    page.get_by_label("新密码").fill(PASSWORD)
    page.get_by_label("再输入一次").fill(PASSWORD)
    page.get_by_label("验证器现在显示的 6 位数字").fill(pyotp.TOTP(secret).now())
    page.get_by_role("button", name="完成").click()
    expect(page.locator("ol.codes li")).to_have_count(10)
    recovery = page.locator("ol.codes li").first.inner_text()
    looked.accessible()
    page.get_by_role("button", name="退出").click()
    expect(page.locator("h1")).to_have_text("登录")

    page.get_by_label("账号").fill("zhang")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_label("验证码").fill(recovery)  # no code is good twice within its 30 seconds
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("恢复码登录")
    page.get_by_role("link", name="通行密钥").click()
    expect(page.locator("h1")).to_have_text("通行密钥")
    page.get_by_label("名称").fill("办公电脑")
    page.get_by_label("当前密码").fill("wrong")
    page.get_by_role("button", name="添加通行密钥").click()
    expect(page.get_by_role("alert")).to_contain_text("当前密码不对")
    page.get_by_label("当前密码").fill(PASSWORD)
    page.get_by_role("button", name="添加通行密钥").click()
    expect(page.locator("td", has_text="办公电脑")).to_be_visible()
    looked.accessible()
    page.get_by_role("button", name="退出").click()

    page.get_by_role("button", name="用通行密钥登录").click()
    expect(page.get_by_role("link", name="张三")).to_be_visible()
    page.goto(f"{started.address}/account")
    expect(page.get_by_text("通行密钥", exact=True).first).to_be_visible()
    page.goto(f"{started.address}/account/passkeys")
    page.get_by_role("radio", name="办公电脑").check()
    page.locator("#f-removing").fill(PASSWORD)
    page.get_by_role("button", name="移除").click()
    expect(page.get_by_text("还没有通行密钥。")).to_be_visible()
    page.get_by_role("button", name="退出").click()
    page.get_by_role("button", name="用通行密钥登录").click()
    expect(page.get_by_role("alert")).to_contain_text("通行密钥无效")
    looked.well()
