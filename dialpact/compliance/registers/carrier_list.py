"""The carrier's own list of numbers, and how it differs from the register. Pure.

What the carrier does not say (an absent column, an empty cell) is not compared. Its holder may be written as
the business's id or as its registered name.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Literal, get_args

from dialpact.compliance.model import CallerId, Value
from dialpact.compliance.registers.cell import free_text, yes_or_no
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.moment import day
from dialpact.compliance.registers.number import caller_id as exact

KIND = "carrier-list"  # of a file
COLUMNS = ("number",)
OPTIONAL = ("holder", "business", "licence", "valid_from", "valid_to", "authenticated")

Kind = Literal[
    "not-listed",  # registered and valid, and the carrier does not have it: it must not be used
    "used-not-listed",  # and calls were made with it
    "expired",  # by the carrier's word
    "not-authenticated",  # by the carrier's word
    "holder-differs",
    "licence-differs",
    "validity-differs",
    "not-registered",  # the carrier has it, the register has not
]
KINDS: tuple[Kind, ...] = get_args(Kind)


class ListedNumber(Value, frozen=True, kw_only=True):
    """A row of the carrier's list; empty or None: it does not say."""

    number: str
    holder: str = ""
    licence: str = ""
    valid_from: date | None = None
    valid_to: date | None = None  # last valid day
    authenticated: bool | None = None


class Usage(Value, frozen=True, kw_only=True):
    """How often a number was shown in the period."""

    number: str
    calls: int  # put through
    blocked: int
    registered: bool
    listed: bool


class Compared(Value, frozen=True, kw_only=True):
    """The figures of a comparison, as the log keeps them."""

    bad: int  # rows of the list
    registered: int
    listed: int
    since: datetime
    until: datetime
    calls: int
    calls_not_listed: int
    found: dict[Kind, int]


class Difference(Value, frozen=True, kw_only=True):
    kind: Kind
    number: str
    register: str = ""  # what the register has
    carrier: str = ""  # what the carrier has
    calls: int = 0  # made with the number in the period


def read(cells: Sequence[str], now: datetime, *, as_written: bool = False) -> ListedNumber:
    """A row in the order of :data:`COLUMNS` and :data:`OPTIONAL`. ``as_written``: a number that could have
    lost its zero is meant so.
    """
    number, holder, business, licence, valid_from, valid_to, authenticated = cells
    if holder and business and _plain(holder) != _plain(business):
        raise Fault("two-holders")
    starts = day(valid_from, "valid_from") if valid_from else None
    ends = day(valid_to, "valid_to") if valid_to else None
    if starts and ends and ends < starts:
        raise Fault("ends-before-start", start=starts.isoformat(), end=ends.isoformat())
    return ListedNumber(
        number=exact(number, as_written=as_written),
        holder=free_text(holder or business, "holder", needed=False),
        licence=free_text(licence, "licence", needed=False),
        valid_from=starts,
        valid_to=ends,
        authenticated=yes_or_no(authenticated, "authenticated") if authenticated else None,
    )


def compare(
    registered: Iterable[CallerId],
    names: Mapping[str, str],
    listed: Mapping[str, ListedNumber],
    calls: Mapping[str, int],
    today: date,
) -> list[Difference]:
    """``names``: of the businesses by id; ``calls``: made with each number. In the order of :data:`KINDS`.

    An entry of the register that is no longer valid can not be used, so nobody minds its absence.
    """
    found: list[Difference] = []
    known = {entry.number: entry for entry in registered}
    for number, entry in known.items():
        ours = listed.get(number)
        if ours is not None:
            found += _differences(entry, names.get(entry.business, ""), ours, calls.get(number, 0), today)
        elif entry.valid_to is None or entry.valid_to >= today:
            found.append(_not_listed(number, entry, calls.get(number, 0)))
    for number, count in calls.items():
        if number not in listed and count:
            here = _validity(known[number].valid_from, known[number].valid_to) if number in known else ""
            found.append(Difference(kind="used-not-listed", number=number, register=here, calls=count))
    for number, theirs in listed.items():
        if number not in known:
            found.append(Difference(kind="not-registered", number=number, carrier=theirs.holder))
    return sorted(found, key=lambda one: (KINDS.index(one.kind), one.number))


def usage(
    entries: Iterable[CallerId],
    listed: Mapping[str, ListedNumber],
    calls: Mapping[str, int],
    blocked: Mapping[str, int],
) -> list[Usage]:
    """Of every number that was shown, the most used first."""
    registered = {entry.number for entry in entries}
    return [
        Usage(
            number=number,
            calls=calls.get(number, 0),
            blocked=blocked.get(number, 0),
            registered=number in registered,
            listed=number in listed,
        )
        for number in sorted(calls.keys() | blocked.keys(), key=lambda one: (-calls.get(one, 0), one))
    ]


def _not_listed(number: str, entry: CallerId, calls: int) -> Difference:
    return Difference(kind="not-listed", number=number, register=entry.business, calls=calls)


def _differences(
    entry: CallerId, name: str, theirs: ListedNumber, calls: int, today: date
) -> list[Difference]:
    found: list[tuple[Kind, str, str]] = []
    valid = entry.valid_to is None or entry.valid_to >= today
    over = theirs.valid_to is not None and theirs.valid_to < today
    first, last = theirs.valid_from or entry.valid_from, theirs.valid_to or entry.valid_to
    validity = _validity(entry.valid_from, entry.valid_to), _validity(theirs.valid_from, theirs.valid_to)
    if over and valid:
        found.append(("expired", *validity))
    elif (first, last) != (entry.valid_from, entry.valid_to):
        found.append(("validity-differs", *validity))
    if theirs.authenticated is False:
        found.append(("not-authenticated", "yes" if entry.authenticated else "no", "no"))
    if theirs.holder and _plain(theirs.holder) not in {_plain(entry.business), _plain(name)}:
        found.append(("holder-differs", name or entry.business, theirs.holder))
    if theirs.licence and _plain(theirs.licence) != _plain(entry.licence):
        found.append(("licence-differs", entry.licence, theirs.licence))
    return [
        Difference(kind=kind, number=entry.number, register=ours, carrier=other, calls=calls)
        for kind, ours, other in found
    ]


def _validity(first: date | None, last: date | None) -> str:
    return f"{first or ''}..{last or ''}"


def _plain(text: str) -> str:
    """Full-width forms, case and spaces are the typist's, not the law's."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())
