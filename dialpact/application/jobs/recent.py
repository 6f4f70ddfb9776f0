"""What was brought and taken out lately, by whomever."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from dialpact.application.context import Context
from dialpact.application.jobs import queue
from dialpact.application.jobs.exporting import ExportAsked
from dialpact.application.jobs.importing import ImportAsked
from dialpact.compliance.jobs import Job, JobKind

KINDS: tuple[JobKind, ...] = ("import-check", "import", "export")
MOST = 30  # of all kinds


class Told(NamedTuple):
    """Which register, and the file's name; empty where nothing of it is kept."""

    register: str
    name: str


async def jobs(context: Context, most: int = MOST) -> list[Job]:
    """Newest first."""
    found: list[Job] = []
    for kind in KINDS:
        found += (await queue.listed(context, kind, most=most)).rows
    return sorted(found, key=lambda one: (one.created_at, one.id), reverse=True)[:most]


def told(job: Job) -> Told:
    if not job.detail:
        return Told("", "")
    if job.kind == "export":
        export = msgspec.convert(job.detail, ExportAsked)
        return Told(export.asked.register, export.name)
    asked = msgspec.convert(job.detail, ImportAsked)
    return Told(asked.register, asked.name)
