"""Packages made on a page, and checked by whoever was given one: without an account, and with bounds."""

from __future__ import annotations

import asyncio
import io
import re
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from dialpact.application.evidence import check
from dialpact.application.evidence.apart import ExaminedApart, NotExamined
from dialpact.compliance.ledger.note import Verifier
from dialpact.web.console.packages import checking
from tests.cli.conftest import Home
from tests.cli.evidence.conftest import Packaged, packaged
from tests.cli.evidence.packages import files, packed, resigned
from tests.cli.evidence.test_zipped_anew import zipped
from tests.web.api.furnished import CALL
from tests.web.console.html import Html
from tests.web.console.test_ledger import begun, over
from tests.web.console.visitor import Visitor, console

__all__ = ["packaged"]
CHECK = "/packages/check"


@pytest.fixture
def at(furnished: Home) -> Iterator[Visitor]:
    with capture_logs(), console(furnished, works=True) as found:  # else a line of theirs is in a command's
        yield found


@pytest.fixture
def stranger(home: Home) -> Iterator[Visitor]:
    """Nobody who is signed in, at an installation that has made none of these packages."""
    with console(home) as found:
        yield found.as_(None)


def sent(data: bytes, name: str = "evidence.zip") -> dict[str, tuple[str, bytes]]:
    return {"file": (name, data)}


def verdict(page: Html) -> str:
    """What it says of the package, in a word; empty: it says nothing."""
    found = re.search(r'<h2>[^<]*<span class="verdict \w+">([^<]*)</span></h2>', page.content)
    return found[1] if found else ""


def a_call(home: Home) -> str:
    return next(str(one["id"]) for one in home("calls", "list") if one["verdict"] == "ALLOW")


def test_a_package_of_a_call_is_made_and_holds(at: Visitor, furnished: Home) -> None:
    call, reason = a_call(furnished), "投诉 <b>12321</b>"
    path = begun(at, "/ledger/packages", {"call": call, "reason": reason})
    page = over(at, path).get(path).page
    assert reason in page.text and call in page.text and "做好了" in page.text
    data = at.get(f"{path}/file").body
    assert data[:2] == b"PK"
    package = furnished.path / "got.zip"
    package.write_bytes(data)
    found = check.examine(package, Verifier.parse(furnished("ledger", "key")["verifier_key"]))
    assert found.valid and found.made_by == "officer"
    part = at.get(f"{path}/file", headers={"Range": "bytes=0-3"})
    assert (part.status, part.body) == (206, b"PK\3\4")
    assert path in at.get("/ledger/packages").page.links


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "请指定其中一项|指定"),
        ({"call": "x", "complaint": "1"}, "指定"),
        ({"complaint": "77"}, "77"),
        ({"callee": "13800138009"}, ""),
        ({"call": "x" * 33}, ""),
    ],
)
def test_what_it_is_about_must_be_there(at: Visitor, fields: dict[str, str], words: str) -> None:
    before = at.get("/ledger/packages").page.rows
    refused = at.post("/ledger/packages", {**fields, "reason": "r"}, htmx=True)
    assert refused.status in (404, 422) and refused.page.alerts
    assert re.search(words, refused.page.alerts[0])
    assert at.get("/ledger/packages").page.rows == before


def test_it_wants_a_reason(at: Visitor, furnished: Home) -> None:
    for reason in ("", "  "):
        fields = {"call": a_call(furnished), "reason": reason}
        assert at.post("/ledger/packages", fields).status == 422


def test_by_a_click_from_a_call_or_a_complaint(at: Visitor) -> None:
    form = at.get("/ledger/packages?call=c0ffee").page.form("/ledger/packages")
    assert form.fields["call"] == "c0ffee" and form.fields["reason"] == ""
    link = f"/ledger/packages?call={CALL}"
    for role, there in (("officer", True), ("auditor", True), ("administrator", False)):
        assert (link in at.as_(role).get(f"/calls/{CALL}").page.links) is there
    assert at.get("/ledger/packages?complaint=3").page.form("/ledger/packages").fields["complaint"] == "3"


