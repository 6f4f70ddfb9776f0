"""The opt-outs of one person, replayed. A row is (created_at, number, scope, value, requested_at, source)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from dialpact.compliance.clock import instant, stamp
from dialpact.compliance.ledger.bound.lives import NEVER, ODD, Births, Difference, Life, PersonsAct, Row

ACTIONS = ("add", "remove")


def replay(
    number: int, rows: Sequence[Row], acts: Sequence[PersonsAct], births: Births, as_of: int
) -> Iterator[Life | Difference]:
    """In the order of the register's key."""
    present = {row[2:4]: row for row in rows}
    by_key: dict[tuple[Any, Any], list[tuple[PersonsAct, Row]]] = defaultdict(list)
    for act in acts:
        try:
            row = _row(number, act)
        except ODD:
            yield Difference("act-unreadable", act.seq)
            continue
        by_key[row[2:4]].append((act, row))
    for key in sorted(present.keys() | by_key.keys()):
        yield from _one(present.get(key), by_key.get(key, ()), births, as_of)


def _row(number: int, act: PersonsAct) -> Row:
    said = act.detail
    requested = str(said["requested_at"])
    created = act.at
    if act.action == "add":
        requested = stamp(instant(requested))
    elif act.action == "remove":
        created = str(said["created_at"])
    return created, number, str(said["scope"]), str(said["value"]), requested, str(said["source"])


def _one(
    found: Row | None, acts: Sequence[tuple[PersonsAct, Row]], births: Births, as_of: int
) -> Iterator[Life | Difference]:
    """Of one entry."""
    single: Row | None = None  # put in by a single act, and not taken out
    since = last = 0  # by which; and the last one that took it out

    def based(row: Row, born: int, died: int) -> Row | None:
        return row if born <= as_of < died else None

    def imported(row: Row, died: int) -> Life | Difference:
        born = births(row[0])
        if last < born < died:
            return Life(row[1:], born, based(row, born, died), died == NEVER)
        return Difference("row-unlogged", last or None, found=row)

    for act, row in acts:
        if act.action == "met":
            yield Life(row[1:], act.seq)
        elif act.action == "add":
            single, since = row, act.seq
        elif single is None:
            yield imported(row, act.seq)
            last = act.seq
        else:
            if row != single:
                yield Difference("row-changed", since, single, row)
            yield Life(based=based(single, since, act.seq))
            single, last = None, act.seq
    if single is not None:
        yield Life(based=based(single, since, NEVER))
        if found is None:
            yield Difference("row-missing", since, single)
        elif found != single:
            yield Difference("row-changed", since, single, found)
    elif found is not None:
        yield imported(found, NEVER)
