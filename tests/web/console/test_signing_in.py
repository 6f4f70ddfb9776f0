"""Pages of signing in, with real sessions: what a browser gets, keeps and loses; who opens accounts."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import unquote, urlencode

import pytest

from dialpact.web.console.routing import pages
from tests.application.accounts import idp
from tests.application.accounts.idp import Idp
from tests.cli.conftest import Home
from tests.patience import WAIT
from tests.web.console.signing import PASSWORD, Browser, Console, secret_of, signing

NEW = "Tr0ub4dor & three more words"


@pytest.fixture
def at(home: Home) -> Iterator[Console]:
    with signing(home) as found:
        yield found


@pytest.fixture
def zhang(at: Console) -> Browser:
    """The first account, an administrator's, in his browser."""
    browser = at.browser()
    assert at.comes(browser, at.first(), "zhang", id="zhang", name="张三").status == 303
    return browser


def opened(at: Console, zhang: Browser, id: str = "chen", role: str = "officer", **more: str) -> str:
    """A new account; its one-time link."""
    given = {"id": id, "name": f"{id}的姓名", "role": role, **more}
    added = zhang.post("/accounts/new", given)
    assert added.status == 303, added.page.alerts
    page = zhang.get(f"/accounts/{id}").page
    (link,) = re.findall(r"http://127\.0\.0\.1:9080/welcome#(\S+)", page.text)
    return str(link)


def chen(at: Console, zhang: Browser, **more: str) -> Browser:
    browser = at.browser("Chromium/130")
    at.comes(browser, opened(at, zhang, **more), more.get("id", "chen"))
    return browser


def test_the_first_comes_by_the_printed_link(at: Console) -> None:
    browser = at.browser()
    assert browser.get("/").status in (303, 404)
    asked = browser.get("/accounts")
    assert (asked.status, asked.header("location")) == (303, "/sign-in?to=/accounts")
    done = at.comes(browser, at.first(), "zhang", id="zhang", name="张三")
    assert (done.status, unquote(done.header("location"))) == (303, "/account/codes?said=sign-in.enrolled")
    codes = browser.get("/account/codes").page
    assert len(re.findall(r"[0-9A-Z]{6}(?:-[0-9A-Z]{6}){3}", codes.text)) == 10
    assert "张三" in browser.get("/account").page.text
    assert browser.get("/accounts").page.rows[-1]["账号"] == "zhang"
    at.clock.forward(minutes=11)
    assert "-" not in "".join(browser.get("/account/codes").page.text.split("生成")[1:2])


def test_a_cookie_is_the_browsers_alone(at: Console, zhang: Browser) -> None:
    for name in ("dialpact", "dialpact_mark"):
        said = zhang.attributes[name].lower()
        assert "httponly" in said and "samesite=strict" in said and "path=/" in said, said
        assert "domain" not in said


def test_over_tls_it_goes_over_tls_alone(home: Home) -> None:
    text = home.config.read_text("utf-8").replace('base_url = ""', 'base_url = "https://calls.example"')
    home.config.write_text(text.replace("behind_proxy = false", "behind_proxy = true"), "utf-8")
    with signing(home) as at:
        browser = at.browser()
        browser.proxied = True
        at.comes(browser, at.first(), "zhang", id="zhang", name="张三")
        assert "dialpact" not in browser.cookies
        for name in ("__Host-dialpact", "dialpact_mark"):
            assert "secure" in browser.attributes[name].lower()
        page = browser.get("/account").page
        assert [row["地址"] for row in page.rows if row] == ["203.0.113.9"]


def test_the_name_on_top_leads_to_ones_own_account(at: Console, zhang: Browser) -> None:
    links = re.findall(r'<div class="who">\s*<a href="([^"]+)"', zhang.get("/accounts").body.decode())
    assert links == ["/account"]
    assert zhang.get(links[0]).status == 200