def test_who_makes_packages(at: Visitor) -> None:
    for role, status in (("officer", 200), ("auditor", 200), ("administrator", 403), ("supervisor", 403)):
        assert at.as_(role).get("/ledger/packages").status == status


def test_an_auditor_takes_one_out_too(at: Visitor, furnished: Home) -> None:
    auditor = at.as_("auditor")
    path = begun(auditor, "/ledger/packages", {"call": a_call(furnished), "reason": "检查"})
    assert "做好了" in over(auditor, path).as_("auditor").get(path).text
    assert auditor.get(f"{path}/file").body[:2] == b"PK"
    assert auditor.post(f"{path}/cancel").status == 303


def test_a_file_that_is_done_is_taken_away(at: Visitor, furnished: Home) -> None:
    path = begun(at, "/ledger/packages", {"call": a_call(furnished), "reason": "r"})
    over(at, path)
    assert at.as_("auditor").post(f"{path}/cancel").status == 404
    assert at.post(f"{path}/cancel").status == 303
    assert "文件已不保留" in at.get(path).text
    assert at.get(f"{path}/file").status == 410


def test_without_an_account_and_without_a_word_of_this_installation(
    stranger: Visitor, packaged: Packaged, home: Home
) -> None:
    shown = stranger.get(CHECK)
    assert shown.status == 200
    found = stranger.post(CHECK, {"key": packaged.key}, files=sent(packaged.data))
    assert found.status == 200 and verdict(found.page) == "有效"
    for page in (shown, found):
        assert "pbx1" not in page.text.replace(packaged.signer.name, "")
        assert home("ledger", "key")["verifier_key"] not in page.text
        assert not [link for link in page.page.links if link.startswith("/ledger")]


def test_what_each_file_is_and_who_signed(stranger: Visitor, packaged: Packaged) -> None:
    for language, kind in (("zh", "录音"), ("en", "a recording")):
        page = stranger.in_(language).post(CHECK, {"key": packaged.key}, files=sent(packaged.data)).page
        rows = {next(iter(row.values())): row for row in page.rows if len(row) == 4}
        assert list(rows[f"calls/{packaged.call}/recordings/a.wav"].values())[1] == kind
        assert packaged.key in page.text
        assert re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+00:00", page.text), "when it was made"


def test_without_a_key_nobody_knows_whose_it_is(stranger: Visitor, packaged: Packaged) -> None:
    page = stranger.post(CHECK, files=sent(packaged.data)).page
    assert verdict(page) == "完好，但不知由谁制作" and "逐字比较" in page.text


def test_what_was_changed_is_named(stranger: Visitor, packaged: Packaged) -> None:
    inside = files(packaged.package)
    name = f"calls/{packaged.call}/consent.json"
    data = packed(inside | {name: inside[name] + b" "})
    page = stranger.post(CHECK, {"key": packaged.key}, files=sent(data), htmx=True).page
    assert verdict(page) == "无效" and "<html" not in page.content
    assert name in page.rows[1].values()
    assert "不成立" in page.text


HOSTILE = "<script>alert(1)</script>\u202egnp.exe\x00"


def test_hostile_names_and_words_are_text(stranger: Visitor, packaged: Packaged) -> None:
    inside = {**files(packaged.package), "a<b>x</b>.txt": b""}
    for data in (zipped(list(inside.items())), b"", b"PK", packaged.data[:-9]):
        name = HOSTILE.replace("\x00", "")
        answer = stranger.post(CHECK, {"key": packaged.key}, files=sent(data or b"x", name))
        page = answer.page
        assert verdict(page) == "无效"
        assert "<script>alert" in page.text and "\u202e" not in answer.body.decode()
        assert "<b>x" not in answer.body.decode()


