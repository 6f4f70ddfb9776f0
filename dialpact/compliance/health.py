"""What a store says of the installation itself: for ``dialpact asterisk doctor``, health and metrics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from dialpact.compliance.backup import Restored
from dialpact.compliance.model import Campaign, Registration, Suspension
from dialpact.compliance.webhooks.delivery import HookState
from dialpact.compliance.witness import WitnessState


@dataclass(frozen=True, kw_only=True)
class LeaseState:
    """The recorder's last word. ``live``: it was given since the host started and has not run out."""

    ready: bool
    live: bool
    why: str
    renewed_at: datetime


@dataclass(frozen=True, kw_only=True)
class RegistersLooked:
    """The oldest of the last looks at the registers. ``unbound``: rows that no act of the log binds yet;
    ``whole``: each look came to its end.
    """

    at: datetime
    registers: int
    rows: int
    unbound: int
    whole: bool


@dataclass(frozen=True, kw_only=True)
class Health:
    """Whether what a call needs of the store is there."""

    version: int  # of the schema
    lease: LeaseState | None
    opt_outs_at: datetime | None  # of the last import
    trunks: frozenset[str]  # those with a caller ID that is valid on the day asked for; "*": all
    campaigns: tuple[str, ...]
    unscripted: tuple[str, ...]  # campaigns without a script that is approved now
    suspensions: tuple[Suspension, ...]
    entries: int = 0  # of the ledger
    signed: datetime | None = None  # its last checkpoint
    remembered: bool = False  # a head was kept beside the key since it has this word
    forked: str = ""  # a signed head that it does not continue, in words: nothing is signed
    sellers: tuple[Campaign, ...] = ()  # the campaigns whole, for what is asked of them and their businesses
    registrations: tuple[Registration, ...] = ()
    restored: Restored | None = None  # that a backup was put back, and what was said of it
    overwriting: datetime | None = None  # since when something that was erased may still lie in the files
    witnesses: tuple[WitnessState, ...] = ()  # every one that was ever asked
    stamped: datetime | None = None  # when the newest timestamp was asked for
    webhooks: tuple[HookState, ...] = ()  # every receiver that ever was
    looked: RegistersLooked | None = None  # at the registers; None: never
    differing: tuple[tuple[str, str], ...] = ()  # register and key of what is not as the log says


@dataclass(frozen=True, kw_only=True)
class Counted:
    """What is counted at one look. ``last``: the newest incident, from which the next look goes on."""

    incidents: Mapping[str, int]  # by kind, behind the one that was asked from
    last: int
    running: int  # recordings
    overdue: int  # recordings whose time is over and which are still there; bounded by the engine
    unsealed: int  # rows without a leaf; bounded by the engine


@dataclass(frozen=True, kw_only=True)
class StoreFigures:
    """What the store says to a scrape."""

    health: Health
    incidents: Mapping[str, int]  # by kind, since the database was made
    running: int
    overdue: int
    unsealed: int
