"""The inspection report: made as a job, compared with the period before, printed, and taken out."""

from dialpact.web.console.inspections import asking, files, one

PAGES = (*asking.PAGES, *one.PAGES, *files.PAGES)