def test_in_and_out(at: Console, zhang: Browser) -> None:
    before = zhang.cookies["dialpact"]
    left = zhang.post("/sign-out")
    assert (left.status, left.header("location")) == (303, "/sign-in?said=sign-in.left")
    assert "dialpact" not in zhang.cookies
    zhang.cookies["dialpact"] = before
    assert zhang.get("/account").status == 303  # it has ended, and not only been forgotten
    del zhang.cookies["dialpact"]
    assert at.signs_in(zhang, "zhang").status == 303
    assert zhang.cookies["dialpact"] != before
    assert zhang.get("/account").header("cache-control") == "no-store"


def test_who_signs_in_anew_has_one_session(at: Console, zhang: Browser) -> None:
    before = zhang.cookies["dialpact"]
    assert at.signs_in(zhang, "zhang").status == 303
    assert zhang.cookies["dialpact"] != before and zhang.get("/account").status == 200
    zhang.cookies["dialpact"] = before
    assert zhang.get("/account").status == 303


def test_every_page_has_the_way_out(at: Console, zhang: Browser) -> None:
    for page in pages():
        if page.method == "GET" and page.action.split(".")[0] in ("account", "accounts"):
            shown = zhang.get(page.path.format(id="zhang")).page
            assert [form for form in shown.forms if form.action == "/sign-out"], page.action


def test_one_is_sent_back_to_where_one_wanted(at: Console, zhang: Browser) -> None:
    zhang.post("/sign-out")
    page = zhang.get("/sign-in?to=/accounts/new").page
    fields = page.form("/sign-in").fields
    given = {**fields, "id": "zhang", "password": PASSWORD, "code": at.code("zhang")}
    assert zhang.post("/sign-in", given).header("location") == "/accounts/new"
    at.clock.forward(seconds=30)
    given |= {"to": "//evil.example", "code": at.code("zhang")}
    assert zhang.post("/sign-in", given).header("location") == "/"


def test_what_is_wrong_is_not_said_and_then_it_waits(at: Console, zhang: Browser) -> None:
    stranger = at.browser()
    words = set()
    for id, password, code in (
        ("nobody", PASSWORD, at.code("zhang")),
        ("zhang", "wrong", at.code("zhang")),
        ("zhang", PASSWORD, "000000"),
    ):
        refused = stranger.post("/sign-in", {"id": id, "password": password, "code": code})
        assert refused.status == 422
        words |= set(refused.page.alerts)
    assert words == {"账号、密码或验证码不对"}
    for _ in range(3):
        at.signs_in(stranger, "zhang", "wrong")
    held = at.signs_in(stranger, "zhang")
    assert held.status == 429 and "秒后再试" in held.page.text
    zhang.post("/sign-out")
    assert at.signs_in(zhang, "zhang").status == 303  # his browser was here before


def test_a_password_is_hidden_and_may_be_pasted(at: Console, zhang: Browser) -> None:
    at.clock.forward(minutes=11)  # the new codes are not shown any more
    for path in ("/sign-in", "/account/password", "/account/authenticator", "/account/codes"):
        browser = at.browser() if path == "/sign-in" else zhang
        content = browser.get(path).body.decode()
        fields = re.findall(r"<input[^>]*name=\"(?:password|current|again)\"[^>]*>", content)
        assert fields and all('type="password"' in each for each in fields), path
        assert all('maxlength="256"' in each and "autocomplete=" in each for each in fields), path
        assert "onpaste" not in content


def test_an_account_is_opened_by_a_link_that_one_alone_sees(at: Console, zhang: Browser) -> None:
    link = opened(at, zhang)
    assert link not in at.browser().get("/welcome").body.decode()
    at.clock.forward(minutes=11)
    assert link not in zhang.get("/accounts/chen").body.decode()
    browser = at.browser()
    assert at.comes(browser, f"http://127.0.0.1:9080/welcome#{link}", "chen").status == 303
    assert at.browser().post("/welcome", {"link": link}).status == 422
    assert browser.get("/accounts").status == 403
    assert browser.get("/account").status == 200


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"password": "short", "again": "short"}, "至少 12 个字符"),
        ({"password": PASSWORD, "again": NEW}, "不同"),
        ({"password": "dialpact-admin-2026", "again": "dialpact-admin-2026"}, "太容易猜"),
        ({"code": "000000"}, "验证码不对"),
        ({"id": "Ünic"}, "小写字母"),
        ({"name": ""}, "name"),
        ({"pending": "AAAA"}, "过时"),
        ({"link": "~.x"}, "链接无效"),
    ],
)
def test_what_the_first_may_not_choose(at: Console, given: dict[str, str], why: str) -> None:
    browser = at.browser()
    page = browser.post("/welcome", {"link": at.first()}).page
    at.secrets["a"] = secret_of(page)
    fields = page.form("/welcome/done").fields | {"password": PASSWORD, "again": PASSWORD}
    refused = browser.post("/welcome/done", fields | {"id": "a", "name": "b", "code": at.code("a")} | given)
    assert refused.status == 422 and why in refused.page.text, refused.page.text
    assert "dialpact" not in browser.cookies


