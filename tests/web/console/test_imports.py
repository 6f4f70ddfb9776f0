"""A list at the page: brought, looked at, read otherwise, applied; bad rows; exports, templates, scrubs."""

from __future__ import annotations

import asyncio
import csv
import io
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from structlog.testing import capture_logs

from dialpact.store.sqlite import Store
from dialpact.web.console import scrubs
from tests.cli.conftest import Home
from tests.patience import WAIT
from tests.web.api import job_made
from tests.web.api.furnished import SCRUB
from tests.web.console.visitor import Opened, Visitor, console
from tests.workbooks import packed, parts, table

HOSTILE = "<script>alert(1)</script>\"'><img src=x>{{ 7 * 7 }}"
LIST = "手机号,范围,来源\n13800138001,全部,柜台\n138,全部,柜台\n"


@pytest.fixture
def visitor(furnished: Home) -> Iterator[Visitor]:
    with (
        capture_logs(),
        console(furnished, works=True) as found,
    ):  # (the command line's output is read beside)
        yield found


def over(visitor: Visitor, path: str) -> Opened:
    """The page of a job, once it is over."""
    until = time.monotonic() + WAIT
    while 'hx-trigger="every 2s"' in (found := visitor.get(path)).body.decode():
        assert time.monotonic() < until
        time.sleep(0.05)
    assert found.status == 200
    return found


def brought(visitor: Visitor, content: str | bytes, register: str = "dnc", **fields: str) -> Opened:
    data = content.encode() if isinstance(content, str) else content
    sent = visitor.post(f"/imports/{register}", fields, files={"file": ("名单.csv", data)})
    assert sent.status == 303, sent.text
    return over(visitor, sent.headers["location"])


def issued(home: Home) -> str:
    given = ("--licence", "L-1", "--carrier", "电信", "--authenticated", "--valid-from", "2026-01-01")
    rest = ("--business", "jianghan", "--trunk", "carrier", "--purpose", "marketing")
    home.run("caller-id", "add", "02787654321", *given, *rest)
    return "02787654321"


def place(page: Opened) -> str:
    """Of its job."""
    return next(f.action for f in page.page.forms if "/cancel" in f.action).removesuffix("/cancel")


def test_a_list_is_looked_at_and_its_good_rows_are_applied(visitor: Visitor, furnished: Home) -> None:
    before = len(furnished("dnc", "list"))
    seen = brought(visitor, LIST)
    assert "行数 2" not in seen.text  # a figure stands before its word
    assert [row.get("原因") for row in seen.page.rows if "原因" in row] == [
        "'138'：号码无效，不能拨打：号码位数不对"
    ]
    assert "+8613800138001" in seen.text and "只写入 1 个合格行" in seen.text
    assert len(furnished("dnc", "list")) == before
    bad = visitor.get(place(seen) + "/bad")
    assert bad.status == 200 and bad.headers["content-disposition"].startswith("attachment;")
    rows = list(csv.reader(io.StringIO(bad.body.decode("utf-8-sig"))))
    assert rows[0] == ["line", "reason", "手机号", "范围", "来源"] and rows[1][2:] == ["138", "全部", "柜台"]
    refused = visitor.post(place(seen) + "/apply", {})
    assert refused.status == 422
    done = visitor.post(place(seen) + "/apply", {"skip_bad": "true"})
    assert "登记簿已改动 1 行" in over(visitor, done.headers["location"]).text
    assert len(furnished("dnc", "list")) == before + 1
    (again,) = {visitor.post(place(seen) + "/apply", {"skip_bad": "true"}).headers["location"]}
    assert again == done.headers["location"]
    mended = bad.body.replace(b",138,", b",13800138002,")
    assert "写入全部 1 行" in brought(visitor, mended).text  # what was downloaded is imported again
    furnished.run("ledger", "verify")


def test_columns_are_said_by_hand_and_saved_under_a_name(visitor: Visitor, furnished: Home) -> None:
    seen = brought(visitor, "甲,乙\n13800138003,上门登记\n", scope="")
    assert seen.page.alerts and "甲" in seen.text and "写入" not in [f.words for f in seen.page.forms]
    again = visitor.post(
        place(seen) + "/again",
        {"map": ["number=甲", "source=乙", "value="[:0]], "scope": "all", "save_as": "某某公司"},
    )
    assert again.status == 303
    second = over(visitor, again.headers["location"])
    assert "写入全部 1 行" in second.text
    assert "<td>一切来电" in second.body.decode() and "<td>all" not in second.body.decode()
    assert "已不再保存" in visitor.get(place(seen)).text
    done = visitor.post(place(second) + "/apply", {})
    assert "登记簿已改动 1 行" in over(visitor, done.headers["location"]).text
    assert [one["id"] for one in furnished("mapping", "list")] == ["某某公司"]
    third = brought(visitor, "甲,乙\n13800138004,上门登记\n", scope="all", mapping="某某公司")
    assert "写入全部 1 行" in third.text


