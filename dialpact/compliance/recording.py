"""A recording as it is kept: what is known of it, and the files that belong to it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal, NamedTuple

from dialpact.compliance.model import Value

State = Literal["starting", "running", "kept", "unanswered", "unseen", "failed", "disposed"]


class SoundFile(NamedTuple):
    """The mix or one direction. Where no hash was recorded there was no file."""

    path: str
    sha256: str | None


class Recording(Value, frozen=True, kw_only=True):
    """One with all that is known of it. Paths are empty where there is no file.

    ``state``: its row's; ``unseen`` when nobody saw the call's end, until that is ``settled`` (``answered``,
    ``unanswered``); ``disposed``, whatever it was before. ``holds``: how many bear on it now.
    """

    id: str
    decision: str
    node: str
    channel: str
    uniqueid: str
    state: State
    number: str
    caller_id: str
    campaign: str
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    format: str
    path: str
    bytes: int | None
    seconds: float | None
    talk_seconds: float | None
    sha256: str | None
    callee_path: str
    callee_sha256: str | None
    callee_dbfs: float | None  # relative to full scale; None: silence, or no file
    agent_path: str
    agent_sha256: str | None
    agent_dbfs: float | None
    keep_until: date | None
    disposed_at: datetime | None
    part: str  # whose channel: carrier | joined | supervisor
    sound: str  # JSON of a Soundtrack, empty: not measured
    unseen: bool
    holds: int
    settled: Literal["", "answered", "unanswered"]


class FilesOf(Value, frozen=True, kw_only=True):
    """What is needed to look at a recording's files. ``flaw``: how its row fails its leaf of the ledger."""

    id: str
    decision: str
    path: str
    bytes: int
    files: tuple[SoundFile, ...]
    flaw: str = ""


class Disposed(FilesOf, frozen=True, kw_only=True):
    """One that was disposed of. ``proven``: the ledger says so too. ``done``: its files are gone, it says."""

    done: bool
    proven: bool
