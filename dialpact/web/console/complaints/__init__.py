"""Complaints: what wants an answer first, one with its call, and what is done about it."""

from dialpact.web.console.complaints import acts, entry, inbox, one

PAGES = (*inbox.PAGES, *entry.PAGES, *one.PAGES, *acts.PAGES)
