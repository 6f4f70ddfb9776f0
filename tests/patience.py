"""How long a test waits for what must happen: a bound for what hangs, on a machine that computes elsewhere.

A test that passes is over long before; where the time is the point, the test says its own.
"""

WAIT = 100.0  # seconds
