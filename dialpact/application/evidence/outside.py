"""What outsiders say of a package's calls: witnesses by their cosignatures, an authority by its timestamps.

The examiner names the witnesses that he knows, and how many of them he asks for. What they say is of
checkpoints, of which each is proven to be a beginning of the package's ledger, or its head.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import msgspec

from dialpact.application.evidence.verdict import PackageFlaw, SeenCall
from dialpact.compliance.clock import instant, stamp
from dialpact.compliance.errors import LedgerError
from dialpact.compliance.ledger import cosignature, timestamp, vouched
from dialpact.compliance.ledger.checkpoint import Checkpoint
from dialpact.compliance.ledger.cosignature import Witness
from dialpact.compliance.ledger.timestamp import Stamp
from dialpact.compliance.ledger.vouched import SeenTree

CLOCKS = timedelta(minutes=5)  # by which two hosts' clocks may differ
PROMPT = timedelta(minutes=15)  # in which a decision is in a tree that outsiders are shown, clocks included


class Outsiders(NamedTuple):
    """Whom the examiner believes: of ``witnesses`` so many, and the authorities under these roots (PEM)."""

    witnesses: Sequence[Witness] = ()
    quorum: int = 0
    roots: bytes = b""


class ProvenHead(NamedTuple):
    """A checkpoint of this ledger: its file, its whole text, and what it states."""

    file: str
    text: str
    head: Checkpoint


class LoggedCall(NamedTuple):
    """``decided_at``: empty for one that was erased."""

    id: str
    leaf: int
    decided_at: str


class StampedHead(NamedTuple):
    """``note``: the checkpoint as it was stamped. ``file``: the authority's answer, and its name."""

    file: str
    note: ProvenHead
    answer: bytes


class Told(NamedTuple):
    flaws: Sequence[PackageFlaw]
    seen: Sequence[SeenCall]


def told(
    outsiders: Outsiders,
    heads: Sequence[ProvenHead],
    stamps: Sequence[StampedHead],
    calls: Sequence[LoggedCall],
    own: Collection[bytes],
) -> Told:
    """``own``: the public keys of the ledger itself: who keeps it is no outsider."""
    flaws: list[PackageFlaw] = []
    seen = {call.id: SeenCall(call=call.id) for call in calls}
    if outsiders.witnesses:
        flaws += _witnessed(outsiders, heads, calls, own, seen)
    if outsiders.roots:
        flaws += _stamped(outsiders.roots, stamps, calls, seen)
    flaws += _contradictions(calls, seen)
    asked = bool(outsiders.witnesses or outsiders.roots)
    return Told(flaws, tuple(seen.values()) if asked else ())


def _witnessed(
    outsiders: Outsiders,
    heads: Sequence[ProvenHead],
    calls: Sequence[LoggedCall],
    own: Collection[bytes],
    seen: dict[str, SeenCall],
) -> Iterator[PackageFlaw]:
    strangers = [one for one in outsiders.witnesses if one.public not in own]
    for one in outsiders.witnesses:
        if one not in strangers:
            yield PackageFlaw("witness", one.name)
    trees = []
    for head in heads:
        tree = SeenTree(head.head.size, head.file, cosignature.read(head.text, strangers))
        trees.append(tree)
        if tree.seen.forged:
            yield PackageFlaw("witness", head.file)
    back = vouched.backwards(trees)
    yield from (PackageFlaw("witness-time", where) for where, _ in back)
    found = vouched.vouched(trees, outsiders.quorum)
    if not calls and not found:
        yield PackageFlaw("quorum", heads[-1].file if heads else "")
    for call in calls:
        there, before = vouched.with_leaf(found, call.leaf), vouched.without_leaf(found, call.leaf)
        if there is None:
            yield PackageFlaw("quorum", call.id)
        seen[call.id] = msgspec.structs.replace(
            seen[call.id],
            latest=_moment(there.latest) if there else "",
            unseen=_moment(before.unseen) if before else "",
            by=there.by if there else (),
        )


def _stamped(
    roots: bytes, stamps: Sequence[StampedHead], calls: Sequence[LoggedCall], seen: dict[str, SeenCall]
) -> Iterator[PackageFlaw]:
    held: dict[int, Stamp] = {}
    for one in stamps:
        try:
            found = timestamp.verify(one.answer, one.note.text, roots)
        except LedgerError:
            yield PackageFlaw("stamp", one.file)
            continue
        size = one.note.head.size
        held[size] = min(found, held.get(size, found), key=lambda each: each.latest)
    for call in calls:
        with_it = [found.latest for size, found in held.items() if size > call.leaf]
        if with_it:
            seen[call.id] = msgspec.structs.replace(seen[call.id], stamped=stamp(min(with_it)))


def _contradictions(calls: Sequence[LoggedCall], seen: dict[str, SeenCall]) -> Iterator[PackageFlaw]:
    """Nobody has seen a call before it was decided. And a decision is in the log when it is made: one that
    outsiders had not seen later was put in afterwards, or decided under a clock that was wrong.
    """
    for call in calls:
        if not call.decided_at:
            continue
        found = seen[call.id]
        try:
            decided = instant(call.decided_at)
            times = [instant(time) for time in (found.latest, found.stamped) if time]
            late = bool(found.unseen) and decided + PROMPT < instant(found.unseen)
            if any(time + CLOCKS < decided for time in times):
                yield PackageFlaw("witness-time", call.id)
        except (ValueError, OverflowError, TypeError):
            yield PackageFlaw("witness-time", call.id)
        else:
            seen[call.id] = msgspec.structs.replace(found, late=late)


def _moment(second: int) -> str:
    try:
        return stamp(datetime.fromtimestamp(second, UTC))
    except (OverflowError, ValueError, OSError):
        return stamp(datetime.max.replace(tzinfo=UTC))  # a time that no calendar has is no earlier one
