"""A carrier leg as Asterisk told of it, and what its decision allowed."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

import msgspec

FRESH = timedelta(seconds=120)  # between decision and dialling
AHEAD = timedelta(seconds=5)  # a decision from the future by more than this is none: the clock was set
BY_PROGRAM = "API/"  # the channel of a decision that no call asked for: a program did, whose name follows


class Allowed(msgspec.Struct, frozen=True, kw_only=True):
    """What a decision id stands for, as the listener needs it to check a carrier leg."""

    id: str
    node: str
    decided_at: datetime
    dial: str  # what the trunk was to dial
    number: str
    caller_id: str
    campaign: str
    trunk: str
    delivered: bool
    allowed: bool
    legs: int  # recordings that already belong to it
    sent_as: tuple[str, ...] = ()  # the forms in which the caller ID leaves; empty: exactly as it is


class CarrierLeg(msgspec.Struct, frozen=True, kw_only=True):
    """``hangup_cause``: Q.850, from Asterisk's Hangup event; None while it is up, or when that was missed."""

    decision: str
    node: str
    channel: str
    uniqueid: str
    linkedid: str
    dialled_at: datetime
    sip_call_id: str = ""
    ringing_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    dial_status: str = ""
    hangup_cause: int | None = None
    sent_from: str = ""  # the caller number as it left for the carrier; empty: not known
    interlock: str = ""  # through | refused; empty: it did not run, or was not seen
    supervision: str = "{}"  # JSON: who listened to it or spoke into it, without being in its bridge


def id_of(decision: str, node: str, uniqueid: str) -> str:
    """32 hex digits: the same leg has the same row, whichever listener writes it."""
    return hashlib.sha256(f"{decision} {node} {uniqueid}".encode()).hexdigest()[:32]


class Missed(msgspec.Struct, frozen=True):
    """A decision that was let out and of which no call was seen. ``channel``: the caller's."""

    id: str
    channel: str
