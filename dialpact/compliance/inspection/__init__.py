"""The inspection report: what an installation did in a period, as one value, and what is to be said of it.

``figures`` is the value, ``period`` which days it covers, ``verdicts`` the six headings of the self-check.
:mod:`dialpact.store.sqlite.inspection` gathers the figures; rendering (``dialpact.cli.inspection``) knows no
store.
"""
