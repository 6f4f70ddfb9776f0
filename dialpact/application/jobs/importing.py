"""An import as a person at a page does it: a file is brought and examined, read otherwise where that is
needed, and applied.

1. Each step is a job of its own, done by its row alone. The file goes from one to the next by a hard link.
2. What was examined is what is applied: the same bytes, read in the same way, even where the mapping by which
   they were read has been removed since.
3. An examined file is applied once, however often that is asked: the job that does it has an id of its own.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Literal, cast

import msgspec

from dialpact.application import mappings
from dialpact.application.actor import Right
from dialpact.application.context import Context
from dialpact.application.import_preview import Preview
from dialpact.application.imports import How
from dialpact.application.jobs import queue
from dialpact.application.jobs.files import JobFiles
from dialpact.compliance.jobs import UNDER_WAY, Job, JobError
from dialpact.compliance.numbers import HOME
from dialpact.compliance.ranges import RangeReport
from dialpact.compliance.registers.columns import NOTHING, Given
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.formats import IMPORTED
from dialpact.compliance.registers.leads import Delivery
from dialpact.compliance.registers.sheet import Remark
from dialpact.compliance.texts import Language

Register = Literal["dnc", "consent", "caller-id", "leads"]
REGISTERS: tuple[Register, ...] = ("dnc", "consent", "caller-id", "leads")
RIGHTS: Mapping[Register, Right] = {
    "dnc": Right.OPT_OUT,
    "consent": Right.CONSENT,
    "caller-id": Right.REGISTERS,
    "leads": Right.LEADS,
}
# What may be said of every row, of a file without that column.
CONSTANTS: Mapping[Register, tuple[str, ...]] = {
    "dnc": ("scope", "value", "requested_at", "source"),
    "consent": ("business", "industry", "evidence", "evidence_sha256", "wording"),
    "caller-id": (),
    "leads": (),
}
LIST, BAD, LOOKED = "list", "bad.csv", "looked.json"  # in the folder of a job
CSV = "text/csv"
NAME = 200  # characters of a file's name


class ImportAsked(msgspec.Struct, frozen=True, kw_only=True):
    """``name``: of the file, as the log has it. ``save_as``: a name for the mapping, when the import is done.
    ``delivery``: of leads. ``language``: of what is said of bad rows. To apply: ``check``, the job that has
    examined the file, what that was then, and ``skip_bad``.
    """

    register: Register
    name: str
    given: Given = NOTHING
    sheets: tuple[str, ...] = ()
    as_written: bool = False
    save_as: str = ""
    delivery: Delivery | None = None
    language: Language = "en"
    check: str = ""
    list_sha256: str = ""
    skip_bad: bool = False

    def how(self) -> How:
        return How(sheets=self.sheets, as_written=self.as_written, given=self.given)


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """How many rows are bad for it, and where the first of them is."""

    rows: int
    sheet: str
    line: int
    fault: JobError


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen of a file: in the job's folder, as people's numbers are in it, and gone with that.
    ``fault``: why nothing of it can be applied. ``finding``, ``held``: of leads.
    """

    preview: Preview
    fault: JobError | None = None
    reasons: tuple[Reason, ...] = ()
    unknown: tuple[str, ...] = ()
    read_as: Mapping[str, str] = {}
    left_out: tuple[str, ...] = ()
    remarks: tuple[Remark, ...] = ()
    held: str = ""
    finding: Mapping[str, RangeReport] = {}


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """In the job's row. ``applied``: rows that changed the register, or would; ``already``: that change
    nothing. ``done``: it was applied. ``looked``: bytes of that file. ``batch``: of leads. ``unsaved``: why
    the mapping was not kept.
    """

    rows: int = 0
    bad: int = 0
    applied: int = 0
    already: int = 0
    readable: bool = True
    done: bool = False
    looked: int = 0
    list_sha256: str = ""
    batch: int | None = None
    held: str = ""
    unsaved: JobError | None = None


async def reading(
    context: Context,
    register: Register,
    *,
    name: str,
    mapped: Mapping[str, str],
    saved: str = "",
    constants: Mapping[str, str] | None = None,
    numbers_only: bool = False,
    sheets: Sequence[str] = (),
    as_written: bool = False,
    save_as: str = "",
    delivery: Delivery | None = None,
    language: Language = "en",
) -> ImportAsked:
    """As a person says that a file is to be read. Fault for what can not be meant."""
    context.actor.need(RIGHTS[register])
    form = IMPORTED[register]
    known = {column: text for column, text in (constants or {}).items() if text}
    for column in known.keys() - set(CONSTANTS[register]):
        raise Fault("unknown-column", column=column, columns=", ".join(CONSTANTS[register]))
    given = await mappings.given(
        context, form, mapped=mapped, saved=saved, constants=known, numbers_only=numbers_only
    )
    if save_as:
        await mappings.savable(context, save_as, given.mapped)
    return ImportAsked(
        register=register,
        name=_visible(name),
        given=given,
        sheets=tuple(sheets),
        as_written=as_written or (register == "caller-id" and context.regions()[:1] != HOME),
        save_as=save_as,
        delivery=delivery,
        language=language,
    )