def test_who_is_disabled_is_out_at_once(at: Console, zhang: Browser) -> None:
    browser = chen(at, zhang)
    assert browser.get("/account").status == 200
    assert zhang.post("/accounts/chen/act", {"do": "disable", "reason": ""}).status == 422
    assert zhang.post("/accounts/chen/act", {"do": "disable", "reason": "离职"}).status == 303
    assert browser.get("/account").status == 303
    assert at.signs_in(browser, "chen").status == 422
    assert "离职" in zhang.get("/accounts/chen").page.text
    zhang.post("/accounts/chen/act", {"do": "enable", "reason": "返岗"})
    assert at.signs_in(browser, "chen").status == 303


def test_a_role_counts_from_the_next_page_on(at: Console, zhang: Browser) -> None:
    browser = chen(at, zhang)
    assert browser.get("/accounts").status == 403
    zhang.post("/accounts/chen", {"name": "陈", "role": "administrator"})
    assert browser.get("/accounts").status == 200
    zhang.post("/accounts/chen", {"name": "陈", "role": "auditor", "until": "2026-12-31"})
    assert browser.get("/accounts").status == 403


def test_what_goes_with_a_role(at: Console, zhang: Browser) -> None:
    for given, why in (
        ({"role": "supervisor"}, "至少要限定一项"),
        ({"role": "officer", "agents": "101"}, "只用于班组长"),
        ({"role": "auditor"}, "必须有最后有效日"),
        ({"role": "auditor", "until": "2020-01-01"}, "2020-01-01 已经过去"),
        ({"id": "Li Si", "role": "officer"}, "账号 'Li Si' 只能用"),
        ({"role": "supervisor", "campaigns": "nowhere"}, "nowhere"),
        ({"role": "king"}, "role"),
        ({"id": "zhang", "role": "officer"}, "不会给第二次"),
    ):
        refused = zhang.post("/accounts/new", {"id": "li", "name": "李", **given})
        assert refused.status in (409, 422) and why in refused.page.text, (given, refused.page.text)
    opened(at, zhang, "li", "supervisor", agents="101, 102;103")
    page = zhang.get("/accounts/li").page
    assert "101、102、103" in page.text
    assert "开账号时给的" in page.text and "added" not in page.text


def test_nobody_raises_himself_and_the_last_stays(at: Console, zhang: Browser) -> None:
    refused = zhang.post("/accounts/zhang", {"name": "张", "role": "officer"})
    assert refused.status == 422 and "另一位管理员" in refused.page.text
    assert zhang.post("/accounts/zhang", {"name": "张三丰", "role": "administrator"}).status == 303
    refused = zhang.post("/accounts/zhang/act", {"do": "disable", "reason": "x"})
    assert refused.status == 422 and "最后一个" in refused.page.text


def test_a_lost_telephone(at: Console, zhang: Browser) -> None:
    browser = chen(at, zhang)
    assert zhang.post("/accounts/chen/act", {"do": "reset", "reason": "丢了手机"}).status == 303
    assert browser.get("/account").status == 303
    assert at.signs_in(browser, "chen").status == 422
    (link,) = re.findall(r"/welcome#(\S+)", zhang.get("/accounts/chen").page.text)
    assert at.comes(at.browser(), link, "chen").status == 303


