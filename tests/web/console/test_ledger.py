"""The pages of the ledger say what the command line says, and what was not looked at."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from dialpact.compliance.registers.account import Role
from dialpact.store.sqlite import Store
from tests.cli.conftest import Home
from tests.cli.test_witnesses import name
from tests.outsiders import FakeWitness, Said
from tests.web.api.furnished import ERASURE
from tests.web.console.visitor import Visitor, account, console

LATER = 30.0  # seconds for a job


@pytest.fixture
def at(furnished: Home) -> Iterator[Visitor]:
    furnished.run("ledger", "checkpoint")
    with closing(sqlite3.connect(furnished.path / "dialpact.db")) as database, database:
        database.execute("DELETE FROM job WHERE kind = 'ledger-verification'")  # nobody has verified it yet
    with capture_logs(), console(furnished, works=True) as found:  # else a line of theirs is in a command's
        yield found


def until(what: Callable[[], bool]) -> None:
    end = time.monotonic() + LATER
    while not what():
        assert time.monotonic() < end
        time.sleep(0.05)


def acted(home: Home, count: int) -> None:
    """So many acts of somebody."""

    async def run() -> None:
        async with await Store.open(home.path / "dialpact.db") as store:
            for number in range(count):
                at = datetime(2026, 11, 20, 1, tzinfo=UTC) + timedelta(seconds=number)
                await store.changes.note("report", "full", str(number), {}, by="<i>li</i>", at=at)

    asyncio.run(run())


def over(at: Visitor, path: str) -> Visitor:
    """Waits until the job at this address is over."""
    until(lambda: "刷新" not in at.get(path).text and "Look again" not in at.get(path).text)
    return at


def begun(at: Visitor, path: str, fields: dict[str, str] | None = None) -> str:
    sent = at.post(path, fields)
    assert sent.status == 303, sent.text
    return sent.headers["location"].partition("?")[0]


@pytest.mark.parametrize("path", ["/ledger", "/ledger/witnesses", "/ledger/leaves", "/ledger/acts"])
def test_who_may_read_it(at: Visitor, path: str) -> None:
    for role in ("administrator", "officer", "auditor"):
        assert at.as_(role).get(path).status == 200
    assert at.as_("supervisor").get(path).status == 403


def test_the_newest_checkpoint_its_age_and_its_note(at: Visitor, furnished: Home) -> None:
    page = at.get("/ledger").page
    (row,) = [row for row in page.rows if "签名文本" in row]
    size = furnished("ledger", "list", "--from", "0", "--limit", "5000")[-1]["leaf"] + 1
    assert row["条数"] == f"{size:,}"
    assert "0 分钟前" in page.text and "从未全面核验" in page.text
    assert furnished("ledger", "key")["verifier_key"] in page.text
    (link,) = [link for link in page.links if link.startswith("/ledger/checkpoints/")]
    note = at.get(link)
    assert note.headers["content-disposition"].startswith("attachment")
    assert note.body.decode() == furnished("ledger", "checkpoint")["note"]


@pytest.mark.parametrize(
    "at_", ["2026-11-29", "2026-11-29T10:00:00", "yesterday", "2026-11-29T10:00:00+08:00"]
)
@pytest.mark.parametrize(
    "path", ["/ledger/checkpoints/1/{0}", "/ledger/stamps/1/{0}/note", "/ledger/stamps/1/{0}/tsr"]
)
def test_a_time_at_which_there_is_none(at: Visitor, path: str, at_: str) -> None:
    assert at.get(path.format(at_.replace("+", "%2B"))).status == 404


def test_a_checkpoint_is_old_when_the_doctor_says_so(at: Visitor, furnished: Home) -> None:
    now, newest = furnished.machine.clock.now, furnished.machine.clock.now()
    for minutes, said in ((30, "30 分钟前"), (31, "31 分钟前，过久")):
        furnished.machine.clock.now = lambda later=timedelta(minutes=minutes): newest + later
        text = at.get("/ledger").text
        assert said in text and ("过久" in text) is ("过久" in said)
    furnished.machine.clock.now = now


def test_it_is_signed_by_a_click_of_who_keeps_it(at: Visitor, furnished: Home) -> None:
    furnished.run("business", "add", "beta", "--name", "b", "--actor", "own-business")
    assert "此后的" in at.get("/ledger").text
    assert at.as_("auditor").post("/ledger/checkpoints/sign").status == 403
    assert begun(at, "/ledger/checkpoints/sign") == "/ledger"
    assert "此后的" not in at.get("/ledger").text
    assert len([row for row in at.get("/ledger").page.rows if "签名文本" in row]) == 2


def test_a_key_that_can_not_be_used_is_said(at: Visitor, furnished: Home) -> None:
    (furnished.path / "ledger.key").unlink()
    refused = at.post("/ledger/checkpoints/sign")
    assert refused.status == 422 and "没有签名" in refused.page.alerts[0]


def test_more_checkpoints_than_a_page_has(at: Visitor, furnished: Home) -> None:
    with closing(sqlite3.connect(furnished.path / "dialpact.db")) as database, database:
        ((note,),) = database.execute("SELECT note FROM checkpoint ORDER BY size DESC LIMIT 1").fetchall()
        database.executemany(
            "INSERT INTO checkpoint VALUES (?, '2026-01-01T00:00:00.000000Z', ?)",
            [(size, note) for size in range(1, 56)],
        )
    page = at.get("/ledger").page
    assert len([row for row in page.rows if "签名文本" in row]) == 50
    after = page.form("/ledger/checkpoints").fields["after"]
    rest = at.post("/ledger/checkpoints", {"after": after}, htmx=True).page
    assert len([row for row in rest.rows if "签名文本" in row]) == 6
    assert "<html" not in rest.content


def test_a_log_that_was_cut_is_not_signed_and_says_so(at: Visitor, furnished: Home, tmp_path: Path) -> None:
    before = (furnished.path / "dialpact.db").read_bytes()
    furnished.run("business", "add", "beta", "--name", "b", "--actor", "own-business")
    furnished.run("ledger", "checkpoint")
    with console(furnished) as _:
        pass
    for left in furnished.path.glob("dialpact.db*"):
        left.unlink()
    (furnished.path / "dialpact.db").write_bytes(before)
    with console(furnished) as again:
        refused = again.post("/ledger/checkpoints/sign")
        assert refused.status == 409 and "账本被截断" in refused.text
        assert "停止签名" in again.get("/ledger").text


def test_witnesses_their_last_word_and_what_to_do(furnished: Home) -> None:
    with FakeWitness().answering() as well, FakeWitness().answering() as other:
        name(furnished, well, other)
        with console(furnished) as at:
            rows = at.get("/ledger/witnesses").page.rows
            assert [row["状态"] for row in rows[1:]] == ["请留意", "请留意"]
            assert "dialpact serve" in rows[1]["怎么办"]
            other.answer = lambda _: Said(403)
            begun(at, "/ledger/checkpoints/sign")
            page = at.get("/ledger/witnesses").page
            assert sorted(row["状态"] for row in page.rows[1:]) == ["正常", "请留意"]
            (refuses,) = [row for row in page.rows[1:] if row["状态"] == "请留意"]
            assert "公钥" in refuses["怎么办"] and "unknown-key" in refuses["最近的答复"]
            assert "没有配置时间戳机构" in page.text
            cosigned = at.get("/ledger").page.rows[1]["见证"]
            assert cosigned.startswith(well.cosigner.vkey.partition("+")[0])


def test_a_leaf_and_its_proof_are_worked_out_anew(at: Visitor, furnished: Home) -> None:
    page = at.get("/ledger/leaf/0").page
    assert "证明成立" in page.text
    told = json.loads(at.get("/ledger/leaf/0/proof").body)
    assert told == furnished("ledger", "show", "0")
    with closing(sqlite3.connect(furnished.path / "dialpact.db")) as database, database:
        database.execute("DROP TRIGGER register_change_is_final")
        database.execute("UPDATE register_change SET actor = 'nobody' WHERE seq = 1")
    assert "证明不成立" in at.get("/ledger/leaf/0").page.alerts[0]


def test_a_leaf_that_is_none_of_the_signed_ones(at: Visitor, furnished: Home) -> None:
    """Of an erased record the leaf alone is left to tell by."""
    with closing(sqlite3.connect(furnished.path / "dialpact.db")) as database, database:
        names = database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'ledger'"
        ).fetchall()
        for (each,) in names:
            database.execute(f"DROP TRIGGER {each}")
        database.execute("UPDATE ledger SET salt = NULL, leaf = randomblob(32) WHERE leaf_index = 0")
        database.execute("UPDATE ledger SET salt = NULL WHERE leaf_index = 1")
    assert "证明不成立" in at.get("/ledger/leaf/0").page.alerts[0]


def test_a_leaf_that_is_not_signed_yet(at: Visitor, furnished: Home) -> None:
    furnished.run("business", "add", "beta", "--name", "b", "--actor", "own-business")
    newest = furnished("ledger", "list")[-1]["leaf"]
    assert "尚未签名" in at.get(f"/ledger/leaf/{newest}").text
    for none in (newest + 1, "x", "-1", "9" * 30, "%D9%A1"):
        assert at.get(f"/ledger/leaf/{none}").status in (404, 400), none


def test_a_record_is_found_by_its_kind_and_key(at: Visitor, furnished: Home) -> None:
    one = next(each for each in furnished("ledger", "list", "--from", "0") if each["kind"] == "decision")
    found = at.get(f"/ledger/leaf?kind=decision&key={one['key']}").page
    assert found.headings[0] == f"第 {one['leaf']} 号叶" and one["key"] in found.text
    assert at.get("/ledger/leaf?kind=decision&key=none").status == 422
    assert at.get("/ledger/leaf?leaf=3").body.decode().count("/ledger/leaf/3/proof") == 1


def test_leaves_before_and_behind(at: Visitor, furnished: Home) -> None:
    acted(furnished, 60)
    first = at.get("/ledger/leaves?first=0").page
    assert first.rows[1]["叶号"] == "0" and len(first.rows) == 51
    assert "/ledger/leaves?first=50" in first.links
    assert "/ledger/leaves?first=0" in at.get("/ledger/leaves?first=50").page.links


def test_one_size_is_a_beginning_of_another(at: Visitor, furnished: Home) -> None:
    size = furnished("ledger", "list")[-1]["leaf"] + 1
    page = at.get(f"/ledger/proof?old=3&new={size}").page
    assert "成立" in page.text
    text = at.get(f"/ledger/proof?old=3&new={size}&as_file=true").body.decode()
    assert text == furnished.run("ledger", "prove", "3", str(size)).stdout
    for wrong in (f"old=3&new={size + 1}", "old=4&new=3", "old=/etc/passwd&new=3", "old=-1&new=3"):
        assert at.get(f"/ledger/proof?{wrong}").status == 422, wrong


def test_a_verification_is_begun_watched_and_says_what_it_covered(at: Visitor, furnished: Home) -> None:
    path = begun(at, "/ledger/verifications")
    page = over(at, path).get(path).page
    assert "所核验的没有问题" in page.text and "登记簿的" in page.text
    assert "录音文件本身不在其内" in page.text
    furnished.run("business", "add", "beta", "--name", "b", "--actor", "own-business")
    for seen in (path, "/ledger/verifications", "/ledger"):
        assert "未核验 此后新增的 1 条" in at.get(seen).text
    told = json.loads(at.get(f"{path}/file").body)
    assert told["made"]["findings"] == 0 and told["listed"] == []


def test_a_part_never_looks_like_the_whole(at: Visitor) -> None:
    path = begun(at, "/ledger/verifications", {"first": "1", "last": "3"})
    page = over(at, path).get(path).page
    assert "中的 3 条" in page.text and "登记簿没有核对" in page.text
    assert "从未全面核验" in at.get("/ledger").text
    assert "没有一条经过全面核验" in at.get("/ledger/verifications").text


def test_what_it_finds_is_a_table(at: Visitor, furnished: Home) -> None:
    with closing(sqlite3.connect(furnished.path / "dialpact.db")) as database, database:
        database.execute("UPDATE business SET name = '<b>x</b>' WHERE id = 'jianghan'")
    path = begun(at, "/ledger/verifications")
    for language in ("zh", "en"):
        page = over(at, path).in_(language).get(path).page
        (row,) = [row for row in page.rows if row]
        assert "<b>x</b>" in " ".join(row.values())
    assert "1 个问题" in at.get("/ledger").text


def test_against_a_checkpoint_that_was_kept(at: Visitor, furnished: Home) -> None:
    note = furnished("ledger", "checkpoint")["note"]
    other = note.replace("\n", "\r\n")
    path = begun(at, "/ledger/verifications", {"checkpoint": other})
    assert "与所给的检查点作了比较" in over(at, path).get(path).text
    assert at.post("/ledger/verifications", {"checkpoint": "x"}).status == 422
    assert at.post("/ledger/verifications", {"key": "/etc/passwd"}).status == 422
    assert at.post("/ledger/verifications", {"first": "3", "last": "2"}).status == 422


def test_one_that_is_stopped_has_no_result(furnished: Home) -> None:
    with console(furnished) as at:  # nobody does the job
        path = begun(at, "/ledger/verifications")
        assert "hx-trigger" in at.get(path).body.decode()
        assert "hx-trigger" not in at.as_("auditor").get(path).body.decode()  # each look is an act of his
        at.known.accounts["auditor"] = account(Role.AUDITOR)
        assert at.as_("auditor").post(f"{path}/cancel").status == 404
        assert at.post(f"{path}/cancel").status == 303
        assert "未核验完的部分什么也不能说明" in at.get(path).text
        assert "所核验的没有问题" not in at.get("/ledger/verifications").text


def test_an_auditor_asks_for_one_and_ends_his_own(furnished: Home) -> None:
    with console(furnished) as at:
        own = at.as_("auditor")
        path = begun(own, "/ledger/verifications")
        assert own.post(f"{path}/cancel").status == 303


def test_who_did_what_by_who_what_and_day(at: Visitor, furnished: Home) -> None:
    acted(furnished, 60)
    every = at.get("/ledger/acts").page
    assert len([row for row in every.rows if row.get("谁")]) == 50
    found = at.post("/ledger/acts", {"kind": "business add"}, htmx=True).page
    rows = [row for row in found.rows if row.get("谁")]
    assert rows and {row["做了什么"] for row in rows} == {"企业 · 登记"}
    assert "以上是全部" in found.text and "<html" not in found.content
    assert "没有这样的操作" in at.post("/ledger/acts", {"actor": "nobody of ours"}).text
    for since, until, count in (("20", "20", 50), ("21", "", 0), ("", "19", 0)):
        days = {"since": f"2026-11-{since}" if since else "", "until": f"2026-11-{until}" if until else ""}
        page = at.post("/ledger/acts", {"actor": "<I>LI", **days}).page
        assert len([row for row in page.rows if row.get("谁") == "<i>li</i>"]) == count


def test_older_acts_come_behind_the_newer_ones(at: Visitor, furnished: Home) -> None:
    acted(furnished, 60)
    page = at.get("/ledger/acts").page
    after = next(form.fields["after"] for form in page.forms if "after" in form.fields)
    rest = at.post("/ledger/acts", {"after": after}, htmx=True).page
    seen = [row["叶号"] for row in page.rows if row.get("谁")]
    more = [row["叶号"] for row in rest.rows if row.get("谁")]
    assert more and not set(seen) & set(more)


def test_a_leaf_of_an_act_leads_to_it(at: Visitor) -> None:
    page = at.get("/ledger/acts").page
    link = next(link for link in page.links if link.startswith("/ledger/leaf/"))
    assert "登记与操作" in at.get(link).text


def test_an_erasure_is_looked_at_and_asked_for_by_an_officer(at: Visitor, furnished: Home) -> None:
    """What two officers decide together is confirmed on the page of approvals."""
    path = begun(at, "/ledger/erasures")
    page = over(at, path).get(path).page
    assert "没有到期的" in page.text and not [form for form in page.forms if form.action.endswith("/ask")]
    refused = at.post(f"{path}/ask", {"reason": "time over"})
    assert refused.status == 422 and refused.page.alerts
    assert at.as_("administrator").post(f"{path}/ask", {"reason": "r"}).status == 403
    assert at.as_("auditor").get("/ledger/erasures").status == 403
    assert path in at.as_("administrator").get("/ledger/erasures").page.links


def test_what_is_over_is_shown_before_anybody_asks(furnished: Home) -> None:
    with console(furnished) as at:
        page = at.get(f"/ledger/erasures/{ERASURE}").page
        assert "有到期的" in page.text and "2029-01-01" in page.text
        assert "另一名合规专员" in page.form(f"/ledger/erasures/{ERASURE}/ask").words
        looked = at.as_("administrator").get(f"/ledger/erasures/{ERASURE}").page
        assert "只有合规专员" in looked.text
        sent = at.post(f"/ledger/erasures/{ERASURE}/ask", {"reason": "time over"})
        assert (sent.status, sent.headers["location"]) == (303, "/approvals?said=approvals.asked")
        assert "time over" in at.get("/approvals").text