def test_what_a_package_says_of_itself_turns_no_page_round(stranger: Visitor, packaged: Packaged) -> None:
    """Whoever has a key of his own can write what he likes."""
    made = resigned(files(packaged.package), packaged.signer, made_by="chen\u202e<b>x</b>\x1b[2J")
    answer = stranger.post(CHECK, {"key": packaged.key}, files=sent(made))
    said = answer.body.decode()
    assert verdict(answer.page) == "无效"
    assert "chen\\x202e<b>x</b>\\x1b[2J" in answer.text
    assert "\u202e" not in said and "\x1b" not in said and "<b>x" not in said


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"key": "/etc/passwd"}, "公钥"),
        ({"key": "dialpact.toml"}, "公钥"),
        ({"checkpoint": "/etc/passwd"}, "检查点"),
        ({"witnesses": "x"}, "公钥"),
        ({"quorum": "2"}, "见证方"),
        ({"quorum": "0"}, ""),
    ],
)
def test_what_is_no_key_is_said(
    stranger: Visitor, packaged: Packaged, fields: dict[str, str], words: str
) -> None:
    refused = stranger.post(CHECK, fields, files=sent(packaged.data), htmx=True)
    assert refused.status == 422 and words in refused.page.alerts[0]


def test_a_checkpoint_that_was_kept(stranger: Visitor, packaged: Packaged) -> None:
    held = (packaged.home.path / "older.note").read_text("utf-8")
    fields = {"key": packaged.key, "checkpoint": held.replace("\n", "\r\n")}
    assert verdict(stranger.post(CHECK, fields, files=sent(packaged.data)).page) == "有效"


def test_no_file_and_too_large_a_file(home: Home, packaged: Packaged) -> None:
    text = home.config.read_text("utf-8")
    home.config.write_text(text.replace("most_package_mb = 256", "most_package_mb = 1"), "utf-8")
    with console(home) as found:
        nobody = found.as_(None)
        assert "1 MB" in nobody.get(CHECK).text
        assert "请选择" in nobody.post(CHECK).page.alerts[0]
        refused = nobody.post(CHECK, files=sent(bytes((2 << 20) + 100)))
        assert refused.status == 413
        assert "有效" in nobody.post(CHECK, {"key": packaged.key}, files=sent(packaged.data)).text


@pytest.mark.alone  # it computes when nobody else does, and there is an end to its time
def test_a_bomb_has_no_verdict_or_is_none(stranger: Visitor) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as zip:
        for number in range(40):
            zip.writestr(f"{number}.json", bytes(16 << 20))
    assert len(made.getvalue()) < 1 << 20
    answer = stranger.post(CHECK, files=sent(made.getvalue()))
    assert answer.status in (200, 422) and verdict(answer.page) in ("无效", "")


def test_the_file_is_thrown_away(
    stranger: Visitor, packaged: Packaged, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    before = set(tmp_path.rglob("*"))
    stranger.post(CHECK, files=sent(packaged.data * 40))
    assert {path for path in set(tmp_path.rglob("*")) - before if "dialpact.db" not in path.name} == set()


def test_few_at_once(stranger: Visitor, packaged: Packaged, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who comes more is told to come again, before his file is read."""
    inside, go = threading.Semaphore(0), threading.Event()

    async def slow(*_: Any) -> ExaminedApart:
        inside.release()
        await asyncio.to_thread(go.wait, 20)
        raise NotExamined("time")

    monkeypatch.setattr(checking.apart, "examine", slow)
    answers: list[int] = []
    threads = [
        threading.Thread(target=lambda: answers.append(stranger.post(CHECK, files=sent(b"x")).status))
        for _ in range(checking.AT_ONCE)
    ]
    for thread in threads:
        thread.start()
    for _ in threads:
        assert inside.acquire(timeout=20)
    refused = stranger.post(CHECK, files=sent(b"x"))
    go.set()
    for thread in threads:
        thread.join(20)
    assert refused.status == 503 and "请过一会儿再试" in refused.page.alerts[0]
    assert answers == [422] * checking.AT_ONCE
    assert stranger.post(CHECK, files=sent(b"x")).status == 422


@pytest.mark.parametrize("why", ["busy", "time", "memory", "broken"])
def test_no_verdict_is_said_to_be_none(stranger: Visitor, monkeypatch: pytest.MonkeyPatch, why: Any) -> None:
    async def fails(*_: Any) -> ExaminedApart:
        raise NotExamined(why)

    monkeypatch.setattr(checking.apart, "examine", fails)
    for language in ("zh", "en"):
        answer = stranger.in_(language).post(CHECK, files=sent(b"x"))
        assert answer.status in (422, 503)
        assert answer.page.alerts and not verdict(answer.page)
