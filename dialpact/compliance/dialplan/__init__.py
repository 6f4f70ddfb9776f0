"""A dialplan as a value, and what of it could let a call out that nobody asked about. Pure: no file, no AMI.

1. ``plan``: contexts, extensions and steps; ``load`` makes them of configuration lines, ``listing`` of AMI's
   rows.
2. ``words``: how Asterisk cuts the arguments; ``patterns``: what numbers an extension takes.
3. ``values``: what a text with variables can be, as far as the dialplan itself says.
4. ``flow``: on which ways a step is reached, and whether the gate was asked on each.
5. ``judge`` and ``dials``: the findings, each with a code of ``codes``.
"""
