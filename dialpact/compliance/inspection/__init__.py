"""The inspection report: what an installation did in a period, as one value, and what is to be said of it.

``figures`` is the value, ``period`` which days it covers, ``verdicts`` the six headings of the self-check.
``report`` makes it of what a store says (``source``); ``calls``, ``carriers``, ``kept``, ``recorded`` and
``unwanted`` are its parts. Rendering (``dialpact.cli.report``) knows no store.
"""
