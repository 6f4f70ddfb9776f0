"""A monthly inspection report as an operator hands it in, and what has to hold for it to be taken. Pure.

The operator's own log says that this report was made (an entry of the register ``supervision``, with the
report's SHA-256); the entry comes with its proof, under a checkpoint that the supervisor itself has cosigned,
and the log's key signs the whole. So who handed in another report before can not say that he did not.
"""

from __future__ import annotations

import hashlib
import re
from calendar import monthrange
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, Literal

import msgspec

from dialpact.compliance.errors import LedgerError
from dialpact.compliance.ledger import merkle, note, record
from dialpact.compliance.ledger.checkpoint import Checkpoint
from dialpact.compliance.ledger.note import Signer, Verifier
from dialpact.compliance.registers.moment import HOME
from dialpact.compliance.supervision.letter import LONGEST, SKEW, Digest
from dialpact.compliance.supervision.refusal import Refusal

FORMAT: Literal["dialpact-report/1"] = "dialpact-report/1"
REGISTER, ACTION = "supervision", "report"  # as the operator's log has it; the key is the month
MOST_REPORT = 8 << 20  # bytes
MOST_BYTES = 12 << 20  # of the whole envelope, in which the report is base64
_MONTH = re.compile(r"(20[0-9]{2})-(0[1-9]|1[0-2])")


class LeafProof(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An entry of the log as it was hashed, and the way to the root of ``checkpoint``."""

    index: Annotated[int, msgspec.Meta(ge=0)]
    salt: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{32}\Z")]
    record: Annotated[str, msgspec.Meta(max_length=1 << 16)]
    proof: Annotated[tuple[Digest, ...], msgspec.Meta(max_length=63)]
    checkpoint: Annotated[str, msgspec.Meta(max_length=1 << 14)]

    def row(self, head: Checkpoint) -> dict[str, Any]:
        """The row of a ``register-change`` that is in the tree of ``head``. Refusal ``not-in-log``."""
        try:
            said = msgspec.json.decode(self.record, type=_Record)
        except (msgspec.MsgspecError, RecursionError) as error:
            raise Refusal("not-in-log") from error
        leaf = record.leaf(bytes.fromhex(self.salt), self.record.encode())
        steps = [bytes.fromhex(step) for step in self.proof]
        there = merkle.verify_inclusion(leaf, self.index, head.size, steps, head.root)
        if not there or said.index != self.index or said.kind != "register-change":
            raise Refusal("not-in-log")
        return said.row


class _Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    index: int
    kind: str
    row: dict[str, Any]
    version: int


class Statement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the log's key signs of a report."""

    operator: str
    supervisor: str
    month: str
    sha256: Digest
    bytes: int
    leaf: int


class Envelope(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``statement``: the signed note. ``report``: its bytes (base64 in JSON)."""

    format: Literal["dialpact-report/1"]
    statement: str
    report: bytes
    entry: LeafProof


class _Period(msgspec.Struct, frozen=True, kw_only=True):
    first: date
    last: date


class _Heading(msgspec.Struct, frozen=True, kw_only=True):
    name: Annotated[str, msgspec.Meta(max_length=64)]
    verdict: Literal["ok", "open", "violation"]


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What the supervisor reads of a report; the rest is kept as it came."""

    made_at: Annotated[datetime, msgspec.Meta(tz=True)]
    full: bool
    complete: bool
    period: _Period
    headings: Annotated[tuple[_Heading, ...], msgspec.Meta(max_length=50)]


class Handed(msgspec.Struct, frozen=True, kw_only=True):
    """A report that may be taken."""

    month: str
    sha256: str
    head: Checkpoint
    leaf: int
    summary: Summary


def month_of(text: str) -> tuple[date, date]:
    """Its first and last day. Refusal ``malformed`` for what is no month."""
    found = _MONTH.fullmatch(text)
    if not found:
        raise Refusal("malformed", 400)
    year, month = int(found[1]), int(found[2])
    return date(year, month, 1), date(year, month, monthrange(year, month)[1])


def stated(signer: Signer, statement: Statement) -> str:
    return signer.sign(f"{FORMAT}\n{msgspec.json.encode(statement).decode()}\n")


def parsed(body: bytes) -> Envelope:
    """Refusal: ``too-large``, ``malformed``."""
    if len(body) > MOST_BYTES:
        raise Refusal("too-large", 413)
    try:
        found = msgspec.json.decode(body, type=Envelope)
        note.split(found.statement)
        note.split(found.entry.checkpoint)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError, LedgerError) as error:
        raise Refusal("malformed", 400) from error
    if len(found.report) > MOST_REPORT:
        raise Refusal("too-large", 413)
    return found


def statement_of(envelope: Envelope) -> Statement:
    """Whose it says to be, before anybody has looked at its signature. Refusal ``malformed``."""
    lines = note.split(envelope.statement)[0].split("\n")
    if len(lines) != 3 or lines[0] != FORMAT:
        raise Refusal("malformed", 400)
    try:
        return msgspec.json.decode(lines[1], type=Statement)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise Refusal("malformed", 400) from error


def checked(envelope: Envelope, supervisor: str, keys: Sequence[Verifier], now: datetime) -> Handed:
    """All but that its checkpoint was cosigned. ``keys``: of the operator, those before included. ``now``: of
    the supervisor's clock, as who writes a report early can write into it that it is complete.

    Refusal: ``not-signed``, ``not-for-us``, ``not-this-report``, ``not-in-log``, ``with-numbers``,
    ``period-open``, ``period-of-another``, ``malformed``.
    """
    said = statement_of(envelope)
    try:
        note.verify(envelope.statement, keys)
        head = Checkpoint.parse(note.verify(envelope.entry.checkpoint, keys))
    except LedgerError as error:
        raise Refusal("not-signed", 403) from error
    if said.supervisor != supervisor or head.origin != said.operator:
        raise Refusal("not-for-us")
    sha256 = hashlib.sha256(envelope.report).hexdigest()
    if sha256 != said.sha256 or len(envelope.report) != said.bytes or said.leaf != envelope.entry.index:
        raise Refusal("not-this-report")
    row = envelope.entry.row(head)
    try:
        detail = msgspec.json.decode(row.get("detail") or "", type=dict)
    except (msgspec.MsgspecError, RecursionError, TypeError) as error:
        raise Refusal("not-in-log") from error
    if (row.get("register"), row.get("action"), row.get("key")) != (REGISTER, ACTION, said.month):
        raise Refusal("not-in-log")
    if detail.get("sha256") != sha256 or detail.get("supervisor") != supervisor:
        raise Refusal("not-this-report")
    return Handed(
        month=said.month, sha256=sha256, head=head, leaf=said.leaf, summary=_summary(envelope, said, now)
    )


def _summary(envelope: Envelope, said: Statement, now: datetime) -> Summary:
    first, last = month_of(said.month)
    try:
        found = msgspec.json.decode(envelope.report, type=Summary)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise Refusal("malformed", 400) from error
    if found.full:
        raise Refusal("with-numbers")
    if (found.period.first, found.period.last) != (first, last):
        raise Refusal("period-of-another")
    over = datetime.combine(last + timedelta(days=1), time(), HOME)
    if not found.complete or min(found.made_at, now + SKEW) < over:
        raise Refusal("period-open")
    if found.made_at > now + LONGEST:
        raise Refusal("malformed", 400)
    return found
