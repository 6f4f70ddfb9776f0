"""What is in force, as pages show it; the doctor; a reload of just what was looked at."""

from __future__ import annotations

import json
import os
import re
import sqlite3
from contextlib import closing
from datetime import date
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from dialpact.application.daemon_registry import Board
from dialpact.application.reloading import Reloading
from dialpact.compliance import profile
from dialpact.compliance.clock import SystemClock
from dialpact.compliance.policy import days, hours
from dialpact.compliance.policy.case import Why
from dialpact.compliance.registers.account import Role
from dialpact.web.console import texts
from tests.cli.conftest import Home
from tests.patience import WAIT
from tests.web.api.client import serving
from tests.web.console.html import Html
from tests.web.console.signed_in import tokens
from tests.web.console.visitor import Visitor, console

HOSTILE = '<b>"x"&\''


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_profiles_with_their_clauses(visitor: Visitor, language: Any) -> None:
    officer = visitor.in_(language)
    shown = officer.get("/settings")
    assert shown.status == 200
    assert {"/settings/profiles/cn-hubei-2018", "/settings/calendar"} <= set(shown.page.links)
    assert "carrier" in shown.text
    page = officer.get("/settings/profiles/cn-hubei-2018")
    known = profile.load("cn-hubei-2018")
    assert known.hours and known.recording
    for said in (known.hours.clause, known.hours.source, known.recording.clause, known.sha256):
        assert said in page.text
    assert known.text.split("\n")[0] in page.text, "the file as it is"
    assert officer.get("/settings/profiles/fr").status == 404


def cells(page: str) -> dict[str, str]:
    """The title of each day's cell, by its day."""
    titles = [part.partition("</title>")[0] for part in page.split("<title>")[2:]]
    return {title[:10]: title for title in titles}


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("role", ["officer", "supervisor", "auditor", "administrator"])
def test_a_cell_a_day_and_why_in_words(visitor: Visitor, language: Any, role: str) -> None:
    year = date.today().year  # noqa: DTZ011 - the console's own clock is the host's
    page = visitor.as_(role).in_(language).get("/settings/calendar")
    assert page.status == 200
    found = cells(page.body.decode())
    assert len(found) == (366 if year % 4 == 0 else 365) == page.body.count(b'class="day')
    day = found[f"{year}-01-01"]
    assert ("休息" in day) if language == "zh" else ("day off" in day)
    assert page.body.count(b"today") == 1


def test_holidays_and_days_that_make_up(visitor: Visitor) -> None:
    page = visitor.get("/settings/calendar?year=2026")
    found = cells(page.body.decode())
    assert "08:00–11:59, 14:00–18:29" in found["2026-11-24"]
    assert "08:00–11:59, 14:00–18:29" in found["2026-01-04"], "a Sunday that is worked"
    assert "不可外呼" in found["2026-10-01"] and "不可外呼" in found["2026-11-28"]
    special = {row["日期"]: row for row in page.page.rows if "日期" in row}
    assert {"2026-10-01", "2026-01-04"} <= set(special) and "2026-11-28" not in special
    assert "尚不能判定" in special["2026-12-30"]["可外呼时段"]
    kinds = [row for row in page.page.rows if "天数" in row]
    assert [row["天数"] for row in kinds] == ["245", "117", "3"]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("purpose=service", 200),
        ("purpose=x", 422),
        ("year=1900", 422),
        ("year=99999999999999999999", 422),
        ("year=x", 422),
        ("zone=Europe/Paris", 422),
        ("zone=../../etc/passwd", 422),
        ("zone=Asia/Shanghai", 200),
    ],
)
def test_what_can_be_asked(visitor: Visitor, query: str, status: int) -> None:
    assert visitor.get(f"/settings/calendar?{query}").status == status


def test_of_callees_in_another_zone(furnished: Home) -> None:
    text = furnished.config.read_text("utf-8")
    furnished.config.write_text(text.replace('"cn-hubei-2018"', '"us-federal", "us-tx"'), "utf-8")
    with console(furnished) as visitor:
        page = visitor.get("/settings/calendar?year=2026&zone=America/Los_Angeles")
        assert page.status == 200 and "America/Los_Angeles" in page.text
        sunday = cells(page.body.decode())["2026-11-29"]
        assert "12:00–20:59" in sunday and "us-tx sun 12:00-21:00" in sunday, "what shortens it"
        assert "us-tx" not in cells(page.body.decode())["2026-11-30"]
        kinds = {row["天数"]: row["原因"] for row in page.page.rows if "天数" in row}
        assert "us-tx sun 12:00-21:00" in kinds["52"] and kinds["313"] == "–"