async def examine(context: Context, files: JobFiles, asked: ImportAsked, sent: BinaryIO) -> Job:
    """The file is kept, and examined by the worker. Fault, NoRoom."""
    return await _submit(context, files, asked, secrets.token_hex(16), sent)


async def examine_again(context: Context, files: JobFiles, id: str, asked: ImportAsked) -> Job:
    """The file of job ``id``, read otherwise; that one is forgotten. Fault where it is there no longer, and
    ``import-handed-in`` where it is being applied, or was: a list is not applied twice.
    """
    before, _ = await examined(context, id)
    if (last := await context.store.jobs.get(applying(id))) and _counts(last):
        raise Fault("import-handed-in")
    job = await _submit(context, files, asked, secrets.token_hex(16), _kept(files, before))
    await queue.cancel(context, files, "import-check", id)
    return job


async def apply(context: Context, files: JobFiles, id: str, *, skip_bad: bool) -> Job:
    """What was examined; asked for a second time, the job that does it or has done it. Fault."""
    check, asked = await examined(context, id)
    context.actor.need(RIGHTS[asked.register])
    if before := await context.store.jobs.get(applying(id)):
        return before
    figures = msgspec.convert(check.result or {}, Figures)
    if check.state != "done":
        raise Fault("job-not-done", entry=id, state=check.state)
    if not figures.readable or (figures.bad and not skip_bad) or figures.rows <= figures.bad:
        raise Fault("nothing-to-apply")
    told = msgspec.structs.replace(asked, check=id, list_sha256=figures.list_sha256, skip_bad=skip_bad)
    return await _submit(context, files, told, applying(id), _kept(files, check))


def applying(check: str) -> str:
    """The id of the job that applies what was examined."""
    return hashlib.sha256(f"import {check}".encode()).hexdigest()[:32]


async def applied_by(context: Context, check: str) -> Job | None:
    """The job that applies what ``check`` has examined; None: there is none."""
    try:
        return await queue.show(context, "import", applying(check))
    except Fault:
        return None


async def examined(context: Context, id: str) -> tuple[Job, ImportAsked]:
    """Fault for one that is not there, or of which nothing is kept any more."""
    job = await queue.show(context, "import-check", id)
    if not job.detail or job.state not in (*UNDER_WAY, "done"):
        raise Fault("job-expired", entry=id)
    return job, msgspec.convert(job.detail, ImportAsked)


async def shown(context: Context, id: str) -> Job:
    """One that examines, or one that applies. Fault ``not-registered``."""
    try:
        return await queue.show(context, "import-check", id)
    except Fault:
        return await queue.show(context, "import", id)


def looked(files: JobFiles, job: Job) -> Looked | None:
    """What was seen of the file; None where that is kept no longer. Reads a file."""
    figures = msgspec.convert(job.result or {}, Figures)
    if not figures.looked:
        return None
    try:
        with files.result(job.id, LOOKED, figures.looked) as file:
            return msgspec.json.decode(file.read(), type=Looked)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def _counts(job: Job) -> bool:
    """Whether a job that applies has done so, or may yet."""
    return job.state in UNDER_WAY or bool((job.result or {}).get("acts") or (job.result or {}).get("done"))


def _visible(name: str) -> str:
    """A file's name with what no eye sees written out: it may turn round what stands beside it."""
    found = "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in name)
    return " ".join(found.split())[:NAME] or "-"


def _kept(files: JobFiles, job: Job) -> Path:
    path = files.of(job.id) / LIST
    if not path.is_file():
        raise Fault("job-expired", entry=job.id)
    return path


async def _submit(
    context: Context, files: JobFiles, asked: ImportAsked, id: str, sent: BinaryIO | Path
) -> Job:
    context.actor.need(RIGHTS[asked.register])
    detail = cast(dict[str, Any], msgspec.to_builtins(asked))
    kind: Literal["import", "import-check"] = "import" if asked.check else "import-check"
    return await queue.submit(context, files, kind, detail, id=id, key="", businesses=(), sent=sent)
