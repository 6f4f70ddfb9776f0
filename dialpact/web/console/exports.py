"""A register as a file, and that file empty. The act is in the ledger before a byte leaves."""

from __future__ import annotations

import io
from typing import Literal

import msgspec
from starlette.responses import Response

from dialpact.application import exports, leads
from dialpact.application.actor import Right
from dialpact.application.jobs import exporting, queue
from dialpact.application.jobs.exporting import MEDIA_TYPES, ExportAsked
from dialpact.application.jobs.importing import Register
from dialpact.application.sheets.written import written
from dialpact.compliance.jobs import UNDER_WAY, Job
from dialpact.compliance.registers.account import Role
from dialpact.web.api import job_shown
from dialpact.web.console import jobs
from dialpact.web.console.imports import words
from dialpact.web.console.imports.reading import register_of
from dialpact.web.console.page import Asked, Form, NoForm, Page, Redirect, Shown

READERS = frozenset({Role.OFFICER, Role.AUDITOR})
OFFICERS = frozenset({Role.OFFICER})
BATCHES = 100  # to choose from, the newest
FILTERS: dict[Register, tuple[str, ...]] = {
    "dnc": ("scope", "value"),
    "consent": ("business", "industry"),
    "caller-id": ("business",),
    "leads": ("batch",),
}


class ExportForm(Form, frozen=True, kw_only=True):
    """What is empty is not asked for; ``batch``: of leads, and needed there."""

    reason: str
    format: Literal["csv", "xlsx"] = "csv"
    scope: Literal["", "all", "industry", "business"] = ""
    value: str = ""
    business: str = ""
    industry: str = ""
    batch: int = 0


class Wanted(Form, frozen=True, kw_only=True):
    batch: int = 0


class Template(Form, frozen=True, kw_only=True):
    format: Literal["csv", "xlsx"] = "csv"


async def new(asked: Asked[Wanted]) -> Shown:
    register = register_of(asked.path["register"])
    batches = (await leads.listed(asked.context, most=BATCHES)).rows if register == "leads" else ()
    values = {
        "register": register,
        "filters": FILTERS[register],
        "batches": [one for one in batches if one.withdrawn_at is None],
        "batch": asked.form.batch,
    }
    return Shown(template="exports/new.html", values=values)


async def make(asked: Asked[ExportForm]) -> Redirect:
    register, desk, form = register_of(asked.path["register"]), jobs.desk(asked.site), asked.form
    given = {name: getattr(form, name) for name in FILTERS[register]}
    wanted = exports.Asked(register=register, **given)
    job = await exporting.submit(asked.context, desk.files, wanted, form.format, form.reason)
    desk.wake()
    return Redirect(to=f"/exports/job/{job.id}")


async def show(asked: Asked[NoForm]) -> Shown:
    job = await _job(asked)
    values = {
        "job": job,
        "told": msgspec.convert(job.detail, ExportAsked) if job.detail else None,
        "under_way": job.state in UNDER_WAY,
        "error": words.why(asked, job.error),
    }
    return Shown(template="exports/job.html", values=values, part="state")


async def file(asked: Asked[NoForm]) -> Response:
    files = jobs.desk(asked.site).files
    job, told = await exporting.taken(asked.context, files, asked.path["id"])
    return await jobs.download(asked, job, told.name)


async def cancel(asked: Asked[NoForm]) -> Redirect:
    await jobs.cancel(asked, "export")
    return Redirect(to="/imports", said="exports.forgotten")


async def template(asked: Asked[Template]) -> Response:
    """An empty file to fill in."""
    register, form = register_of(asked.path["register"]), asked.form.format
    asked.context.actor.need(Right.CALLS)
    name, empty = f"{register}.{form}", io.BytesIO()
    written(empty, name, list(exports.template(register, asked.language).values())).end()
    about = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(empty.getvalue(), 200, about, MEDIA_TYPES[form])


async def _job(asked: Asked[NoForm]) -> Job:
    return await queue.show(asked.context, "export", asked.path["id"])


PAGES = (
    Page(
        method="GET",
        path="/exports/{register}",
        action="exports.new",
        roles=READERS,
        handle=new,
        form=Wanted,
    ),
    Page(
        method="POST",
        path="/exports/{register}",
        action="exports.make",
        roles=READERS,
        handle=make,
        form=ExportForm,
    ),
    Page(
        method="GET",
        path="/exports/{register}/template",
        action="exports.template",
        roles=READERS,
        handle=template,
        form=Template,
    ),
    Page(method="GET", path="/exports/job/{id}", action="exports.show", roles=READERS, handle=show),
    Page(
        method="GET",
        path="/exports/job/{id}/file",
        action="exports.file",
        roles=READERS,
        handle=file,
        seconds=job_shown.FILE_SECONDS,
    ),
    Page(
        method="POST",
        path="/exports/job/{id}/cancel",
        action="exports.cancel",
        roles=OFFICERS,
        handle=cancel,
        changes=True,
    ),
)
