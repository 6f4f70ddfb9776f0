"""Call records at the page: sent, reconciled by the worker, looked at, and what an officer does then."""

from __future__ import annotations

import gzip
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta

import pytest

from tests.cli.conftest import Home
from tests.web.api import recorded
from tests.web.api.furnished import CALL
from tests.web.console.test_inspections import over
from tests.web.console.visitor import Opened, Visitor, console

HEAD = (
    "calldate,clid,src,dst,dcontext,channel,dstchannel,lastapp,lastdata,duration,billsec,disposition,"
    "amaflags,accountcode,uniqueid,userfield\n"
)
HOSTILE = "<b>2026</b>'\".csv"


def line(number: str, seconds: int, *, hours: float = 8, unique: str = "1764000000.1") -> str:
    """A call that left by the trunk, so many seconds after the furnished one."""
    at = recorded.AT + timedelta(hours=hours, seconds=seconds)
    return (
        f'{at:%Y-%m-%d %H:%M:%S},"x",1001,{number},from-internal,PJSIP/1001-00000001,'
        f"PJSIP/carrier-0000000{seconds % 9},Dial,PJSIP/{number}@carrier,30,20,ANSWERED,"
        f"DOCUMENTATION,,{unique},\n"
    )


ROUND = HEAD + line("13900139009", 60)


@pytest.fixture
def working(furnished: Home) -> Iterator[Visitor]:
    with console(furnished, works=True) as found:
        yield found


def reconciled(visitor: Visitor, *contents: str | bytes, **fields: str) -> tuple[str, Opened]:
    """Where it is, and its page when it is over."""
    files = {
        f"cdr{f'.{place}' if place else ''}": (HOSTILE, one.encode() if isinstance(one, str) else one)
        for place, one in enumerate(contents)
    }
    asked = visitor.post("/reconciliations", fields, files=files)
    assert asked.status == 303, asked.text
    where = asked.headers["location"]
    return where, over(visitor, where)


def test_a_call_that_nobody_decided_on_is_found_and_kept(working: Visitor, furnished: Home) -> None:
    where, shown = reconciled(working, ROUND)
    rows = [row for row in shown.page.rows if "问题" in row]
    assert any("13900139009" in row["被叫号码"] for row in rows), shown.text
    assert f"{HOSTILE}:2" in shown.text
    assert "写入异常" in shown.text
    done = working.post(f"{where}/acts", {"write": "true"})
    acts = over_acts(working, done.headers["location"])
    assert "新写入" in acts.text, acts.text
    with closing(sqlite3.connect(furnished.path / "dialpact.db")) as db:
        kinds = [row[0] for row in db.execute("SELECT kind FROM incident WHERE kind LIKE 'cdr-%'")]
    assert kinds == ["cdr-without-decision"]
    again = over_acts(working, working.post(f"{where}/acts", {"write": "true"}).headers["location"])
    assert "新写入 0 条" in again.text
    assert working.post(f"{where}/acts", {}).status == 422
    assert working.post(f"{where}/acts", {"settle": "true"}).status == 422, "without a reason"
    assert working.as_("auditor").post(f"{where}/acts", {"write": "true"}).status == 403


def over_acts(visitor: Visitor, where: str) -> Opened:
    while "hx-trigger" in (shown := visitor.get(where)).body.decode():
        pass
    return shown


def test_each_kind_by_itself_with_links_to_the_calls(working: Visitor) -> None:
    where, shown = reconciled(working, ROUND, since="2026-11-24T00:00", until="2026-11-25T00:00")
    kinds = [link for link in shown.page.links if link.startswith(f"{where}?kind=")]
    assert f"{where}?kind=without-decision#findings" in kinds
    others = [working.get(link.partition("#")[0]) for link in kinds]
    assert all(one.status == 200 for one in others)
    assert any(f"/calls/{CALL}" in one.page.links for one in others), kinds
    assert working.get(f"{where}?kind=nothing").status == 422
    assert working.get(f"{where}?kind=without-decision&after=3").status == 422
    assert working.get(f"{where}?kind=without-decision&after=x").status == 422