def test_sessions_are_seen_and_ended(at: Console, zhang: Browser) -> None:
    one = chen(at, zhang)
    two = at.browser("Telephone/1")
    at.signs_in(two, "chen")
    page = one.get("/account").page
    assert sorted(row["浏览器"] for row in page.rows if row) == ["Chromium/130", "Telephone/1"]
    assert one.post("/account/sessions", {"current": "wrong"}).status == 422
    assert two.get("/account").status == 200
    assert one.post("/account/sessions", {"current": PASSWORD}).status == 303
    assert two.get("/account").status == 303 and one.get("/account").status == 200
    assert zhang.post("/accounts/chen/act", {"do": "end", "reason": "x"}).status == 303
    assert one.get("/account").status == 303
    assert zhang.post("/accounts/end-all", {"reason": "x"}).status == 303
    assert zhang.get("/account").status == 303


def test_a_password_is_changed(at: Console, zhang: Browser) -> None:
    given = {"current": PASSWORD, "password": NEW, "again": NEW, "end_others": "true"}
    other = at.browser()
    at.signs_in(other, "zhang")
    assert zhang.post("/account/password", given | {"current": "x"}).status == 422
    assert zhang.post("/account/password", given).status == 303
    assert other.get("/account").status == 303 and zhang.get("/account").status == 200
    assert at.signs_in(other, "zhang").status == 422
    assert at.signs_in(other, "zhang", NEW).status == 303


def test_an_authenticator_is_replaced(at: Console, zhang: Browser) -> None:
    page = zhang.get("/account/authenticator").page
    old, at.secrets["zhang"] = at.code("zhang"), secret_of(page)
    fields = page.form("/account/authenticator").fields | {"current": PASSWORD, "code": at.code("zhang")}
    assert zhang.post("/account/authenticator", fields | {"old_code": "000000"}).status == 422
    assert zhang.post("/account/authenticator", fields | {"old_code": old}).status == 303
    zhang.post("/sign-out")
    at.clock.forward(seconds=30)
    assert at.signs_in(zhang, "zhang").status == 303


def test_a_recovery_code_once(at: Console, zhang: Browser) -> None:
    code = re.findall(r"[0-9A-Z]{6}(?:-[0-9A-Z]{6}){3}", zhang.get("/account/codes").page.text)[0]
    other = at.browser()
    assert at.signs_in(other, "zhang", code=code).header("location").startswith("/account?said=")
    assert "还剩 9 个" in other.get("/account").page.text
    assert at.signs_in(at.browser(), "zhang", code=code).status == 422


def test_an_auditor_changes_his_password_and_what_he_opens_is_an_act(at: Console, zhang: Browser) -> None:
    browser = chen(at, zhang, id="audit", role="auditor", until="2026-12-31")
    given = {"current": PASSWORD, "password": NEW, "again": NEW}
    assert browser.post("/account/password", given).status == 303
    history = zhang.get("/accounts/audit").page.text
    assert "打开页面" in history and "/account/password" in history and PASSWORD not in history


def test_a_long_history_comes_in_parts(at: Console, zhang: Browser) -> None:
    browser = chen(at, zhang, id="audit", role="auditor", until="2026-12-31")
    for _ in range(70):
        browser.get("/account")
    first = zhang.get("/accounts/audit").page
    rows = [row for row in first.rows if row.get("何事")]
    assert len(rows) == 50 and rows[0]["何事"] == "打开页面"
    (more,) = [link for link in first.links if link.startswith("?after=")]
    rest = zhang.get(f"/accounts/audit{more}").page
    assert [row for row in rest.rows if row.get("何事") == "开账号"]
    assert zhang.get("/accounts/audit?after=x").status == 422


def test_a_language_of_ones_own(at: Console, zhang: Browser) -> None:
    assert zhang.post("/account/language", {"language": "en"}).status == 303
    assert "My account" in zhang.get("/account").page.text


