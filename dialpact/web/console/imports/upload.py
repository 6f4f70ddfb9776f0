"""What can be brought and taken out, and a file that is brought."""

from __future__ import annotations

from dialpact.application import businesses, campaigns
from dialpact.application.jobs import importing, recent
from dialpact.compliance.registers.account import Role
from dialpact.compliance.registers.fault import Fault
from dialpact.web.console import jobs
from dialpact.web.console.imports.choices import CHOICES, pairs, saved
from dialpact.web.console.imports.reading import NUMBERS_ONLY, Reading, register_of, told
from dialpact.web.console.page import Asked, NoForm, Page, Redirect, Shown
from dialpact.web.site import Site

OFFICERS = frozenset({Role.OFFICER})
SENDING_SECONDS = 900.0  # for a file to come


async def overview(asked: Asked[NoForm]) -> Shown:
    found = await recent.jobs(asked.context)
    return Shown(
        template="imports/overview.html",
        values={"registers": importing.REGISTERS, "jobs": found, "told": recent.told},
    )


async def new(asked: Asked[NoForm]) -> Shown:
    register = register_of(asked.path["register"])
    asked.context.actor.need(importing.RIGHTS[register])
    context = asked.context
    values = {
        "register": register,
        "constants": importing.CONSTANTS[register],
        "numbers_only": register in NUMBERS_ONLY,
        "mappings": await saved(context),
        "campaigns": pairs((await campaigns.listed(context, most=CHOICES)).rows),
        "businesses": pairs((await businesses.listed(context, most=CHOICES)).rows),
        "most": asked.site.config.api.most_upload_mb,
    }
    return Shown(template="imports/new.html", values=values)


async def upload(asked: Asked[Reading]) -> Redirect:
    register, desk = register_of(asked.path["register"]), jobs.desk(asked.site)
    sent = asked.files.get("file")
    if sent is None or not sent.bytes:
        raise Fault("import-no-file")
    how = await told(asked, register, sent.name, None)
    job = await importing.examine(asked.context, desk.files, how, sent.file)
    desk.wake()
    return Redirect(to=f"/imports/job/{job.id}")


def most_file(site: Site) -> int:
    """Bytes: what may be sent, and what there is room for beside what is made of it. NoRoom."""
    return min(site.config.api.most_upload_mb << 20, jobs.desk(site).files.room() // 4)


PAGES = (
    Page(
        method="GET",
        path="/imports",
        action="imports.overview",
        roles=OFFICERS,
        handle=overview,
        nav="nav.imports",
    ),
    Page(method="GET", path="/imports/{register}", action="imports.new", roles=OFFICERS, handle=new),
    Page(
        method="POST",
        path="/imports/{register}",
        action="imports.upload",
        roles=OFFICERS,
        handle=upload,
        form=Reading,
        changes=True,
        uploads=True,
        most_body=most_file,
        seconds=SENDING_SECONDS,
    ),
)
