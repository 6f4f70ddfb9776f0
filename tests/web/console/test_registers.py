"""The registers' pages: each shows what is there, and does what the command line does."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from collections.abc import Iterator

import pytest

from dialpact.compliance.registers.account import Role
from dialpact.store.units.browsing import Browsing
from dialpact.web.console.registers import plain
from dialpact.web.console.registers.pages import pages_of
from tests.cli.conftest import Home
from tests.plain_rooms import GIVEN, ROOMS
from tests.web.console.visitor import Opened, Visitor, account, console

NOUNS = (
    *("dnc", "consent", "leads", "business", "campaign", "caller-id", "script", "suspension"),
    *("registration", "mapping"),
)
NUMBER, E164 = "13800138000", "+8613800138000"


@pytest.fixture
def here(home: Home) -> Iterator[tuple[Home, Visitor]]:
    """A home with a business and a campaign, and an officer at its console."""
    home.run("business", "add", "acme", "--name", "Acme", "--actor", "own-business")
    home.run(
        *("campaign", "add", "spring", "--business", "acme", "--industry", "loans"),
        *("--purpose", "marketing", "--script", "pitch"),
    )
    with console(home) as visitor:
        yield home, visitor


def followed(visitor: Visitor, opened: Opened) -> Opened:
    """Where an act leads to."""
    assert opened.status == 303, opened.text
    assert NUMBER[1:] not in opened.headers["location"], "no number is in an address"
    return visitor.get(opened.headers["location"])


def leaves(opened: Opened) -> list[str]:
    return [link.rpartition("/")[2] for link in opened.page.links if link.startswith("/ledger/leaf/")]


@pytest.mark.parametrize("noun", NOUNS)
def test_each_register_has_its_list(visitor: Visitor, noun: str) -> None:
    assert visitor.get(f"/registers/{noun}").status == 200
    assert f"/registers/{noun}" in visitor.get("/registers").page.links


def test_a_business_is_entered_searched_and_has_its_history(here: tuple[Home, Visitor]) -> None:
    home, visitor = here
    form = {"id": "江汉", "name": "江汉公司", "actor": "licensed-call-centre"}
    shown = followed(visitor, visitor.post("/registers/business/add", form))
    assert "已登记。" in shown.text and "江汉公司" in shown.text and "持证呼叫中心" in shown.text
    assert home("business", "show", "江汉")["entries"][0]["name"] == "江汉公司"
    (leaf,) = leaves(shown)
    assert home("ledger", "show", leaf)["kind"] == "register-change"
    found = visitor.get("/registers/business?find=%E6%B1%9F", htmx=True)
    assert [row["编号"] for row in found.page.rows if row] == ["江汉"]
    assert "<html" not in found.body.decode(), "the list alone"
    assert visitor.post("/registers/business/add", form | {"name": "别的"}).status == 409
    assert visitor.get("/registers/business/entry/nobody").status == 404


def test_a_campaign_is_changed_and_suspended(here: tuple[Home, Visitor]) -> None:
    home, visitor = here
    page = visitor.get("/registers/campaign/entry/spring").page
    form = page.form("/registers/campaign/change").fields
    assert form == {
        "key": "spring",
        "industry": "loans",
        "purpose": "marketing",
        "script": "pitch",
        "reason": "",
    }
    assert visitor.post("/registers/campaign/change", form).status == 422, "why?"
    done = visitor.post("/registers/campaign/change", form | {"industry": "cars", "reason": "换行业"})
    shown = followed(visitor, done)
    assert "loans → cars" in shown.text and "理由：换行业" in shown.text
    shown = followed(
        visitor, visitor.post("/registers/campaign/suspend", {"key": "spring", "reason": "投诉"})
    )
    assert "已暂停外呼：投诉" in shown.page.alerts
    (found,) = home("suspension", "list")
    assert (found["key"], found["by"]) == ("spring", "officer")


def test_an_opt_out_is_entered_found_and_its_removal_asked_for(here: tuple[Home, Visitor]) -> None:
    home, visitor = here
    add = {"number": NUMBER, "scope": "business", "value": "acme", "source": "来电"}
    shown = followed(visitor, visitor.post("/registers/dnc/add", add))
    assert "自下一次呼叫起不再拨打" in shown.text and E164 in shown.text and "人工登记" in shown.text
    kinds = [home("ledger", "show", leaf)["kind"] for leaf in leaves(shown)]
    assert sorted(kinds) == ["opt-out", "register-change"]
    again = followed(visitor, visitor.post("/registers/dnc/add", add))
    assert "原已登记" in again.text
    assert home("dnc", "list")[0]["source"] == "来电"
    found = visitor.post("/registers/dnc", {"number": "138 0013 8000"}, htmx=True)
    assert [row["号码"] for row in found.page.rows if row] == [E164]
    assert visitor.post("/registers/dnc", {"number": "13800138001"}, htmx=True).page.rows == []
    shown = visitor.post("/registers/dnc/entry", {"key": E164})
    form = shown.page.form("/registers/dnc/remove").fields
    assert form == {"key": E164, "scope": "business", "value": "acme", "reason": ""}
    assert visitor.post("/registers/dnc/remove", form).status == 422, "why?"
    asked = visitor.post("/registers/dnc/remove", form | {"reason": "本人来信"})
    assert (asked.status, asked.headers["location"].partition("?")[0]) == (303, "/approvals")
    assert home("dnc", "list"), "nobody removes one alone"
    waits = visitor.post("/registers/dnc/entry", {"key": E164})
    assert waits.page.alerts == ["officer 已提出申请，等待复核：本人来信"]
    assert visitor.post("/registers/dnc/remove", form | {"reason": "再次"}).status in (409, 422)


def test_opt_outs_of_a_file_name_it(here: tuple[Home, Visitor]) -> None:
    home, visitor = here
    rows = "".join(f"1380013{number},all,,2026-11-20,信\n" for number in range(8000, 8060))
    home.run("dnc", "import", home.file("名单.csv", f"number,scope,value,requested_at,source\n{rows}"))
    page = visitor.get("/registers/dnc").page
    assert len([row for row in page.rows if "号码" in row]) == 50
    more = next(form for form in page.forms if form.action == "/registers/dnc" and "after" in form.fields)
    rest = visitor.post("/registers/dnc", more.fields, htmx=True)
    assert len([row for row in rest.page.rows if "号码" in row]) == 10
    assert not [form for form in rest.page.forms if "after" in form.fields]
    shown = visitor.post("/registers/dnc/entry", {"key": E164})
    assert "名单.csv" in shown.text and len(leaves(shown)) == 1
    assert "没有单独的操作记录" in shown.text


def test_a_search_says_how_far_it_has_looked(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """No clean answer about what was not looked at."""
    monkeypatch.setattr(Browsing.__init__, "__defaults__", (2,))
    for number in range(4):
        home.run("dnc", "add", f"1380013800{number}")
    with console(home) as visitor:
        found = visitor.post("/registers/dnc", {"scope": "business"}, htmx=True)
        for _ in range(2):
            assert "后面的尚未查看" in found.text and "没有符合条件" not in found.text
            (more,) = (form for form in found.page.forms if "after" in form.fields)
            assert more.fields["scope"] == "business"
            found = visitor.post("/registers/dnc", more.fields, htmx=True)
        assert found.text == "没有更多了。"
        assert "没有符合条件" in visitor.post("/registers/business", {"find": "x"}, htmx=True).text


def test_a_consent_with_its_proof_is_kept_and_withdrawn(here: tuple[Home, Visitor]) -> None:
    home, visitor = here
    add = {"number": NUMBER, "business": "acme", "industry": "loans", "evidence": "表单 7", "keep": "true"}
    assert visitor.post("/registers/consent/add", add).status == 422, "what is to be kept?"
    file = {"file": ("proof.pdf", b"%PDF-1.7 proof")}
    shown = followed(visitor, visitor.post("/registers/consent/add", add, files=file))
    assert "表单 7" in shown.text and "有效" in shown.text
    assert home("consent", "verify")["checked"] == 1
    verified = visitor.post("/registers/consent/proofs", {}, htmx=True)
    assert "已核对 1 份证据文件" in verified.text
    form = shown.page.form("/registers/consent/withdraw").fields
    assert form == {"key": E164, "business": "acme", "industry": "loans", "reason": ""}
    shown = followed(visitor, visitor.post("/registers/consent/withdraw", form | {"reason": "来电撤回"}))
    assert "已撤回" in shown.text and "理由：来电撤回" in shown.text
    assert home("consent", "show", NUMBER)["entries"][0]["withdrawn_at"]
    for state, count in (("withdrawn", 1), ("valid", 0)):
        found = visitor.post("/registers/consent", {"state": state}, htmx=True)
        assert len([row for row in found.page.rows if row]) == count


def test_a_proof_of_another_sha256_is_refused(here: tuple[Home, Visitor]) -> None:
    home, visitor = here
    add = {
        "number": NUMBER,
        "business": "acme",
        "industry": "loans",
        "evidence": "x",
        "evidence_sha256": "0" * 64,
    }
    refused = visitor.post("/registers/consent/add", add, files={"file": ("p.pdf", b"proof")})
    assert refused.status == 422 and "SHA-256" in refused.text
    assert home("consent", "list") == []


def test_a_consent_to_any_industry_is_withdrawn_at_once(here: tuple[Home, Visitor]) -> None:
    home, visitor = here
    for industry in ("loans", "cars"):
        home.run("consent", "add", NUMBER, "--business", "acme", "--industry", industry, "--evidence", "x")
    followed(visitor, visitor.post("/registers/consent/withdraw-all", {"key": E164, "business": "acme"}))
    assert all(one["withdrawn_at"] for one in home("consent", "show", NUMBER)["entries"])


def test_a_caller_id_is_entered_changed_and_removed(here: tuple[Home, Visitor]) -> None:
    home, visitor = here
    put = {
        "number": "4008001234",
        "business": "acme",
        "licence": "L-1",
        "carrier": "电信",
        "authenticated": "yes",
        "trunks": "carrier, other",
        "purposes": ["marketing", "service"],
        "valid_to": "2999-12-31",
    }
    shown = followed(visitor, visitor.post("/registers/caller-id/add", put))
    assert "其中的中继没有配置" in shown.text and "营销、客户服务" in shown.text and "有效" in shown.text
    form = shown.page.form("/registers/caller-id/change").fields
    assert form["trunks"] == "carrier, other" and form["key"] == "4008001234"
    change = {**form, "carrier": "移动", "trunks": "carrier", "purposes": ["marketing"]}
    shown = followed(visitor, visitor.post("/registers/caller-id/change", change))
    assert "电信 → 移动" in shown.text
    (entry,) = home("caller-id", "list")
    assert (entry["carrier"], entry["trunks"], entry["purposes"]) == ("移动", ["carrier"], ["marketing"])
    assert (entry["valid_to"], entry["authenticated"]) == ("2999-12-31", True)
    shown = followed(visitor, visitor.post("/registers/caller-id/remove", {"key": "4008001234"}))
    assert "现已不在登记簿中" in shown.text and "移除" in shown.text
    assert home("caller-id", "list") == []


def test_the_register_against_the_carriers_list(here: tuple[Home, Visitor]) -> None:
    home, visitor = here
    home.run(
        *("caller-id", "add", "95512", "--business", "acme", "--licence", "L", "--carrier", "CT"),
        *("--authenticated", "--trunk", "*", "--purpose", "*"),
    )
    file = {"file": ("list.csv", b"number\n4008001234\nabc\n")}
    refused = visitor.post("/registers/caller-id/reconcile", {}, files=file, htmx=True)
    assert "第 3 行" in refused.text and "运营商名单中没有" not in refused.text
    done = visitor.post("/registers/caller-id/reconcile", {"skip_bad": "true"}, files=file, htmx=True)
    assert "运营商名单中没有，不得使用" in done.text and "运营商名单中有，登记中没有" in done.text
    assert visitor.post("/registers/caller-id/reconcile", {}).status == 422, "no file"
    theirs = {"file": ("list.csv", "我方号码\n95512\n".encode())}
    done = visitor.post(
        "/registers/caller-id/reconcile", {"map": "number=我方号码\r\n"}, files=theirs, htmx=True
    )
    assert "两者一致" in done.text


def test_a_script_with_a_forbidden_phrase_is_not_approved(here: tuple[Home, Visitor]) -> None:
    home, visitor = here
    add = {"id": "pitch", "text": "您好。\r\n保 证，收益最佳"}
    shown = followed(visitor, visitor.post("/registers/script/add", add))
    marks = re.findall(r"<mark title=\"([^\"]*)\">([^<]*)</mark>", shown.body.decode())
    assert marks == [("保证收益", "保 证，收益"), ("最佳", "最佳")]
    assert "含禁用语 2 处" in shown.text
    refused = visitor.post("/registers/script/approve", {"key": "pitch", "version": "1"})
    assert refused.status == 422 and "没有审批" in refused.text
    form = shown.page.form("/registers/script/change").fields
    assert form["text"].split() == add["text"].split(), "what is there is to be changed"
    good = form | {"text": "您好，这里是江汉公司。"}
    shown = followed(visitor, visitor.post("/registers/script/change", good, files={}))
    assert "已登记为新版本，尚未审批" in shown.text and "未发现禁用语" in shown.text
    stale = visitor.post("/registers/script/approve", {"key": "pitch", "version": "1"})
    assert stale.status == 422, "the version that was looked at is the one that is approved"
    approve = shown.page.form("/registers/script/approve").fields
    shown = followed(
        visitor, visitor.post("/registers/script/approve", approve | {"expires_at": "2999-12-31"})
    )
    assert "已审批" in shown.text
    found = home("script", "show", "pitch")
    assert (found["entries"][-1]["version"], found["entries"][-1]["approved_by"]) == (2, "officer")
    old = visitor.get("/registers/script/entry/pitch/version/1")
    assert old.status == 200 and "保 证，收益" in old.text
    shown = followed(visitor, visitor.post("/registers/script/revoke", {"key": "pitch", "reason": "改稿"}))
    assert "未审批" in shown.text and "理由：改稿" in shown.text


def test_a_script_comes_as_a_file_too_and_a_text_is_checked(here: tuple[Home, Visitor]) -> None:
    home, visitor = here
    file = {"file": ("s.txt", "您好".encode("gb18030"))}
    shown = followed(visitor, visitor.post("/registers/script/add", {"id": "filed"}, files=file))
    assert "您好" in shown.text
    assert visitor.post("/registers/script/add", {"id": "x", "text": "y"}, files=file).status == 422
    checked = visitor.post("/registers/script/check", {"text": "最佳选择"}, htmx=True)
    assert "含禁用语 1 处" in checked.text and "<mark" in checked.body.decode()
    assert [one["id"] for one in home("script", "list")] == ["filed"], "nothing is kept of it"


def test_a_batch_and_a_numbers_batches(here: tuple[Home, Visitor]) -> None:
    home, visitor = here
    origin = ("--campaign", "spring", "--partner", "银行", "--contract", "K-7", "--basis", "consent")
    home.run("leads", "import", home.file("a.csv", f"number\n{NUMBER}\n13911112222\n"), *origin)
    run = "".join(f"1390000{number}\n" for number in range(1000, 1200))
    home.run("leads", "import", home.file("b.csv", f"number\n{run}"), *origin, code=3)
    found = visitor.post("/registers/leads", {"number": NUMBER}, htmx=True)
    assert [row["编号"] for row in found.page.rows if row] == ["1"]
    held = visitor.get("/registers/leads/entry/2")
    assert "疑似按号段盲呼" in held.page.alerts[0] and "最长连号" in held.text
    assert visitor.post("/registers/leads", {"state": "held"}, htmx=True).page.rows[1]["编号"] == "2"
    shown = followed(visitor, visitor.post("/registers/leads/release", {"key": "2", "reason": "已抽查"}))
    assert "已解除扣留" in shown.text and "理由：已抽查" in shown.text
    shown = followed(visitor, visitor.post("/registers/leads/withdraw", {"key": "1", "reason": "合同到期"}))
    assert home("leads", "show", "1")["entry"]["withdrawn_at"]
    assert "/registers/leads/withdraw" not in [form.action for form in shown.page.forms]
    assert visitor.get("/registers/leads/entry/99").status in (404, 422)
    assert visitor.get("/registers/leads/entry/x").status in (404, 422)


def test_a_suspension_of_others_is_not_even_named(here: tuple[Home, Visitor]) -> None:
    home, visitor = here
    home.run("campaign", "add", "autumn", "--business", "acme", "--industry", "loans", "--purpose", "service")
    places = {}
    for kind, key in (("campaign", "spring"), ("campaign", "autumn"), ("agent", "7001")):
        form = {"kind": kind, "key": key, "reason": f"投诉人 {NUMBER}"}
        done = visitor.post("/registers/suspension/add", form)
        places[key] = done.headers["location"].partition("?")[0]
        assert NUMBER in visitor.get(places[key]).text
    visitor.known.accounts["supervisor"] = account(Role.SUPERVISOR, campaigns=("spring",))
    his = visitor.as_("supervisor")
    for key in ("autumn", "7001"):
        refused = his.get(places[key])
        assert refused.status == 404 and key not in refused.text
    own = his.get(places["spring"])
    assert "投诉人" in own.text and NUMBER not in own.text  # nor is any number that somebody wrote down
    assert NUMBER not in his.get("/registers/suspension").text
    assert NUMBER in visitor.get("/registers/campaign/entry/spring").text
    campaign = his.get("/registers/campaign/entry/spring")
    assert "投诉人" in campaign.text and NUMBER not in campaign.text


def test_a_suspension_is_lifted_by_two(here: tuple[Home, Visitor]) -> None:
    home, visitor = here
    add = {"kind": "agent", "key": "7001", "reason": "话术违规"}
    shown = followed(visitor, visitor.post("/registers/suspension/add", add))
    assert "暂停中" in shown.text
    form = shown.page.form("/registers/suspension/lift").fields
    asked = visitor.post("/registers/suspension/lift", form | {"reason": "已培训"})
    assert asked.headers["location"].startswith("/approvals")
    assert len(home("suspension", "list")) == 1
    waits = visitor.post("/registers/suspension/entry", {"key": "agent 7001"})
    assert waits.page.alerts == ["officer 已提出申请，等待复核：已培训"]
    home.run("suspension", "lift", "agent", "7001", "--reason", "x")
    assert not [row for row in visitor.post("/registers/suspension", {}, htmx=True).page.rows if row]
    found = visitor.post("/registers/suspension", {"lifted": "true"}, htmx=True)
    assert [row["状态"] for row in found.page.rows if row] == ["已解除"]


def test_a_registration_is_entered_and_one_of_two_removed(here: tuple[Home, Visitor]) -> None:
    home, visitor = here
    for starts, ends in (("2025-01-01", "2025-12-31"), ("2026-01-01", "")):
        add = {"holder": "business", "id": "acme", "kind": "ico", "number": "Z-1"}
        shown = followed(
            visitor,
            visitor.post("/registers/registration/add", add | {"valid_from": starts, "valid_to": ends}),
        )
    forms = [form for form in shown.page.forms if form.action == "/registers/registration/remove"]
    assert [form.fields["valid_from"] for form in forms] == ["2025-01-01", "2026-01-01"]
    followed(visitor, visitor.post("/registers/registration/remove", forms[0].fields | {"reason": "录错"}))
    assert [one["valid_from"] for one in home("registration", "list")] == ["2026-01-01"]
    assert [row["状态"] for row in visitor.get("/registers/registration").page.rows if row] == ["有效"]


def test_a_mapping_is_saved_shown_and_removed(here: tuple[Home, Visitor]) -> None:
    home, visitor = here
    assert visitor.post("/registers/mapping/add", {"id": "银行"}).status == 422, "nothing is mapped"
    followed(visitor, visitor.post("/registers/mapping/add", {"id": "银行", "number": "电话"}))
    assert home("mapping", "show", "银行")["entries"][0]["columns"] == {"number": "电话"}
    assert "number=电话" in visitor.get("/registers/mapping").text
    followed(visitor, visitor.post("/registers/mapping/remove", {"key": "银行", "reason": "不再合作"}))
    assert home("mapping", "list") == []


def test_a_plain_register_has_its_pages_by_its_declaration(home: Home) -> None:
    with console(home, pages_of(plain.declared(ROOMS))) as visitor:
        form = visitor.get("/registers/room/add").page.form("/registers/room/add").fields
        assert set(form) == {"id", *ROOMS.cells}
        add = {"id": "一号", **GIVEN, "checked_at": "2026-11-24T10:00", "watched": "no"}
        refused = visitor.post("/registers/room/add", add | {"seats": "many"})
        assert refused.status == 422 and "seats" in refused.text
        shown = followed(visitor, visitor.post("/registers/room/add", add))
        assert "机房 一号" in shown.page.headings
        assert "2026-11-24 10:00" in shown.text and "座席数" in shown.text
        assert [row["地点"] for row in visitor.get("/registers/room").page.rows if row] == ["武汉"]
        assert "The rooms." in visitor.in_("en").get("/registers/room").text
        done = visitor.post("/registers/room/remove", {"key": "一号", "reason": "退租"})
        assert "现已不在登记簿中" in followed(visitor, done).text


def test_what_is_not_as_the_ledger_says_is_said(here: tuple[Home, Visitor]) -> None:
    home, visitor = here
    with contextlib.closing(sqlite3.connect(home.path / "dialpact.db")) as db, db:
        db.execute("INSERT INTO register_difference VALUES ('campaign', 'spring', 'differs', 1, 'x')")
    assert "与账本所记不符" in visitor.get("/registers/campaign/entry/spring").page.alerts[0]
    assert not visitor.get("/registers/business/entry/acme").page.alerts


# Who sees what


def test_a_supervisor_enters_a_no_and_sees_his_own(here: tuple[Home, Visitor]) -> None:
    home, visitor = here
    home.run("business", "add", "rival", "--name", "Rival", "--actor", "own-business")
    home.run(
        *("campaign", "add", "autumn", "--business", "rival", "--industry", "cars"),
        *("--purpose", "marketing", "--script", "theirs"),
    )
    for id in ("pitch", "theirs"):
        home.run("script", "add", id, "--file", home.file("s.txt", f"text of {id}"))
    for kind, key in (("campaign", "spring"), ("campaign", "autumn"), ("agent", "7001"), ("agent", "7002")):
        home.run("suspension", "add", kind, key, "--reason", "x")
    visitor.known.accounts["supervisor"] = account(Role.SUPERVISOR, businesses=("acme",), agents=("7001",))
    his = visitor.as_("supervisor")
    for noun, sees in (("campaign", "spring"), ("script", "pitch")):
        assert [row["编号"] for row in his.get(f"/registers/{noun}").page.rows if row] == [sees]
        assert his.get(f"/registers/{noun}/entry/{sees}").status == 200
    for path in ("campaign/entry/autumn", "script/entry/theirs"):
        refused = his.get(f"/registers/{path}")
        assert refused.status == 404 and "rival" not in refused.text
    seen = [row["暂停对象"] for row in his.get("/registers/suspension").page.rows if row]
    assert sorted(seen) == ["7001", "spring"]
    assert his.post("/registers/suspension/entry", {"key": "agent 7001"}).status == 200
    for key in ("agent 7002", "campaign autumn", "caller-id 95512"):
        assert his.post("/registers/suspension/entry", {"key": key}).status == 422
    assert his.get("/registers/business").status == 403
    done = his.post("/registers/dnc/add", {"number": NUMBER, "scope": "business", "value": "acme"})
    assert done.headers["location"].startswith("/registers/dnc/add")
    refused = his.post("/registers/dnc/add", {"number": NUMBER, "scope": "business", "value": "rival"})
    assert refused.status == 403
    assert [one["value"] for one in home("dnc", "list")] == ["acme"]
    for limits, statuses in (({"campaigns": ("spring",)}, (303, 403)), ({"agents": ("7001",)}, (403, 403))):
        visitor.known.accounts["supervisor"] = account(Role.SUPERVISOR, **limits)
        for business, status in zip(("acme", "rival"), statuses, strict=True):
            add = {"number": NUMBER, "scope": "business", "value": business}
            assert his.post("/registers/dnc/add", add).status == status, (limits, business)
        assert his.post("/registers/dnc/add", {"number": NUMBER}).status == 303, "of all calls anybody's"


def test_who_may_do_nothing_is_offered_nothing(here: tuple[Home, Visitor]) -> None:
    _, visitor = here
    for role in ("administrator", "auditor"):
        opened = visitor.as_(role).get("/registers/campaign/entry/spring")
        assert opened.status == 200
        assert not [form for form in opened.page.forms if form.action.startswith("/registers/")]
        assert "/registers/campaign/add" not in visitor.as_(role).get("/registers/campaign").page.links


# What is hostile


HOSTILE = "<script>alert(1)</script>\"'&{{7*7}}"


def test_hostile_words_are_shown_as_text(here: tuple[Home, Visitor]) -> None:
    home, visitor = here
    visitor.post("/registers/business/add", {"id": "b", "name": HOSTILE, "actor": "own-business"})
    visitor.post("/registers/dnc/add", {"number": NUMBER, "source": HOSTILE})
    visitor.post("/registers/campaign/suspend", {"key": "spring", "reason": HOSTILE})
    visitor.post("/registers/script/add", {"id": "s", "text": f"最佳{HOSTILE}"})
    consent = {
        "number": NUMBER,
        "business": "acme",
        "industry": "loans",
        "evidence": HOSTILE,
        "wording": HOSTILE,
    }
    visitor.post("/registers/consent/add", consent)
    origin = ("--campaign", "spring", "--partner", HOSTILE, "--contract", HOSTILE, "--basis", HOSTILE)
    home.run("leads", "import", home.file("x.csv", f"number\n{NUMBER}\n"), *origin)
    registration = {
        "holder": "business",
        "id": "acme",
        "kind": "k",
        "number": HOSTILE,
        "valid_from": "2026-01-01",
    }
    visitor.post("/registers/registration/add", registration)
    visitor.post(
        "/registers/caller-id/add",
        {
            "number": "4008001234",
            "business": "acme",
            "licence": HOSTILE,
            "carrier": HOSTILE,
            "authenticated": "no",
            "trunks": "*",
            "purposes": ["*"],
        },
    )
    pages = [
        visitor.get("/registers/business"),
        visitor.get("/registers/business/entry/b"),
        visitor.get("/registers/dnc"),
        visitor.post("/registers/dnc/entry", {"key": E164}),
        visitor.get("/registers/campaign/entry/spring"),
        visitor.get("/registers/suspension"),
        visitor.get("/registers/script/entry/s"),
        visitor.post("/registers/consent/entry", {"key": E164}),
        visitor.get("/registers/leads"),
        visitor.get("/registers/leads/entry/1"),
        visitor.get("/registers/registration"),
        visitor.get("/registers/caller-id"),
        visitor.post("/registers/caller-id/entry", {"key": "4008001234"}),
    ]
    for opened in pages:
        assert opened.status == 200
        assert HOSTILE in opened.text, "it is read as it was written"
        assert "<script>alert" not in opened.body.decode()
    refused = visitor.post("/registers/business/add", {"id": HOSTILE, "name": "x", "actor": "own-business"})
    assert refused.status == 422 and "<script>alert" not in refused.body.decode()


@pytest.mark.parametrize("noun", NOUNS)
def test_a_cursor_or_key_that_is_none(visitor: Visitor, noun: str) -> None:
    refused = visitor.post(f"/registers/{noun}", {"after": "x' OR 1=1"}, htmx=True)
    assert refused.status == 422 and refused.page.alerts
    assert visitor.post(f"/registers/{noun}/acts", {"key": "x y", "after": "WzFd"}).status in (404, 422)
    assert visitor.get(f"/registers/{noun}/entry/99999999999999999999").status in (404, 422)


@pytest.mark.parametrize("role", ["officer", "administrator", "auditor"])
def test_each_link_of_the_registers_leads_somewhere(visitor: Visitor, role: str) -> None:
    """Also to the pages of others: imports, exports, the ledger's entries."""
    them = visitor.as_(role)
    entries = [
        "campaign/entry/jianghan-1",
        "business/entry/jianghan",
        "script/entry/jianghan-s",
        "leads/entry/1",
    ]
    pages = [them.get(f"/registers/{path}") for path in (*NOUNS, *entries)]
    pages.append(them.post("/registers/consent/entry", {"key": E164}))
    links = {link for opened in pages for link in opened.page.links if link.startswith("/")}
    wanted = {
        link
        for link in links
        if link.split("/")[1] in ("registers", "imports", "exports", "ledger", "scrubs")
    }
    assert any(link.startswith("/ledger/leaf/") for link in wanted)
    assert (role == "officer") == any(link.startswith("/imports/") for link in wanted)
    found = {link: them.get(link).status for link in sorted(wanted)}
    assert not {link: status for link, status in found.items() if status != 200}