def test_several_files_of_one_name_are_told_apart(working: Visitor) -> None:
    other = HEAD + line("13900139010", 120, unique="1764000000.7")
    _, shown = reconciled(working, ROUND, other)
    assert "13900139009" in shown.text and "13900139010" in shown.text
    assert f"{HOSTILE} (2):2" in shown.text


def test_lines_that_nobody_can_read_are_said(working: Visitor) -> None:
    where, shown = reconciled(working, ROUND + "broken,line\n")
    assert "1 行无法读取" in shown.text or "有 1 行无法读取" in shown.text
    assert working.get(f"{where}?kind=bad").status == 200
    where, shown = reconciled(working, ROUND + "broken,line\n" * 5)
    assert "不能认为已经核对" in shown.text


def test_times_that_are_off_are_said_and_nothing_is_written(working: Visitor, furnished: Home) -> None:
    for place in range(9):
        made = recorded.call(f"{place:x}" * 32, at=recorded.AT + timedelta(minutes=place))
        recorded.put(furnished, made)
    content = HEAD + "".join(
        line("13800138000", 60 * place + 5, hours=0, unique=f"17640{place}.1") for place in range(9)
    )
    where, shown = reconciled(working, content)
    assert "时间整体相差" in shown.text and "UTC" in shown.text, shown.text
    assert not [form for form in shown.page.forms if form.action.endswith("/acts")]
    assert working.post(f"{where}/acts", {"write": "true"}).status == 409


def test_packed_and_of_no_form(working: Visitor) -> None:
    _, shown = reconciled(working, gzip.compress(ROUND.encode()))
    assert "13900139009" in shown.text
    _, shown = reconciled(working, b"\x00\x01\x02 nothing of the kind")
    assert "失败" in shown.text and HOSTILE in shown.text, shown.text


@pytest.mark.parametrize(
    "fields",
    [
        {"tolerance": "601"},
        {"trunk": "nobody"},
        {"timezone": "Mars/Olympus"},
        {"since": "2026-11-25T00:00", "until": "2026-11-24T00:00"},
        {"columns": "nonsense"},
    ],
)
def test_what_can_not_be_is_said_at_once(visitor: Visitor, fields: dict[str, str]) -> None:
    refused = visitor.post("/reconciliations", fields, files={"cdr": ("a.csv", ROUND.encode())}, htmx=True)
    assert refused.status == 422, refused.body
    assert visitor.post("/reconciliations", {}, files={}).status == 422


def test_cancelled_and_listed(visitor: Visitor) -> None:
    asked = visitor.post("/reconciliations", {}, files={"cdr": (HOSTILE, ROUND.encode())})
    where = asked.headers["location"]
    row, _ = [row for row in visitor.get("/reconciliations").page.rows if row]
    assert (row["话单文件"], row["状态"]) == (HOSTILE, "排队")
    assert visitor.as_("auditor").post(f"{where}/cancel", {}).status == 403
    assert visitor.post(f"{where}/cancel", {}).status == 303
    assert "已取消" in visitor.get(where).text
    assert visitor.as_("supervisor").get(where).status == 403


def test_findings_that_another_hand_was_at_are_not_written(working: Visitor, furnished: Home) -> None:
    where, _ = reconciled(working, ROUND)
    file = furnished.path / "api-files" / "jobs" / where.rpartition("/")[2] / "findings"
    file.write_bytes(file.read_bytes().replace(b"13900139009", b"13900139008"))
    done = over_acts(working, working.post(f"{where}/acts", {"write": "true"}).headers["location"])
    assert "已被改动" in done.text, done.text
    with closing(sqlite3.connect(furnished.path / "dialpact.db")) as db:
        assert db.execute("SELECT count(*) FROM incident WHERE kind LIKE 'cdr-%'").fetchone() == (0,)
