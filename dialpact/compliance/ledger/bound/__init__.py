"""What the rows of a register must be, by the acts that the log has of them. Pure.

1. An act is a line of ``register_change``, and a leaf of the log. The acts of an entry, replayed in their
   order, give its rows.
2. A column that no act says is left out: nothing binds it. So it is with what older programs wrote down,
   until an act ``bind`` of register ``ledger`` has said how it stood. ``bind`` says nothing against an act.
3. Which table of the database is bound by what: ``tables``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from dialpact.compliance.clock import instant, stamp

Row = Mapping[str, Any]  # a table's columns
LEDGER, BIND = "ledger", "bind"  # register and action of the line that says how older rows stood
ENTRY, BEFORE = "entry", "before"  # what a line about many says of one: what it is now, what it was


class Act(NamedTuple):
    """A line of ``register_change``; ``detail`` is JSON."""

    seq: int
    at: str
    actor: str
    action: str
    key: str
    detail: str


class Expected(NamedTuple):
    """A row as the acts have it, without the columns that none of them says. ``seq``: of the last one."""

    row: Row
    seq: int


class Beside(NamedTuple):
    """What lines about many say of each: its ``acts``, by its key, in their order. ``times``: ``created_at``
    of entries that are nowhere named.
    """

    acts: Mapping[str, Sequence[Act]]
    times: frozenset[str] = frozenset()


def as_it_stood(imports: Sequence[Act], bound: Sequence[Act]) -> Beside:
    """For a register whose every act is of one entry."""
    acts: dict[str, list[Act]] = {}
    for act in bound:
        for one in standing(act):
            acts.setdefault(one.key, []).append(one)
    return Beside(acts)


class Register(NamedTuple):
    """``replay`` and ``beside`` raise what malformed details raise (:data:`MALFORMED`)."""

    name: str  # in the log
    table: str
    identity: tuple[str, ...]  # the columns by which a row is the same one
    replay: Callable[[str, Sequence[Act]], list[Expected]]
    place: Callable[[str], dict[str, Any] | None]  # of a key in the log, where its rows are; None: nowhere
    key: Callable[[Row], str]  # of a row
    seen: Callable[[Row], Row] = dict  # a row as it is compared
    free: frozenset[str] = frozenset()  # columns that nothing depends on
    beside: Callable[[Sequence[Act], Sequence[Act]], Beside] = as_it_stood  # of the imports, of each ``bind``
    imported: bool = False  # an import is an act of many entries


MALFORMED = (ValueError, TypeError, LookupError, AttributeError, OverflowError)


def said(act: Act) -> dict[str, Any]:
    """The detail. ValueError where it is no object."""
    found = msgspec.json.decode(act.detail)
    if not isinstance(found, dict):
        raise ValueError("no object")
    return found


def moment(text: str | None) -> str | None:
    """An instant of a detail as a column has it."""
    return stamp(instant(text)) if text else None


def about(act: Act, action: str, key: str, row: Row) -> Act:
    """What ``act``, a line about many, says of one."""
    return Act(act.seq, act.at, act.actor, action, key, msgspec.json.encode(row).decode())


def standing(act: Act) -> list[Act]:
    """What a ``bind`` says of each entry that no act says whole."""
    return [about(act, BIND, str(one["key"]), one["row"]) for one in said(act).get("entries", ())]
