"""``dialpact report inspection``: every format, both languages, nothing that is not to be shown."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import re
import sqlite3
import stat
import subprocess
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace
from pypdf import PdfReader

from dialpact.cli.command_context import Machine
from dialpact.compliance.inspection import figures as figures_module
from dialpact.compliance.inspection import verdicts
from dialpact.compliance.inspection.figures import (
    ANSWERED,
    BYPASSES,
    GAPS,
    CallerUse,
    Cdr,
    Count,
    Inspection,
    InspectionFinding,
    ReasonCount,
    Slot,
)
from dialpact.compliance.reasons import Reason
from dialpact.compliance.texts import LANGUAGES
from dialpact.presentation import page, texts
from dialpact.presentation.inspection import flat, view
from tests.cli.conftest import Home
from tests.compliance.inspection.world import CALLER_ID, NUMBER, World

PERIOD = ("report", "inspection", "--from", "2026-11-24", "--to", "2026-11-24")
ENGLISH = texts.catalogue("en")


@pytest.fixture
async def figures(tmp_path: Path) -> Inspection:
    """With something under every heading."""
    world = await World.made(tmp_path)
    await world.opt_out("2026-11-24 09:00")
    await world.answered("2026-11-24 10:00")
    await world.call("2026-11-24 12:30", caller_id="13912345678")
    await world.call("2026-11-24 10:10", Reason.NO_CONSENT)
    failed = await world.call("2026-11-24 10:20")
    await world.recorded(failed, "2026-11-24 10:20", state="failed")
    await world.incident("no-decision")
    made = await world.report()
    await world.store.close()
    return made


@pytest.fixture
async def called(home: Home) -> Home:
    """An installation with one call, to somebody who had opted out."""
    (home.path / "dialpact.db").unlink()
    world = await World.made(home.path)
    await world.opt_out("2026-11-24 09:00")
    await world.answered("2026-11-24 10:00")
    await world.store.close()
    (home.path / "a.db").rename(home.path / "dialpact.db")
    return home


def changes(home: Home) -> list[Any]:
    with contextlib.closing(sqlite3.connect(home.path / "dialpact.db")) as db:
        return db.execute("SELECT register, action, key, actor, detail FROM register_change").fetchall()


def html(made: Inspection, language: Any = "en") -> str:
    return page.html("inspection.html", language, **view.context(made, language))


def test_json_is_the_figures(called: Home) -> None:
    made = called(*PERIOD, code=3)
    assert msgspec.convert(made, Inspection).calls.passed == 1
    assert made["conduct"]["refusals"]["after"] == 1
    # (by the name they had before as well, for one version)
    assert made["conduct"]["opt_outs"] == made["conduct"]["refusals"]
    assert made["conduct"]["opt_outs"]["late"][0]["opted_out_at"] == "2026-11-24T01:00:00Z"
    for slot in (made["calls"], *made["calls"]["hours"]):
        assert slot["blocked"] == slot["refused"]
    assert made["numbers"]["blocks"] == made["numbers"]["refusals"]
    assert made["resources"]["sublet_blocks"] == made["resources"]["sublet_refusals"]
    assert made["made_by"]
    again = json.loads(called.run(*PERIOD, "--format", "json", code=3).stdout)
    assert again["conduct"] == made["conduct"]


@pytest.mark.parametrize("kind", ["html", "json", "csv"])
def test_numbers_are_shown_only_with_full_and_that_is_logged(called: Home, kind: str) -> None:
    masked = called.run(*PERIOD, "--format", kind, code=3).stdout
    assert NUMBER[3:] not in masked and "138****8000" in masked
    assert not [change for change in changes(called) if change[0] == "report"]
    full = called.run(*PERIOD, "--format", kind, "--full", "--by", "inspector li", code=3).stdout
    assert NUMBER[3:] in full
    ((_, action, key, actor, detail),) = [change for change in changes(called) if change[0] == "report"]
    assert (action, key, actor) == ("full", "2026-11-24..2026-11-24", "inspector li")
    assert json.loads(detail) == {"report": "inspection", "format": kind}
    assert NUMBER[3:] not in detail


def test_it_is_logged_before_anything_can_fail(called: Home) -> None:
    """Who has seen the numbers is in the log, also when the page could then not be made."""

    def broken(html: str) -> bytes:
        raise OSError("no room")

    called.machine = Machine(pdf=broken)
    called.run(*PERIOD, "--full", "--format", "pdf", code=1)
    assert [change[0] for change in changes(called)].count("report") == 1


@pytest.mark.parametrize("kind", ["html", "pdf", "json", "csv"])
def test_a_file_by_its_name(called: Home, kind: str) -> None:
    target = called.path / f"out.{kind}"
    target.write_text("old")
    result = called.run(*PERIOD, "-o", str(target), code=3)
    assert result.stdout == ""
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    start = {
        "html": b"<!DOCTYPE html>",
        "pdf": b"%PDF-",
        "json": b"{",
        "csv": b"\xef\xbb\xbfsection,key,value",
    }
    assert target.read_bytes().startswith(start[kind])
    assert not list(called.path.glob(".dialpact-*"))


def test_a_file_that_cannot_be_written_leaves_the_old_one(called: Home) -> None:
    called.run(*PERIOD, "-o", str(called.path / "nowhere" / "a.html"), code=1)
    (called.path / "folder.html").mkdir()
    called.run(*PERIOD, "-o", str(called.path / "folder.html"), code=1)
    assert not list(called.path.glob(".dialpact-*"))


def test_no_pdf_on_a_terminal(called: Home) -> None:
    called.machine = Machine(terminal=lambda: True)
    result = called.run(*PERIOD, "--format", "pdf", code=1)
    assert "-o report.pdf" in result.stderr
    called.machine = Machine(terminal=lambda: False)
    assert called.run(*PERIOD, "--format", "pdf", code=3).stdout_bytes.startswith(b"%PDF-")


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        ("2026-11-31", "2026-12-01", "from"),
        ("2026-11-24 10:00", "2026-11-25", "from"),
        ("2026-11-25", "2026-11-24", "2026-11-24"),
        ("2020-01-01", "2026-11-24", "longer"),
    ],
)
def test_a_period_that_is_none(home: Home, first: str, last: str, said: str) -> None:
    result = home.run("report", "inspection", "--from", first, "--to", last, code=1)
    assert said in result.stderr


@pytest.mark.parametrize(
    ("given", "first", "last"),
    [
        (("--from", "2026-11"), "2026-11-01", "2026-11-30"),
        (("--from", "2026-11", "--to", "2026-11"), "2026-11-01", "2026-11-30"),
        (("--from", "2026/2", "--to", "2026-02"), "2026-02-01", "2026-02-28"),
        (("--from", "2024年2月"), "2024-02-01", "2024-02-29"),
        (("--from", "2026-10", "--to", "2026-11-05"), "2026-10-01", "2026-11-05"),
        (("--from", "2026-10-05", "--to", "2026-11"), "2026-10-05", "2026-11-30"),
    ],
)
def test_a_month_is_a_period(home: Home, given: tuple[str, ...], first: str, last: str) -> None:
    made = home("report", "inspection", *given)
    assert (made["period"]["first"], made["period"]["last"]) == (first, last)


@pytest.mark.parametrize(
    "given", [("2026-13", ""), ("2026-00", ""), ("2026-11-05", ""), ("1969-11", ""), ("11", "")]
)
def test_what_is_no_month(home: Home, given: tuple[str, str]) -> None:
    first, last = given
    home.run("report", "inspection", "--from", first, *(("--to", last) if last else ()), code=1)


def test_of_a_month_that_has_not_begun_nothing_is_said(home: Home) -> None:
    ahead = ("report", "inspection", "--from", "2099-03", "-o", "march.html")
    said = home.run(*ahead, code=1).stderr
    assert "from is still to come: 2099-03-01" in said and not Path("march.html").exists()


def test_a_day_alone_is_asked_for_the_last_one(home: Home) -> None:
    said = home.run("report", "inspection", "--from", "2026-11-05", code=1).stderr
    assert "2026-11-05 is a day" in said and "--to" in said


@pytest.mark.parametrize(
    ("language", "says"), [("en", ("Violation", "Conduct of calls: Violation")), ("zh", ("不符合",))]
)
def test_it_says_which_file_and_its_verdict(called: Home, language: str, says: tuple[str, ...]) -> None:
    target = called.path / "november.html"
    said = called.run(*PERIOD, "-o", str(target), "--lang", language, code=3).stderr
    assert str(target) in said and all(one in said for one in says)
    answer = json.loads(called.run(*PERIOD, "-o", str(target), "--json", code=3).stdout)
    assert (answer["file"], answer["verdict"]) == (str(target), "violation")
    assert set(answer["headings"].values()) <= {"ok", "open", "violation"}
    assert len(answer["headings"]) == 6


def test_nothing_to_reproach_is_exit_0(home: Home) -> None:
    """An installation that was just made: open points, no violation."""
    made = home(*PERIOD)
    assert {heading["verdict"] for heading in made["headings"]} == {"ok", "open"}


def test_call_records_are_compared(called: Home) -> None:
    line = (
        '"","02787654321","13912345678","internal","""A"" <02787654321>","PJSIP/agent-1","PJSIP/carrier-9",'
        '"Dial","PJSIP/13912345678@carrier","2026-11-24 10:00:00","2026-11-24 10:00:05",'
        '"2026-11-24 10:01:00",60,55,"ANSWERED","DOCUMENTATION","1764.1",""\n'
    )
    file = called.file("Master.csv", line + "not,a,record\n")
    made = called(*PERIOD, "--cdr", file, code=3)
    found = made["control"]["cdr"]
    assert (found["files"], found["lines"], found["unreadable"], found["calls"]) == (["Master.csv"], 2, 1, 1)
    kinds = {one["key"]: one["count"] for one in found["findings"]}
    assert kinds["without-decision"] == 1
    keys = {finding["key"] for heading in made["headings"] for finding in heading["findings"]}
    assert {"control-cdr", "control-cdr-unreadable"} <= keys
    assert "control-no-cdr" not in keys
    shown = called.run(*PERIOD, "--cdr", file, code=3).stdout
    assert ENGLISH["cdr-kind.without-decision"] in shown


