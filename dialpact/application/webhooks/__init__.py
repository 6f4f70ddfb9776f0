"""Receivers outside are told what happens (Standard Webhooks).

``sender`` is what a process does for them, with ``receiver`` for each: it looks at the tail of the log
(``making``) and sends what waits (``posting``). ``desk`` is what a person can do with them. The gate and the
listener do nothing for it, and know nothing of it.
"""