def test_consents_with_the_file_that_proves_them(visitor: Visitor, furnished: Home) -> None:
    listed = "手机号,企业,行业,同意时间,到期时间,凭证\n13800138005,jianghan,保险,2026-01-05,,纸质表\n"
    sent = visitor.post(
        "/imports/consent", {}, files={"file": ("c.csv", listed.encode()), "proof": ("p.pdf", b"%PDF-1.4 x")}
    )
    seen = over(visitor, sent.headers["location"])
    done = visitor.post(place(seen) + "/apply", {})
    assert over(visitor, done.headers["location"]).status == 200
    (entry,) = furnished("consent", "show", "13800138005")["entries"]
    assert len(entry["evidence_sha256"]) == 64
    assert furnished("consent", "verify") == {"checked": 1, "elsewhere": 0, "findings": []}


def test_leads_come_with_where_they_are_from(visitor: Visitor, furnished: Home) -> None:
    fields = {"campaign": "spring", "partner": HOSTILE, "contract": "K-9", "basis": "同意书"}
    seen = brought(visitor, "number\n13800138006\n", "leads", **fields)
    assert HOSTILE in seen.text
    done = over(visitor, visitor.post(place(seen) + "/apply", {}).headers["location"])
    (batch,) = [one for one in furnished("leads", "list") if one["contract"] == "K-9"]
    assert f"/registers/leads/entry/{batch['id']}" in done.page.links
    lacking = visitor.post(
        "/imports/leads", {"campaign": "spring"}, files={"file": ("l.csv", b"number\n1\n")}
    )
    assert lacking.status == 422


def test_hostile_names_and_cells_are_text(visitor: Visitor) -> None:
    seen = brought(visitor, f'手机号,"{HOSTILE.replace(chr(34), chr(34) * 2)}"\n13800138001,x\n')
    assert HOSTILE in seen.text
    data = f"手机号,范围,来源\n{HOSTILE[:25]},全部,x\n".encode()
    named = visitor.post("/imports/dnc", {}, files={"file": ("<b>x.csv", data)})
    assert "<b>x.csv" in over(visitor, named.headers["location"]).text
    assert "<b>x.csv" in visitor.get("/imports").text
    turned = visitor.post("/imports/dnc", {}, files={"file": ("名\u202excslx.vsc", data)})
    assert "名\\u202excslx.vsc" in over(visitor, turned.headers["location"]).text


def test_in_english_and_with_gb18030(visitor: Visitor) -> None:
    english = visitor.in_("en")
    seen = brought(english, LIST.encode("gb18030"))
    assert "Apply the 1 good rows" in seen.text and "+8613800138001" in seen.text
    assert "imports" in visitor.get("/imports").body.decode()


def test_what_was_not_applied_is_looked_at_again(visitor: Visitor, furnished: Home) -> None:
    """The register has changed since, and not every row is good any more."""
    row = "{0},jianghan,保险,2026-01-05,,{1}\n"
    head = "手机号,企业,行业,同意时间,到期时间,凭证\n"
    seen = brought(visitor, head + row.format("13800138011", "表一"), "consent")
    about = ("--business", "jianghan", "--industry", "保险", "--granted-at", "2026-01-05")
    furnished.run("consent", "add", "13800138011", *about, "--evidence", "另一张表")
    done = over(visitor, visitor.post(place(seen) + "/apply", {}).headers["location"])
    assert "没有写入任何内容" in done.text and done.page.alerts
    again = visitor.get(place(seen))
    assert f"{place(seen)}/again" in [form.action for form in again.page.forms]
    second = over(visitor, visitor.post(place(seen) + "/again", {}).headers["location"])
    assert f"{place(second)}/apply" not in [f.action for f in second.page.forms]


def test_more_scrubs_than_a_page_has(
    visitor: Visitor, furnished: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scrubs, "ROWS", 1)  # (fifty would take long to make)
    job_made.scrub(furnished, "5c12" * 8, "jianghan-1")
    (more,) = [link for link in visitor.get("/scrubs").page.links if "after=" in link]
    part = visitor.get(more, htmx=True)
    assert part.body.lstrip().startswith(b"<tr>") and SCRUB in part.body.decode()


def test_the_sheets_of_a_workbook_are_chosen(visitor: Visitor) -> None:
    listed = {"一月": "13800138001", "二月<b>": "13800138002"}
    sheets = {name: table(["number", "scope", "source"], [each, "all", "x"]) for name, each in listed.items()}
    seen = brought(visitor, packed(parts(sheets)))
    assert "写入全部 2 行" in seen.text and "二月<b>" in seen.text
    again = visitor.post(place(seen) + "/again", {"sheet": ["二月<b>"]})
    second = over(visitor, again.headers["location"])
    assert "写入全部 1 行" in second.text and "+8613800138002" in second.text


