"""A file is examined and then applied, as jobs: as `dialpact NOUN import` does it, whole and once, whatever
is killed; and an export is in the log before anybody has it.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import sqlite3
from collections.abc import AsyncIterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import msgspec
import pytest

from dialpact.application import exports, imports
from dialpact.application.jobs import exporting, importing, queue, runner
from dialpact.application.jobs.importing import BAD, LIST, Figures, Looked
from dialpact.compliance.errors import StoreRefused
from dialpact.compliance.jobs import Job
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.leads import delivery
from dialpact.store.ports.receipts import noting
from dialpact.store.sqlite import Store
from tests.cli.conftest import Home
from tests.web import job_work, ready_worker
from tests.web.test_jobs import Bench
from tests.workbooks import packed, parts, table

MANY = "number,scope,value,requested_at,source\n" + "".join(
    f"138{place:08},all,,2026-01-05,x\n" for place in range(3000)
)
SOME = "手机号,范围,来源,备注\n13800138001,全部,柜台,a\n138,全部,柜台,b\n13800138003,全部,柜台,c\n"


class Importing(Bench):
    def __init__(self, home: Home, store: Store) -> None:
        super().__init__(home, store)
        self.runner._command = lambda idle: ready_worker.command(home.config, idle)

    async def examine(self, content: str | bytes, register: importing.Register = "dnc", **how: Any) -> Job:
        asked = await importing.reading(
            self.context, register, **{"name": "l.csv", "mapped": {}, "language": "zh", **how}
        )
        data = content.encode() if isinstance(content, str) else content
        job = await importing.examine(self.context, self.files, asked, BytesIO(data))
        self.runner.wake()
        return await self.over(job)

    async def apply(self, job: Job, *, skip_bad: bool = False) -> Job:
        made = await importing.apply(self.context, self.files, job.id, skip_bad=skip_bad)
        self.runner.wake()
        return await self.over(made)

    def looked(self, job: Job) -> Looked:
        found = importing.looked(self.files, job)
        assert found is not None
        return found


def figures(job: Job) -> Figures:
    assert job.state == "done", job.error
    return msgspec.convert({k: v for k, v in (job.result or {}).items() if k in FIELDS}, Figures)


NAMES = {"一月": "13800138001", "二月": "13800138002"}
FIELDS = Figures.__struct_fields__


@pytest.fixture
async def bench(stocked: Home, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Importing]:
    monkeypatch.setattr(runner, "PAUSES", (0.01,))
    async with await Store.open(stocked.path / "dialpact.db") as store:
        yield Importing(stocked, store)


def rows(home: Home, sql: str) -> list[tuple[Any, ...]]:
    with contextlib.closing(sqlite3.connect(home.path / "dialpact.db")) as db:
        return db.execute(sql).fetchall()


def acts(home: Home, register: str = "dnc", action: str = "import") -> list[Mapping[str, Any]]:
    found = rows(
        home,
        f"SELECT detail FROM register_change WHERE register = '{register}' AND action = '{action}'",
    )
    return [msgspec.json.decode(detail) for (detail,) in found]


def numbers(home: Home) -> int:
    return int(rows(home, "SELECT count(*) FROM dnc_now")[0][0])


async def test_it_is_examined_and_nothing_is_changed(bench: Importing, home: Home) -> None:
    async with bench.running():
        job = await bench.examine(SOME)
    seen = bench.looked(job)
    assert figures(job) == Figures(
        rows=3,
        bad=1,
        applied=2,
        looked=(bench.files.of(job.id) / "looked.json").stat().st_size,
        list_sha256=hashlib.sha256(SOME.encode()).hexdigest(),
    )
    assert (seen.fault, dict(seen.read_as), seen.left_out) == (
        *(None, {"number": "手机号", "scope": "范围", "source": "来源"}),
        ("备注",),
    )
    assert [(one.line, one.rows, one.fault.code) for one in seen.reasons] == [(3, 1, "number")]
    first, second, _ = seen.preview.rows
    assert (first.written[:2], first.cells[:2]) == (("13800138001", "全部"), ("+8613800138001", "all"))
    assert (second.line, second.cells, second.fault and second.fault.code) == (3, (), "number")
    assert seen.preview.names == ("手机号", "范围", "来源", "备注")
    assert numbers(home) == 0 and not acts(home)
    bad = (bench.files.of(job.id) / BAD).read_text("utf-8-sig").splitlines()
    assert (bad[0], bad[1][:2]) == ("line,reason,手机号,范围,来源,备注", "3,")
    assert bad[1].endswith(",138,全部,柜台,b")
    assert sorted(bench.there(job)) == [BAD, LIST, "looked.json"]
    assert "13800138001" not in msgspec.json.encode(job).decode()  # no number of anybody's is in the store


async def test_good_rows_are_applied_once_however_often_that_is_asked(bench: Importing, home: Home) -> None:
    async with bench.running():
        job = await bench.examine(SOME)
        with pytest.raises(Fault, match="nothing"):
            await importing.apply(bench.context, bench.files, job.id, skip_bad=False)
        done = await bench.apply(job, skip_bad=True)
        again = await bench.apply(job, skip_bad=True)
    assert again == done
    assert bench.there(job) == [BAD, "looked.json"] and bench.there(done) == [BAD]  # the list itself is gone
    assert (figures(done).applied, figures(done).bad, figures(done).done) == (2, 1, True)
    assert numbers(home) == 2
    (act,) = acts(home)
    assert (act["file"], act["applied"], act["bad"], act["skip_bad"]) == ("l.csv", 2, 1, True)
    await asyncio.to_thread(home.run, "ledger", "verify")


async def test_who_asks_many_times_at_once_is_told_of_one_job(bench: Importing, home: Home) -> None:
    async with bench.running():
        job = await bench.examine(SOME)
        asked = [importing.apply(bench.context, bench.files, job.id, skip_bad=True) for _ in range(8)]
        made = await asyncio.gather(*asked)
        assert len({one.id for one in made}) == 1
        bench.runner.wake()
        done = await bench.over(made[0])
    assert (figures(done).applied, figures(done).done) == (2, True)
    assert len(acts(home)) == 1


async def test_what_is_applied_is_not_looked_at_anew(bench: Importing, home: Home) -> None:
    """Another look at the same list could be applied as well: from a page that was left open, say."""
    asked = await importing.reading(bench.context, "dnc", name="l.csv", mapped={})
    async with bench.running():
        job = await bench.examine(SOME)
        made = await importing.apply(bench.context, bench.files, job.id, skip_bad=True)
        with pytest.raises(Fault, match="import handed in"):
            await importing.examine_again(bench.context, bench.files, job.id, asked)
        bench.runner.wake()
        await bench.over(made)
        with pytest.raises(Fault, match="import handed in"):
            await importing.examine_again(bench.context, bench.files, job.id, asked)
    assert len(acts(home)) == 1


async def test_what_can_not_be_read_is_read_otherwise(bench: Importing, home: Home) -> None:
    content = "甲,乙\n13800138001,上门登记\n"
    async with bench.running():
        job = await bench.examine(content)
        seen = bench.looked(job)
        assert not figures(job).readable and seen.fault is not None
        assert (seen.preview.names, seen.preview.head[1]) == (("甲", "乙"), ("13800138001", "上门登记"))
        with pytest.raises(Fault):
            await importing.apply(bench.context, bench.files, job.id, skip_bad=True)
        asked = await importing.reading(
            bench.context,
            "dnc",
            name="l.csv",
            mapped={"number": "甲", "source": "乙"},
            constants={"scope": "all"},
            save_as="某某公司",
        )
        second = await importing.examine_again(bench.context, bench.files, job.id, asked)
        bench.runner.wake()
        second = await bench.over(second)
        done = await bench.apply(second)
    assert (await bench.job(job)).state == "expired" and bench.there(job) == []
    assert figures(done).applied == 1
    assert rows(home, "SELECT number, scope, source FROM dnc_now") == [(8613800138001, "all", "上门登记")]
    assert (await asyncio.to_thread(home, "mapping", "list"))[0]["columns"] == {
        "number": "甲",
        "source": "乙",
    }
    assert acts(home)[0]["columns"] == {"number": "甲", "source": "乙", "scope": "= all"}


async def test_a_workbook_in_its_sheets(bench: Importing, home: Home) -> None:

    listed = {name: table(["number", "scope"], [number, "all"]) for name, number in NAMES.items()}
    content = packed(parts(listed))
    async with bench.running():
        job = await bench.examine(content, sheets=("二月",), constants={"source": "x"})
    assert bench.looked(job).preview.sheets == ("一月", "二月")
    assert [one.sheet for one in bench.looked(job).preview.rows] == ["二月"]
    assert figures(job).rows == 1


async def test_leads_with_what_the_detector_would_find(bench: Importing, home: Home) -> None:
    listed = "number\n" + "".join(f"1380013{place:04}\n" for place in range(300))
    about = delivery("renewal", "某某银行", "K-2", "consent")
    async with bench.running():
        job = await bench.examine(listed, "leads", delivery=about)
        assert figures(job).applied == 300 and "run=300" in figures(job).held
        assert not rows(home, "SELECT 1 FROM batch WHERE contract = 'K-2'")
        done = await bench.apply(job)
        assert (figures(done).batch, figures(done).held) == (2, figures(job).held)
        again = await bench.examine(listed, "leads", delivery=about)
        told = bench.looked(again).fault
        assert told is not None and told.code == "batch-exists"


@pytest.mark.parametrize(
    ("function", "passing", "when"),
    [
        ("dialpact.store.units.arriving.Arrival.fill", 0, "after"),
        ("dialpact.store.units.imports.Staging.apply", 0, "after"),
        ("dialpact.application.jobs.import_check._settled", 0, "before"),
    ],
)
async def test_a_killed_worker_leaves_nothing_half_and_nothing_twice(
    bench: Importing, home: Home, monkeypatch: pytest.MonkeyPatch, function: str, passing: int, when: str
) -> None:
    async with bench.running():
        job = await bench.examine(MANY)
    bench.stop.clear()
    monkeypatch.setenv("CUT_WORKER", f"{function} {passing} {when}")
    monkeypatch.setenv("CUT_ONCE", str(home.path / "cut"))
    bench.runner._command = lambda idle: job_work.command(home.config, idle)
    async with bench.running():
        done = await bench.apply(job)
    assert (done.starts, figures(done).applied, figures(done).rows) == (2, 3000, 3000)
    assert numbers(home) == 3000 and len(acts(home)) == 1
    await asyncio.to_thread(home.run, "ledger", "verify")


async def test_leads_are_in_once_though_their_worker_was_killed(
    bench: Importing, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with bench.running():
        job = await bench.examine(
            "number\n13800138005\n", "leads", delivery=delivery("renewal", "b", "K-2", "c")
        )
    bench.stop.clear()
    monkeypatch.setenv("CUT_WORKER", "dialpact.application.jobs.import_apply._counted 0 before")
    monkeypatch.setenv("CUT_ONCE", str(home.path / "cut"))
    bench.runner._command = lambda idle: job_work.command(home.config, idle)
    async with bench.running():
        done = await bench.apply(job)
    assert (done.starts, figures(done).batch, figures(done).applied) == (2, 2, 1)
    assert len(acts(home, "leads")) == 2  # with that of the stock


async def test_what_was_cancelled_acts_no_more_and_what_has_acted_is_not_cancelled(
    bench: Importing, home: Home
) -> None:
    async with bench.running():
        job = await bench.examine(MANY)
    made = await importing.apply(bench.context, bench.files, job.id, skip_bad=False)
    jobs = bench.store.jobs

    async def into() -> None:
        with noting(jobs.receipt(made.id)):
            (await imports.into_register(bench.context, "dnc", BytesIO(MANY.encode()), name="l")).__exit__(
                None, None, None
            )

    await jobs.take(bench.context.now())
    await queue.cancel(bench.context, bench.files, "import", made.id)
    with pytest.raises(StoreRefused):
        await into()
    assert numbers(home) == 0 and not acts(home)

    other = await importing.examine(
        bench.context,
        bench.files,
        await importing.reading(bench.context, "dnc", name="l", mapped={}),
        BytesIO(MANY.encode()),
    )
    made = other
    await jobs.take(bench.context.now())
    await into()
    kept = await queue.cancel(bench.context, bench.files, other.kind, other.id)
    assert kept.state == "running" and kept.result == {"acts": [kept.result and kept.result["acts"][0]]}
    assert numbers(home) == 3000


async def test_another_list_is_not_applied_in_its_place(bench: Importing, home: Home) -> None:
    """Whoever can write in the folder puts one there after it was examined."""
    async with bench.running():
        job = await bench.examine(SOME)
        (bench.files.of(job.id) / LIST).write_text(SOME.replace("13800138001", "13800138007"), "utf-8")
        done = await bench.apply(job, skip_bad=True)
    assert done.state == "failed" and done.error is not None and done.error.code == "list-changed"
    assert numbers(home) == 0 and not acts(home)


async def test_an_act_of_another_is_none_of_this_one(bench: Importing, home: Home) -> None:
    """Whoever can write the database says of a job that it was done: it is done all the same."""
    async with bench.running():
        first = await bench.apply(await bench.examine(SOME), skip_bad=True)
        (seq,) = rows(home, "SELECT seq FROM register_change WHERE action = 'import' AND register = 'dnc'")[0]
        job = await bench.examine(MANY)
    bench.stop.clear()
    made = await importing.apply(bench.context, bench.files, job.id, skip_bad=False)
    with contextlib.closing(sqlite3.connect(home.path / "dialpact.db")) as db, db:
        said = msgspec.json.encode({"acts": [seq]}).decode()
        db.execute("UPDATE job SET result = ? WHERE id = ?", (said, made.id))
    async with bench.running():
        done = await bench.over(made)
    assert figures(first).applied == 2 and figures(done).applied == 3000
    assert numbers(home) == 3002


async def test_an_export_is_in_the_log_when_it_is_there(bench: Importing, home: Home) -> None:
    await asyncio.to_thread(home.run, "dnc", "add", "13800138009", "--scope", "all")
    asked = exports.Asked(register="dnc", scope="all")
    with pytest.raises(Fault):
        await exporting.submit(bench.context, bench.files, asked, "csv", " ")
    job = await exporting.submit(bench.context, bench.files, asked, "csv", "市通管局抽查")
    assert not acts(home, "dnc", "export")
    async with bench.running():
        done = await bench.over(job)
    assert done.state == "done", done.error
    (act,) = acts(home, "dnc", "export")
    assert done.result is not None
    assert (act["rows"], act["reason"], act["file"], act["sha256"]) == (
        *(1, "市通管局抽查", "dnc.csv"),
        done.result["sha256"],
    )
    _, path = await queue.result(bench.context, bench.files, "export", job.id)
    assert Path(path).read_text("utf-8-sig").splitlines()[1].startswith("+8613800138009,all,")
    await asyncio.to_thread(home.run, "ledger", "verify")
