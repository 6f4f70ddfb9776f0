"""What a register accepts: one file per noun, from text (a flag or a CSV cell) to a typed row. Pure.

What an entry is rejected for is a :class:`~dialpact.compliance.registers.fault.Fault`; SQL is in ``store``.
"""

from typing import Literal

Outcome = Literal["added", "updated", "already"]  # of an addition