def test_a_carriers_list_is_compared(called: Home) -> None:
    """The last comparison in the log counts, and one for this report before it."""
    other = called.file("list.csv", "number,holder\n02711111111,acme\n")
    assert called(*PERIOD, code=3)["numbers"]["carrier_list"] is None
    called.run("caller-id", "reconcile", "--carrier-list", other, code=3)
    made = called(*PERIOD, code=3)["numbers"]["carrier_list"]
    assert (made["source"], made["listed"], made["list"]) == ("list.csv", 1, [])
    assert made["at"] is not None
    assert {one["key"]: one["count"] for one in made["differences"]}["not-registered"] == 1
    good = called.file("good.csv", f"number\n{CALLER_ID}\n")
    made = called(*PERIOD, "--carrier-list", good, code=3)
    assert made["numbers"]["carrier_list"]["differences"] == []
    assert [use["listed"] for use in made["numbers"]["uses"]] == [True]
    both = called(*PERIOD, "--carrier-list", good, "--carrier-list", other, code=3)["numbers"]["carrier_list"]
    assert (both["listed"], [one["kind"] for one in both["list"]]) == (2, ["not-registered"])
    shown = called.run(*PERIOD, "--carrier-list", other, code=3).stdout
    assert ENGLISH["carrier-list.not-registered"] in shown and "02711111111" in shown


