"""The checkpoints as people look at them: how old, signed by which key, cosigned and stamped by whom."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from dialpact.application.context import Context
from dialpact.application.doctor import outsiders as doctor
from dialpact.application.doctor.finding import DoctorFinding
from dialpact.application.doctor.host import MOST_MINUTES
from dialpact.application.ledger import witnesses
from dialpact.application.ledger.entries import need_reading
from dialpact.application.ledger.signing import trusted
from dialpact.compliance.config import Config, WitnessConfig
from dialpact.compliance.errors import LedgerError
from dialpact.compliance.ledger import note
from dialpact.compliance.ledger.heads import stated
from dialpact.compliance.ledger.note import Verifier
from dialpact.compliance.model import Value
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.witness import WitnessState
from dialpact.store.ports.checkpoints import DatedHead
from dialpact.store.ports.witnesses import Cosignature, DatedStamp, StoredStamp


class CosignedBy(Value, frozen=True, kw_only=True):
    """``at``: by the witness's own clock; None: a time that no calendar has."""

    name: str
    at: datetime | None


class HeadShown(Value, frozen=True, kw_only=True):
    """``root``: in hex. ``signers``: names of the keys that have signed it. ``stamps``: authorities' answers
    that are kept with its size.
    """

    size: int
    at: datetime
    origin: str
    root: str
    signers: tuple[str, ...]
    cosigned: tuple[CosignedBy, ...]
    stamps: int


class Heads(Value, frozen=True, kw_only=True):
    """``size``: entries of the log now. ``forked``: what it does not continue, in words: nothing is signed
    then. ``age``: minutes since the newest checkpoint, of the first part of the list; ``old``: that is more
    than it should be, as the doctor has it. ``next``: the cursor of older ones.
    """

    size: int
    forked: str
    rows: tuple[HeadShown, ...]
    next: str
    age: int | None
    old: bool


class WitnessShown(Value, frozen=True, kw_only=True):
    """``state``: None: it was never asked. ``finding``: as the doctor says it, with what to do."""

    named: WitnessConfig
    state: WitnessState | None
    finding: DoctorFinding


class Outsiders(Value, frozen=True, kw_only=True):
    """``witnesses``: those of the configuration. ``others``: that were asked once and are not named any more.
    ``stamps``: how it stands with the authority; None: none is configured. ``stamped``: the newest stamps.
    """

    witnesses: tuple[WitnessShown, ...]
    others: tuple[WitnessState, ...]
    stamps: DoctorFinding | None
    stamped: tuple[DatedStamp, ...]


async def listed(context: Context, *, after: str = "", most: int) -> Heads:
    """The largest tree first. Fault for a cursor that is none; LedgerError for hashes that do not suffice."""
    need_reading(context)
    store = context.store
    page = await store.checkpoints.list(after=after, most=most)
    sizes = sorted({one.size for one in page.rows})
    cosigned = await store.witnesses.cosignatures_of(sizes)
    stamps = await store.witnesses.stamps_of(sizes)
    counts = {size: sum(1 for one in stamps if one.size == size) for size in sizes}
    log = await store.checkpoints.standing()
    rows = tuple(_shown(one, cosigned.get(one.size, ()), counts[one.size]) for one in page.rows)
    age = (context.now() - rows[0].at) // timedelta(minutes=1) if rows and not after else None
    return Heads(
        size=log.size,
        forked=log.forked,
        rows=rows,
        next=page.next,
        age=age,
        old=age is not None and age > MOST_MINUTES,
    )


async def text(context: Context, size: int, at: datetime) -> str:
    """The signed note, with the lines of its witnesses below. Fault where there is none."""
    need_reading(context)
    found = await context.store.checkpoints.one(size, at)
    if found is None:
        raise Fault("not-registered", entry=str(size))
    return await witnesses.cosigned(context, found.note)


async def stamp(context: Context, size: int, at: datetime) -> StoredStamp:
    """An authority's answer, and the checkpoint that it is of. Fault where there is none."""
    need_reading(context)
    found = await context.store.witnesses.stamp(size, at)
    if found is None:
        raise Fault("not-registered", entry=str(size))
    return found


async def outsiders(context: Context, config: Config, *, most: int) -> Outsiders:
    """How it stands with whoever vouches for the log from outside. ConfigError."""
    need_reading(context)
    store, now, tsa = context.store.witnesses, context.now(), config.ledger.tsa
    states = {one.vkey: one for one in await store.states()}
    named = config.ledger.named
    keys = {one.vkey for one in named}
    return Outsiders(
        witnesses=tuple(
            WitnessShown(
                named=one,
                state=states.get(one.vkey),
                finding=doctor.of_witness(one, states.get(one.vkey), now),
            )
            for one in named
        ),
        others=tuple(one for vkey, one in states.items() if vkey not in keys),
        stamps=doctor.of_stamps(tsa, await store.last_stamp(), now) if tsa else None,
        stamped=tuple(await store.newest_stamps(most)),
    )


def key(config: Config) -> Verifier | None:
    """The public key that whoever checks needs; None: there is none to be read yet."""
    try:
        return trusted(config, ())[0]
    except (LedgerError, OSError):
        return None


def _shown(one: DatedHead, cosigned: Sequence[Cosignature], stamps: int) -> HeadShown:
    head = stated(one.note)
    _, signatures = note.split(one.note)
    return HeadShown(
        size=one.size,
        at=one.at,
        origin=head.origin,
        root=head.root.hex(),
        signers=tuple(each.name for each in signatures),
        cosigned=tuple(map(_by, cosigned)),
        stamps=stamps,
    )


def _by(one: Cosignature) -> CosignedBy:
    try:
        at = datetime.fromtimestamp(one.at, UTC)
    except (OverflowError, ValueError, OSError):
        at = None
    return CosignedBy(name=one.vkey.partition("+")[0], at=at)
