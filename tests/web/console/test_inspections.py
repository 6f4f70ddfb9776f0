"""The inspection report at the page: asked for, made by the worker, beside the month before, taken out."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.cli.conftest import Home
from tests.patience import WAIT
from tests.web.api import job_made
from tests.web.api.furnished import INSPECTION, NUMBER
from tests.web.console.visitor import Opened, Visitor, console

AT = f"/inspections/{INSPECTION}"
MONTH = {"month": "2026-11"}


@pytest.fixture
def working(furnished: Home) -> Iterator[Visitor]:
    """Where jobs are done."""
    with console(furnished, works=True) as found:
        yield found


def over(visitor: Visitor, where: str) -> Opened:
    """The page of a job that is over."""
    end = time.monotonic() + 3 * WAIT
    while True:
        shown = visitor.get(where)
        if "/cancel" not in " ".join(form.action for form in shown.page.forms):
            return shown
        assert time.monotonic() < end, shown.text
        time.sleep(0.05)


def jobs(home: Home) -> list[str]:
    with closing(sqlite3.connect(home.path / "dialpact.db")) as db:
        return [row[0] for row in db.execute("SELECT state FROM job WHERE kind = 'inspection' ORDER BY seq")]


def test_a_month_is_made_by_the_worker_and_taken_out(working: Visitor, furnished: Home) -> None:
    asked = working.post("/inspections", MONTH)
    assert asked.status == 303, asked.text
    where = asked.headers["location"]
    page = over(working, where).page
    assert page.headings.count("外呼自律检查报告") == 1
    for heading in ("1 ", "2 ", "3 ", "4 ", "5 ", "6 "):
        assert any(one.startswith(heading) for one in page.headings), page.headings
    assert "与上一期（2026-10-01 – 2026-10-31）对比" in page.text
    assert "svg" in page.tags
    kept = json.loads(working.get(f"{where}/json").body)
    assert kept["report"]["period"]["first"] == "2026-11-01"
    assert kept["report"]["calls"]["decisions"] == 1
    csv = working.get(f"{where}/csv")
    assert csv.body.startswith(b"\xef\xbb\xbfsection,key,value\r\n")
    assert csv.headers["content-disposition"].startswith(
        'attachment; filename="inspection-2026-11-01-2026-11-30.csv"'
    )
    pdf = working.get(f"{where}/pdf")
    assert (pdf.status, pdf.body[:5]) == (200, b"%PDF-"), pdf.body[:200]
    assert pdf.body != working.in_("en").get(f"{where}/pdf").body
    file = furnished.path / "api-files" / "jobs" / where.rpartition("/")[2] / "inspection.zh.pdf"
    file.write_bytes(file.read_bytes().replace(b"%PDF-1", b"%PDF-2", 1))
    assert working.get(f"{where}/pdf").status == 409, "another hand was at it"
    printed = working.get(f"{where}/print").page
    assert "nav" not in printed.tags and printed.headings.count("外呼自律检查报告") == 1


def test_what_was_not_looked_at_is_said(visitor: Visitor) -> None:
    text = visitor.get(AT).text
    assert "未与话单核对" in text or "没有与话单" in text or "话单" in text
    assert "不作评判" in text, "the home began within the month"


def test_numbers_are_masked_unless_asked_for_in_full_which_is_logged(
    visitor: Visitor, furnished: Home
) -> None:
    assert NUMBER not in visitor.get(AT).body.decode()
    assert visitor.post("/inspections", {**MONTH, "full": "true"}).status == 303
    with closing(sqlite3.connect(furnished.path / "dialpact.db")) as db:
        logged = "SELECT actor, key FROM register_change WHERE register = 'report' AND action = 'full'"
        assert db.execute(logged).fetchall() == [("officer", "2026-11-01..2026-11-30")]
        (id,) = db.execute(
            "SELECT id FROM job WHERE kind = 'inspection' ORDER BY seq DESC LIMIT 1"
        ).fetchone()
    assert visitor.as_("administrator").get(f"/inspections/{id}").status == 403
    assert visitor.as_("administrator").post("/inspections", {**MONTH, "full": "true"}).status == 403
    assert visitor.as_("auditor").get(f"/inspections/{id}").status == 200


def test_the_same_month_is_not_made_twice_at_once(visitor: Visitor, furnished: Home) -> None:
    first = visitor.post("/inspections", MONTH).headers["location"]
    assert visitor.as_("auditor").post("/inspections", MONTH).headers["location"] == first
    assert visitor.in_("en").post("/inspections", MONTH).headers["location"] == first
    assert visitor.post("/inspections", {"month": "2026-10"}).headers["location"] != first
    assert jobs(furnished) == ["done", "queued", "queued"]


def test_how_far_it_is_and_cancelled(visitor: Visitor, furnished: Home) -> None:
    where = visitor.post("/inspections", MONTH).headers["location"]
    shown = visitor.get(where)
    assert "排队" in shown.text and "progress" in shown.page.tags
    part = visitor.get(where, htmx=True)
    assert "<h1>" not in part.body.decode() and 'hx-trigger="every 2s"' in part.body.decode()
    slow = visitor.as_("auditor").get(where, htmx=True).body.decode()
    assert 'hx-trigger="every 30s"' in slow, "each look of an auditor's is an act"
    assert visitor.as_("auditor").post(f"{where}/cancel", {}).status == 403
    assert (
        visitor.post(f"{where}/cancel", {}).headers["location"] == "/inspections?said=inspections.cancelled"
    )
    assert "已取消" in visitor.get(where).text
    assert jobs(furnished)[-1] == "cancelled"
    assert visitor.get(f"{where}/csv").status == 409


def test_whoever_waits_is_shown_the_whole(visitor: Visitor) -> None:
    done = visitor.get(AT, htmx=True)
    assert (done.status, done.headers["hx-redirect"]) == (204, AT)


@pytest.mark.parametrize(
    "fields",
    [
        {"month": "2026-13"},
        {"month": "2099-01"},
        {"first": "2026-11-02", "last": "2026-11-01"},
        {"first": "2026-11-02"},
        {},
        {"month": "x" * 300},
    ],
)
def test_no_period(visitor: Visitor, furnished: Home, fields: dict[str, str]) -> None:
    assert visitor.post("/inspections", fields).status == 422
    assert jobs(furnished) == ["done"]


def test_days_of_ones_own(working: Visitor) -> None:
    asked = working.post("/inspections", {"month": "", "first": "2026-11-24", "last": "2026-11-25"})
    assert "2026-11-22 – 2026-11-23" in over(working, asked.headers["location"]).text


def test_with_call_records_and_a_carriers_list(working: Visitor) -> None:
    cdr = b"calldate,src,dst,dcontext,channel,dstchannel,duration,billsec,disposition,uniqueid\n"
    files = {"cdr": ("<b>1.csv", cdr), "list": ("list.csv", b"nothing\nof,this\n")}
    asked = working.post("/inspections", MONTH, files=files)
    shown = over(working, asked.headers["location"])
    assert "失败" in shown.text, "a list that is none"
    asked = working.post("/inspections", MONTH, files={"cdr": ("<b>1.csv", cdr)})
    shown = over(working, asked.headers["location"])
    assert "<b>1.csv" in shown.text, shown.text


def test_the_list_of_reports(visitor: Visitor) -> None:
    (row,) = [row for row in visitor.get("/inspections").page.rows if row]
    assert (row["期间"], row["状态"]) == ("2026-11-01 – 2026-11-30", "完成")
    assert visitor.as_("supervisor").get("/inspections").status == 403


def test_a_result_that_is_gone(visitor: Visitor, furnished: Home) -> None:
    with closing(sqlite3.connect(furnished.path / "dialpact.db")) as db, db:
        db.execute("UPDATE job SET state = 'expired', detail = '{}', result = NULL WHERE kind = 'inspection'")
    assert "已过期" in visitor.get(AT).text
    assert visitor.get(f"{AT}/csv").status == 410
    assert visitor.get("/inspections").status == 200
    assert visitor.get("/inspections/" + "0" * 32).status == 404


def test_a_result_that_another_hand_was_at_is_not_shown(visitor: Visitor, furnished: Home) -> None:
    file = furnished.path / "api-files" / "jobs" / INSPECTION / "inspection.json"
    file.write_bytes(file.read_bytes().replace(b'"decisions":1', b'"decisions":0'))
    for path in (AT, f"{AT}/csv", f"{AT}/json", f"{AT}/print"):
        assert visitor.get(path).status == 409, path


def test_better_and_worse_are_said_of_two_whole_months(visitor: Visitor, furnished: Home) -> None:
    job_made.inspection(furnished, "600d" * 8, judged=True)
    page = visitor.get("/inspections/" + "600d" * 8).page
    rows = [row for row in page.rows if "评判" in row]
    assert len(rows) > 30
    assert {row["评判"] for row in rows} == {"–", "变坏"}
    (decisions,) = [row for row in rows if row["项目"] == "外呼请求"]
    assert (decisions["本期"], decisions["上一期"], decisions["差"]) == ("1", "0", "+1")
    assert "不作评判" not in page.text
    assert not [row for row in visitor.get(AT).page.rows if "评判" in row]