def test_a_carriers_list_with_a_bad_row_is_none(called: Home) -> None:
    bad = called.file("bad.csv", f"number\n{CALLER_ID}\nx\n")
    result = called.run(*PERIOD, "--carrier-list", bad, code=1)
    assert "bad.csv, line 3" in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_has_the_six_headings_with_their_verdicts_on_its_first_page(
    figures: Inspection, language: Any
) -> None:
    content = page.pdf(html(figures, language))
    first = PdfReader(io.BytesIO(content)).pages[0].extract_text()
    for heading in figures.headings:
        name = texts.text(f"inspection-heading.{heading.name}", language)
        assert re.sub(r"\s", "", name) in re.sub(r"\s", "", first)
    assert texts.text("inspection-verdict.violation", language) in first


@pytest.mark.parametrize(("language", "rows"), [("zh", 200), ("en", 30)])
def test_nothing_runs_over_the_edge_of_the_paper(
    figures: Inspection, language: Any, rows: int, caplog: pytest.LogCaptureFixture
) -> None:
    """200 caller IDs, names of forty characters without a space, a year of large numbers."""
    long = "湖北" * 20
    use = CallerUse(
        number="02787654321",
        attempts=12_345_678,
        put_through=12_345_678,
        blocked_for_it=12_345_678,
        by_others=0,
        registered=True,
        business="b" * 40,
        carrier=long,
        authenticated=False,
        valid_from=figures.period.first,
        valid_to=figures.period.last,
        listed=False,
    )
    holder = replace(figures.resources.holders[0], name=long, business="x" * 40, trunks=("t" * 40,) * 3)
    state = replace(figures.conduct.scripts[0], campaign="c" * 40, script="s" * 40, approved_by=long)
    gap = replace(figures.control.recordings.list[0], campaign="c" * 40, why=GAPS)
    wide = replace(
        figures,
        full=True,
        numbers=replace(figures.numbers, used=rows, uses=(use,) * rows),
        resources=replace(figures.resources, holders=(holder,)),
        conduct=replace(figures.conduct, scripts=(state,)),
        control=replace(figures.control, recordings=replace(figures.control.recordings, list=(gap,))),
    )
    content = page.pdf(html(wide, language))
    assert not caplog.records
    # Every word with its box, in points: 16 mm of margin on either side of 210.
    found = subprocess.run(["pdftotext", "-bbox", "-", "-"], input=content, check=True, capture_output=True)
    words = re.findall(r'xMin="([\d.]+)".*xMax="([\d.]+)".*>(.*)</word>', found.stdout.decode())
    left, right = 16 / 25.4 * 72, (210 - 16) / 25.4 * 72
    assert [word for begin, end, word in words if float(begin) < left - 1 or float(end) > right + 1] == []
    assert [word for *_, word in words].count(use.number) == rows + 1  # and in the list of gaps


