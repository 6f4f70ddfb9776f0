"""The Australian numbering plan: the Telecommunications Numbering Plan of the ACMA.

Fixed lines begin with 02, 03, 07, 08, mobiles with 04. Christmas Island and the Cocos Islands share +61 and
08 and are regions of their own.
"""

from __future__ import annotations

import re

from dialpact.compliance.numbers.zero import ZeroPlan

PLAN = ZeroPlan(
    region="AU",
    code=61,
    emergency=frozenset({"000", "106", "112"}),  # 106 for the deaf
    service=re.compile(r"1[0-9]{2,9}"),  # 12xx, 13xxxx, 1300, 1800, 190x, pagers, data
    subscriber=re.compile(r"[2-578][0-9]{8}"),
    local=re.compile(r"[2-9][0-9]{7}"),
    kinds=("fixed-line", "mobile", "fixed-or-mobile"),
)
