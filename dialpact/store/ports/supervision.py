"""Where a supervisor keeps what he knows of his operators: a database of its own, beside no operator's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple, Protocol

from dialpact.compliance.ledger.checkpoint import Checkpoint
from dialpact.compliance.supervision.model import (
    Act,
    Asked,
    Complaint,
    CosignedHead,
    EarlierLog,
    Fork,
    Operator,
    PackageState,
    Refused,
    Report,
    SeenIn,
    Shown,
    Stray,
)
from dialpact.compliance.supervision.refusal import Refusal
from dialpact.compliance.supervision.standing import Gap
from dialpact.compliance.supervision.witness import Head

Judge = Callable[[Operator, Head | None], str]
"""Given the operator and the head cosigned last: the cosignature's line. Refusal where there is none."""


class Judged(NamedTuple):
    """What became of a head. ``line``: the cosignature, empty where it was refused. ``known``: the size that
    was cosigned last before. ``forked``: two signed heads of one size are kept.
    """

    line: str
    refusal: Refusal | None
    known: int
    forked: bool


class Operators(Protocol):
    async def add(self, new: Operator, *, by: str, reason: str) -> None:
        """Fault when the id or the log is taken."""

    async def replace_key(
        self, id: str, vkey: str, origin: str, *, by: str, reason: str, at: datetime
    ) -> None:
        """A key that nothing but a person vouches for. Fault when there is no such operator."""

    async def move(self, id: str, url: str, *, by: str, reason: str, at: datetime) -> None:
        """Where he is asked. Fault when there is no such operator."""

    async def end(self, id: str, *, by: str, reason: str, at: datetime) -> None:
        """He is supervised no more; what is known of him stays. Fault when he is not."""

    async def new_secret(self, id: str, secret: bytes, *, by: str, reason: str, at: datetime) -> None:
        """Fault when there is no such operator."""

    async def list(self) -> Sequence[Operator]:
        """By their ids, those included that are supervised no more."""

    async def get(self, id: str) -> Operator:
        """Fault when there is none."""

    async def of_log(self, origin: str) -> Operator | None: ...

    async def act(self, action: str, key: str, detail: str, *, by: str, at: datetime) -> None: ...

    async def acts(self, most: int) -> Sequence[Act]:
        """The newest first."""


class Heads(Protocol):
    async def take(
        self, origin: str, head: Checkpoint, note: str, judge: Judge, *, late: timedelta, at: datetime
    ) -> Judged:
        """Judged and kept in one transaction, on disk when it returns: two heads that do not continue one
        another are never both cosigned, whoever asks at the same time.

        Refusal of what no operator has signed; of it nothing is kept. ``late``: more without a head is a gap.
        """

    async def follow(
        self,
        origin: str,
        decide: Callable[[Operator, Head | None], tuple[str, Checkpoint, str, str]],
        proof: str,
        *,
        late: timedelta,
        at: datetime,
    ) -> str:
        """A new key of an operator, with its first head: ``decide`` gives key, head, note and our line.

        The line. Refusal: nothing of it has happened.
        """

    async def seen(
        self, operator: str, head: Checkpoint, note: str, seen_in: SeenIn, *, at: datetime
    ) -> bool:
        """A signed head that came another way. Whether it is another one than is known of its size: then both
        are kept. One that was not cosigned is a stray.
        """

    async def is_cosigned(self, operator: str, head: Checkpoint) -> bool: ...

    async def last(self, operator: str) -> CosignedHead | None: ...

    async def newest(self, operator: str, most: int) -> Sequence[CosignedHead]:
        """The largest first."""

    async def forks(self, operator: str, most: int) -> Sequence[Fork]:
        """The oldest first."""

    async def strays(self, operator: str, most: int) -> Sequence[Stray]:
        """The newest first."""

    async def explain(self, operator: str, stray: Stray) -> None:
        """It was shown how it and what was cosigned continue one another."""

    async def earlier(self, operator: str) -> Sequence[EarlierLog]:
        """The names that its log had before and under which something was cosigned, the newest first."""

    async def gaps(self, operator: str, most: int) -> Sequence[Gap]:
        """Those that ended, the newest first."""


class Reports(Protocol):
    async def take(self, new: Report, envelope: bytes) -> Literal["added", "already", "too-many"]:
        """``envelope``: as it came. Another report about a month that has one stands beside it."""

    async def list(self, operator: str = "") -> Sequence[Report]:
        """The newest month first, and of one month the newest; empty: of all operators."""

    async def envelope(self, operator: str, sha256: str) -> bytes | None: ...

    async def refuse(self, refused: Refused) -> None:
        """The newest ones are kept."""

    async def refusals(self, operator: str, most: int) -> Sequence[Refused]:
        """The newest first."""


class Complaints(Protocol):
    async def add(self, new: Complaint, *, by: str) -> Complaint:
        """With its id. Fault when the reference is taken."""

    async def get(self, id: int) -> Complaint:
        """Fault when there is none."""

    async def list(self, most: int) -> Sequence[Complaint]:
        """Open ones first, the most pressing one first; then closed ones."""

    async def close(self, id: int, conclusion: str, *, by: str, at: datetime) -> None:
        """Fault when none is open under this id."""

    async def erase(self, id: int, *, by: str, reason: str, at: datetime) -> Sequence[str]:
        """Number and note of a closed one; the packages that no other complaint needs. Fault when it is
        open.
        """

    async def ask(self, new: Asked, *, by: str) -> None:
        """Before it is sent."""

    async def failed(self, id: str, why: str) -> None: ...

    async def answered(self, id: str, said: str, answer: str, around: int, *, at: datetime) -> None:
        """An answer stays as it is."""

    async def packaged(
        self,
        id: str,
        state: PackageState,
        *,
        package: str = "",
        why: str = "",
        found: Sequence[str] = (),
        calls: Sequence[str] = (),
    ) -> None: ...

    async def asked(self, complaint: int) -> Sequence[Asked]:
        """The oldest first."""

    async def show(self, complaint: int, shown: Shown, *, by: str) -> None: ...

    async def shown(self, complaint: int) -> Sequence[Shown]: ...


class SupervisionStore(Protocol):
    @property
    def operators(self) -> Operators: ...

    @property
    def heads(self) -> Heads: ...

    @property
    def reports(self) -> Reports: ...

    @property
    def complaints(self) -> Complaints: ...
