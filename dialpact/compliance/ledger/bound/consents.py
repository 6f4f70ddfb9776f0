"""The consents of one person, replayed. A row is (created_at, withdrawn_at, number, business, industry,
granted_at, expires_at, evidence, evidence_sha256, wording).

1. A consent is never taken out. It may be shortened, by a single act or an import, and withdrawn.
2. A withdrawal takes all of a business (or an industry of it) that are not withdrawn. One that comes in later
   and is older than a withdrawal in its scope comes in as withdrawn then.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from dialpact.compliance.clock import instant, stamp
from dialpact.compliance.ledger.bound.lives import ODD, Births, Difference, Life, PersonsAct, Row

ACTIONS = ("add", "shorten", "withdraw")
Key = tuple[Any, ...]  # business, industry, granted_at
WITHDRAWN, EXPIRES = 1, 6  # places in a row


class _Shortened(NamedTuple):
    seq: int
    before: str | None
    after: str | None
    by_import: bool
    known: bool  # whether it says what became of it


def replay(
    number: int, rows: Sequence[Row], acts: Sequence[PersonsAct], births: Births, as_of: int
) -> Iterator[Life | Difference]:
    """In the order of the register's key."""
    found = {row[3:6]: row for row in rows}
    single: dict[Key, tuple[int, Row]] = {}
    shortened: dict[Key, list[_Shortened]] = defaultdict(list)
    withdrawals: list[tuple[int, str, str, str]] = []
    for act in acts:
        try:
            if act.action == "add":
                new = _added(number, act)
                single.setdefault(new[3:6], (act.seq, new))
            elif act.action == "withdraw":
                withdrawals.append(
                    (act.seq, act.at, str(act.detail["business"]), str(act.detail["industry"]))
                )
            else:
                key, change = _shorter(act)
                shortened[key].append(change)
        except ODD:
            yield Difference("act-unreadable", act.seq)
    born: dict[Key, int] = {key: seq for key, (seq, _) in single.items()}
    for key, present in found.items():
        if key not in born and (seq := births(present[0])):
            born[key] = seq
    then, now = _withdrawn(born, withdrawals, as_of)
    for key in sorted(found.keys() | single.keys() | shortened.keys()):
        changes: Sequence[_Shortened] = shortened.get(key, ())
        row, alone = found.get(key), single.get(key)
        said = alone[1] if alone else None
        whole = said or row
        if whole is None:  # an import's, and gone: its digest tells; that it was shortened says which
            yield Difference("row-missing", changes[0].seq, (None, None, number, *key, changes[-1].after))
            continue
        if key not in born:
            yield Difference("row-unlogged", found=row)
            continue
        first = changes[0].before if changes else whole[EXPIRES]
        if said and first != said[EXPIRES]:
            yield Difference("row-changed", born[key], said, _with(said, EXPIRES, first))
        expires = first
        for change in changes:
            if change.before != expires:
                yield Difference(
                    "row-changed",
                    change.seq,
                    _with(whole, EXPIRES, expires),
                    _with(whole, EXPIRES, change.before),
                )
            expires = change.after if change.known else None if row is None else row[EXPIRES]
        expected = _with(_with(whole, EXPIRES, expires), WITHDRAWN, now.get(key))
        last = changes[-1].seq if changes else born[key]
        if row is None:
            yield Difference("row-missing", last, expected)
        elif row != expected:
            yield Difference("row-changed", last, expected, row)
        based = None
        if born[key] <= as_of:
            at_that = next((change.before for change in changes if change.seq > as_of), expires)
            based = _with(_with(whole, EXPIRES, at_that), WITHDRAWN, then.get(key))
        for change in changes:
            if change.by_import:
                yield Life(_with(whole, EXPIRES, change.after)[2:], change.seq)
        if said is None:
            yield Life(_with(whole, EXPIRES, first)[2:], born[key], based, row is not None)
        elif based:
            yield Life(based=based)


def _withdrawn(
    born: Mapping[Key, int], withdrawals: Sequence[tuple[int, str, str, str]], as_of: int
) -> tuple[dict[Key, str], dict[Key, str]]:
    """When each was withdrawn, as of that act and in the end."""
    then: dict[Key, str] = {}
    now: dict[Key, str] = {}
    if not withdrawals:
        return then, now
    steps: list[tuple[int, Key | None, Any]] = [(seq, key, None) for key, seq in born.items()]
    steps += [(seq, None, (at, business, industry)) for seq, at, business, industry in withdrawals]
    there: list[Key] = []
    passed = False
    for seq, key, withdrawal in sorted(steps, key=lambda step: step[0]):
        if seq > as_of and not passed:
            then, passed = dict(now), True
        if key is not None:
            times = [
                now[other]
                for other in there
                if other in now and other[:2] == key[:2] and now[other] >= key[2]
            ]
            if times:
                now[key] = max(times)
            there.append(key)
        else:
            at, business, industry = withdrawal
            for other in there:
                if other not in now and other[0] == business and industry in ("", other[1]):
                    now[other] = at
    return then if passed else dict(now), now


def _with(row: Row, place: int, value: Any) -> Row:
    return (*row[:place], value, *row[place + 1 :])


def _time(text: str | None) -> str | None:
    return stamp(instant(text)) if text else None


def _added(number: int, act: PersonsAct) -> Row:
    said = act.detail
    scope = str(said["business"]), str(said["industry"]), stamp(instant(said["granted_at"]))
    proof = str(said["evidence"]), str(said.get("evidence_sha256", "")), str(said.get("wording", ""))
    return act.at, None, number, *scope, _time(said["expires_at"]), *proof


def _shorter(act: PersonsAct) -> tuple[Key, _Shortened]:
    """By a single act, or an entry of an import's."""
    said = act.detail
    if act.action == "shorten":
        to = said["to"]
        key = str(to["business"]), str(to["industry"]), stamp(instant(to["granted_at"]))
        return key, _Shortened(act.seq, said["from"]["expires_at"], _time(to["expires_at"]), False, True)
    key = str(said["business"]), str(said["industry"]), str(said["granted_at"])
    known = "shortened_to" in said
    return key, _Shortened(act.seq, said["expires_at"], said.get("shortened_to"), True, known)
