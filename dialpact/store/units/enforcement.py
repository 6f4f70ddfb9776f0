"""What follows from a decision, in its own transaction: suspensions for blocked attempts, and alarms.

1. A block that a profile counts is remembered for its agent, campaign and caller ID; at the profile's
   threshold the one is suspended. A lifted suspension starts the count anew.
2. In shadow nothing is suspended: it would block calls when shadow ends, for rules nobody was held to.
3. An alarm (a cap with ``action = "alarm"``) is one incident for each period, however often it is exceeded.
"""

from __future__ import annotations

from datetime import datetime

from dialpact.compliance.clock import stamp
from dialpact.compliance.fact_requirements import FactRequirements, Threshold
from dialpact.compliance.model import Decision, Suspendable
from dialpact.compliance.numbers import masked
from dialpact.compliance.sections import Cap
from dialpact.store.units import incidents
from dialpact.store.units.database import Connection
from dialpact.store.units.registers.suspension import suspend
from dialpact.store.units.statements import statements

SQL = statements("enforcement")
BY = "dialpact"  # who suspends, where no officer does


def enforce(connection: Connection, decision: Decision, asked: FactRequirements) -> None:
    if decision.put_through:
        for cap in asked.alarms:
            _alarm(connection, decision, cap)
    if decision.reasons and decision.mode == "enforce":
        _count(connection, decision, asked)


def _count(connection: Connection, decision: Decision, asked: FactRequirements) -> None:
    keys = _keys(decision)
    # Who is suspended already need not be counted, however often he tries.
    in_force = {suspension.kind for suspension in decision.facts.suspensions}
    counting = [
        threshold
        for threshold in asked.thresholds
        if threshold.kind not in in_force and threshold.reasons & set(decision.reasons)
    ]
    for kind in {threshold.kind for threshold in counting if keys[threshold.kind]}:
        key, now = keys[kind], decision.decided_at
        of_kind = [threshold for threshold in counting if threshold.kind == kind]
        longest = max(threshold.period for threshold in asked.thresholds if threshold.kind == kind)
        SQL.forget_blocked(connection, kind=kind, key=key, before=stamp(now - longest))
        SQL.insert_blocked(connection, kind=kind, key=key, at=stamp(now), decision=decision.id)
        for threshold in of_kind:
            _suspend(connection, threshold, key, now)


def _keys(decision: Decision) -> dict[Suspendable, str]:
    """Who can be blamed. A name that nobody registered is nobody; agents have no register."""
    attempt, known = decision.attempt, decision.facts
    return {
        "agent": attempt.agent,
        "campaign": attempt.campaign if known.campaign else "",
        "caller-id": attempt.caller_id if known.caller_id else "",
    }


def _suspend(connection: Connection, threshold: Threshold, key: str, now: datetime) -> None:
    kind = threshold.kind
    since = max(stamp(now - threshold.period), SQL.last_lifted(connection, kind=kind, key=key)[0])
    limit = threshold.limit
    led_to_it = [row[0] for row in SQL.last_blocked(connection, kind=kind, key=key, since=since, limit=limit)]
    if len(led_to_it) == limit:
        hours = int(threshold.period.total_seconds() // 3600)
        cause = f"{limit} refused attempts within {hours} h (profile {threshold.profile})"
        suspend(connection, kind, key, cause=cause, evidence=led_to_it, by=BY, at=now)


def _alarm(connection: Connection, decision: Decision, cap: Cap) -> None:
    attempt, campaign = decision.attempt, decision.facts.campaign
    if cap.per == "callee" and campaign is None:
        return
    # Lists of incidents are shown around: no callee's number in them.
    kind, key = (
        f"busy-{cap.per}",
        attempt.caller_id if cap.per == "caller-id" else masked(attempt.callee.e164),
    )
    since = stamp(decision.decided_at - cap.period)
    if SQL.alarmed(connection, kind=kind, channel=key, since=since) is not None:
        return
    if cap.per == "caller-id":
        more = SQL.more_over(connection, caller_id=key, since=since, limit=cap.limit)
    else:
        assert campaign is not None
        number, business = attempt.callee.e164, campaign.business
        more = SQL.more_to(connection, number=number, business=business, since=since, limit=cap.limit)
    if more is None:
        return
    incidents.write(
        connection,
        at=decision.decided_at,
        node=attempt.node,
        kind=kind,
        decision=decision.id,
        channel=key,
        detail=f"more than {cap.limit} calls within {cap.hours} h",
    )