def test_what_is_cut_off_is_said(figures: Inspection) -> None:
    uses = figures.numbers.uses[:1] * (view.SHOWN + 1)
    many = replace(figures, numbers=replace(figures.numbers, used=view.SHOWN + 1, uses=uses))
    assert texts.text("inspection.cut", "en", shown=view.SHOWN, all=view.SHOWN + 1) in html(many)
    assert "Shown are" not in html(figures)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_has_its_words(figures: Inspection, language: Any) -> None:
    catalogue = texts.catalogue(language)
    assert {"inspection-gap.failed", "inspection-gap.no-hash", "inspection-gap.no-recording"} <= set(
        catalogue
    )
    assert {f"incident.{kind}" for kind in {*GAPS, *ANSWERED, *BYPASSES}} <= set(catalogue)
    keys = set(re.findall(r'"((?:filing|use|renting|conduct|control|consent)-[\w-]+|no-calls)"', SOURCE))
    assert {f"inspection-finding.{key}" for key in keys} == {
        key for key in catalogue if key.startswith("inspection-finding.")
    }


SOURCE = Path(verdicts.__file__).read_text("utf-8")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_finding_can_be_said(figures: Inspection, language: Any) -> None:
    """With the values that a finding has, whichever it is."""
    for key, text in texts.catalogue(language).items():
        table, _, name = key.partition(".")
        if table == "inspection-finding":
            wanted = set(re.findall(r"{(\w+)}", text))
            assert wanted <= {"count", "days", "until", "names", "most", "required", "hours"}, name
    shown = replace(
        figures.headings[0],
        findings=(
            InspectionFinding(
                key="control-gaps", level="violation", values={"count": 1234, "required": 5678}
            ),
        ),
    )
    made = html(replace(figures, headings=(shown, *figures.headings[1:])), language)
    assert "1,234" in made and "5,678" in made


def test_every_text_of_the_report_is_used() -> None:
    template = (Path(page.__file__).parent / "templates" / "inspection.html").read_text("utf-8")
    for line in ENGLISH:
        table, _, name = line.partition(".")
        if table in ("inspection", "inspection-figure", "inspection-source"):
            assert f'"{name}"' in template or f'"{line}"' in template, line