def test_how_far_it_is_and_cancelled(furnished: Home) -> None:
    """Nobody does it here."""
    with console(furnished) as visitor:
        sent = visitor.post("/imports/dnc", {}, files={"file": ("l.csv", LIST.encode())})
        path = sent.headers["location"]
        assert "排队" in visitor.get(path).text

        async def begun() -> None:
            async with await Store.open(furnished.path / "dialpact.db") as store:
                job = await store.jobs.take(datetime.now(UTC))
                assert job is not None and await store.jobs.progress(job.id, 25, 100)

        asyncio.run(begun())
        part = visitor.get(path, htmx=True)
        assert part.body.lstrip().startswith(b'<div id="state"') and 'value="25"' in part.body.decode()
        assert "25 %" in part.text and 'hx-trigger="every 2s"' in part.body.decode()
        assert visitor.post(path + "/cancel").status == 303
        ended = visitor.get(path)
        assert "已取消" in ended.text and "hx-trigger" not in ended.body.decode()
        assert not (furnished.path / "api-files" / "jobs" / path.rpartition("/")[2] / "list").exists()


def test_what_is_no_file_and_no_register(visitor: Visitor) -> None:
    assert visitor.post("/imports/dnc", {}).status == 422
    assert visitor.post("/imports/dnc", {}, files={"file": ("x", b"")}).status == 422
    assert visitor.get("/imports/nothing").status == 404
    assert visitor.get(f"/imports/job/{'0' * 32}").status == 404


def test_no_more_is_taken_than_is_said(furnished: Home) -> None:
    text = furnished.config.read_text("utf-8")
    furnished.config.write_text(text.replace("most_upload_mb = 256", "most_upload_mb = 1"), "utf-8")
    folder = furnished.path / "api-files" / "jobs"
    before = sorted(folder.iterdir())
    with console(furnished) as visitor:
        assert "不超过 1 MB" in visitor.get("/imports/dnc").text
        for path in ("/imports/dnc", "/scrubs"):
            sent = visitor.post(
                path, {}, files={"file": ("l.csv", b"number\n" + b"1" * (1 << 20))}, htmx=True
            )
            assert sent.status == 413 and sent.page.alerts
    assert sorted(folder.iterdir()) == before


def test_given_up(visitor: Visitor) -> None:
    seen = brought(visitor, LIST)
    assert visitor.post(place(seen) + "/cancel").headers["location"].startswith("/imports?said=")
    assert "已不再保存" in visitor.get(place(seen)).text
    assert visitor.get(place(seen) + "/bad").status == 410


@pytest.mark.parametrize("register", ["dnc", "consent", "caller-id", "leads"])
def test_every_register_is_exported_with_a_reason_and_has_its_template(
    visitor: Visitor, furnished: Home, register: str
) -> None:
    batch = {"batch": "1"} if register == "leads" else {}
    assert visitor.get(f"/exports/{register}").status == 200
    assert visitor.post(f"/exports/{register}", {**batch, "reason": " "}).status == 422
    made = visitor.post(f"/exports/{register}", {**batch, "reason": "检查", "format": "xlsx"})
    page = over(visitor, made.headers["location"])
    assert "已记入账本" in page.text
    file = visitor.get(made.headers["location"] + "/file")
    assert file.body.startswith(b"PK\x03\x04") and "no-store" in file.headers["cache-control"]
    assert visitor.as_("auditor").get(made.headers["location"] + "/file").status == 404  # it was not his act
    assert "只有办理人" in visitor.as_("auditor").get(made.headers["location"]).text
    template = visitor.get(f"/exports/{register}/template")
    assert template.body.startswith(b"\xef\xbb\xbf") and template.body.count(b"\r\n") == 1
    assert visitor.as_("auditor").get(f"/exports/{register}").status == 200
    assert visitor.as_("supervisor").post(f"/exports/{register}", {"reason": "x"}).status == 403


def test_a_list_is_scrubbed(visitor: Visitor, furnished: Home) -> None:
    assert visitor.get("/scrubs/new").status == 200
    caller_id = issued(furnished)
    sent = visitor.post(
        "/scrubs",
        {"campaign": "spring", "caller_id": caller_id},
        files={"file": ("l.csv", b"number\n13800138001\n138\n")},
    )
    assert sent.status == 303, sent.text
    page = over(visitor, sent.headers["location"])
    assert "可拨打" in page.text and page.page.rows
    file = visitor.get(sent.headers["location"] + "/file")
    assert len(file.body.decode("utf-8-sig").splitlines()) == 3
    assert sent.headers["location"] in visitor.get("/scrubs").page.links
    refused = visitor.post(
        "/scrubs", {"campaign": "nobody", "caller_id": caller_id}, files={"file": ("l", b"number\n1\n")}
    )
    assert refused.status == 422
    assert visitor.post(sent.headers["location"] + "/cancel").status == 303
    assert visitor.get(sent.headers["location"] + "/file").status == 410


def test_a_batch_is_scrubbed_and_released(visitor: Visitor, furnished: Home) -> None:
    caller_id = issued(furnished)
    assert "批次" in visitor.get("/scrubs/new?batch=1").text
    sent = visitor.post("/scrubs", {"batch": "1", "caller_id": caller_id})
    assert "筛查已记入账本" in over(visitor, sent.headers["location"]).text
    (act,) = [one for one in furnished("leads", "show", "1")["history"] if one["action"] == "scrub"]
    assert act["by"] == "officer"
