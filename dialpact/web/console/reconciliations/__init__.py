"""Call records of a PBX or a carrier against what was decided and recorded; and what is done about it."""

from dialpact.web.console.reconciliations import acts, asking, one

PAGES = (*asking.PAGES, *one.PAGES, *acts.PAGES)
