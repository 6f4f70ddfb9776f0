"""``/imports``: files into the registers: brought, looked at, read otherwise, applied."""

from dialpact.web.console.imports import job, upload

PAGES = (*upload.PAGES, *job.PAGES)
