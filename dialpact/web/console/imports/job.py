"""A file that was brought: what was seen of it, what is to be done with it, and what was done."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Any

import msgspec
from starlette.responses import Response

from dialpact.application.jobs import import_apply, importing
from dialpact.application.jobs.files import JobFiles
from dialpact.application.jobs.importing import CONSTANTS, Figures, ImportAsked, Looked
from dialpact.compliance.jobs import UNDER_WAY, Job
from dialpact.compliance.registers.columns import MAY_LACK
from dialpact.compliance.registers.formats import IMPORTED
from dialpact.compliance.registers.number_parts import PARTS
from dialpact.web.api import job_shown
from dialpact.web.console import jobs
from dialpact.web.console.imports import words
from dialpact.web.console.imports.choices import saved
from dialpact.web.console.imports.reading import NUMBERS_ONLY, Reading, told
from dialpact.web.console.imports.upload import OFFICERS
from dialpact.web.console.page import Asked, Form, NoForm, Page, Redirect, Shown


class Applied(Form, frozen=True, kw_only=True):
    skip_bad: bool = False


async def show(asked: Asked[NoForm]) -> Shown:
    files = jobs.desk(asked.site).files
    job = await importing.shown(asked.context, asked.path["id"])
    how = msgspec.convert(job.detail, ImportAsked) if job.detail else None
    applying, is_open = await _applying(asked, job)
    values: dict[str, Any] = {
        "job": job,
        "how": how,
        "under_way": job.state in UNDER_WAY,
        "figures": await _figures(asked, job),
        "error": words.why(asked, job.error),
        "applying": applying,
        "is_open": is_open,
    }
    if job.kind == "import-check" and job.state == "done" and how is not None:
        values |= await _looked(asked, files, job, how)
    return Shown(template="imports/job.html", values=values, part="state")


async def again(asked: Asked[Reading]) -> Redirect:
    """Read otherwise: the new look takes the place of this one."""
    desk, id = jobs.desk(asked.site), asked.path["id"]
    _, before = await importing.examined(asked.context, id)
    how = await told(asked, before.register, before.name, before.delivery)
    job = await importing.examine_again(asked.context, desk.files, id, how)
    desk.wake()
    return Redirect(to=f"/imports/job/{job.id}")


async def apply(asked: Asked[Applied]) -> Redirect:
    desk = jobs.desk(asked.site)
    job = await importing.apply(asked.context, desk.files, asked.path["id"], skip_bad=asked.form.skip_bad)
    desk.wake()
    return Redirect(to=f"/imports/job/{job.id}")


async def cancel(asked: Asked[NoForm]) -> Redirect:
    job = await importing.shown(asked.context, asked.path["id"])
    after = await jobs.cancel(asked, job.kind)
    if job.kind == "import-check":
        return Redirect(to="/imports", said="imports.forgotten")
    said = "imports.cancelled" if after.state == "cancelled" else "imports.too-late"
    return Redirect(to=f"/imports/job/{job.id}", said=said)


async def bad_rows(asked: Asked[NoForm]) -> Response:
    job = await importing.shown(asked.context, asked.path["id"])
    return await jobs.result(asked, job.kind, f"bad-{job.id[:12]}.csv")


async def _figures(asked: Asked[Any], job: Job) -> Figures | None:
    """Of one that has applied its rows, whatever became of it after that."""
    if job.kind == "import" and (act := await import_apply.applied(asked.context, job)) is not None:
        return import_apply.logged(act)
    return msgspec.convert(job.result, Figures) if "rows" in (job.result or {}) else None


async def _applying(asked: Asked[Any], job: Job) -> tuple[str, bool]:
    """The job that applies what this one has examined, where there is one; and whether it may still be looked
    at anew, as nothing was applied.
    """
    if job.kind != "import-check":
        return "", False
    found = await importing.applied_by(asked.context, job.id)
    if found is None:
        return "", True
    figures = await _figures(asked, found)
    return found.id, found.state not in UNDER_WAY and not (figures and figures.done)


async def _looked(asked: Asked[Any], files: JobFiles, job: Job, how: ImportAsked) -> Mapping[str, Any]:
    register = how.register
    form = IMPORTED[register]
    found: Looked | None = await asyncio.to_thread(importing.looked, files, job)
    columns = (*form.columns, *form.others, *(PARTS if "number" in form.columns else ()))
    return {
        "looked": found,
        "why": partial(words.why, asked),
        "column": partial(words.column, asked, register),
        "understood": partial(words.understood, asked, (*form.columns, *form.optional)),
        "columns": columns,
        "needed": set(form.columns) - {*MAY_LACK.get(form.kind, ())},
        "constants": CONSTANTS[register],
        "numbers_only": register in NUMBERS_ONLY,
        "mappings": await saved(asked.context),
    }


PAGES = (
    Page(method="GET", path="/imports/job/{id}", action="imports.show", roles=OFFICERS, handle=show),
    Page(
        method="POST",
        path="/imports/job/{id}/again",
        action="imports.again",
        roles=OFFICERS,
        handle=again,
        form=Reading,
        changes=True,
    ),
    Page(
        method="POST",
        path="/imports/job/{id}/apply",
        action="imports.apply",
        roles=OFFICERS,
        handle=apply,
        form=Applied,
        changes=True,
    ),
    Page(
        method="POST",
        path="/imports/job/{id}/cancel",
        action="imports.cancel",
        roles=OFFICERS,
        handle=cancel,
        changes=True,
    ),
    Page(
        method="GET",
        path="/imports/job/{id}/bad",
        action="imports.bad-rows",
        roles=OFFICERS,
        handle=bad_rows,
        seconds=job_shown.FILE_SECONDS,
    ),
)
