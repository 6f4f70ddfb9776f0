"""The blocked attempts that count towards a suspension, against the decisions: whoever takes them out lets an
agent go on whom the next one would have suspended.

The table has no acts: each row follows from a decision, by the profiles that were in force, whose texts the
log has. It keeps what still counts, and of that alone something is said here.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import msgspec

from dialpact.application.ledger.audit.found import Findings
from dialpact.compliance import profile
from dialpact.compliance.clock import instant, stamp
from dialpact.compliance.errors import ProfileError
from dialpact.compliance.ledger.bound import MALFORMED, said
from dialpact.compliance.ledger.bound.difference import COUNTED
from dialpact.compliance.sections import SuspensionRule
from dialpact.store.ports.audits import Snapshot

TOGETHER = 100  # profiles
Row = tuple[str, str, str, str]  # kind, key, time, decision


class _Attempt(msgspec.Struct):
    agent: str = ""
    campaign: str = ""
    caller_id: str = ""


class _Suspension(msgspec.Struct):
    kind: str


class _Facts(msgspec.Struct):
    campaign: Any = None
    caller_id: Any = None
    suspensions: tuple[_Suspension, ...] = ()


class _Finding(msgspec.Struct):
    rule: str
    code: str | None = None


class _Version(msgspec.Struct):
    sha256: str


class _Block(msgspec.Struct):
    """Of a decision's record, what is counted by."""

    attempt: _Attempt
    facts: _Facts
    findings: tuple[_Finding, ...]
    policy: tuple[_Version, ...] = ()


def counted(snapshot: Snapshot, findings: Findings) -> Iterator[int]:
    """Yields how many decisions were looked at."""
    rules = _rules(snapshot)
    hours = [rule.hours for rule in rules.values() if rule is not None]
    latest = snapshot.last_decided()
    if not hours or not latest:
        findings.looked(COUNTED, 0)
        return
    since = stamp(instant(latest) - timedelta(hours=min(hours)))
    expected: dict[Row, None] = {}
    unsure: set[str] = set()  # decisions of which it can not be told whom they count for
    for id, at, record in snapshot.blocked(since):
        whom = _whom(record, rules)
        if whom is None:
            unsure.add(id)
        else:
            expected |= dict.fromkeys((kind, key, at, id) for kind, key in whom)
        yield 1
    rows = 0
    for row in snapshot.counted(since):
        rows += 1
        if row in expected:
            del expected[row]
        elif row[3] not in unsure:
            _differ(snapshot, findings, "row-unlogged", row, found=f"{row[2]} {row[3]}")
    for row in expected:
        _differ(snapshot, findings, "row-missing", row, logged=f"{row[2]} {row[3]}")
    findings.looked(COUNTED, rows)


def _rules(snapshot: Snapshot) -> dict[str, SuspensionRule | None]:
    """By the profile's digest, of each that ever was in force."""
    found: dict[str, SuspensionRule | None] = {}
    seq = -1
    while acts := snapshot.acts_of("profile", "in-force", seq=seq, most=TOGETHER):
        for act in acts:
            try:
                known = profile.parse(str(said(act)["text"]).encode(), act.key)
            except (*MALFORMED, ProfileError):  # of another version of this program
                continue
            if known.sha256 == act.key:
                found[act.key] = known.suspension
        seq = acts[-1].seq
    return found


def _whom(record: str, rules: dict[str, SuspensionRule | None]) -> set[tuple[str, str]] | None:
    """Kind and key of each that a block counts for. None: a profile is not known, or the gate itself failed:
    then it is stored without being counted, or counted.
    """
    try:
        block = msgspec.json.decode(record, type=_Block)
    except (msgspec.MsgspecError, UnicodeError):  # erased, or another audit's matter
        return None
    digests = [version.sha256 for version in block.policy]
    if any(one.rule == "gate" for one in block.findings) or any(one not in rules for one in digests):
        return None
    codes = {one.code for one in block.findings if one.code}
    in_force = {one.kind for one in block.facts.suspensions}
    keys = {
        "agent": block.attempt.agent,
        "campaign": block.attempt.campaign if block.facts.campaign else "",
        "caller-id": block.attempt.caller_id if block.facts.caller_id else "",
    }
    return {
        (kind, keys[kind])
        for digest in digests
        if (rule := rules[digest]) is not None and codes & {str(reason) for reason in rule.reasons}
        for kind in rule.refused
        if kind not in in_force and keys[kind]
    }


def _differ(snapshot: Snapshot, findings: Findings, code: str, row: Row, **values: str) -> None:
    entry = snapshot.entry_of("decision", row[3])
    leaf = entry.leaf_index if entry else None
    findings.add("register", code, leaf, COUNTED, f"{row[0]} {row[1]}", **values)