@pytest.mark.parametrize("htmx", [True, False])
def test_the_doctor(visitor: Visitor, htmx: bool) -> None:
    page = visitor.get("/settings/doctor")
    assert page.status == 200 and not [row for row in page.page.rows if row]
    found = visitor.post("/settings/doctor", htmx=htmx)
    rows = [row for row in found.page.rows if row]
    assert found.status == 200 and len(rows) > 15
    order = ["不通过", "警告", "正常", "未判定"]
    results = [row["结果"] for row in rows]
    assert results == sorted(results, key=order.index)
    assert all((row["处理办法"] != "–") == (row["结果"] in order[:2]) for row in rows)
    assert ("<html" in found.body.decode()) is not htmx


def test_what_another_user_may_not_see_is_not_looked_at(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`dialpact web` has a user of its own: that he can not read a key is no finding, and not well either."""
    monkeypatch.setattr(os, "geteuid", lambda: 4242)
    rows = {row["检查项"]: row for row in visitor.post("/settings/doctor").page.rows if row}
    for check in ("签名密钥", "AMI 密钥", "录音目录", "Asterisk"):
        assert rows[check]["结果"] == "未判定" and "dialpact asterisk doctor" in rows[check]["判定"]
    assert rows["工作日历"]["结果"] in ("正常", "警告", "不通过"), "anybody may"


def hostile(home: Home) -> None:
    """A setting that changes: a trunk whose name in the file is somebody's joke."""
    text = home.config.read_text("utf-8")
    assert 'business = ""' in text
    home.config.write_text(text.replace('business = ""', f"business = {json.dumps(HOSTILE)}"), "utf-8")


def running(home: Home) -> Board:
    """A daemon's word of what it applies, as it was at its start."""
    reloading = Reloading(home.config, "gate", SystemClock())
    board = Board(reloading.config, "gate")
    board.write(reloading.state)
    return board


def test_what_a_reload_would_change(furnished: Home) -> None:
    board = running(furnished)
    try:
        with console(furnished) as visitor:
            same = visitor.get("/settings/reload")
            assert same.status == 200 and not [row for row in same.page.rows if row]
            assert not [form for form in same.page.forms if form.action == "/settings/reload"]
            hostile(furnished)
            page = visitor.get("/settings/reload")
            (row,) = [row for row in page.page.rows if row]
            assert row == {"设置": "trunks.carrier.business", "现在": "（无）", "重新加载后": HOSTILE}
            fields = page.page.form("/settings/reload").fields
            assert visitor.post("/settings/reload", {**fields, "reason": " "}).status == 422
            text = furnished.config.read_text("utf-8")
            furnished.config.write_text(text.replace(json.dumps(HOSTILE), '"x"'), "utf-8")
            moved = visitor.post("/settings/reload", {**fields, "reason": "x"}, htmx=True)
            assert moved.status == 409 and moved.page.alerts
            assert acts(furnished) == []
            furnished.config.write_text(text + "\n[nonsense]\n", "utf-8")
            bad = visitor.get("/settings/reload")
            assert bad.status == 200 and "nonsense" in bad.page.alerts[0]
            assert not [form for form in bad.page.forms if form.action == "/settings/reload"]
    finally:
        board.close()


def acts(home: Home) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(home.path / "dialpact.db")) as db:
        return list(db.execute("SELECT actor, detail FROM register_change WHERE register = 'settings'"))


def test_a_reload_by_a_page(furnished: Home) -> None:
    """Of the very process that serves it, whose rules are others from then on."""
    name, token = tokens(furnished)[Role.OFFICER]
    with serving(furnished) as port:

        def ask(method: str, path: str, **fields: str) -> str:
            connection = HTTPConnection("127.0.0.1", port, timeout=WAIT)
            head = {"Cookie": f"{name}={token}; dialpact_language=zh", "Sec-Fetch-Site": "same-origin"}
            head["Content-Type"] = "application/x-www-form-urlencoded"
            connection.request(method, path, urlencode(fields), head)
            with closing(connection):
                return connection.getresponse().read().decode()

        assert (
            "cn-hubei-2018" in ask("GET", "/settings") and HOSTILE not in Html(ask("GET", "/settings")).text
        )
        hostile(furnished)
        page = Html(ask("GET", "/settings/reload"))
        fields = page.form("/settings/reload").fields | {"reason": HOSTILE}
        done = Html(ask("POST", "/settings/reload", **fields))
        assert "已在各进程生效" in done.text and "已生效" in done.text
        assert HOSTILE in Html(ask("GET", "/settings")).text
    ((actor, detail),) = acts(furnished)
    said = json.loads(detail)
    assert (actor, said["reason"], said["digest"]) == ("officer", HOSTILE, fields["digest"])
    assert said["daemons"][0]["changes"] == ["trunks.carrier.business"]


def test_whatever_closes_a_day_is_said_in_words() -> None:
    """Each key that the rules of hours and days may give, in both languages."""
    sources = "".join(Path(module.__file__ or "").read_text("utf-8") for module in (days, hours))
    keys = {Why[name].value for name in re.findall(r"Why\.([A-Z_]+)", sources)} - {Why.NO_NUMBER.value}
    said = {key.partition(".")[2] for key in texts.own("zh") if key.startswith("calling-why.")}
    assert said == keys | {"not-effective"}
