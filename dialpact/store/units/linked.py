"""Decisions of one call: a dialplan whose first trunk fails asks again for the next one.

The callee is called once, so caps count such a call once. It is one call only while all of this holds, so
that nobody escapes a cap by asking again and again on one channel:

1. It is the same caller's channel (node and unique id), the same callee and the same campaign.
2. Nobody has answered.
3. Each decision names other trunks: a second try on the same one is a second call.
4. The first decision is no older than a decision may be to be dialled, and there are not too many.
"""

from __future__ import annotations

from datetime import datetime

from dialpact.compliance.carrier_leg import FRESH
from dialpact.compliance.clock import stamp
from dialpact.compliance.model import AND, CallAttempt
from dialpact.store.units.database import Connection, Row
from dialpact.store.units.statements import statements

SQL = statements("linked")
MOST = 4  # decisions of one call


def first_of(connection: Connection, attempt: CallAttempt, now: datetime) -> str:
    """The first decision of the call that ``attempt`` is another way of; empty: it is a call of its own."""
    if not attempt.uniqueid or not attempt.callee.e164 or attempt.attack:
        return ""
    asked = SQL.asked(
        connection,
        number=attempt.callee.e164,
        node=attempt.node,
        uniqueid=attempt.uniqueid,
        campaign=attempt.campaign,
        since=stamp(now - FRESH),
        until=stamp(now),
    )
    call: list[Row] = []
    for row in asked:
        call = [row] if not row["continues"] else [*call, row]
    if not call or call[0]["continues"] or len(call) >= MOST or any(row["answered"] for row in call):
        return ""
    tried = {trunk for row in call for trunk in row["trunk"].split(AND)}
    return "" if tried.intersection(attempt.trunks) else str(call[0]["id"])