def test_names_from_outside_are_escaped(figures: Inspection) -> None:
    holder = replace(figures.resources.holders[0], name="<img src=x onerror=alert(1)>")
    made = html(replace(figures, resources=replace(figures.resources, holders=(holder,))))
    assert "<img" not in made


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "\n=1", "＝1", " =1", "+86138****8000"]
)
def test_no_cell_is_a_formula(figures: Inspection, text: str) -> None:
    hostile = replace(figures, made_by=text, period=replace(figures.period, zone=text))
    rows = list(csv.reader(io.StringIO(flat.csv_of(hostile).decode("utf-8-sig"), newline="")))
    cells = {(row[0], row[1]): row[2] for row in rows}
    assert cells["made_by", ""] == f"'{text}"
    assert cells["period", "zone"] == f"'{text}"
    assert all(not cell.startswith(flat.FORMULA) for row in rows for cell in row)


def test_the_csv_is_every_figure_of_the_json(figures: Inspection) -> None:
    rows = list(csv.reader(io.StringIO(flat.csv_of(figures).decode("utf-8-sig"), newline="")))
    assert rows[0] == ["section", "key", "value"]
    cells = {(row[0], row[1]): row[2] for row in rows[1:]}
    assert len(cells) == len(rows) - 1  # no key twice
    assert cells["calls", "passed"] == "3"
    assert cells["numbers", "uses.1.number"] == CALLER_ID
    assert cells["control", "recordings.share"] == "0.5"
    assert cells["control", "cdr"] == ""

    def leaves(value: Any) -> int:
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
        return sum(map(leaves, inner)) if inner else 1

    assert len(cells) == leaves(json.loads(msgspec.json.encode(figures)))


@pytest.mark.parametrize(
    ("days", "labels", "months"),
    [(1, 1, False), (31, 31, False), (32, 32, False), (92, 92, False), (93, 4, True)],
)
def test_a_year_of_days_becomes_months(figures: Inspection, days: int, labels: int, months: bool) -> None:
    slots = tuple(
        Slot(
            at=(date(2026, 1, 1) + timedelta(days=n)).isoformat(),
            passed=n,
            blocked=1,
            shadow=0,
            undelivered=0,
            permitted=True,
        )
        for n in range(days)
    )
    shown = view.context(replace(figures, calls=replace(figures.calls, days=slots)), "en")["days"]
    assert (len(shown["labels"]), shown["months"]) == (labels, months)
    assert sum(shown["series"][0]) == sum(range(days))
    assert sum(shown["series"][1]) == days


def test_rendering_knows_no_store() -> None:
    """A value of another installation, read from its JSON, makes the same page."""
    for file in (Path(view.__file__), Path(flat.__file__), Path(page.__file__)):
        assert "store" not in file.read_text("utf-8").replace("stored", ""), file


def test_a_page_from_the_json_is_the_same_page(figures: Inspection) -> None:
    again = msgspec.json.decode(msgspec.json.encode(figures), type=Inspection)
    assert html(again) == html(figures)
    cdr = Cdr(
        files=("a.csv",),
        lines=1,
        unreadable=0,
        calls=1,
        emergency=1,
        hours_off=8.0,
        findings=(Count(key="a-kind-of-tomorrow", count=1),),
    )
    reason = ReasonCount(code="reason-of-tomorrow", first=1, any=1)
    later = replace(
        figures,
        control=replace(figures.control, cdr=cdr),
        calls=replace(figures.calls, reasons=(reason,)),
    )
    made = html(later)
    assert "a-kind-of-tomorrow" in made and "reason-of-tomorrow" in made


@pytest.mark.parametrize("name", ["inspection-report.md", "inspection-report.zh-CN.md"])
def test_the_docs_define_every_figure(name: str) -> None:
    text = (Path(__file__).parents[2] / "docs" / name).read_text("utf-8")
    fields = {
        field.name
        for kind in vars(figures_module).values()
        if isinstance(kind, type) and issubclass(kind, figures_module.Figures)
        for field in msgspec.structs.fields(kind)
    }
    told = {"key", "count", "list", "lines"}  # of Count, and of lists whose entries are described
    missing = {one for one in fields - told if not re.search(rf"`(?:\w+\.)?{one}[`.]", text)}
    assert not missing