def test_names_of_others_are_text(at: Console, zhang: Browser) -> None:
    hostile = "<script>alert(1)</script>\"'><img src=x>"
    zhang.agent = hostile
    zhang.post("/accounts/new", {"id": "evil", "name": hostile, "role": "officer"})
    zhang.post("/accounts/evil/act", {"do": "disable", "reason": hostile})
    at.signs_in(zhang, "zhang")
    for path in ("/accounts", "/accounts/evil", "/accounts/zhang", "/account"):
        page = zhang.get(path).page
        assert not page.wrong and "<img src=x>" not in page.content, path
    assert hostile in zhang.get("/accounts/evil").page.text


def test_each_act_is_in_the_ledger(at: Console, zhang: Browser) -> None:
    chen(at, zhang)
    zhang.post("/accounts/chen/act", {"do": "disable", "reason": "离职"})
    at.home("ledger", "verify")
    shown = at.home("account", "show", "chen")
    acts = [(each["action"], each["by"]) for each in shown["history"]]
    assert acts[0] == ("add", "zhang") and ("disable", "zhang") in acts
    assert ("opened-session", "chen") in acts and ("ended-session", "zhang") in acts
    assert "sha256" not in str(shown)


@contextmanager
def provider() -> Iterator[Idp]:
    """In a thread of its own."""
    found: list[tuple[Idp, asyncio.AbstractEventLoop, asyncio.Event]] = []
    started = threading.Event()

    async def serve() -> None:
        async with idp.serving() as one:
            stop = asyncio.Event()
            found.append((one, asyncio.get_running_loop(), stop))
            started.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert started.wait(WAIT)
    try:
        yield found[0][0]
    finally:
        found[0][1].call_soon_threadsafe(found[0][2].set)
        thread.join(WAIT)


def test_by_the_identity_provider(home: Home) -> None:
    with provider() as one:
        section = f'[web.oidc]\nissuer = "{one.issuer}"\nclient_id = "{idp.CLIENT}"\nname = "统一身份"\n'
        home.config.write_text(f"{home.config.read_text('utf-8')}\n{section}", "utf-8")
        home.file("oidc.secret", idp.SECRET)
        home("account", "add", "chen", "--name", "陈明", "--role", "officer", "--subject", "u-1")
        with signing(home) as at:
            browser = at.browser()
            page = browser.get("/sign-in?to=/account").page
            assert "用统一身份登录" in page.text and "/sign-in/provider?to=/account" in page.links
            gone = browser.get("/sign-in/provider?to=/account")
            assert gone.status == 303 and gone.header("location").startswith(f"{one.issuer}/authorise?")
            said = browser.attributes["dialpact_flow"].lower()
            assert "httponly" in said and "samesite=strict" in said
            given = one.authorise(gone.header("location"), at.clock.now())
            back = at.browser()  # (from another site a browser sends no cookie)
            fields = back.get(f"/sign-in/provider/back?{urlencode(given)}").page.form(
                "/sign-in/provider/back"
            )
            assert fields.fields == given
            assert at.browser().post("/sign-in/provider/back", given).status == 422  # another browser's
            gone = browser.get("/sign-in/provider?to=/account")
            given = one.authorise(gone.header("location"), at.clock.now())
            done = browser.post("/sign-in/provider/back", given)
            assert (done.status, done.header("location")) == (303, "/account")
            assert "陈明" in browser.get("/account").page.text
            assert "/account/password" not in browser.get("/account").page.links
            again = at.browser()
            gone = again.get("/sign-in/provider")
            again.post("/sign-in/provider/back", one.authorise(gone.header("location"), at.clock.now()))
            shown = browser.get("/account").page
            assert 'type="password"' not in shown.content
            ending = shown.form("/account/sessions").fields
            assert browser.post("/account/sessions", ending).status == 303  # he has just signed in
            assert again.get("/account").status == 303
            at.clock.forward(minutes=5)
            refused = browser.post("/account/sessions", ending)
            assert refused.status == 422 and "重新登录" in refused.page.text


def test_without_an_identity_provider(at: Console) -> None:
    assert at.browser().get("/sign-in/provider").status == 422
    assert "/sign-in/provider" not in at.browser().get("/sign-in").body.decode()
