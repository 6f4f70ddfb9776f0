"""Jobs that are done, put straight into a home's store: for whoever asks about them."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from io import BytesIO
from typing import Any

import msgspec
from msgspec.structs import replace

from dialpact.application import exports, import_preview
from dialpact.application.cdr_file import FileTold
from dialpact.application.imports import How
from dialpact.application.jobs import exporting, importing, verifying
from dialpact.application.jobs.files import JobFiles
from dialpact.application.jobs.inspecting import InspectionAsked, InspectionKept
from dialpact.application.jobs.reconciliation_acts import ActsAsked, ActsDone
from dialpact.application.jobs.reconciling import ReconciliationAsked, Sums
from dialpact.application.jobs.scrubbing import ScrubAsked, ScrubMade
from dialpact.application.jobs.verifying import VerificationAsked, VerificationFound, VerificationMade
from dialpact.application.ledger.audit.found import AuditFinding, Looked
from dialpact.application.reconcile.kept import Section
from dialpact.application.scrub import Scrubbed, ScrubRequest
from dialpact.compliance.clock import SystemClock
from dialpact.compliance.inspection.comparison import compared
from dialpact.compliance.inspection.figures import Inspection
from dialpact.compliance.jobs import Job, JobKind
from dialpact.compliance.reconcile import CdrFinding, Counts
from dialpact.compliance.registers import formats
from dialpact.store.sqlite import Store
from tests.cli.conftest import Home
from tests.compliance.store_values import AT

CONTENT = bytes(range(256)) * 4


def done(
    home: Home,
    id: str,
    kind: JobKind,
    detail: Mapping[str, Any],
    result: Mapping[str, Any],
    *,
    businesses: tuple[str, ...] = ("jianghan",),
    file: str = "result",
    content: bytes = CONTENT,
) -> None:
    """``result``: beside what is said of its file."""

    async def put() -> None:
        now = SystemClock().now()
        about = {"file": file, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        async with await Store.open(home.path / "dialpact.db") as store:
            new = Job(id=id, kind=kind, by="api:crm", businesses=businesses, detail=detail, created_at=now)
            await store.jobs.add(new)
            await store.jobs.take(now)
            await store.jobs.finish(id, {**about, **result}, now)

    files = JobFiles(home.path / "api-files")
    files.keep(id, None, 0)
    (files.of(id) / file).write_bytes(content)
    asyncio.run(put())


PACKAGE = {"media_type": "application/zip", "calls": 1, "records": 7, "absent": [], "findings": []}


def package(home: Home, id: str, call: str, businesses: tuple[str, ...] = ("jianghan",)) -> None:
    detail = {"question": {"call": call}, "calls": [call], "reason": "", "language": "en"}
    done(home, id, "evidence-package", detail, PACKAGE, businesses=businesses, file="evidence-x.zip")


def verification(home: Home, id: str) -> None:
    """One that found a row that is not what the log says."""
    made = VerificationMade(
        asked=VerificationAsked(),
        given=False,
        entries=9,
        checked=9,
        erased=1,
        unproven=1,
        checkpoints=2,
        findings=1,
        forks=0,
        given_up=(),
        strangers=(),
        unlooked=("/copies: Permission denied",),
        keys=("dialpact/pbx1+12345678+AQ==",),
        registers={"business": Looked(rows=2, unbound=1)},
    )
    wrong = AuditFinding(
        problem="register",
        code="row-changed",
        leaf=1,
        kind="business",
        key="jianghan",
        values={"logged": "a", "found": "b"},
    )
    content = msgspec.json.encode(VerificationFound(made=made, listed=(wrong,)))
    result = {"media_type": verifying.MEDIA_TYPE, "made": msgspec.to_builtins(made)}
    done(
        home,
        id,
        verifying.KIND,
        {},
        result,
        businesses=(),
        file=verifying.RESULT,
        content=content,
    )


def erasure(home: Home, id: str) -> None:
    """A look that found something whose time is over."""
    erased = {"decisions": 2, "recordings": 3, "needed": 1}
    result = {"media_type": "application/json", "erased": erased, "today": "2029-01-01"}
    done(home, id, "erasure", {"request": 0}, result, businesses=())


def scrub(
    home: Home,
    id: str,
    campaign: str,
    businesses: tuple[str, ...] = ("jianghan",),
    *,
    numbers: bool = False,
    content: bytes = CONTENT,
) -> None:
    request = ScrubRequest(campaign=campaign, caller_id="02787654321", numbers=numbers)
    made = Scrubbed(
        rows=1,
        callable=0,
        blocked={"no-consent": 1},
        bad=0,
        as_of=AT,
        at=AT,
        mode="enforce",
        form="csv",
        bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        list_sha256="",
    )
    detail = msgspec.to_builtins(ScrubAsked(request=request))
    result = msgspec.to_builtins(ScrubMade(scrubbed=made, policy=()))
    done(
        home,
        id,
        "scrub",
        detail,
        {"media_type": "text/csv", **result},
        businesses=businesses,
        content=content,
    )


def reconciliation(home: Home, id: str, acts: str, call: str) -> None:
    """With one finding about ``call``, and what was done about it."""
    found = CdrFinding(
        *(AT.timestamp(), 1, "without-recording", "+8613800138000", "02788880007", "carrier", call, ""),
        *("PJSIP/carrier-00000001", "1.1", "<b>.csv", 2, {"state": "none", "mode": "enforce"}),
    )
    content = msgspec.json.encode(found) + b"\n"
    sums = Sums(
        node="pbx1",
        since=AT.timestamp(),
        until=AT.timestamp() + 3600,
        shift=0,
        findings=1,
        tolerance=5,
        coarse=(),
        counts=Counts(lines=1, calls=1, answered=1, found={"without-recording": 1}),
        files=(FileTold(file="<b>.csv", form="cdr_csv", lines=1, trunk_lines=1),),
        sections=(Section(kind="without-recording", begin=0, end=len(content), count=1),),
    )
    asked = msgspec.to_builtins(ReconciliationAsked(files=("<b>.csv",)))
    result = {"media_type": "application/x-ndjson", "sums": msgspec.to_builtins(sums)}
    done(home, id, "reconciliation", asked, result, businesses=(), file="findings", content=content)
    about = msgspec.to_builtins(ActsAsked(of=id, write=True, settle=False))
    told = {"media_type": "application/json", "done": msgspec.to_builtins(ActsDone(written=1, known=0))}
    done(home, acts, "reconciliation-acts", about, told, businesses=(), file="acts")


LIST = "手机号,范围,来源\n13800138001,全部,柜台\n138,全部,柜台\n".encode()


def examined(home: Home, id: str) -> None:
    """A list of opt-outs with a bad row, as a page shows it."""
    form, now = formats.IMPORTED["dnc"], SystemClock().now()
    seen = import_preview.preview(BytesIO(LIST), form, How(), now)
    reasons = [
        importing.Reason(rows=1, sheet="", line=row.line, fault=row.fault) for row in seen.rows if row.fault
    ]
    looked = msgspec.json.encode(importing.Looked(preview=seen, reasons=tuple(reasons)))
    figures = importing.Figures(rows=2, bad=1, applied=1, looked=len(looked))
    asked = importing.ImportAsked(register="dnc", name="名单.csv", language="zh")
    done(
        home,
        id,
        "import-check",
        msgspec.to_builtins(asked),
        {"media_type": importing.CSV, **msgspec.to_builtins(figures)},
        businesses=(),
        file=importing.BAD,
    )
    folder = home.path / "api-files" / "jobs" / id
    (folder / importing.LOOKED).write_bytes(looked)
    (folder / importing.LIST).write_bytes(LIST)


def exported(home: Home, id: str) -> None:
    asked = exporting.ExportAsked(asked=exports.Asked(register="dnc"), form="csv", reason="检查")
    about = {"media_type": "text/csv", "rows": 1, "withdrawn": 0, "register": "dnc"}
    done(home, id, "export", msgspec.to_builtins(asked), about, businesses=())


def inspection(
    home: Home, id: str, first: str = "2026-11-01", last: str = "2026-11-30", *, judged: bool = False
) -> None:
    """A report of what the home has, beside the days before. ``judged``: as if both were whole, and those
    before had no call.
    """
    path = home.path / f"{id}.json"
    of = ("--from", first, "--to", last, "--format", "json", "-o", str(path))
    home.run("report", "inspection", *of, code=3)  # (the furnished home is no model)
    report = msgspec.json.decode(path.read_bytes(), type=Inspection)
    path.unlink()
    then, begun = report, AT
    if judged:
        report = replace(report, complete=True)
        numbers = replace(report.numbers, used_unregistered=0)
        then = replace(report, calls=replace(report.calls, decisions=0), numbers=numbers)
        begun = report.period.since
    kept = InspectionKept(report=report, comparison=compared(report, then, begun))
    asked = InspectionAsked(first=report.period.first, last=report.period.last)
    done(
        home,
        id,
        "inspection",
        msgspec.to_builtins(asked),
        {"media_type": "application/json", "papers": {}, "no_paper": {"code": "pdf-extra", "detail": {}}},
        businesses=(),
        file="inspection.json",
        content=msgspec.json.encode(kept),
    )
