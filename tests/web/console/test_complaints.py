"""Complaints at the page: what is due first, entered with its call, answered, closed, corrected, held."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta

import pytest

from dialpact.compliance.registers.account import Role
from tests.cli.conftest import Home
from tests.web.api import recorded
from tests.web.api.furnished import CALL, NUMBER
from tests.web.console.visitor import Visitor, account, console

HOSTILE = "<script>alert(1)</script>{{ 7 * 7 }}\"'&"
OTHER = "13900139000"
LATER = recorded.AT + timedelta(hours=3)
OTHERS_CALL = "0dd0" * 8


@pytest.fixture
def office(furnished: Home) -> Iterator[Visitor]:
    """With a call to somebody else, three hours later, by agent 1002."""
    callee = recorded.MOBILE.__class__(
        given=OTHER, e164=f"+86{OTHER}", national=OTHER, kind="mobile", region="CN"
    )
    recorded.put(furnished, recorded.call(OTHERS_CALL, callee=callee, at=LATER, agent="1002"))
    with console(furnished) as found:
        yield found


def enter(office: Visitor, **more: str) -> str:
    """Where its page is."""
    at = (LATER + timedelta(hours=8)).strftime("%Y-%m-%dT%H:%M")  # in Asia/Shanghai
    made = office.post("/complaints/new", {"number": OTHER, "called_at": at, **more})
    assert made.status == 303, made.text
    return made.headers["location"]


def rows(office: Visitor, path: str = "/complaints") -> list[dict[str, str]]:
    return [row for row in office.get(path).page.rows if row]


def test_due_first_is_on_top_and_overdue_is_said_in_words(office: Visitor) -> None:
    old = {"called_at": "2026-09-01T10:00", "received_at": "2026-09-01T11:00"}
    office.post("/complaints/new", {"number": "13900139001", **old})
    page = office.get("/complaints").page
    found = [row for row in page.rows if row]
    assert [row["编号"] for row in found] == ["投诉 2", "投诉 1"]
    assert "已逾期" in found[0]["答复期限"]
    assert "还剩" in found[1]["答复期限"]
    assert "1 件已逾期未答复" in page.text
    assert [row["编号"] for row in rows(office, "/complaints?overdue=true")] == ["投诉 2"]
    assert [row["编号"] for row in rows(office, "/complaints?unmatched=true")] == ["投诉 2"]
    assert "working days left" in rows(office.in_("en"))[1]["Answer by"]


def test_entered_with_its_call_and_what_followed(office: Visitor) -> None:
    where = enter(office, note=HOSTILE, source=HOSTILE, caller_id="02788880007")
    assert where == "/complaints/2?said=complaints.filed"
    page = office.get(where).page
    assert "已登记，找到了对应的通话" in page.text
    assert HOSTILE in page.text
    assert f"/calls/{OTHERS_CALL}" in page.links
    assert "02788880007" in page.text
    assert "没有录音" in page.text
    again = enter(office, note=HOSTILE, source=HOSTILE, caller_id="02788880007")
    assert again == "/complaints/2?said=complaints.filed-already"
    assert HOSTILE in office.get("/complaints").text


def test_what_can_not_be_is_said_and_what_was_typed_stays(office: Visitor) -> None:
    to_come = {"number": OTHER, "called_at": "2099-01-01T10:00"}
    refused = office.post("/complaints/new", to_come, htmx=True)
    assert refused.status == 422
    assert "alert" in refused.body.decode()
    assert office.post("/complaints/new", {"number": "nobody", "called_at": "2026-11-01T10:00"}).status == 422
    assert office.post("/complaints/new", {"number": OTHER}).status == 422
    assert (
        office.post(
            "/complaints/new", {"number": OTHER, "called_at": "2026-11-01T10:00", "within": "9999"}
        ).status
        == 422
    )
    assert len(rows(office, "/complaints?stage=all")) == 1


def test_a_wrong_time_is_corrected_by_the_nearest_call(office: Visitor) -> None:
    at = (LATER + timedelta(hours=8, days=1)).strftime("%Y-%m-%dT%H:%M")
    made = office.post("/complaints/new", {"number": OTHER, "called_at": at})
    assert made.headers["location"] == "/complaints/2?said=complaints.filed-unmatched"
    page = office.get("/complaints/2").page
    assert "时间最接近的通话" in page.text
    assert f"/calls/{OTHERS_CALL}" in page.links
    done = office.post("/complaints/2/correct", {"call": OTHERS_CALL, "reason": "the person said so"})
    assert done.headers["location"] == "/complaints/2?said=complaints.corrected"
    page = office.get("/complaints/2").page
    assert "时间最接近的通话" not in page.text
    assert "the person said so" in page.text
    assert office.post("/complaints/2/correct", {"reason": "nothing"}).status == 422


def test_answered_once_then_closed(office: Visitor) -> None:
    assert office.post("/complaints/1/close", {"closing": "x"}).status == 409
    done = office.post("/complaints/1/answer", {"note": "apologised"})
    assert done.headers["location"] == "/complaints/1?said=complaints.answered"
    assert office.post("/complaints/1/answer", {"note": "another"}).status == 409
    assert rows(office) == []
    assert [row["编号"] for row in rows(office, "/complaints?stage=answered")] == ["投诉 1"]
    assert office.post("/complaints/1/close", {"closing": "founded"}).status == 303
    assert rows(office, "/complaints?stage=answered") == []
    assert "已结案" in rows(office, "/complaints?stage=closed")[0]["答复期限"]
    page = office.get("/complaints/1").page
    assert "founded" in page.text
    assert not [form for form in page.forms if form.action.startswith("/complaints/1/a")]


def test_answered_and_closed_in_one_go(office: Visitor) -> None:
    done = office.post("/complaints/1/answer", {"note": "apologised", "closing": "founded"})
    assert done.headers["location"] == "/complaints/1?said=complaints.answered-closed"
    assert len(rows(office, "/complaints?stage=closed")) == 1


def test_its_recordings_are_held(office: Visitor, furnished: Home) -> None:
    done = office.post("/complaints/1/hold", {"reason": "complaint 1"})
    assert done.headers["location"] == "/complaints/1?said=complaints.held"
    with closing(sqlite3.connect(furnished.path / "dialpact.db")) as db:
        found = db.execute("SELECT scope, key, by, reason FROM hold ORDER BY id DESC").fetchone()
    assert found == ("call", CALL, "officer", "complaint 1")
    assert "已保全" in office.get("/complaints/1").text
    assert office.post("/complaints/1/hold", {"reason": ""}).status == 422


def test_a_package_by_a_click(office: Visitor) -> None:
    form = office.get("/complaints/1").page.form("/ledger/packages")
    assert form.fields["complaint"] == "1"
    assert form.fields["reason"]


def test_a_search_is_by_post_and_shows_the_rows_alone(office: Visitor) -> None:
    enter(office)
    found = office.post("/complaints", {"number": f"+86 {OTHER}", "stage": "all"}, htmx=True)
    assert [row["编号"] for row in found.page.rows if row] == ["投诉 2"]
    assert "<h1>" not in found.body.decode()
    assert office.post("/complaints", {"campaign": "of-jianghan", "agent": "1002", "stage": "all"}).page.rows
    assert office.get(f"/complaints?number={OTHER}").status == 422


def test_the_next_part_of_a_long_list(office: Visitor, furnished: Home) -> None:
    with closing(sqlite3.connect(furnished.path / "dialpact.db")) as db, db:
        db.executemany(
            "INSERT INTO complaint (number, called_at, source, received_at, due) SELECT ?, called_at, source,"
            " received_at, '2026-12-01' FROM complaint WHERE id = 1",
            [(8613900139100 + place,) for place in range(60)],
        )
    page = office.get("/complaints").page
    assert len([row for row in page.rows if len(row) == 8]) == 50
    (form,) = [form for form in page.forms if "after" in form.fields]
    more = office.post("/complaints", form.fields, htmx=True)
    assert len([row for row in more.page.rows if len(row) == 8]) == 11


@pytest.mark.parametrize(
    ("limits", "seen"),
    [
        ({"agents": ("1002",)}, ["投诉 2"]),
        ({"agents": ("1001",)}, ["投诉 1"]),
        ({"businesses": ("jianghan",)}, ["投诉 1", "投诉 2"]),
        ({"businesses": ("hanyang",)}, []),
        ({"campaigns": ("of-jianghan",), "agents": ("1002",)}, ["投诉 2"]),
    ],
)
def test_a_supervisor_sees_his_own(
    office: Visitor, limits: dict[str, tuple[str, ...]], seen: list[str]
) -> None:
    enter(office, note=f"{OTHER} 139 0013 9000", source=f"+86{OTHER}", caller_id="02788880007")
    office.known.accounts["supervisor"] = account(Role.SUPERVISOR, **limits)
    his = office.as_("supervisor")
    assert [row["编号"] for row in rows(his)] == seen
    for id in (1, 2):
        page = his.get(f"/complaints/{id}")
        assert page.status == (200 if f"投诉 {id}" in seen else 404)
        for shown in (page, his.get("/complaints")):
            words = shown.body.decode()
            assert not [one for one in (NUMBER, OTHER, "139 0013 9000") if one in words]
    assert his.post("/complaints/2/answer", {"note": "x"}).status == 403


def test_what_a_supervisor_enters_of_another_team_goes_to_the_officer(office: Visitor) -> None:
    office.known.accounts["supervisor"] = account(Role.SUPERVISOR, agents=("1001",))
    assert enter(office.as_("supervisor")) == "/complaints?said=complaints.filed-elsewhere"
    assert len(rows(office)) == 2


def test_what_a_supervisor_enters_fits_no_call_of_another_business(office: Visitor, furnished: Home) -> None:
    """Nor learns he that there is one: the officer finds it."""
    for own, fits in (("hanyang", False), ("jianghan", True)):
        office.known.accounts["supervisor"] = account(Role.SUPERVISOR, businesses=(own,), campaigns=())
        enter(office.as_("supervisor"))
        with closing(sqlite3.connect(furnished.path / "dialpact.db")) as db:
            (decision,) = db.execute("SELECT decision FROM complaint ORDER BY id DESC LIMIT 1").fetchone()
        assert bool(decision) is fits


def test_who_only_looks_is_offered_nothing(office: Visitor) -> None:
    for whose in ("administrator", "auditor"):
        page = office.as_(whose).get("/complaints/1").page
        acts = [form.action for form in page.forms if form.action.startswith("/complaints")]
        assert acts == []
    assert ("auditor", "complaints.show") in office.known.acts


def test_no_such_complaint(office: Visitor) -> None:
    for id in ("99", "0", "x", "9" * 30, "%D9%A1", "-1", "1%00"):
        assert office.get(f"/complaints/{id}").status == 404, id
